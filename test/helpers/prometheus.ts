import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeNeeding } from './requirements.js';

const binary = process.env.PROMETHEUS_PATH ?? 'prometheus';

/** A `describe` whose tests let a real Prometheus read: PROMETHEUS_PATH, or the system's. */
export function describeWithPrometheus(title: string, body: () => void): void {
  const missing = isThere() ? undefined : 'there is no Prometheus (set PROMETHEUS_PATH)';
  describeNeeding(missing, title, body);
}

function isThere(): boolean {
  try {
    execFileSync(binary, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A Prometheus that reads from one address, five times a second. */
export class Prometheus {
  private constructor(
    private readonly process: ChildProcess,
    private readonly url: string,
    private readonly folder: string,
  ) {}

  static async start(target: string): Promise<Prometheus> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-prometheus-'));
    const config = join(folder, 'prometheus.yml');
    await writeFile(
      config,
      `scrape_configs:
  - job_name: millrace
    scrape_interval: 200ms
    scrape_timeout: 200ms
    static_configs: [{ targets: ['${target}'] }]
`,
    );
    const address = `127.0.0.1:${await freePort()}`;
    const flags = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ];
    const child = spawn(binary, flags, { stdio: 'ignore' });
    return new Prometheus(child, `http://${address}`, folder);
  }

  /** Asks until there is a series of this query for which `isGood`; gives the last answer when the time is over. */
  async until(query: string, isGood: (value: number) => boolean, timeoutMs = 30_000): Promise<Sample[]> {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const samples = await this.query(query).catch(() => []);
      if (samples.some(({ value }) => isGood(value)) || performance.now() > end) return samples;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async query(query: string): Promise<Sample[]> {
    const { data } = (await this.get(`query?query=${encodeURIComponent(query)}`)) as {
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** The last error of each target. */
  async errors(): Promise<string[]> {
    const { data } = (await this.get('targets')) as { data: { activeTargets: { lastError: string }[] } };
    return data.activeTargets.map(({ lastError }) => lastError);
  }

  /** What it knows of the metrics: type and help. */
  async metadata(): Promise<Record<string, { type: string; help: string }[]>> {
    const { data } = (await this.get('metadata')) as {
      data: Record<string, { type: string; help: string }[]>;
    };
    return data;
  }

  async close(): Promise<void> {
    const exit = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await exit;
    await rm(this.folder, { recursive: true, force: true });
  }

  private async get(path: string): Promise<unknown> {
    const response = await fetch(`${this.url}/api/v1/${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }
}

export interface Sample {
  readonly labels: Record<string, string>;
  readonly value: number;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
