import { noteSharedMemory } from '../../shared-memory.js';
import type { JobCopy } from '../../worker-task.js';
import { denseTiles, storeTiles } from './dense.js';
import { histogramTiles } from './histogram.js';
import type { SimilarityJob, SimilarityPart } from './job.js';
import { loadTiles, packTiles } from './load.js';
import { pairTiles } from './pairs.js';
import { TileKernel } from './tile-kernel.js';

/** Works off tiles of one phase of a similarity job until there are no more for this copy. */
export function computeTiles(job: SimilarityJob, copy: JobCopy<SimilarityPart>): void {
  const compute = tileFunction(job, copy.lane);
  for (const tile of copy.tiles()) {
    const part = compute(tile);
    copy.publish(tile, part, buffersOf(part));
  }
  noteSharedMemory(sharedBytes(job));
}

function tileFunction(job: SimilarityJob, lane: number): (tile: number) => SimilarityPart {
  switch (job.phase) {
    case 'load':
      return loadTiles(job, new TileKernel(job, lane));
    case 'pack':
      return packTiles(job, new TileKernel(job, lane));
    case 'pairs':
      return pairTiles(job, lane);
    case 'dense':
      return denseTiles(job, lane);
    case 'store':
      return storeTiles(job);
    case 'histogram':
      return histogramTiles(job, lane);
  }
}

/** The buffers of a part, which are moved to the main thread rather than copied. */
function buffersOf(part: SimilarityPart): ArrayBuffer[] {
  if (part === null) return [];
  if (part instanceof Float64Array) return [part.buffer];
  return [part.source.buffer];
}

/** Shared memory that was seen for this job alone. */
function sharedBytes(job: SimilarityJob): number {
  if (job.phase === 'load' && job.source.kind === 'shared') return job.source.buffer.byteLength;
  return job.phase === 'dense' ? job.output.scores.byteLength : 0;
}
