import type { SharedMatrix } from 'millrace';

/** What the native packages can be asked for. */
export type NativeWork =
  | { work: 'onnxruntime' }
  | { work: 'usearch'; k: number }
  | { work: 'simsimd'; threshold: number };

/** A package that has been loaded and has the vectors. */
export interface NativePeer {
  /** Does the work once. What it returns gives the answer in rows, outside of what is timed. */
  run(work: NativeWork): Promise<() => SharedMatrix> | (() => SharedMatrix);
}

/** @throws Error if the package isn't there, or has no binary for this machine. */
export type LoadNative = (vectors: SharedMatrix, threads: number) => Promise<NativePeer> | NativePeer;
