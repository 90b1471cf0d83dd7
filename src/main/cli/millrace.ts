#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { runProgram } from './program.js';

/** The commands; the code of each is loaded when it is the one that was asked for. */
const COMMANDS = {
  graph: {
    summary: 'transcripts in, similarity graph out',
    load: async () => (await import('./graph-command.js')).defineGraphCommand,
  },
  ingest: {
    summary: 'an archive of transcripts to chunks',
    load: async () => (await import('./ingest-command.js')).defineIngestCommand,
  },
  convert: {
    summary: 'a transcript in any timed format to SubRip or WebVTT',
    load: async () => (await import('./convert-command.js')).defineConvertCommand,
  },
  embed: {
    summary: 'vectors of chunks, by a server that speaks OpenAI’s protocol, within its limits',
    load: async () => (await import('./embed-command.js')).defineEmbedCommand,
  },
  forecast: {
    summary: 'how long a call a chunk will take within limits, and what it costs, calling nobody',
    load: async () => (await import('./forecast-command.js')).defineForecastCommand,
  },
  similarity: {
    summary: 'similar pairs or nearest neighbours of the rows of a .npy file',
    load: async () => (await import('./similarity-command.js')).defineSimilarityCommand,
  },
  merge: {
    summary: 'join what millrace similarity --shard wrote',
    load: async () => (await import('./merge-command.js')).defineMergeCommand,
  },
  mongo: {
    summary: 'copy, compare and clean up collections of MongoDB',
    load: async () => (await import('./mongo-command.js')).defineMongoCommand,
  },
  'simulate-api': {
    summary: "a server that answers as OpenAI's does, with limits and faults of your choice",
    load: async () => (await import('./simulate-api-command.js')).defineSimulateApiCommand,
  },
};

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('millrace')
  .description('A parallel compute engine: CPU-bound work in worker threads over shared memory.')
  .version(version)
  .showHelpAfterError('(add --help for help)')
  .addHelpText(
    'after',
    '\nExamples:\n  millrace graph talks/ --out out\n  millrace similarity vectors.npy --top-k 10\n',
  );

const asked = process.argv.find((argument, place) => place >= 2 && argument in COMMANDS);
for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
  const command = program.command(name).description(summary);
  if (name === asked || (asked === undefined && process.argv[2] === 'help' && process.argv[3] === name)) {
    (await load())(command);
  }
}

await runProgram(program);
