import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const dist = fileURLToPath(new URL('./dist/', import.meta.url));

export default defineConfig({
  test: {
    pool: 'forks',
    setupFiles: ['test/helpers/leak-checker.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/types/**/*.test.ts'],
          // A guard against hangs, not a measure: machines may be busy.
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          // Whatever starts threads is tested as it is shipped: imports of src are served from dist.
          name: 'threads',
          alias: [{ find: /^(?:\.\.\/)+src\//, replacement: dist }],
          include: ['test/threads/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          // Against a real server, which is started (and built, the first time) once for all files.
          name: 'mongo',
          include: ['test/mongo/**/*.test.ts'],
          globalSetup: ['test/helpers/mongo-setup.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
