import { MillraceError } from '../../shared/errors.js';
import { reasonOf } from '../files/failure-reason.js';
import { DigestIndex } from './digest-index.js';
import type { LoggedFile, LogPlace } from './ingest-log.js';
import { LogPlaces } from './log-places.js';
import { NearDuplicates, type Similar } from './near-duplicates.js';
import { PassedOver } from './passed-over.js';

/** Which earlier file one has its content or nearly its text from, by its number in `places`. */
interface Likeness {
  duplicateOf?: number;
  /** The similarity is the Jaccard index of their runs of 9 letters, as `minHash` estimates it. */
  nearDuplicateOf?: Similar<number>;
}

/** What was done of a file is in the log, and this is its number there: of an archive's many files little is kept in memory. */
type FileResult = number | FailedFile;

interface FailedFile {
  readonly status: 'failed';
  readonly source: string;
  readonly code: string;
  readonly reason: string;
}

/** What has become of the files so far. */
export class RunResults {
  readonly results: FileResult[] = [];
  readonly passedOver = new PassedOver();
  readonly places = new LogPlaces();
  readonly likenesses = new Map<number, Likeness>();
  readonly counts = {
    files: 0,
    failed: 0,
    resumed: 0,
    duplicates: 0,
    nearDuplicates: 0,
    chunks: 0,
    tokens: 0,
    bytes: 0,
    warnings: 0,
  };
  private readonly contents = new DigestIndex();
  private readonly similar: NearDuplicates<number> | undefined;

  constructor(
    private readonly options: {
      strict: boolean;
      skipDuplicates: boolean;
      nearDuplicates: number | false;
      onFailure: (source: string, error: MillraceError) => void;
    },
  ) {
    if (options.nearDuplicates !== false) this.similar = new NearDuplicates(options.nearDuplicates);
  }

  failed(source: string, error: MillraceError): void {
    this.counts.files++;
    this.counts.failed++;
    this.results.push({ status: 'failed', source, code: error.code, reason: reasonOf({ source, error }) });
    this.options.onFailure(source, error);
  }

  done(place: LogPlace, { file, signature }: LoggedFile, isResumed: boolean): void {
    const { counts } = this;
    const [warning] = file.warnings;
    if (this.options.strict && warning !== undefined) {
      const problem = `${file.source}, line ${warning.line}: ${warning.message} (${file.warnings.length} warnings, and strict allows none)`;
      this.failed(file.source, new MillraceError('MILLRACE_UNREADABLE_INPUT', problem));
      return;
    }
    counts.files++;
    counts.bytes += file.bytes;
    counts.warnings += file.warnings.length;
    if (isResumed) counts.resumed++;
    const number = this.places.push(place);
    this.results.push(number);
    const likeness = this.likenessOf(number, file.sha256, signature);
    if (likeness !== undefined) this.likenesses.set(number, likeness);
    if (this.isLeftOut(number)) return;
    counts.chunks += file.chunks;
    counts.tokens += file.tokens;
  }

  isLeftOut(number: number): boolean {
    return this.options.skipDuplicates && this.likenesses.get(number)?.duplicateOf !== undefined;
  }

  private likenessOf(number: number, sha256: string, signature: Uint8Array | null): Likeness | undefined {
    const duplicateOf = this.contents.findOrKeep(number, sha256);
    if (duplicateOf !== undefined) {
      this.counts.duplicates++;
      return { duplicateOf };
    }
    const similar = signature === null ? undefined : this.similar?.findOrKeep(number, signature);
    if (similar === undefined) return undefined;
    this.counts.nearDuplicates++;
    return { nearDuplicateOf: similar };
  }
}
