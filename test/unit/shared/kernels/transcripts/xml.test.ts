import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTranscript } from '../../../../../src/shared/kernels/transcripts/format.js';
import { Warnings } from '../../../../../src/shared/kernels/transcripts/warnings.js';
import {
  elementsOf,
  readXml,
  type XmlElement,
  xmlRootName,
} from '../../../../../src/shared/kernels/transcripts/xml.js';

/** A document as lists: name, attributes, children. */
function plain({ name, attributes, children }: XmlElement): unknown[] {
  return [
    name,
    Object.fromEntries(attributes),
    ...children.map((child) => (typeof child === 'string' ? child : plain(child))),
  ];
}

const read = (text: string) => plain(readXml(text)!);

/** Bytes of a hostile text. */
const SIZE = process.env.MILLRACE_SOAK ? 10_000_000 : 2_000_000;

describe('readXml', () => {
  it('reads elements, attributes, text, entities and character data', () => {
    const text = `<?xml version="1.0"?>
<!-- a comment with <tags> -->
<ns:a x="1" ns:y='two &amp; &#x33;' z = bare><b/>text &lt;&#65;&gt;<![CDATA[<raw> & so]]><c>d</c></ns:a>`;
    expect(read(text)).toEqual([
      'a',
      { x: '1', y: 'two & 3', z: 'bare' },
      ['b', {}],
      'text <A>',
      '<raw> & so',
      ['c', {}, 'd'],
    ]);
  });

  it('counts lines', () => {
    const root = readXml('<a>\n<b\n x="1"/>\n\n<c/></a>')!;
    expect(elementsOf(root).map(({ name, line }) => [name, line])).toEqual([
      ['b', 2],
      ['c', 5],
    ]);
  });

  it.each([
    ['end tags that are missing', '<a><b>x<c>y</b>z', ['a', {}, ['b', {}, 'x', ['c', {}, 'y']], 'z']],
    ['end tags of nothing', '<a>x</b>y</a>', ['a', {}, 'x', 'y']],
    ['brackets that are text', '<a>1 < 2 <3</a>', ['a', {}, '1 ', '<', ' 2 ', '<', '3']],
    ['a tag that was cut off', '<a><b x="1', ['a', {}, ['b', { x: '1' }]]],
    ['a tag in a tag', '<a <b>x</b></a>', ['a', {}, ['b', {}, 'x']]],
    ['brackets in values', '<a x="1>2">y</a>', ['a', { x: '1>2' }, 'y']],
    ['entities that nobody knows', '<a>&who; &</a>', ['a', {}, '&who; &']],
    ['character data without an end', '<a><![CDATA[x', ['a', {}, 'x']],
  ])('makes the best of %s', (_, text, tree) => {
    expect(read(text)).toEqual(tree);
  });

  it('refuses document types with declarations, and expands nothing', () => {
    const bomb = `<!DOCTYPE lolz [
<!ENTITY lol "lol">
${Array.from({ length: 9 }, (_, i) => `<!ENTITY lol${i + 1} "${`&lol${i || ''};`.repeat(10)}">`).join('\n')}
]>
<tt><body><p begin="1s" end="2s">&lol9;</p></body></tt>`;
    expect(parseTranscript(bomb)).toEqual({
      format: 'ttml',
      language: null,
      cues: [{ startMs: 1000, endMs: 2000, text: '&lol9;', speaker: null }],
      warnings: [
        { line: 1, message: 'a document type with declarations: passed over, its entities are not expanded' },
      ],
    });
    const outside =
      '<!DOCTYPE tt [<!ENTITY x SYSTEM "file:///etc/passwd">]><tt><p begin="0s" end="1s">&x;</p></tt>';
    expect(parseTranscript(outside).cues[0]?.text).toBe('&x;');
    const warnings = new Warnings();
    readXml('<!DOCTYPE html PUBLIC "x"><a/>', warnings);
    expect(warnings.list()).toEqual([]);
  });

  it.each([
    ['brackets in values', '<!DOCTYPE tt [<!ENTITY a "]>"><!ENTITY b "</tt><tt>">]>'],
    ['space behind the declarations', "<!DOCTYPE tt [\n<!ENTITY a 'x'>\n] >"],
    ['an address with a bracket', '<!DOCTYPE tt SYSTEM "a>b" [<!ENTITY a "x">]>'],
    ['comments and instructions in it', '<!DOCTYPE tt [<!-- it\'s ]> --><?x "]> ?>]>'],
    ['more of it than a prolog usually has', `<!DOCTYPE tt [${'<!ENTITY a "x">'.repeat(1000)}]>`],
    ['a quote without an end', '<!DOCTYPE tt [<!ENTITY a "x>]>'],
  ])('passes over a document type with %s', (_, type) => {
    const { format, cues, warnings } = parseTranscript(
      `${type}<tt><body><p begin="1s" end="2s">x</p></body></tt>`,
    );
    expect({
      format,
      texts: cues.map(({ text }) => text),
      messages: warnings.map(({ line }) => line),
    }).toEqual({
      format: 'ttml',
      texts: ['x'],
      messages: [1],
    });
  });

  it('finds a root behind a long comment', () => {
    expect(xmlRootName(`<?xml version="1.0"?>\n<!--${'licence '.repeat(10_000)}-->\n<tt>`)).toBe('tt');
  });

  it('gives back any document that is written from a tree', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((value) => !/[\r]/.test(value));
    const escaped = (value: string) => value.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
    type Tree = [string, Record<string, string>, ...(string | Tree)[]];
    const name = fc.constantFrom('a', 'b', 'text', 'p');
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc
        .tuple(
          name,
          fc.dictionary(name, text, { maxKeys: 2, noNullPrototype: true }),
          fc.array(fc.oneof({ maxDepth: 3 }, text, tie('tree')), { maxLength: 3 }),
        )
        .map(
          ([tag, attributes, children]) =>
            [
              tag,
              attributes,
              ...children.filter(
                (child, i) => typeof child !== 'string' || typeof children[i - 1] !== 'string',
              ),
            ] as Tree,
        ),
    }));
    const write = ([tag, attributes, ...children]: Tree): string => {
      const pairs = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
      return `<${tag}${pairs.join('')}>${children.map((child) => (typeof child === 'string' ? escaped(child) : write(child))).join('')}</${tag}>`;
    };
    fc.assert(
      fc.property(tree, (root) => {
        expect(read(write(root))).toEqual(root);
      }),
    );
  });

  it.each([
    ['MB of <', '<'.repeat(SIZE)],
    ['MB of <!>', '<!>'.repeat(SIZE / 3)],
    ['MB of </a>', '</a>'.repeat(SIZE / 4)],
    ['nested elements', '<a>'.repeat(SIZE / 5)],
    ['nested paragraphs', `<p>${'<span>'.repeat(SIZE / 5)}x`],
    ['an attribute of MBs', `<a ${'b'.repeat(SIZE)}>`],
    ['quotes without an end', `<a b="${"c='".repeat(SIZE / 3)}`],
    ['MB of a="', `<x ${'a="'.repeat(SIZE / 3)}>`],
    ['MB of &', `<p>${'&'.repeat(SIZE)}</p>`],
    ['MB of character data', `<p>${'<![CDATA[x]]>'.repeat(SIZE / 13)}`],
    ['one line', `<p>${'word '.repeat(SIZE)}</p>`],
    ['document types without an end', '<!DOCTYPE "'.repeat(SIZE / 11)],
    ['document types with declarations', "<!DOCTYPE x [']>".repeat(SIZE / 16)],
    ['paragraphs in paragraphs', '<p>x'.repeat(SIZE / 4)],
    ['line breaks without end tags', `<p>${'<br>x'.repeat(SIZE / 5)}`],
    ['MB of comments', '<!---->'.repeat(SIZE / 7)],
  ])('takes %s in time', { timeout: 60_000 }, (_, body) => {
    expect(parseTranscript(`<tt><body>${body}`).format).toBe('ttml');
    expect(parseTranscript(`<transcript>${body}`).format).toBe('timedtext');
  });

  it.each([
    ['<!-- <tt> --> <!DOCTYPE x [<!ENTITY a "<tt>">]> <transcript>', 'transcript'],
    ['<?xml version="1.0"?>\n<!-- x --><tt:tt xmlns:tt="y">', 'tt'],
    ['  <transcript>', 'transcript'],
    ['hello <tt>', undefined],
    ['1 < 2', undefined],
    ['', undefined],
  ])('knows the root of %j', (text, name) => {
    expect(xmlRootName(text)).toBe(name);
  });
});
