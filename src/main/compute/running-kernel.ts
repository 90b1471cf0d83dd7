import { MillraceError } from '../../shared/errors.js';
import type { PairPart, SimilarityPart } from '../../shared/kernels/similarity/job.js';
import type { KernelName, PackedFormat } from '../../shared/kernels/similarity/kernels.js';
import type { MetricSpace } from '../../shared/kernels/similarity/metric.js';
import { BLOCK } from '../../shared/kernels/similarity/tile-plan.js';
import { cheapest, type FilterRule, type PassRate, pairNs, sampleRate } from './filter-choice.js';
import { kernelChoice, kernelsFor, type ReadyKernel } from './kernel-catalog.js';
import type { RowSet } from './row-set.js';
import type { SimilarityOptions } from './similarity-options.js';

/** Tiles between two looks at how much a filter lets through: the first time, and how much more each time. */
const FIRST_LOOK = 16;
const LOOK_GROWTH = 8;

export interface KernelNeeds {
  /** Lets quantised kernels rule pairs out. Without it only float32 ones run. */
  readonly filter?: FilterRule;
  /** Only this kernel may run, of those that the options allow. */
  readonly kernel?: KernelName;
}

/** The micro-kernel of a run: the one that should take the least time, until it turns out that it does not. */
export class RunningKernel {
  /** Any of these may run, one after the other. */
  readonly all: ReadonlyMap<PackedFormat, ReadyKernel>;
  private running: ReadyKernel;
  private expected: PassRate = () => 0;

  /** @throws MillraceError `MILLRACE_INVALID_ARGUMENT` if a kernel that was asked for can't do the work. */
  constructor(
    private readonly needs: KernelNeeds,
    private readonly options: Pick<SimilarityOptions, 'kernel' | 'metric' | 'explain'>,
  ) {
    const mayFilter = needs.filter !== undefined && options.metric !== 'euclidean';
    this.all = usable(kernelsFor(kernelChoice(options.kernel), needs.kernel), mayFilter);
    this.running = this.all.get('float32') ?? [...this.all.values()][0]!;
  }

  get current(): ReadyKernel {
    return this.running;
  }

  /** Takes the kernel that should need the least time, by a sample of the pairs. */
  choose(space: MetricSpace, left: RowSet, right: RowSet = left): void {
    const { filter } = this.needs;
    const { explain } = this.options;
    const { columns } = left;
    if (filter === undefined || this.all.size === 1) {
      const why = filter ? 'there is no other' : 'every score is wanted';
      explain?.(`${this.running.kernel.name} runs: ${why}`);
      return;
    }
    this.expected = sampleRate(filter, space, left, right);
    this.running = cheapest(this.all.values(), columns, this.expected);
    for (const ready of this.all.values()) {
      const percent = (100 * this.expected(ready.kernel.format)).toFixed(2);
      const ns = pairNs(ready, columns, this.expected).toFixed(1);
      explain?.(`${ready.kernel.name}: about ${percent} % of the pairs to score again, ${ns} ns a pair`);
    }
    explain?.(`${this.running.kernel.name} runs: it should take the least time for a pair`);
  }

  /**
   * Looks at the tiles of a window as they come, and turns the filter off where it lets too much through: then it
   * says so. While lists fill more pairs come through than later, so the first tiles of a window say nothing of them.
   *
   * @param d - dimensions
   */
  watch(d: number): (part: SimilarityPart) => boolean {
    const { filter } = this.needs;
    const exact = this.all.get('float32');
    if (filter === undefined || exact === undefined || exact === this.running) return () => false;
    let [seen, candidates, look] = [0, 0, FIRST_LOOK];
    return (part) => {
      candidates += (part as PairPart).candidates;
      if (++seen < look) return false;
      const found = candidates / (seen * BLOCK * BLOCK);
      const isFilling = 'listLength' in filter && look === FIRST_LOOK;
      [seen, candidates, look] = [0, 0, look * LOOK_GROWTH];
      if (isFilling || pairNs(this.running, d, () => found) <= pairNs(exact, d, this.expected)) return false;
      this.running = exact;
      const percent = (100 * found).toFixed(2);
      this.options.explain?.(
        `${exact.kernel.name} takes over: ${percent} % of the pairs had to be scored again`,
      );
      return true;
    };
  }
}

/** Quantised kernels only rule pairs out: where pairs are not ruled out, float32 alone is of use. */
function usable(
  kernels: Map<PackedFormat, ReadyKernel>,
  mayFilter: boolean,
): ReadonlyMap<PackedFormat, ReadyKernel> {
  if (mayFilter) return kernels;
  const exact = kernels.get('float32');
  if (exact) return new Map([['float32', exact]]);
  const { name } = [...kernels.values()][0]!.kernel;
  throw new MillraceError(
    'MILLRACE_INVALID_ARGUMENT',
    `kernel ${name} selects edges and neighbours by cosine or dot product, and can do nothing else`,
  );
}
