import { spawn } from 'node:child_process';
import type { SimulatedStats } from '../../src/main/api.js';
import { cliPath } from './run-cli.js';

/** `millrace simulate-api` as a process of its own. */
export interface SimulateApiProcess extends AsyncDisposable {
  readonly url: string;
  /** What it has counted until now. */
  stats(): Promise<SimulatedStats>;
  /** Begins its time, and with it the filling of limits that start empty. */
  begin(): Promise<void>;
}

export async function simulateApiProcess(args: readonly string[]): Promise<SimulateApiProcess> {
  const child = spawn(process.execPath, [cliPath, 'simulate-api', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (piece) => {
      text += piece;
      if (text.includes('\n')) resolve((JSON.parse(text.split('\n')[0]!) as { url: string }).url);
    });
    child.once('close', (code) => reject(new Error(`simulate-api ended with ${code}`)));
  });
  const get = async (path: string) => (await fetch(new URL(path, url))).json();
  return {
    url,
    stats: () => get('/simulation') as Promise<SimulatedStats>,
    begin: async () => {
      await get('/v1/models');
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGINT');
      await ended;
    },
  };
}
