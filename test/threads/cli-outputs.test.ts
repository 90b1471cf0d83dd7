import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../helpers/run-cli.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

/** The inputs are not there: who says so has looked for them first. */
const COMMANDS: [string, (out: string) => string[]][] = [
  ['convert', (out) => ['gone.vtt', out, '--to', 'srt']],
  ['embed', (out) => ['gone.jsonl', '--base-url', 'http://127.0.0.1:9/v1', '--out', out]],
  ['graph', (out) => ['gone.srt', '--out', out]],
  ['ingest', (out) => ['gone.srt', '--out', out]],
  ['ingest', (out) => ['gone.srt', '--out', 'chunks.jsonl', '--manifest', out]],
  ['merge', (out) => ['gone.shard', '--out', out]],
  ['similarity', (out) => ['gone.npy', '--top-k', '3', '--out', out]],
  ['similarity', (out) => ['gone.npy', '--dense', '--out', out]],
  ['similarity', (out) => ['gone.npy', '--top-k', '3', '--shard', '1/2', '--out', out]],
];

describe.each(COMMANDS)('millrace %s', (name, args) => {
  it('finds out that its output can’t be written before it begins', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'file'), '');
    mkdirSync(join(cwd, 'folder', 'chunks.jsonl'), { recursive: true });
    const outs = name === 'graph' ? ['file/x', 'folder'] : ['file/x', 'nowhere/x', 'folder'];
    for (const out of outs) {
      const { code, stderr } = await runCli([name, ...args(out)], { cwd });
      expect([code, stderr]).toEqual([1, expect.stringMatching(new RegExp(`can't write ${out}`))]);
    }
  });
});
