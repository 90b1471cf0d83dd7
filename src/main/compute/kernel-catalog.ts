import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { crc32 } from 'node:zlib';
import { MillraceError } from '../../shared/errors.js';
import { dotProduct, selectionMargin } from '../../shared/kernels/similarity/cosine.js';
import type { PackJob } from '../../shared/kernels/similarity/job.js';
import {
  KERNELS,
  type Kernel,
  type KernelExports,
  type KernelModule,
  type KernelName,
  type PackedFormat,
} from '../../shared/kernels/similarity/kernels.js';
import { packTiles } from '../../shared/kernels/similarity/load.js';
import { panelViews, TileKernel } from '../../shared/kernels/similarity/tile-kernel.js';
import { BLOCK } from '../../shared/kernels/similarity/tile-plan.js';
import { workspaceLayout } from '../../shared/kernels/similarity/workspace-layout.js';

/**
 * Which micro-kernels may run: those that this engine has (`auto`), also those that need V8's experimental flags
 * (`experimental`), or one by its name, for tests and measurements.
 */
export type KernelChoice = 'auto' | 'experimental' | KernelName;

export const KERNEL_CHOICES: readonly KernelChoice[] = [
  'auto',
  'experimental',
  ...KERNELS.map(({ name }) => name),
];

/**
 * The choice of a call: its option, else the environment variable MILLRACE_KERNEL, else `auto`.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT` if the variable names no kernel.
 */
export function kernelChoice(option: KernelChoice | undefined): KernelChoice {
  const named = process.env.MILLRACE_KERNEL;
  if (option !== undefined || named === undefined || named === '') return option ?? 'auto';
  const choice = KERNEL_CHOICES.find((known) => known === named);
  if (choice !== undefined) return choice;
  throw new MillraceError(
    'MILLRACE_INVALID_ARGUMENT',
    `MILLRACE_KERNEL: expected one of ${KERNEL_CHOICES.join(', ')}, received "${named}"`,
  );
}

/** A micro-kernel that was compiled, and gave right answers. */
export interface ReadyKernel {
  readonly kernel: Kernel;
  readonly module: WebAssembly.Module;
  /** Nanoseconds for a multiplication with its addition, measured on this machine in a few milliseconds. */
  readonly macNs: number;
  /** Names the last bits of its scores: they differ where a machine fuses multiplication and addition. */
  readonly rounding: string;
}

/** What became of a micro-kernel. */
export type KernelVerdict =
  | { readonly name: KernelName; readonly state: 'ready'; readonly ready: ReadyKernel }
  | { readonly name: KernelName; readonly state: 'refused'; readonly why: string };

/** Flags of V8 that `experimental` sets, for the whole process, before it compiles a module. */
const FLAGS: Record<KernelModule, readonly string[]> = {
  simd: [],
  relaxed: ['--experimental-wasm-relaxed-simd'],
  wide: ['--experimental-wasm-relaxed-simd', '--experimental-wasm-revectorize'],
};
/** The major version of V8 that first takes the flag; older ones complain. */
const FIRST_REVECTORIZER = 12;
/** Joining vectors in pairs has to be worth it, or V8 has ignored the flag. */
const WIDE_GAIN = 1.2;

const verdicts = new Map<string, KernelVerdict>();
const modules = new Map<string, WebAssembly.Module | string>();

/** The verdict on every micro-kernel that a choice allows, in order of the table. */
export function judgeKernels(choice: KernelChoice): KernelVerdict[] {
  const isNamed = choice !== 'auto' && choice !== 'experimental';
  const named = KERNELS.find(({ name }) => name === choice);
  const isExperimental = choice === 'experimental' || named?.module === 'wide';
  const judged = (isNamed ? [named!] : KERNELS).map((kernel) => judge(kernel, isExperimental));
  const narrow = judged.find(({ name }) => name === 'relaxed-float32');
  const wide = judged.find(({ name }) => name === 'wide-float32');
  const isUseless =
    narrow?.state === 'ready' && wide?.state === 'ready' && wide.ready.macNs * WIDE_GAIN > narrow.ready.macNs;
  if (!isUseless) return judged;
  const why = 'V8 does not join its vectors in pairs, so it is no faster than relaxed';
  return judged.map((verdict) =>
    verdict.name.startsWith('wide-') ? { name: verdict.name, state: 'refused', why } : verdict,
  );
}

/** A later kernel of the table is taken unless an earlier one is so much faster: the trial is short, and noisy. */
const NOISE = 1.1;

/**
 * The micro-kernels to choose from: for each format the fastest, as the trial shows it.
 *
 * @param only - no other than this one, of those that the choice allows
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT` if a kernel that was asked for by name can't run here.
 */
export function kernelsFor(choice: KernelChoice, only?: KernelName): Map<PackedFormat, ReadyKernel> {
  const judged = judgeKernels(choice).filter(({ name }) => only === undefined || name === only);
  const found = new Map<PackedFormat, ReadyKernel>();
  for (const verdict of judged) {
    if (verdict.state === 'refused') continue;
    const { format } = verdict.ready.kernel;
    const rival = found.get(format);
    if (rival === undefined || verdict.ready.macNs < NOISE * rival.macNs) found.set(format, verdict.ready);
  }
  if (found.size > 0) return found;
  const { name, why } = judged[0] as Extract<KernelVerdict, { state: 'refused' }>;
  throw new MillraceError('MILLRACE_INVALID_ARGUMENT', `kernel ${name} can't run here: ${why}`);
}

/**
 * The kernel for a matrix that is made in several runs, whose last bits have to agree: the one that the first run
 * named, else the last of the table that can run. How fast it is plays no part, so that alike machines take the same.
 */
export function steadyKernel(choice: KernelChoice, named: string | undefined): ReadyKernel {
  const ready = judgeKernels(choice).flatMap((verdict) =>
    verdict.state === 'ready' && verdict.ready.kernel.format === 'float32' ? [verdict.ready] : [],
  );
  const kernel = ready.find(({ kernel: { name } }) => name === named) ?? ready.at(-1);
  return kernel ?? [...kernelsFor(choice).values()][0]!;
}

/** The exports that only compute sizes need no memory of their own. */
export function kernelExports({ module }: ReadyKernel): KernelExports {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true });
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports;
}

function judge(kernel: Kernel, isExperimental: boolean): KernelVerdict {
  const { name } = kernel;
  if (kernel.module === 'wide' && !isExperimental)
    return { name, state: 'refused', why: 'it needs V8’s experimental flags (kernel: experimental)' };
  const key = `${name} ${isExperimental}`;
  let verdict = verdicts.get(key);
  if (verdict === undefined) {
    verdict = tryKernel(kernel, isExperimental);
    verdicts.set(key, verdict);
  }
  return verdict;
}

function tryKernel(kernel: Kernel, isExperimental: boolean): KernelVerdict {
  const { name } = kernel;
  const module = compile(kernel.module, isExperimental);
  if (typeof module === 'string') return { name, state: 'refused', why: module };
  try {
    return { name, state: 'ready', ready: { kernel, module, ...calibrate(kernel, module) } };
  } catch (error) {
    return { name, state: 'refused', why: (error as Error).message };
  }
}

function compile(name: KernelModule, isExperimental: boolean): WebAssembly.Module | string {
  const key = `${name} ${isExperimental}`;
  const known = modules.get(key);
  if (known !== undefined) return known;
  const bytes = readFileSync(new URL(`../../shared/kernels/similarity/${name}.wasm`, import.meta.url));
  const v8 = Number.parseInt(process.versions.v8, 10);
  if (name === 'wide' && v8 < FIRST_REVECTORIZER)
    return `this engine (V8 ${process.versions.v8}) has no revectorizer`;
  if (isExperimental) for (const flag of FLAGS[name]) setFlagsFromString(flag);
  const module = WebAssembly.validate(bytes)
    ? new WebAssembly.Module(bytes)
    : `this engine (V8 ${process.versions.v8}) has no relaxed SIMD`;
  modules.set(key, module);
  return module;
}

/** A trial is one tile of so many dimensions, repeated for a few milliseconds. */
const TRIAL_COLUMNS = 96;
const TRIAL_MS = 2;

/** Runs a kernel over a tile of made-up rows, the same everywhere, and compares its scores with the canonical ones. */
function calibrate(kernel: Kernel, module: WebAssembly.Module): Pick<ReadyKernel, 'macNs' | 'rounding'> {
  const columns = TRIAL_COLUMNS;
  const shape = { columns, steps: 2 * columns, leftSteps: 2 * columns, lanes: 1, capacities: [BLOCK] };
  const layout = workspaceLayout(shape, kernel);
  const pages = Math.ceil(layout.totalBytes / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65_536, shared: true });
  const panel = { ...layout.panels[0]!, firstRow: 0, rowCount: BLOCK };
  const job: PackJob = {
    phase: 'pack',
    module,
    kernel,
    memory,
    layout,
    columns,
    metric: 'cosine',
    largestNorm: 1,
    panel,
  };
  const { rows, squares, upperTerms, lowerTerms } = panelViews(job, panel);
  let state = 1;
  for (let at = 0; at < rows.length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    rows[at] = state / 2 ** 31;
  }
  for (let row = 0; row < BLOCK; row++) squares[row] = dotProduct(rows, columns, row, row);
  packTiles(job, 0)(0);
  const tile = new TileKernel(job, 0);
  const block = { panel, block: 0 };
  let fastestMs = Number.POSITIVE_INFINITY;
  const endMs = performance.now() + TRIAL_MS;
  do {
    const startMs = performance.now();
    tile.compute(block, block);
    fastestMs = Math.min(fastestMs, performance.now() - startMs);
  } while (performance.now() < endMs);
  for (let row = 0; row < BLOCK; row++) {
    for (let column = 0; column < BLOCK; column += 7) {
      const score = tile.scores[row * BLOCK + column]!;
      const exact = dotProduct(rows, columns, row, column) / Math.sqrt(squares[row]! * squares[column]!);
      const least = score + lowerTerms[row]! + lowerTerms[column]! - selectionMargin(columns);
      const most = score + upperTerms[row]! + upperTerms[column]! + selectionMargin(columns);
      if (!(exact >= least && exact <= most)) {
        throw new Error(`it gives wrong answers here: ${score}, expected ${exact} (row ${row}, ${column})`);
      }
    }
  }
  const rounding = crc32(tile.scores).toString(16).padStart(8, '0');
  return { macNs: (fastestMs * 1e6) / (BLOCK * BLOCK * columns), rounding };
}
