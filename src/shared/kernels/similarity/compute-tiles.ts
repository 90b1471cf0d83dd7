import { noteSharedMemory } from '../../shared-memory.js';
import type { JobCopy } from '../../worker-task.js';
import { denseTiles } from './dense.js';
import { edgeTiles } from './edges.js';
import { histogramTiles } from './histogram.js';
import type { SimilarityJob, SimilarityPart } from './job.js';
import { nearestTiles } from './nearest.js';
import { packBlock } from './pack.js';
import { TileKernel } from './tile-kernel.js';

/** Works off tiles of one phase of a similarity job until there are no more for this copy. */
export function computeTiles(job: SimilarityJob, copy: JobCopy<SimilarityPart>): void {
  const compute = tileFunction(job, copy.lane);
  for (const tile of copy.tiles()) {
    const part = compute(tile);
    copy.publish(tile, part, buffersOf(part));
  }
  noteSharedMemory(job.matrix.buffer.byteLength + (job.phase === 'dense' ? job.output.byteLength : 0));
}

function tileFunction(job: SimilarityJob, lane: number): (tile: number) => SimilarityPart {
  if (job.phase === 'pack') {
    return (block) => {
      packBlock(job, block);
      return null;
    };
  }
  const kernel = new TileKernel(job, lane);
  switch (job.phase) {
    case 'edges':
      return edgeTiles(job, kernel);
    case 'nearest':
      return nearestTiles(job, kernel);
    case 'dense':
      return denseTiles(job, kernel);
    case 'histogram':
      return histogramTiles(job, kernel);
  }
}

/** The buffers of a part, which are moved to the main thread rather than copied. */
function buffersOf(part: SimilarityPart): ArrayBuffer[] {
  if (part === null) return [];
  if (part instanceof Float64Array) return [part.buffer];
  return Object.values(part).map(
    (column: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>) => column.buffer,
  );
}
