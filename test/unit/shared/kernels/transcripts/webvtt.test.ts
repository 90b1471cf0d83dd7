import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseTranscript } from '../../../../../src/shared/kernels/transcripts/format.js';
import { parseWebVtt, type WebVttFile } from '../../../../../src/shared/kernels/transcripts/webvtt.js';
import {
  parseWebVttCueText,
  type WebVttNode,
} from '../../../../../src/shared/kernels/transcripts/webvtt-cue-text.js';
import { corpus, describeWithCorpora } from '../../../../helpers/corpora.js';

interface Assertion {
  path: string;
  op: 'equals' | 'true' | 'false' | 'equals_path' | 'not_equals_path';
  value?: unknown;
  other?: string;
}

interface FileCase {
  input: string;
  expect: { load: 'ok' | 'error'; cueCount?: number | null; cues?: (Record<string, unknown> | null)[] };
  otherAssertions?: Assertion[];
}

/** The value at a path such as `cues[3].region.lines`. */
function valueAt(file: WebVttFile, path: string): unknown {
  return path
    .split(/[.[\]]+/)
    .filter((key) => key !== '')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | null)?.[key], file);
}

function holds(file: WebVttFile, { path, op, value, other }: Assertion): boolean {
  const found = valueAt(file, path);
  if (op === 'equals_path') return found === valueAt(file, other!);
  if (op === 'not_equals_path') return found !== valueAt(file, other!);
  return found === (op === 'equals' ? value : op === 'true');
}

/** A node and those below it, as web-platform-tests writes trees. */
function printed(nodes: readonly WebVttNode[], depth: number): string {
  const line = (text: string, deeper = 0) => `| ${'  '.repeat(depth + deeper)}${text}\n`;
  return nodes
    .map((node) => {
      if (node.kind === 'text') return line(`"${node.text}"`);
      if (node.kind === 'timestamp') return line(`<?timestamp ${stamp(node.time)}>`);
      const name = ['c', 'v', 'lang'].includes(node.kind) ? 'span' : node.kind;
      const attributes = [
        ...(node.classes.length > 0 ? [`class="${node.classes.join(' ')}"`] : []),
        ...(node.kind === 'lang' ? [`lang="${node.annotation}"`] : []),
        ...(node.kind === 'v' ? [`title="${node.annotation}"`] : []),
      ];
      return (
        line(`<${name}>`) +
        attributes.map((text) => line(text, 1)).join('') +
        printed(node.children, depth + 1)
      );
    })
    .join('');
}

function stamp(time: number): string {
  const pad = (value: number, digits = 2) => String(value).padStart(digits, '0');
  const ms = Math.round(time * 1000);
  return `${pad(Math.floor(ms / 3_600_000))}:${pad(Math.floor(ms / 60_000) % 60)}:${pad(Math.floor(ms / 1000) % 60)}.${pad(ms % 1000, 3)}`;
}

describeWithCorpora("web-platform-tests' WebVTT files", () => {
  const readCases = () =>
    readdirSync(corpus('wpt-webvtt', 'expected')).map((name) => {
      const expected = JSON.parse(readFileSync(corpus('wpt-webvtt', 'expected', name), 'utf8')) as FileCase;
      const text = readFileSync(corpus('wpt-webvtt', 'input', expected.input), 'utf8');
      return { name: name.replace('.json', ''), expected, text };
    });

  it('are parsed as all 455 assertions say: 39 load, 11 are refused', () => {
    const failed: string[] = [];
    let assertions = 0;
    const check = (name: string, isTrue: boolean) => {
      assertions++;
      if (!isTrue) failed.push(name);
    };
    const cases = readCases();
    for (const { name, expected, text } of cases) {
      const file = parseWebVtt(text);
      if ((file === null) !== (expected.expect.load === 'error')) failed.push(`${name}: load`);
      if (file === null) continue;
      const { cueCount, cues = [] } = expected.expect;
      if (typeof cueCount === 'number')
        check(`${name}: ${file.cues.length} cues`, file.cues.length === cueCount);
      for (const [i, cue] of cues.entries()) {
        for (const [property, value] of Object.entries(cue ?? {})) {
          const found = valueAt(file, `cues[${i}].${property}`);
          check(`${name}: cues[${i}].${property} is ${JSON.stringify(found)}`, found === value);
        }
      }
      for (const assertion of expected.otherAssertions ?? []) {
        check(`${name}: ${assertion.path} ${assertion.op}`, holds(file, assertion));
      }
    }
    expect(failed).toEqual([]);
    expect(cases.filter(({ expected }) => expected.expect.load === 'ok')).toHaveLength(39);
    expect(cases).toHaveLength(50);
    expect(assertions).toBe(455);
  });

  it('give transcripts the same cues, apart from those without text', () => {
    for (const { text } of readCases()) {
      const file = parseWebVtt(text);
      const { format, cues } = parseTranscript(text);
      if (file === null || text.includes('\0')) continue;
      expect(format).toBe('vtt');
      const found = new Set(cues.map(({ startMs }) => startMs! / 1000));
      for (const cue of file.cues) if (cue.text.trim() !== '') expect(found).toContain(cue.startTime);
    }
  });
});

describeWithCorpora("web-platform-tests' WebVTT cue texts", () => {
  const readCases = (name: string) =>
    JSON.parse(readFileSync(corpus('webvttjs-wpt-cue-json', 'wpt-cue-parsing', `${name}.json`), 'utf8')) as {
      text: string;
      expectedTree: string;
    }[];

  it.each([
    ['entities', 25],
    ['tags', 28],
    ['text', 5],
    ['timestamps', 10],
    ['tree-building', 9],
  ])('become the trees that are expected: %s, %d', (name, count) => {
    const cases = readCases(name);
    const failed = cases.filter(({ text, expectedTree }) => {
      const cue = parseWebVtt(`WEBVTT\n\n00:00.000 --> 00:01.000\n${text}`)!.cues[0]!;
      return printed(parseWebVttCueText(cue.text), 0) !== expectedTree;
    });
    expect(failed).toEqual([]);
    expect(cases).toHaveLength(count);
  });
});

describe('parseWebVtt', () => {
  it('gives cues with the properties and defaults of VTTCue, regions and stylesheets', () => {
    const text =
      'WEBVTT\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:a width:40%\n\nid 1\n00:01.000 --> 1:00:02.500 region:a align:end\n<b>x</b>\ny';
    const file = parseWebVtt(text)!;
    expect(file.stylesheets).toEqual(['::cue { color: red }']);
    expect(file.regions).toMatchObject([{ id: 'a', width: 40, lines: 3 }]);
    expect(file.cues).toEqual([
      {
        id: 'id 1',
        startTime: 1,
        endTime: 3602.5,
        text: '<b>x</b>\ny',
        region: file.regions[0],
        vertical: '',
        line: 'auto',
        lineAlign: 'start',
        snapToLines: true,
        position: 'auto',
        positionAlign: 'auto',
        size: 100,
        align: 'end',
      },
    ]);
  });

  it.each([
    ['10 MB of <', `WEBVTT\n\n00:01.000 --> 00:02.000\n${'<'.repeat(10_000_000)}`],
    ['10 MB of -->', `WEBVTT\n\n${'-->'.repeat(3_300_000)}`],
    ['2 million lines of -->', `WEBVTT\n\n${'-->\n'.repeat(2_000_000)}`],
    ['10 MB of digits', `WEBVTT\n\n${'1'.repeat(10_000_000)} --> 00:02.000\nx`],
    ['10 MB of &', `WEBVTT\n\n00:01.000 --> 00:02.000\n${'&'.repeat(10_000_000)}`],
    ['a million nested tags', `WEBVTT\n\n00:01.000 --> 00:02.000\n${'<b>'.repeat(1_000_000)}x`],
    ['a million open ruby', `WEBVTT\n\n00:01.000 --> 00:02.000\n${'<ruby><rt>'.repeat(500_000)}x`],
    ['one line of 50 MB', `WEBVTT\n\n00:01.000 --> 00:02.000\n${'word '.repeat(10_000_000)}`],
    ['10 MB of blank lines', `WEBVTT${'\n'.repeat(10_000_000)}`],
    ['settings of 10 MB', `WEBVTT\n\n00:01.000 --> 00:02.000 ${'line:1 '.repeat(1_400_000)}\nx`],
  ])('takes %s in time', { timeout: 60_000 }, (_, text) => {
    const file = parseWebVtt(text)!;
    for (const cue of file.cues) parseWebVttCueText(cue.text);
    expect(parseTranscript(text).format).toBe('vtt');
  });
});
