import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { MillraceError } from '../../shared/errors.js';
import {
  KERNELS,
  type Kernel,
  type KernelExports,
  type KernelModule,
  type KernelName,
  type PackedFormat,
} from '../../shared/kernels/similarity/kernels.js';
import { KernelTrial } from './kernel-trial.js';

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
const FLAGS = {
  /** Where relaxed SIMD is not there without it. */
  relaxed: '--experimental-wasm-relaxed-simd',
  wide: '--experimental-wasm-revectorize',
} as const;
/** The major version of V8 that first takes the flag; older ones complain. */
const FIRST_REVECTORIZER = 12;
/** Joining vectors in pairs has to be worth it, or V8 has ignored the flag. */
const WIDE_GAIN = 1.2;

/** What was found out about each kernel: how it did in its trial, or why it can't run. */
const trials = new Map<string, KernelTrial | string>();
const modules = new Map<string, WebAssembly.Module | string>();

/** The verdict on every micro-kernel that a choice allows, in order of the table. */
export function judgeKernels(choice: KernelChoice): KernelVerdict[] {
  const isNamed = choice !== 'auto' && choice !== 'experimental';
  const named = KERNELS.find(({ name }) => name === choice);
  const isExperimental = choice === 'experimental' || named?.module === 'wide';
  const judged = judgeAll(isNamed ? [named!] : KERNELS, isExperimental);
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

function judgeAll(kernels: readonly Kernel[], isExperimental: boolean): KernelVerdict[] {
  const fresh: KernelTrial[] = [];
  const found = kernels.map((kernel) => {
    const key = `${kernel.name} ${isExperimental}`;
    let trial = trials.get(key);
    if (trial === undefined) {
      trial = tryKernel(kernel, isExperimental);
      trials.set(key, trial);
      if (trial instanceof KernelTrial) fresh.push(trial);
    }
    return { kernel, trial };
  });
  if (fresh.length > 1) KernelTrial.measure(fresh);
  return found.map(({ kernel, trial }) => {
    const { name } = kernel;
    if (typeof trial === 'string') return { name, state: 'refused', why: trial };
    return { name, state: 'ready', ready: trial };
  });
}

function tryKernel(kernel: Kernel, isExperimental: boolean): KernelTrial | string {
  if (kernel.module === 'wide' && !isExperimental)
    return 'it needs V8’s experimental flags (kernel: experimental)';
  const module = compile(kernel.module, isExperimental);
  if (typeof module === 'string') return module;
  try {
    return new KernelTrial(kernel, module);
  } catch (error) {
    return (error as Error).message;
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
  if (name === 'wide') setFlagsFromString(FLAGS.wide);
  else if (isExperimental && !WebAssembly.validate(bytes)) setFlagsFromString(FLAGS.relaxed);
  const module = WebAssembly.validate(bytes)
    ? new WebAssembly.Module(bytes)
    : `this engine (V8 ${process.versions.v8}) has no relaxed SIMD`;
  modules.set(key, module);
  return module;
}
