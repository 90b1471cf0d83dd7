import { availableParallelism, cpus } from 'node:os';

/** Threads where `--threads` isn't given: one for each processor that this process may use. */
export const MACHINE_THREADS = availableParallelism();

/** One line about where the numbers come from. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() || 'unknown processor';
  const { node, v8 } = process.versions;
  return [
    model,
    `${MACHINE_THREADS} cores`,
    `${process.platform} ${process.arch}`,
    `Node ${node}`,
    `V8 ${v8}`,
  ].join(', ');
}
