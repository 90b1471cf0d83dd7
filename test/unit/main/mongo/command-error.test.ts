import { MongoNetworkError } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { commandError } from '../../../../src/main/mongo/command-error.js';

describe('commandError', () => {
  it.each([
    ['an error of the network', new MongoNetworkError('closed')],
    [
      'an error of the socket',
      Object.assign(new Error('write ECONNRESET'), { code: 'ECONNRESET', syscall: 'write' }),
    ],
  ])('takes %s for one that may pass, and the command for one that may have been done', (_, thrown) => {
    expect(commandError(thrown)).toMatchObject({ category: 'transient', sent: 'unknown' });
  });

  it('knows nothing of what became of a command after an error that it does not know', () => {
    expect(commandError(new Error('?'))).toMatchObject({ category: 'fatal', sent: 'unknown' });
  });
});
