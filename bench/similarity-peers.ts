import { describeNumpy } from './numpy-peer.js';
import { describePeak } from './peak.js';

/** What the numbers of all-pairs similarity depend on, beside the machine. */
export async function describePeers(): Promise<string[]> {
  const lines = [await describePeak(), await describeNumpy()];
  return lines.filter((line) => line !== undefined);
}
