import type { Command } from 'commander';
import { defineMongoCleanCommand } from './mongo-clean-command.js';
import { defineMongoCopyCommand } from './mongo-copy-command.js';
import { defineMongoVerifyCommand } from './mongo-verify-command.js';

const COMMANDS = {
  copy: { summary: 'copy a collection, byte for byte, resumable', define: defineMongoCopyCommand },
  clean: {
    summary: 'set or take out fields all over a collection, resumable',
    define: defineMongoCleanCommand,
  },
  verify: { summary: 'compare two collections and list every difference', define: defineMongoVerifyCommand },
};

export function defineMongoCommand(command: Command): void {
  for (const [name, { summary, define }] of Object.entries(COMMANDS)) {
    define(command.command(name).description(summary).exitOverride());
  }
  command.addHelpText(
    'after',
    `
Examples:
  millrace mongo copy --source talks.chunks --target backup.chunks
  millrace mongo verify --source talks.chunks --target backup.chunks
  millrace mongo clean --collection talks.chunks --unset embedding --dry-run`,
  );
}
