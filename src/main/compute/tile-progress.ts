import type { ProgressSink } from '../../shared/progress.js';

/**
 * Counts tiles for a sink, with an estimate of the time left. Those that were done before count as done, and not for
 * the time.
 *
 * @param tiles - still to do, of `total`
 * @returns what to call after each tile
 */
export function tileProgress(
  progress: ProgressSink | undefined,
  { tiles, total }: { tiles: number; total: number },
): () => void {
  const startMs = performance.now();
  const before = total - tiles;
  let done = 0;
  if (before > 0) progress?.({ label: 'similarity', done: before, total, unit: 'tiles' });
  return () => {
    done++;
    const msLeft = ((performance.now() - startMs) / done) * (tiles - done);
    progress?.({ label: 'similarity', done: before + done, total, unit: 'tiles', msLeft });
  };
}
