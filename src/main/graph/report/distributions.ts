import type { Summary } from '../summary.js';
import { type Bar, barChart } from './bar-chart.js';
import { counted, grouped, percentage } from './figures.js';
import { html, type Markup } from './markup.js';

const WIDTH = 1040;
const TICK_STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
const MOST_TICKS = 14;
const MOST_DEGREE_BARS = 40;

/** How the similarities of all pairs are distributed. Empty bins at both ends are left out. */
export function similaritySection({ histogram, pairs, edges, options }: Summary): Markup {
  const threshold = typeof options.threshold === 'number' ? options.threshold : undefined;
  const bars = similarityBars(histogram, threshold);
  if (bars.length === 0) return html``;
  const chart = barChart({
    title: 'Histogram of the cosine similarities of all pairs of chunks',
    bars,
    unit: 'pair',
    xLabel: 'cosine similarity',
    ticks: similarityTicks(bars[0]!.from, bars[bars.length - 1]!.to),
    ...(threshold !== undefined && { marker: { at: threshold, label: `threshold ${threshold}` } }),
    width: WIDTH,
    height: 320,
  });
  return html`<section aria-labelledby="similarities">
<h2 id="similarities">Similarity of all pairs</h2>
<p class="lead">${counted(pairs, 'pair')} compared; ${counted(edges, 'edge')} kept\
${pairs > 0 ? `, ${percentage(edges / pairs)} of them` : null}. Bar heights grow with the square root of the count, \
which keeps the tails visible.</p>
<figure>${chart}</figure>
</section>`;
}

/** How many chunks have how many edges. */
export function degreeSection({ degree, isolated, chunks }: Summary, degrees: Uint32Array): Markup {
  if (chunks === 0) return html``;
  const width = Math.ceil((degree.max + 1) / MOST_DEGREE_BARS);
  const bars = degreeBars(degrees, degree.max, width);
  const tickEvery = Math.ceil(bars.length / MOST_TICKS);
  const chart = barChart({
    title: 'Histogram of the number of edges of a chunk',
    bars,
    unit: 'chunk',
    xLabel: 'edges of a chunk',
    ticks: bars
      .filter((_bar, i) => i % tickEvery === 0)
      .map(({ from, to }) => ({ at: (from + to) / 2, label: degreeLabel(from, to) })),
    width: WIDTH,
    height: 260,
  });
  return html`<section aria-labelledby="degrees">
<h2 id="degrees">Degrees</h2>
<p class="lead">A chunk has ${grouped(degree.mean, 1)} edges on average, ${grouped(degree.median)} in the median, \
from ${grouped(degree.min)} to ${grouped(degree.max)}; ${
    isolated === 0
      ? 'none is'
      : `${grouped(isolated)} \
${isolated === 1 ? 'is' : 'are'}`
  } isolated.</p>
<figure>${chart}</figure>
</section>`;
}

function similarityBars({ edges, counts }: Summary['histogram'], threshold: number | undefined): Bar[] {
  const first = counts.findIndex((count) => count > 0);
  if (first === -1) return [];
  const last = counts.findLastIndex((count) => count > 0);
  return counts.slice(first, last + 1).map((count, i) => {
    const [from, to] = [edges[first + i]!, edges[first + i + 1]!];
    const label = `${grouped(from, 3)} to ${grouped(to, 3)}`;
    return { from, to, count, label, isFaded: threshold !== undefined && to <= threshold };
  });
}

function similarityTicks(from: number, to: number): { at: number; label: string }[] {
  const step = TICK_STEPS.find((width) => (to - from) / width <= MOST_TICKS) ?? 0.5;
  const ticks: { at: number; label: string }[] = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + 1e-9; i++) {
    ticks.push({ at: i * step, label: grouped(i * step, step < 0.1 ? 2 : 1) });
  }
  return ticks;
}

function degreeBars(degrees: Uint32Array, highest: number, width: number): Bar[] {
  const bars = Math.floor(highest / width) + 1;
  const counts = new Array<number>(bars).fill(0);
  for (const degree of degrees) counts[Math.floor(degree / width)]!++;
  return counts.map((count, i) => {
    const [from, to] = [i * width, (i + 1) * width];
    return { from, to, count, label: `${degreeLabel(from, to)} edges` };
  });
}

function degreeLabel(from: number, to: number): string {
  return to - from === 1 ? grouped(from) : `${grouped(from)}–${grouped(to - 1)}`;
}
