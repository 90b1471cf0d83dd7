import { embedTile } from '../shared/kernels/lexical-embedding.js';
import { divisibleTask } from '../shared/worker-task.js';

/** Embeds texts lexically, tile by tile: see {@link embedTile}. */
export default divisibleTask<'embedding'>((job, copy) => {
  for (const tile of copy.tiles()) {
    const part = embedTile(job, tile);
    copy.publish(tile, part, part === null ? [] : [part.buffer]);
  }
});
