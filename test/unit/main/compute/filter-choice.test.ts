import { describe, expect, it } from 'vitest';
import { cheapest, pairNs, sampleRate } from '../../../../src/main/compute/filter-choice.js';
import type { ReadyKernel } from '../../../../src/main/compute/kernel-catalog.js';
import { rowSet } from '../../../../src/main/compute/row-set.js';
import { KERNELS } from '../../../../src/shared/kernels/similarity/kernels.js';
import { MetricSpace } from '../../../../src/shared/kernels/similarity/metric.js';
import { randomMatrix } from '../../../helpers/similarity-oracle.js';

const D = 384;
const set = rowSet(randomMatrix(500, D, 1));
const space = new MetricSpace('cosine', 1);
const kernels = KERNELS.filter(({ module }) => module === 'relaxed').map(
  (kernel): ReadyKernel => ({ kernel, module: {} as WebAssembly.Module, macNs: 0, rounding: '' }),
);

describe('the pass rate of random rows', () => {
  // Cosines of random rows are normal with a deviation of 1/√d ≈ 0.051.
  it('is the share above the threshold, and more for blunter formats', () => {
    const rate = sampleRate({ floor: 0.1 }, space, set, set);
    expect(rate('float32')).toBeGreaterThan(0.01);
    expect(rate('float32')).toBeLessThan(0.05);
    expect(rate('int16')).toBeLessThan(rate('float32') + 0.01);
    expect(rate('int8')).toBeGreaterThan(0.08);
    expect(rate('int8')).toBeLessThan(0.25);
  });

  it('is small for short lists, and counts their filling', () => {
    const rate = sampleRate({ listLength: 5 }, space, set, set);
    expect(rate('float32')).toBeGreaterThan(0.04);
    expect(rate('float32')).toBeLessThan(0.08);
  });
});

describe('the cheapest kernel', () => {
  it('is the bluntest where nearly nothing passes, and a sharper one where it lets through much more', () => {
    const nothing = sampleRate({ floor: 0.99 }, space, set, set);
    expect(cheapest(kernels, D, nothing).kernel.format).toBe('int8');
    const some = sampleRate({ floor: 0.1 }, space, set, set);
    expect(cheapest(kernels, D, some).kernel.format).toBe('int16');
    expect(pairNs(kernels[0]!, D, nothing)).toBeCloseTo(D * 0.043, 5);
  });
});
