import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ComputePool,
  countTokensOf,
  estimateTokens,
  ingestTranscripts,
  loadTokenCounter,
  type TokenEncoding,
} from 'millrace';
import { Tiktoken } from 'tiktoken/lite';
import { compare, timed } from './compare.js';
import { megabytes } from './megabytes.js';
import { importPackage } from './native/load-package.js';
import type { Mismatch, Row } from './row.js';

type Rows = AsyncIterable<Row | Mismatch>;

/** What the rows of a suite share. */
interface Given {
  /** Files of transcripts. */
  texts: readonly string[];
  runs: number;
  quick: boolean;
}

const TOKENIZERS: readonly TokenEncoding[] = ['cl100k_base', 'o200k_base'];
const GPT_TOKENIZER = {
  cl100k_base: () => import('gpt-tokenizer/encoding/cl100k_base'),
  o200k_base: () => import('gpt-tokenizer/encoding/o200k_base'),
};

/**
 * Exact tokens of whole files a second, on one thread, beside gpt-tokenizer and tiktoken; then in a pool beside one
 * thread of the same; and the estimate beside the exact count. A byte order mark, of which gpt-tokenizer counts a token
 * too many, is not in the texts.
 */
export async function* tokenRows({ texts: all, runs, quick }: Given, threads: readonly number[]): Rows {
  const texts = all.map((text) => text.replaceAll('\ufeff', '')).slice(0, quick ? 40 : all.length);
  const amount = megabytes(texts);
  const shared = { suite: 'ingest', runs, metric: { unit: 'MB/s', amount } };
  for (const tokenizer of TOKENIZERS) {
    const count = await loadTokenCounter(tokenizer);
    const { countTokens } = await GPT_TOKENIZER[tokenizer]();
    const tiktoken = loadTiktoken(tokenizer);
    const one = {
      ...shared,
      case: `tokens ${tokenizer}`,
      threads: 1,
      ours: timed(() => texts.map((text) => count(text))),
      difference,
    };
    const allowed = { disallowedSpecial: new Set<string>() };
    yield await compare({
      ...one,
      peer: 'gpt-tokenizer',
      theirs: timed(() => texts.map((text) => countTokens(text, allowed))),
    });
    yield await compare({
      ...one,
      peer: 'tiktoken-wasm',
      theirs: timed(() => texts.map((text) => tiktoken.encode_ordinary(text).length)),
    });
    tiktoken.free();
    yield await compare({ ...one, peer: 'ai-tokenizer', theirs: await aiTokenizer(tokenizer, texts) });
    yield await compare({
      ...shared,
      case: `tokens estimate ${tokenizer}`,
      peer: 'exact',
      threads: 1,
      ours: timed(() => texts.map((text) => estimateTokens(text, tokenizer))),
      theirs: timed(() => texts.map((text) => count(text))),
      // The tests hold its error: here it only has to be near.
      difference: (ours: number[], theirs: number[]) =>
        Math.abs(sum(ours) / sum(theirs) - 1) < 0.1 ? null : 'off by more than 10 %',
    });
  }
  const lines = repeated(texts, quick).flatMap((text) => text.split(/\r?\n\r?\n/));
  yield* besideOneThread(threads, {
    ...shared,
    metric: { unit: 'MB/s', amount: megabytes(lines) },
    case: `tokens cl100k_base of ${lines.length} texts in a pool`,
    warmUpMs: warmUpMs(quick),
    work: async (pool) => [...(await countTokensOf(lines, { pool }))].join(),
  });
}

/** From the bytes of files to the lines of their chunks, in a pool beside one thread of the same. */
export async function* poolRows({ texts, runs, quick }: Given, threads: readonly number[]): Rows {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  try {
    const used = repeated(texts.slice(0, quick ? 100 : texts.length), quick);
    for (const [i, text] of used.entries()) await writeFile(join(folder, `${i}.srt`), text);
    yield* besideOneThread(threads, {
      suite: 'ingest',
      case: `parse ${used.length} files to chunks`,
      runs,
      metric: { unit: 'MB/s', amount: megabytes(used) },
      warmUpMs: warmUpMs(quick),
      work: async (pool) => {
        // That each byte is the same is for the tests: to keep them would keep this thread's collector at work.
        const sums = { files: 0, chunks: 0, tokens: 0, characters: 0 };
        for await (const item of ingestTranscripts([folder], { pool })) {
          if (item.state !== 'done') continue;
          sums.files++;
          sums.chunks += item.file.chunks;
          sums.tokens += item.file.tokens;
          sums.characters += item.jsonl.length;
        }
        return JSON.stringify(sums);
      },
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** So many that threads work for a second, not for the time that they take to begin. */
function repeated(texts: readonly string[], quick: boolean): string[] {
  return Array.from({ length: quick ? 1 : 8 }, () => texts).flat();
}

interface PoolWork {
  suite: string;
  case: string;
  runs: number;
  metric: { unit: string; amount: number };
  warmUpMs: number;
  work(pool: ComputePool): Promise<string>;
}

/** Of two threads each does half of the work, so that it takes them twice as long to have compiled what is hot. */
const warmUpMs = (quick: boolean) => (quick ? 500 : 3000);

async function* besideOneThread(counts: readonly number[], { work, ...shared }: PoolWork): Rows {
  await using alone = new ComputePool({ threads: 1 });
  for (const threads of counts.filter((count) => count > 1)) {
    await using pool = new ComputePool({ threads });
    yield await compare({
      ...shared,
      peer: 'one-thread',
      threads,
      ours: timed(() => work(pool)),
      theirs: timed(() => work(alone)),
      difference: (ours, theirs) => (ours === theirs ? null : 'other results'),
    });
  }
}

/** What is used of the package `ai-tokenizer`. */
interface AiTokenizer {
  Tokenizer: new (encoding: unknown) => { count(text: string): number };
}

async function aiTokenizer(tokenizer: TokenEncoding, texts: readonly string[]) {
  const peer = await importPackage<AiTokenizer>('ai-tokenizer');
  const encoding = await importPackage<object>(`ai-tokenizer/encoding/${tokenizer}`);
  if ('why' in peer) return peer;
  const counter = new peer.Tokenizer(encoding);
  return timed(() => texts.map((text) => counter.count(text)));
}

function loadTiktoken(tokenizer: TokenEncoding): Tiktoken {
  const parts = createRequire(import.meta.url)(`tiktoken/encoders/${tokenizer}.json`) as {
    bpe_ranks: string;
    special_tokens: Record<string, number>;
    pat_str: string;
  };
  return new Tiktoken(parts.bpe_ranks, parts.special_tokens, parts.pat_str);
}

function difference(ours: readonly number[], theirs: readonly number[]): string | null {
  const at = ours.findIndex((count, i) => count !== theirs[i]);
  return at === -1 ? null : `text ${at} has ${ours[at]} tokens, the peer says ${theirs[at]}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
