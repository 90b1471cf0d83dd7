/** What a TTML document says of how its times are counted (https://www.w3.org/TR/ttml2/#parameter-vocabulary). */
export interface TtmlClock {
  /** Frames a second. */
  readonly frameRate: number;
  /** Parts of a frame. */
  readonly subFrameRate: number;
  /** Ticks a second. */
  readonly tickRate: number;
}

export function ttmlClock(attributes: ReadonlyMap<string, string>): TtmlClock {
  const given = positive(attributes.get('frameRate'));
  const [numerator = 1, denominator = 1] = (attributes.get('frameRateMultiplier') ?? '')
    .split(/[\s:]+/)
    .map((part) => positive(part) ?? 1);
  const subFrameRate = positive(attributes.get('subFrameRate')) ?? 1;
  const frameRate = ((given ?? 30) * numerator) / denominator;
  const tickRate = positive(attributes.get('tickRate')) ?? (given === undefined ? 1 : given * subFrameRate);
  return { frameRate, subFrameRate, tickRate };
}

function positive(text: string | undefined): number | undefined {
  const number = Number(text);
  return text !== undefined && text.trim() !== '' && number > 0 && Number.isFinite(number)
    ? number
    : undefined;
}

const CLOCK_TIME = /^(\d+):(\d+):(\d+)(?:[.,](\d+)|[:;](\d+)(?:\.(\d+))?)?$/;
const OFFSET_TIME = /^(\d+(?:\.\d+)?)(h|m|s|ms|f|t)$/;

/**
 * A time expression in milliseconds (https://www.w3.org/TR/ttml2/#timing-value-time-expression): `00:01:02.5`,
 * `00:01:02:12` with frames, `12.5s`, `300f`, `90000t`; also with a comma before the fraction, and with SMPTE's
 * semicolon before the frames, which are not counted as dropped; NaN for anything else. Milliseconds are not rounded.
 */
export function ttmlTimeMs(text: string, clock: TtmlClock): number {
  const [, hours, minutes, seconds, fraction = '0', frames = '0', subFrames = '0'] =
    CLOCK_TIME.exec(text.trim()) ?? [];
  if (hours !== undefined) {
    const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(`${seconds}.${fraction}`);
    const parts = Number(frames) + Number(subFrames) / clock.subFrameRate;
    return whole * 1000 + (parts * 1000) / clock.frameRate;
  }
  const [, count, unit] = OFFSET_TIME.exec(text.trim()) ?? [];
  const units: Readonly<Record<string, number>> = {
    h: 3_600_000,
    m: 60_000,
    s: 1000,
    ms: 1,
    f: 1000 / clock.frameRate,
    t: 1000 / clock.tickRate,
  };
  return count === undefined || unit === undefined ? Number.NaN : Number(count) * units[unit]!;
}
