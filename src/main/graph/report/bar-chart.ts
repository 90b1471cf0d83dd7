import { counted, grouped } from './figures.js';
import { html, type Markup } from './markup.js';

export interface Bar {
  /** Where the bar begins and ends on the x axis. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** What is counted here, for who hovers or listens: `0.20 to 0.25`. */
  readonly label: string;
  /** Drawn with less emphasis. */
  readonly isFaded?: boolean;
}

export interface BarChart {
  /** Names the chart for who can't see it. */
  readonly title: string;
  readonly bars: readonly Bar[];
  /** What is counted, in the singular; its plural ends in s. */
  readonly unit: string;
  readonly xLabel: string;
  /** Where the x axis has ticks, and what they say. */
  readonly ticks: readonly { at: number; label: string }[];
  /** A vertical line, and what it says. */
  readonly marker?: { at: number; label: string };
  readonly width: number;
  readonly height: number;
}

const MARGIN = { top: 36, right: 12, bottom: 44, left: 56 };
const LABEL_BASELINE = 17;
/** The least size of a bar that counts anything. */
const LEAST_HEIGHT = 2;
const LEAST_WIDTH = 0.5;
const GAP = 1.5;
const LEAST_GRID_DISTANCE = 34;
const ROUND_STEPS = [1, 2, 5];

/** Where things are in the drawing, in its own units. */
interface Scale {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly x: (value: number) => number;
  readonly y: (count: number) => number;
}

/**
 * Bars as SVG. Heights grow with the square root of the count, so that a few pairs among millions can still be
 * seen; the grid lines carry the counts. Each bar tells its own in `data-count`, `data-from` and `data-to`.
 */
export function barChart(chart: BarChart): Markup {
  const { title, bars, unit, ticks, width, height } = chart;
  const highest = bars.reduce((most, { count }) => Math.max(most, count), 1);
  const scale = scaleOf(chart, highest);
  const { left, right, bottom } = scale;
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}" class="chart">
<text class="label" x="${left - 10}" y="${LABEL_BASELINE}" text-anchor="end">${unit}s</text>
${gridCounts(highest, scale.y).map((count) => gridLine(count, scale))}\
${bars.map((bar) => rectangle(bar, unit, scale))}\
<line class="axis" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>
${ticks.map(({ at, label }) => tick(scale.x(at), bottom, label))}\
<text class="label" x="${round((left + right) / 2)}" y="${height - 6}" text-anchor="middle">${chart.xLabel}</text>
${chart.marker === undefined ? null : markerLine(chart.marker, scale)}</svg>`;
}

function scaleOf({ bars, width, height }: BarChart, highest: number): Scale {
  const [left, right, bottom] = [MARGIN.left, width - MARGIN.right, height - MARGIN.bottom];
  const first = bars[0]!.from;
  const span = bars[bars.length - 1]!.to - first;
  return {
    left,
    right,
    bottom,
    x: (value) => round(left + ((value - first) / span) * (right - left)),
    y: (count) => {
      const barHeight = Math.sqrt(count / highest) * (bottom - MARGIN.top);
      return round(bottom - (count > 0 ? Math.max(barHeight, LEAST_HEIGHT) : 0));
    },
  };
}

function rectangle({ from, to, count, label, isFaded }: Bar, unit: string, { x, y, bottom }: Scale): Markup {
  const width = Math.max(x(to) - x(from) - GAP, LEAST_WIDTH);
  return html`<rect class="${isFaded ? 'bar faded' : 'bar'}" data-count="${count}" data-from="${from}" data-to="${to}" \
x="${round(x(from) + GAP / 2)}" y="${y(count)}" width="${round(width)}" height="${round(bottom - y(count))}">\
<title>${label}: ${counted(count, unit)}</title></rect>
`;
}

function gridLine(count: number, { left, right, y }: Scale): Markup {
  const label = count >= 1e6 ? `${grouped(count / 1e6)} M` : grouped(count);
  return html`<line class="grid" x1="${left}" x2="${right}" y1="${y(count)}" y2="${y(count)}"/>
<text class="tick" x="${left - 10}" y="${y(count) + 4}" text-anchor="end">${label}</text>
`;
}

function tick(x: number, bottom: number, label: string): Markup {
  return html`<text class="tick" x="${x}" y="${bottom + 18}" text-anchor="middle">${label}</text>
`;
}

function markerLine({ at, label }: { at: number; label: string }, { left, right, bottom, x }: Scale): Markup {
  const isRight = x(at) > (left + right) / 2;
  return html`<line class="marker" x1="${x(at)}" x2="${x(at)}" y1="8" y2="${bottom}"/>
<text class="marker-label" x="${x(at) + (isRight ? -8 : 8)}" y="${LABEL_BASELINE}" \
text-anchor="${isRight ? 'end' : 'start'}">${label}</text>
`;
}

/** Round counts, from the highest down, whose lines are far enough apart; the x axis stands for 0. */
function gridCounts(highest: number, y: (count: number) => number): number[] {
  const counts: number[] = [];
  let above = Number.NEGATIVE_INFINITY;
  for (let power = 10 ** Math.floor(Math.log10(highest)); power >= 1; power /= 10) {
    for (const step of ROUND_STEPS.toReversed()) {
      const count = step * power;
      const isFree = y(count) - above >= LEAST_GRID_DISTANCE && y(0) - y(count) >= LEAST_GRID_DISTANCE / 2;
      if (count > highest || !isFree) continue;
      counts.push(count);
      above = y(count);
    }
  }
  return counts;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
