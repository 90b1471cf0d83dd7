import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dotProduct, squaredDistance } from '../../src/shared/kernels/similarity/cosine.js';
import { KERNELS } from '../../src/shared/kernels/similarity/kernels.js';
import { panelViews, TileKernel } from '../../src/shared/kernels/similarity/tile-kernel.js';
import { BLOCK } from '../../src/shared/kernels/similarity/tile-plan.js';
import { workspaceLayout } from '../../src/shared/kernels/similarity/workspace-layout.js';

const kernel = KERNELS.find(({ name }) => name === 'simd-float32')!;
const wasm = new URL('../../dist/shared/kernels/similarity/simd.wasm', import.meta.url);
const module = new WebAssembly.Module(readFileSync(wasm));

/** Two panels of a block each, and a kernel over them. */
function twoBlocks(rows: number, columns: number, d: number, metric: 'cosine' | 'euclidean' = 'cosine') {
  const shape = { columns: d, steps: d, leftSteps: d, lanes: 1, capacities: [rows, columns] };
  const layout = workspaceLayout(shape, kernel);
  const pages = Math.ceil(layout.totalBytes / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65_536, shared: true });
  const [left, right] = [
    { ...layout.panels[0]!, firstRow: 0, rowCount: rows },
    { ...layout.panels[1]!, firstRow: 0, rowCount: columns },
  ];
  const common = { module, kernel, memory, layout, columns: d, metric, largestNorm: 1 };
  const job = { ...common, phase: 'pack', panel: left } as const;
  return {
    tile: new TileKernel(job, 0),
    left: { panel: left, block: 0 },
    right: { panel: right, block: 0 },
    leftViews: panelViews(job, left),
    rightViews: panelViews(job, right),
  };
}

const number = fc.float({ min: -1, max: 1, noNaN: true });

it('bounds the list of each row of a tile by what the tile has: the k-th largest of the maxima of groups', () => {
  const size = fc.integer({ min: 1, max: BLOCK });
  const lists = fc.integer({ min: 1, max: 60 });
  fc.assert(
    fc.property(
      size,
      size,
      lists,
      lists,
      fc.constantFrom('rows', 'columns'),
      fc.integer(),
      (rows, columns, a, b, side, seed) => {
        const [own, others] = side === 'rows' ? [rows, columns] : [columns, rows];
        const [length, groups] = [Math.min(a, b, others), Math.min(Math.max(a, b), others)];
        const { tile, left, right, leftViews, rightViews } = twoBlocks(rows, columns, 4);
        let state = seed;
        const random = () => {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
          return Math.fround(state / 2 ** 32);
        };
        for (let at = 0; at < BLOCK * BLOCK; at++) tile.scores[at] = random();
        const terms = (side === 'rows' ? rightViews : leftViews).lowerTerms;
        for (let at = 0; at < terms.length; at++) terms[at] = random();
        const found = tile.listBounds(side, left, right, { length, groups });
        for (let row = 0; row < own; row++) {
          const maxima = new Array<number>(groups).fill(Number.NEGATIVE_INFINITY);
          for (let other = 0; other < others; other++) {
            const at = side === 'rows' ? row * BLOCK + other : other * BLOCK + row;
            const value = Math.fround(tile.scores[at]! + terms[other]!);
            maxima[other % groups] = Math.max(maxima[other % groups]!, value);
          }
          expect(found[row]).toBe(maxima.sort((x, y) => y - x)[length - 1]);
        }
      },
    ),
    { numRuns: 60 },
  );
});

it('has the canonical sums bit for bit, for every number of dimensions', () => {
  const dimensions = fc.integer({ min: 1, max: 40 });
  const pairs = dimensions.chain((d) =>
    fc.tuple(
      fc.constant(d),
      fc.array(number, { minLength: 3 * d, maxLength: 3 * d }),
      fc.constantFrom('cosine' as const, 'euclidean' as const),
    ),
  );
  fc.assert(
    fc.property(pairs, ([d, values, metric]) => {
      const { tile, left, right, leftViews, rightViews } = twoBlocks(1, 2, d, metric);
      leftViews.rows.set(values.slice(0, d));
      rightViews.rows.set(values.slice(d));
      const canonical = metric === 'cosine' ? dotProduct : squaredDistance;
      for (const column of [0, 1]) {
        const expected = canonical(leftViews.rows, 0, rightViews.rows, column, d);
        expect(tile.productOf(left, right, 0, column)).toBe(expected);
      }
      tile.square(right);
      const squares = [0, 1].map((row) => dotProduct(rightViews.rows, row, rightViews.rows, row, d));
      expect([...rightViews.squares]).toEqual(squares);
    }),
    { numRuns: 300 },
  );
});
