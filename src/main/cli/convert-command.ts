import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import { MillraceError } from '../../shared/errors.js';
import { decodeTranscript } from '../../shared/kernels/transcripts/decode.js';
import { parseTranscript } from '../../shared/kernels/transcripts/format.js';
import { type WritableFormat, writeTranscript } from '../../shared/kernels/transcripts/write-transcript.js';
import type { TranscriptWarning } from '../../shared/transcript.js';
import { unreadableFile } from '../../shared/unreadable-file.js';
import { replaceable, writeFileAtomically } from '../files/atomic-write.js';
import { characterEncoding, jsonOption, quietOption } from './option-values.js';
import { interrupted, UsageError } from './program.js';

interface ConvertCommandOptions {
  to?: WritableFormat;
  encoding?: string;
  strict?: true;
  json?: true;
  quiet?: true;
}

const FORMATS: readonly WritableFormat[] = ['srt', 'vtt'];

export function defineConvertCommand(command: Command): void {
  command
    .argument('<input>', 'a timed transcript in any format, or - for standard input')
    .argument('<output>', 'the file to write, or - for standard output')
    .addOption(
      new Option('--to <format>', 'what to write (default: by the extension of the output)').choices(FORMATS),
    )
    .option('--encoding <name>', 'of the input, such as windows-1252 (default: found)', characterEncoding)
    .option('--strict', 'write nothing if there is any warning')
    .addOption(jsonOption())
    .addOption(quietOption())
    .addHelpText('after', HELP)
    .action(convert);
}

const HELP = `
Writes SubRip or WebVTT, in UTF-8. WebVTT keeps speakers and the language. What was mended or left out is told
on standard error, with lines. Exit codes: 0 done, 1 nothing was written, 2 wrong usage.

Examples:
  millrace convert talk.srt talk.vtt
  millrace convert whisper.json talk.srt
  millrace convert old.sub - --to srt --encoding windows-1250
`;

async function convert(input: string, output: string, options: ConvertCommandOptions): Promise<void> {
  const to = options.to ?? FORMATS.find((format) => output.toLowerCase().endsWith(`.${format}`));
  if (to === undefined) {
    throw new UsageError(
      `${output}: what to write can't be told by the extension, expected .srt or .vtt, or --to`,
    );
  }
  if (options.json && output === '-')
    throw new UsageError('--json: standard output is the transcript already');
  if (output !== '-') await replaceable(output);
  const bytes = input === '-' ? await buffer(process.stdin) : await readInput(input);
  const { text, encoding, warnings: undecoded } = await decodeTranscript(bytes, input, options.encoding);
  const transcript = parseTranscript(text);
  const warnings = [...undecoded, ...transcript.warnings];
  if (!options.quiet) report(input, warnings);
  if (options.strict && warnings.length > 0) {
    const problem = `${input}: ${warnings.length} warnings, and --strict allows none: nothing is written`;
    throw new MillraceError('MILLRACE_INVALID_INPUT', problem);
  }
  const written = writeTranscript(transcript, to);
  if (output === '-') process.stdout.write(written);
  else await writeFileAtomically(output, [Buffer.from(written)], { signal: interrupted });
  if (options.json) {
    const { format, language, cues } = transcript;
    process.stdout.write(
      `${JSON.stringify({ input, output, format, encoding, language, cues: cues.length, warnings })}\n`,
    );
  }
}

async function readInput(path: string): Promise<Buffer> {
  try {
    return await readFile(path, { signal: interrupted });
  } catch (error) {
    interrupted.throwIfAborted();
    throw unreadableFile(path, error);
  }
}

function report(input: string, warnings: readonly TranscriptWarning[]): void {
  for (const { line, message } of warnings) process.stderr.write(`${input}:${line}: ${message}\n`);
}
