/** A region that cues may be shown in, with the properties and defaults of a browser's `VTTRegion`. */
export interface WebVttRegion {
  id: string;
  /** Per cent of the video's width. */
  width: number;
  lines: number;
  /** Per cent. */
  regionAnchorX: number;
  regionAnchorY: number;
  viewportAnchorX: number;
  viewportAnchorY: number;
  scroll: '' | 'up';
}

/** Where and how a cue is shown. */
export interface WebVttCueSettings {
  region: WebVttRegion | null;
  vertical: '' | 'rl' | 'lr';
  /** A line's number if `snapToLines`, else per cent. */
  line: number | 'auto';
  lineAlign: 'start' | 'center' | 'end';
  snapToLines: boolean;
  /** Per cent. */
  position: number | 'auto';
  positionAlign: 'auto' | 'line-left' | 'center' | 'line-right';
  /** Per cent. */
  size: number;
  align: 'start' | 'center' | 'end' | 'left' | 'right';
}

const LINE_ALIGNS = ['start', 'center', 'end'] as const;
const POSITION_ALIGNS = ['line-left', 'center', 'line-right'] as const;
const ALIGNS = ['start', 'center', 'end', 'left', 'right'] as const;

/** The settings of a cue: "parse the WebVTT cue settings". Of what makes no sense the default stays. */
export function applyCueSettings(settings: string, regions: readonly WebVttRegion[]): WebVttCueSettings {
  const cue: WebVttCueSettings = {
    region: null,
    vertical: '',
    line: 'auto',
    lineAlign: 'start',
    snapToLines: true,
    position: 'auto',
    positionAlign: 'auto',
    size: 100,
    align: 'center',
  };
  for (const [name, value] of pairs(settings)) applySetting(cue, name, value, regions);
  const isPlaced = cue.line !== 'auto' || cue.size !== 100 || cue.vertical !== '';
  if (isPlaced) cue.region = null;
  return cue;
}

function applySetting(
  cue: WebVttCueSettings,
  name: string,
  value: string,
  regions: readonly WebVttRegion[],
): void {
  switch (name) {
    case 'region':
      cue.region = regions.findLast(({ id }) => id === value) ?? null;
      break;
    case 'vertical':
      if (value === 'rl' || value === 'lr') cue.vertical = value;
      break;
    case 'line':
      applyLine(cue, value);
      break;
    case 'position':
      applyPosition(cue, value);
      break;
    case 'size':
      cue.size = percentage(value) ?? cue.size;
      break;
    case 'align':
      cue.align = oneOf(ALIGNS, value) ?? cue.align;
      break;
  }
}

function applyLine(cue: WebVttCueSettings, value: string): void {
  const [position, align] = cut(value);
  const lineAlign = align === undefined ? cue.lineAlign : oneOf(LINE_ALIGNS, align);
  const isPercentage = position.endsWith('%');
  const line = isPercentage ? percentage(position) : lineNumber(position);
  if (line === undefined || lineAlign === undefined) return;
  cue.line = line;
  cue.lineAlign = lineAlign;
  cue.snapToLines = !isPercentage;
}

function applyPosition(cue: WebVttCueSettings, value: string): void {
  const [position, align] = cut(value);
  const positionAlign = align === undefined ? cue.positionAlign : oneOf(POSITION_ALIGNS, align);
  const number = percentage(position);
  if (number === undefined || positionAlign === undefined) return;
  cue.position = number;
  cue.positionAlign = positionAlign;
}

/** A region from the text of its block: "collect WebVTT region settings". */
export function collectRegion(text: string): WebVttRegion {
  const region: WebVttRegion = {
    id: '',
    width: 100,
    lines: 3,
    regionAnchorX: 0,
    regionAnchorY: 100,
    viewportAnchorX: 0,
    viewportAnchorY: 100,
    scroll: '',
  };
  for (const [name, value] of pairs(text)) {
    const [x, y] = cut(value).map((part) => percentage(part ?? ''));
    if (name === 'id') region.id = value;
    if (name === 'width') region.width = percentage(value) ?? region.width;
    if (name === 'lines' && /^\d+$/.test(value)) region.lines = Number(value);
    if (name === 'regionanchor' && x !== undefined && y !== undefined)
      Object.assign(region, { regionAnchorX: x, regionAnchorY: y });
    if (name === 'viewportanchor' && x !== undefined && y !== undefined)
      Object.assign(region, { viewportAnchorX: x, viewportAnchorY: y });
    if (name === 'scroll' && value === 'up') region.scroll = 'up';
  }
  return region;
}

/** `name:value` between white space, both not empty. */
function pairs(text: string): [name: string, value: string][] {
  const found: [string, string][] = [];
  for (const setting of text.split(/[ \t\n\f]+/)) {
    const colon = setting.indexOf(':');
    if (colon > 0 && colon < setting.length - 1)
      found.push([setting.slice(0, colon), setting.slice(colon + 1)]);
  }
  return found;
}

/** What is before and after the first comma. */
function cut(value: string): [string, string | undefined] {
  const comma = value.indexOf(',');
  return comma === -1 ? [value, undefined] : [value.slice(0, comma), value.slice(comma + 1)];
}

function percentage(text: string): number | undefined {
  if (!/^\d+(?:\.\d+)?%$/.test(text)) return undefined;
  const number = Number(text.slice(0, -1));
  return number <= 100 ? number : undefined;
}

function lineNumber(text: string): number | undefined {
  const number = /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

function oneOf<T extends string>(allowed: readonly T[], value: string): T | undefined {
  return allowed.find((one) => one === value);
}
