import { createRequire } from 'node:module';
import { MillraceError } from '../../shared/errors.js';

type MakeSequence = (field: string, documents: readonly unknown[], bytes: readonly Uint8Array[]) => unknown;

let make: MakeSequence | undefined;

/**
 * A list of a command as a section of its own of the message, from documents that are BSON already: what the driver does in
 * its own writes. It isn't part of its public interface, but a command has no other way to bytes.
 *
 * @param documents - as those who watch commands see them
 * @throws MillraceError `MILLRACE_MISSING_PACKAGE` if this version of the driver hasn't got it
 */
export const documentSequence: MakeSequence = (field, documents, bytes) => {
  make ??= load();
  return make(field, documents, bytes);
};

function load(): MakeSequence {
  const commands = createRequire(import.meta.url)('mongodb/lib/cmap/commands.js') as {
    makeDocumentSequence?: MakeSequence;
  };
  if (commands.makeDocumentSequence !== undefined) return commands.makeDocumentSequence;
  const problem =
    'this version of the package mongodb makes no document sequences, expected 7.9 or a later 7';
  throw new MillraceError('MILLRACE_MISSING_PACKAGE', problem);
}
