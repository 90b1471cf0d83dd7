import { loadFlowPeers } from '../flow/flow-peers.js';
import { memoryRows } from '../flow/memory-rows.js';
import { overheadRows } from '../flow/overhead-rows.js';
import { priorityRows } from '../flow/priority-rows.js';
import { utilisationRows } from '../flow/utilisation-rows.js';
import type { Suite } from '../suite.js';

/** How much of a limit is used, and what flow control costs: time and memory an item. */
export const flow: Suite = async function* ({ runs, quick }) {
  const peers = await loadFlowPeers();
  yield* utilisationRows(peers, { quick });
  yield* overheadRows(peers, { runs, quick });
  yield* priorityRows(peers, { runs, quick });
  yield* memoryRows(peers, { quick });
};
