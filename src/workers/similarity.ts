import { computeTiles } from '../shared/kernels/similarity/compute-tiles.js';
import { divisibleTask } from '../shared/worker-task.js';

/** Computes tiles of scores between all pairs of rows. */
export default divisibleTask<'similarity'>(computeTiles);
