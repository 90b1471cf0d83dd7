import { constants } from 'node:os';
import { type Command, CommanderError } from 'commander';
import { errorMessage, hasCode, isMillraceError } from '../../shared/errors.js';
import { withFlags } from './flag-names.js';

/** What the process tells its caller. */
export const EXIT = {
  done: 0,
  /** Nothing could be done. */
  failed: 1,
  /** Wrong usage. */
  usage: 2,
  /** Done, but some inputs failed. */
  someFailed: 3,
} as const;

/** What was given up at an interruption, as a server that doesn't answer, holds the process no longer than that. */
const LINGER_MS = 200;

const interruption = new AbortController();

/** Aborts on Ctrl-C and on a request to terminate. */
export const interrupted: AbortSignal = interruption.signal;

/** Wrong usage that only shows when options are seen together. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Parses the arguments, runs the command and ends the process with the exit code that fits what happened. */
export async function runProgram(program: Command): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) listen(signal);
  process.stdout.on('error', exitOnClosedPipe);
  let running = program;
  program.exitOverride().hook('preAction', (_, command) => {
    running = command;
  });
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = exitCodeOf(error, running);
  }
  if (interrupted.aborted) setTimeout(() => process.exit(), LINGER_MS).unref();
}

/** The first signal stops the work, which cleans up behind itself; the second ends the process as it is. */
function listen(signal: 'SIGINT' | 'SIGTERM'): void {
  const code = 128 + constants.signals[signal];
  process.on(signal, () => {
    if (interrupted.aborted) process.exit(code);
    interruption.abort(new Interruption(signal, code));
  });
}

class Interruption extends Error {
  constructor(
    readonly signal: string,
    readonly exitCode: number,
  ) {
    super(`stopped by ${signal}`);
  }
}

function exitCodeOf(error: unknown, running: Command): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (interrupted.aborted && interrupted.reason instanceof Interruption) {
    process.stderr.write(`millrace: ${interrupted.reason.message}\n`);
    return interrupted.reason.exitCode;
  }
  if (error instanceof UsageError) {
    process.stderr.write(`error: ${error.message}\n(add --help for help)\n`);
    return EXIT.usage;
  }
  process.stderr.write(`millrace: ${describe(error, running)}\n`);
  return hasCode(error, 'MILLRACE_INVALID_ARGUMENT') ? EXIT.usage : EXIT.failed;
}

/** Our own errors say what is wrong; of others the stack is the best there is. */
function describe(error: unknown, running: Command): string {
  if (isMillraceError(error))
    return error.refused === undefined ? error.message : withFlags(error.refused, running);
  return error instanceof Error ? (error.stack ?? error.message) : errorMessage(error);
}

/** `millrace … | head` closes the pipe early: that is no failure. */
function exitOnClosedPipe(error: Error): void {
  if (hasCode(error, 'EPIPE')) process.exit(EXIT.done);
  throw error;
}
