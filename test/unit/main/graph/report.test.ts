import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../../../src/main/graph/build-graph.js';
import { type ReportInput, reportHtml } from '../../../../src/main/graph/report.js';
import { summarise } from '../../../../src/main/graph/summary.js';
import { MillraceError } from '../../../../src/shared/errors.js';
import type { Chunk } from '../../../../src/shared/transcript.js';
import { chunk } from '../../../helpers/chunks.js';
import { type EdgeList, edgesFrom } from '../../../helpers/edges.js';

const EVIL = `"><script>alert('x')</script>&`;
const histogram = { edges: [-1, -0.5, 0, 0.5, 1], counts: [0, 3, 0, 12] };

async function inputOf(
  chunks: Chunk[],
  list: EdgeList,
  given: Partial<Parameters<typeof summarise>[0]> = {},
) {
  const graph = await buildGraph({ chunks, edges: edgesFrom(list) });
  const summary = summarise({ graph, histogram, files: [], failures: [], options: {}, ...given });
  return {
    graph,
    summary,
    stages: [
      { name: 'embed', elapsedMs: 250, items: 1000, unit: 'chunks' },
      { name: 'similarity', elapsedMs: 0, items: 15, unit: 'pairs' },
    ],
    threads: { count: 2, utilisation: 0.713, tasks: 74 },
  } satisfies ReportInput;
}

const render = (input: ReportInput) => [...reportHtml(input)].join('');
const six = [0, 1, 2, 3, 4, 5].map((index) => chunk(index));
const triangle: EdgeList = [
  [0, 1, 0.5],
  [0, 2, 0.5],
  [1, 2, 0.75],
  [3, 4, 0.5],
];

/** The bars of the chart that is labelled so. */
function barsOf(page: string, chart: string): { count: number; from: number; to: number }[] {
  const svg = page.match(new RegExp(`<svg[^>]*aria-label="${chart}.*?</svg>`, 's'))![0];
  const bars = svg.matchAll(/<rect class="[^"]*" data-count="(\S+)" data-from="(\S+)" data-to="(\S+)"/g);
  return [...bars].map(([, count, from, to]) => ({
    count: Number(count),
    from: Number(from),
    to: Number(to),
  }));
}

describe('reportHtml', () => {
  it('draws the histogram of all pairs, without its empty ends', async () => {
    const page = render(await inputOf(six, triangle));
    expect(barsOf(page, 'Histogram of the cosine')).toEqual([
      { from: -0.5, to: 0, count: 3 },
      { from: 0, to: 0.5, count: 0 },
      { from: 0.5, to: 1, count: 12 },
    ]);
  });

  it('marks the threshold, and fades the pairs below it', async () => {
    const page = render(await inputOf(six, triangle, { options: { threshold: 0.5 } }));
    expect(page).toContain('>threshold 0.5<');
    expect(page.match(/class="bar faded" data-count="(\d+)"/g)).toEqual([
      'class="bar faded" data-count="3"',
      'class="bar faded" data-count="0"',
    ]);
    expect(render(await inputOf(six, triangle))).not.toContain('>threshold');
  });

  it('draws the degrees', async () => {
    const page = render(await inputOf(six, triangle));
    expect(barsOf(page, 'Histogram of the number of edges').map(({ count }) => count)).toEqual([1, 2, 3]);
    expect(page).toContain('1 is isolated');
  });

  it('draws many different degrees in at most forty bars, and loses none', async () => {
    const hub: EdgeList = Array.from({ length: 150 }, (_, i) => [0, i + 1, 0.5] as const);
    const chunks = Array.from({ length: 151 }, (_, index) => chunk(index));
    const bars = barsOf(render(await inputOf(chunks, hub)), 'Histogram of the number of edges');
    expect(bars.length).toBeLessThanOrEqual(40);
    expect(bars.reduce((sum, { count }) => sum + count, 0)).toBe(151);
  });

  it('shows communities with size, source, place and an excerpt of their typical chunks', async () => {
    const chunks = six.with(
      1,
      chunk(1, {
        source: 'mills/1.vtt',
        startMs: 65_000,
        endMs: 3_600_000,
        speaker: 'Ada',
        text: 'The\nrace runs.',
      }),
    );
    const page = render(await inputOf(chunks.with(2, chunk(2, { startMs: null, endMs: null })), triangle));
    expect(page.match(/data-community="\d+" data-size="\d+"/g)).toEqual([
      'data-community="0" data-size="3"',
      'data-community="1" data-size="2"',
    ]);
    expect(page).toContain('<span class="source">mills/1.vtt</span> <span class="time">1:05–1:00:00</span>');
    expect(page).toContain('<span class="speaker">Ada</span>');
    expect(page).toContain('<blockquote>The race runs.</blockquote>');
    expect(page).toContain('<span class="time">chunk 2</span>');
    expect(page).toContain('1 chunk on its own');
  });

  it('names the communities beyond the shown ones in a table', async () => {
    const chunks = Array.from({ length: 60 }, (_, index) => chunk(index));
    const pairs: EdgeList = Array.from({ length: 30 }, (_, i) => [2 * i, 2 * i + 1, 0.5] as const);
    const page = render(await inputOf(chunks, pairs));
    expect(page.match(/<article/g)).toHaveLength(24);
    expect(page).toContain('<summary>6 smaller communities</summary>');
    expect(page).toContain('<td>29</td><td class="number">2</td><td>a.srt#0058</td>');
  });

  it('shows time and throughput of each stage, and the use of the threads', async () => {
    const page = render(await inputOf(six, triangle));
    expect(page).toMatch(/data-stage="embed".*?250 ms.*?1,000 chunks.*?4,000 chunks\/s/s);
    expect(page).toMatch(/data-stage="similarity".*?0\.0 ms.*?15 pairs.*?>–</s);
    expect(page).toMatch(/data-utilisation="0.713".*?71 %.*?74 tasks on 2 threads/s);
  });

  it('names failed inputs with their reasons, and warnings with their lines', async () => {
    const warnings = [{ line: 12, message: 'an empty cue was dropped' }];
    const page = render(
      await inputOf(six, triangle, {
        files: [
          {
            source: 'rivers/3.srt',
            format: 'srt',
            encoding: 'utf-8',
            language: null,
            tokens: 9,
            sha256: 'abc',
            cues: 1,
            chunks: 1,
            bytes: 1,
            warnings,
          },
        ],
        failures: [
          {
            source: 'gone.srt',
            error: new MillraceError('MILLRACE_UNREADABLE_INPUT', 'there is no such file'),
          },
        ],
      }),
    );
    expect(page).toMatch(/gone\.srt.*?there is no such file.*?MILLRACE_UNREADABLE_INPUT/s);
    expect(page).toMatch(/rivers\/3\.srt.*?1 warning.*?line 12.*?an empty cue was dropped/s);
    expect(page).toContain('1 input could not be read');
  });

  it('leaves out what there is nothing of', async () => {
    const page = render(await inputOf(six, triangle));
    for (const title of ['Inputs that failed', 'Warnings', 'Options used']) expect(page).not.toContain(title);
  });

  it('escapes every text that came from outside', async () => {
    const chunks = six.map((each) => ({
      ...each,
      id: `${EVIL}${each.index}`,
      source: EVIL,
      speaker: EVIL,
      text: EVIL,
    }));
    const page = render({
      ...(await inputOf(chunks, triangle, {
        files: [
          {
            source: EVIL,
            format: 'srt',
            encoding: 'utf-8',
            language: null,
            tokens: 9,
            sha256: 'abc',
            cues: 1,
            chunks: 1,
            bytes: 1,
            warnings: [{ line: 1, message: EVIL }],
          },
        ],
        failures: [{ source: EVIL, error: new MillraceError('MILLRACE_UNREADABLE_INPUT', EVIL) }],
        options: { [EVIL]: EVIL },
      })),
      stages: [{ name: EVIL, elapsedMs: 1, items: 1, unit: EVIL }],
    });
    expect(page).not.toContain('<script');
    expect(page).not.toContain(EVIL);
    expect(page.match(/&lt;script&gt;/g)!.length).toBeGreaterThan(15);
  });

  it('needs nothing from outside, and no script', async () => {
    const page = render(await inputOf(six, triangle, { options: { threshold: 0.5 } }));
    expect(page).not.toMatch(/<(script|link|img|iframe|object)|\bsrc=|url\(|@import|https?:/);
  });

  it('opens and closes its elements in order', async () => {
    const page = render(await inputOf(six, triangle, { options: { threshold: 0.5 } }));
    const open: string[] = [];
    for (const [, slash, name, selfClosing] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*?(\/?)>/g)) {
      if (selfClosing === '/' || name === 'meta' || name === 'br') continue;
      if (slash === '') open.push(name!);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
  });

  it.each([0, 1])('is a page for %i chunks, too', async (count) => {
    const empty = { edges: [-1, 1], counts: [0] };
    const page = render({ ...(await inputOf(six.slice(0, count), [], { histogram: empty })), stages: [] });
    expect(page).toContain('Millrace');
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });
});
