import type { KernelName } from '../../shared/kernels/similarity/kernels.js';
import type { LogRecord } from '../files/record-log.js';
import { kernelChoice, steadyKernel } from './kernel-catalog.js';
import type { RowSet } from './row-set.js';
import type { Shard } from './shard-plan.js';
import { identify, type SimilarityMode } from './similarity-identity.js';
import type { SimilarityOptions } from './similarity-options.js';
import { TileCheckpoint } from './tile-checkpoint.js';

/**
 * Goes on with the log of a matrix, or begins one. The values of a matrix depend on the kernel: the log names it, and
 * the run that goes on takes the same, or is refused.
 */
export async function openMatrixLog(
  path: string,
  set: RowSet,
  mode: Pick<SimilarityMode, 'mode' | 'out'>,
  shard: Shard,
  replay: (record: LogRecord) => boolean,
  { metric = 'cosine', kernel: choice, signal, explain }: SimilarityOptions,
): Promise<{ log: TileCheckpoint; kernel: KernelName }> {
  const common = await identify({ left: set }, { ...mode, metric }, shard, signal);
  const log = await TileCheckpoint.open({
    path,
    identify: (found) => {
      const { kernel, rounding } = steadyKernel(kernelChoice(choice), found?.kernel);
      return { ...common, kernel: kernel.name, rounding };
    },
    replay,
    signal,
    explain,
  });
  return { log, kernel: log.identity.kernel as KernelName };
}
