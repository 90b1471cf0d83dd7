/** The WebAssembly modules, by what they need of the engine that runs them. */
export type KernelModule = 'simd' | 'relaxed' | 'wide';

/** What packed rows consist of: numbers as they are, or quantised ones, which select faster and less sharply. */
export type PackedFormat = 'float32' | 'int16' | 'int8';

/** A micro-kernel: the module that it is in, and the format that it multiplies. */
export type KernelName = `${KernelModule}-${PackedFormat}`;

export interface Kernel {
  readonly name: KernelName;
  readonly module: KernelModule;
  readonly format: PackedFormat;
  /** Rows that the micro-kernel takes at once from the left. */
  readonly left: number;
  /** Rows that it takes at once from the right: the width of a packed panel. */
  readonly right: number;
  /**
   * Nanoseconds for a multiplication with its addition that are usual at 3.5 GHz. What counts is how formats compare
   * with each other and with the scoring of what they let through.
   */
  readonly typicalNs: number;
}

/** Every micro-kernel there is. */
export const KERNELS: readonly Kernel[] = [
  kernel('simd', 'float32', 4, 8, 0.055),
  kernel('simd', 'int16', 4, 8, 0.028),
  kernel('relaxed', 'float32', 4, 8, 0.043),
  kernel('relaxed', 'int16', 4, 8, 0.028),
  kernel('relaxed', 'int8', 4, 8, 0.015),
  kernel('wide', 'float32', 6, 16, 0.022),
  kernel('wide', 'int16', 5, 16, 0.015),
  kernel('wide', 'int8', 5, 16, 0.008),
];

function kernel(
  module: KernelModule,
  format: PackedFormat,
  left: number,
  right: number,
  typicalNs: number,
): Kernel {
  return { name: `${module}-${format}`, module, format, left, right, typicalNs };
}

/** Rows in a panel are padded with zeros up to a multiple of both sides. */
export function rowMultiple({ left, right }: Kernel): number {
  let multiple = right;
  while (multiple % left !== 0) multiple += right;
  return multiple;
}

/**
 * The exports of a module; see ../assembly. Those of a format are there if KERNELS has it for the module. All
 * addresses are in bytes, all counts in rows or floats.
 */
export interface KernelExports {
  stepsF32(d: number): number;
  stepsI16(d: number): number;
  stepsI8(d: number): number;
  leftStepsF32(d: number): number;
  leftStepsI16(d: number): number;
  leftStepsI8(d: number): number;
  packF32: PackFunction;
  packI16: PackFunction;
  packI8: PackFunction;
  packLeftF32: PackLeftFunction;
  packLeftI16: PackLeftFunction;
  packLeftI8: PackLeftFunction;
  multiplyF32: MultiplyFunction;
  multiplyI16: MultiplyFunction;
  multiplyI8: MultiplyFunction;
  select(
    scores: number,
    bounds: number,
    terms: number,
    list: number,
    rows: number,
    columns: number,
    triangle: boolean,
  ): number;
  selectBoth(
    scores: number,
    rowBounds: number,
    rowTerms: number,
    columnBounds: number,
    columnTerms: number,
    list: number,
    rows: number,
    columns: number,
    triangle: boolean,
  ): number;
  squares(rows: number, count: number, d: number, out: number): void;
  dotProducts: PairFunction;
  squaredDistances: PairFunction;
  listBounds(
    scores: number,
    terms: number,
    rows: number,
    columns: number,
    length: number,
    groups: number,
    work: number,
    bounds: number,
  ): void;
  transpose(scores: number, out: number): void;
  clamp(scores: number, count: number): void;
}

type PackFunction = (
  rows: number,
  count: number,
  padded: number,
  d: number,
  inverses: number,
  panels: number,
  errors: number,
) => void;
type PackLeftFunction = (panels: number, left: number, groups: number, d: number) => void;
type MultiplyFunction = (
  left: number,
  right: number,
  scores: number,
  groups: number,
  panels: number,
  d: number,
) => void;
type PairFunction = (
  left: number,
  right: number,
  list: number,
  count: number,
  d: number,
  out: number,
) => void;

/** The exports that belong to a format. */
export function functionsOf(exports: KernelExports, format: PackedFormat) {
  const suffix = ({ float32: 'F32', int16: 'I16', int8: 'I8' } as const)[format];
  return {
    /** Words of a packed row, on the right and on the left side. */
    steps: exports[`steps${suffix}`],
    leftSteps: exports[`leftSteps${suffix}`],
    pack: exports[`pack${suffix}`],
    packLeft: exports[`packLeft${suffix}`],
    multiply: exports[`multiply${suffix}`],
  };
}
