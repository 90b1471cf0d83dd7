import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const cliPath = fileURLToPath(new URL('../../dist/main/cli/millrace.js', import.meta.url));

export interface CliResult {
  /** The exit code, or null if a signal ended the process. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Is given what comes on standard output, as it comes. */
  onStdout?: (text: string) => void;
  /** Sends this signal, once, as soon as standard error holds the text, or the function says so. */
  kill?: { signal: NodeJS.Signals; when: string | (() => boolean) };
}

/** Runs the command line as a process of its own. */
export function runCli(
  args: readonly string[],
  { cwd, env, onStdout, kill }: CliOptions = {},
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cliPath, ...args], { cwd, env: { ...process.env, ...env } });
    let stdout = '';
    let stderr = '';
    const when = kill?.when;
    const watch = setInterval(() => {
      if (typeof when !== 'function' || !when()) return;
      clearInterval(watch);
      child.kill(kill!.signal);
    }, 2);
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      onStdout?.(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      const before = stderr;
      stderr += text;
      if (typeof when === 'string' && stderr.includes(when) && !before.includes(when))
        child.kill(kill!.signal);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(watch);
      resolve({ code, stdout, stderr });
    });
  });
}
