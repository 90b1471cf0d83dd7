import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

/**
 * Prints the GFLOP/s of the module with the path given, a fused multiply-add of four lanes being eight operations:
 * the most of several runs of each function that it exports, on one thread. In a process of its own, since it sets a flag of V8.
 */

interface PeakModule {
  exports: Record<string, unknown>;
}

interface WebAssemblyApi {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => PeakModule;
}

/** Chains × lanes × (a multiplication and an addition), in assembly/peak.ts. */
const OPERATIONS_AN_ITERATION = 12 * 4 * 2;
const ITERATIONS = 10_000_000;
const RUNS = 10;

if (Number.parseInt(process.versions.node, 10) < 22) {
  setFlagsFromString('--experimental-wasm-relaxed-simd');
}
const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi };
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(process.argv[2]!)));
let fastestMs = Number.POSITIVE_INFINITY;
for (const multiplyAdd of Object.values(exports)) {
  if (typeof multiplyAdd !== 'function') continue;
  for (let run = 0; run < RUNS; run++) {
    const startMs = performance.now();
    multiplyAdd(ITERATIONS);
    fastestMs = Math.min(fastestMs, performance.now() - startMs);
  }
}
process.stdout.write(String((OPERATIONS_AN_ITERATION * ITERATIONS) / fastestMs / 1e6));
