import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('run.js', import.meta.url));
const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/**
 * Runs the benchmarks with the same arguments under each version of Node, one after the other, in a process of its
 * own; npm's package `node` has the binaries. With `json`, their rows become one array.
 */
export async function runUnderNodes(
  versions: readonly string[],
  args: readonly string[],
  json: boolean,
): Promise<void> {
  const rows: unknown[] = [];
  for (const version of versions) {
    const command = [
      'exec',
      '--yes',
      `--package=node@${version}`,
      '--',
      'node',
      SCRIPT,
      ...withoutNode(args),
    ];
    const child = spawn(NPM, command, { stdio: ['ignore', 'pipe', 'inherit'] });
    const exit = once(child, 'exit');
    if (!json) child.stdout.pipe(process.stdout, { end: false });
    const output = json ? await text(child.stdout) : '';
    const [code] = await exit;
    if (code !== 0) process.exitCode = 1;
    if (output !== '') rows.push(...(JSON.parse(output) as unknown[]));
  }
  if (json) process.stdout.write(`${JSON.stringify(rows)}\n`);
}

function withoutNode(args: readonly string[]): string[] {
  return args.filter(
    (arg, at) => arg !== '--node' && !arg.startsWith('--node=') && args[at - 1] !== '--node',
  );
}
