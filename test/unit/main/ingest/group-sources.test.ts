import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupSources } from '../../../../src/main/ingest/group-sources.js';
import type { TranscriptSource } from '../../../../src/main/ingest/transcript-source.js';

async function* each(sources: readonly TranscriptSource[]) {
  yield* sources;
}

/** The sources of each group, while every group is read as soon as it's there. */
async function groupsOf(
  sources: readonly TranscriptSource[],
  sizeOf: (source: TranscriptSource) => number,
  total?: number,
) {
  const read = { files: 0, bytes: 0 };
  const groups: TranscriptSource[][] = [];
  for await (const group of groupSources(each(sources), { read, total, concurrency: 4 })) {
    groups.push([...group]);
    read.files += group.length;
    for (const source of group) read.bytes += sizeOf(source);
  }
  return groups;
}

const path = (_: unknown, i: number): TranscriptSource => ({ source: `${i}`, content: `/talks/${i}.srt` });
const bytes = (size: number, i: number): TranscriptSource => ({
  source: `${i}`,
  content: new Uint8Array(size),
});

describe('groupSources', () => {
  it('puts small files together as soon as it knows that they are small', async () => {
    const groups = await groupsOf(Array.from({ length: 40 }, path), () => 20_000);
    expect(groups.map((group) => group.length)).toEqual([1, 13, 13, 13]);
  });

  it('puts no more than 16 together if these may be all, and large files not at all', async () => {
    const tiny = await groupsOf(Array.from({ length: 40 }, path), () => 10);
    expect(tiny.map((group) => group.length)).toEqual([1, 16, 16, 7]);
    const large = await groupsOf(Array.from({ length: 4 }, path), () => 1e6);
    expect(large.map((group) => group.length)).toEqual([1, 1, 1, 1]);
  });

  it('takes up to 64 of many, and fewer and fewer towards the end', async () => {
    const groups = await groupsOf(Array.from({ length: 600 }, path), () => 10, 600);
    const sizes = groups.map((group) => group.length);
    expect(sizes.slice(0, 4)).toEqual([1, 64, 64, 58]);
    expect(sizes.slice(1)).toEqual(sizes.slice(1).sort((a, b) => b - a));
    expect(sizes.slice(-5, -1)).toEqual([4, 4, 4, 4]);
    expect(groups.flat()).toHaveLength(600);
  });

  it('keeps the order, and bytes that are there within 256 KiB a group or alone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(400_000), { maxLength: 60 }), async (sizes) => {
        const sources = sizes.map(bytes);
        const groups = await groupsOf(sources, ({ content }) => (content as Uint8Array).length);
        expect(groups.flat()).toEqual(sources);
        for (const group of groups) {
          const total = group.reduce((sum, { content }) => sum + (content as Uint8Array).length, 0);
          expect(group.length === 1 || (group.length <= 16 && total <= 262_144)).toBe(true);
        }
      }),
    );
  });
});
