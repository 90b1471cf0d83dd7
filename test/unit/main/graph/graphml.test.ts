import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../../../src/main/graph/build-graph.js';
import { graphml } from '../../../../src/main/graph/graphml.js';
import { arbitraryChunks, chunk } from '../../../helpers/chunks.js';
import { type EdgeList, edgesFrom } from '../../../helpers/edges.js';

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', '#13': '\r' };

/** Reads character data as an XML 1.0 processor does. */
function characterData(source: string): string {
  expect(source).not.toMatch(/[<\r]|\]\]>/);
  return source.replace(/&([^;]*);/g, (_, name) => ENTITIES[name]!);
}

function dataOf(element: string): Record<string, string> {
  const data = [...element.matchAll(/<data key="(\w+)">([^<]*)<\/data>/g)];
  return Object.fromEntries(data.map(([, key, content]) => [key, characterData(content!)]));
}

/** What XML 1.0 can hold of a text. */
function representable(text: string): string {
  return [...text]
    .map((character) => {
      const code = character.codePointAt(0)!;
      const isControl = code < 0x20 && !'\t\n\r'.includes(character);
      return isControl || (code >= 0xd800 && code <= 0xdfff) || code === 0xfffe || code === 0xffff
        ? '\ufffd'
        : character;
    })
    .join('');
}

describe('graphml', () => {
  it('reads back: every node with its attributes, every edge with its weight', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryChunks,
        fc.float({ min: -1, max: 1, noNaN: true }),
        async (chunks, similarity) => {
          const list: EdgeList = chunks.slice(1).map((_, i) => [i, i + 1, similarity]);
          const graph = await buildGraph({ chunks, edges: edgesFrom(list) });
          const xml = [...graphml(graph)].join('');
          const nodes = [...xml.matchAll(/<node id="n(\d+)">(.*?)<\/node>/gs)];
          expect(nodes.map(([, id]) => Number(id))).toEqual([...chunks.keys()]);
          for (const [i, [, , content]] of nodes.entries()) {
            const { id, source, index, startMs, endMs, speaker, text, tokens } = chunks[i]!;
            expect(dataOf(content!)).toEqual({
              label: representable(id),
              source: representable(source),
              index: String(index),
              ...(startMs !== null && { startMs: String(startMs) }),
              ...(endMs !== null && { endMs: String(endMs) }),
              ...(speaker !== null && { speaker: representable(speaker) }),
              text: representable(text),
              tokens: String(tokens),
              community: String(graph.communities.communityOf[i]),
              degree: String(graph.degrees[i]),
            });
          }
          const edges = [...xml.matchAll(/<edge source="n(\d+)" target="n(\d+)">(.*?)<\/edge>/g)];
          expect(
            edges.map(([, source, target, data]) => [
              Number(source),
              Number(target),
              Math.fround(Number(dataOf(data!).weight)),
            ]),
          ).toEqual(list.map(([i, j]) => [i, j, similarity + 0]));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('declares each key that it uses, with its type', async () => {
    const chunks = [chunk(0, { speaker: 'Ada' }), chunk(1)];
    const graph = await buildGraph({ chunks, edges: edgesFrom([[0, 1, 0.5]]) });
    expect([...graphml(graph)].join('')).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
        <key id="label" for="node" attr.name="label" attr.type="string"/>
        <key id="source" for="node" attr.name="source" attr.type="string"/>
        <key id="index" for="node" attr.name="index" attr.type="int"/>
        <key id="startMs" for="node" attr.name="startMs" attr.type="long"/>
        <key id="endMs" for="node" attr.name="endMs" attr.type="long"/>
        <key id="speaker" for="node" attr.name="speaker" attr.type="string"/>
        <key id="text" for="node" attr.name="text" attr.type="string"/>
        <key id="tokens" for="node" attr.name="tokens" attr.type="int"/>
        <key id="community" for="node" attr.name="community" attr.type="int"/>
        <key id="degree" for="node" attr.name="degree" attr.type="int"/>
        <key id="weight" for="edge" attr.name="weight" attr.type="float"/>
        <graph id="similarity" edgedefault="undirected">
          <node id="n0"><data key="label">a.srt#0000</data><data key="source">a.srt</data><data key="index">0</data><data key="startMs">0</data><data key="endMs">900</data><data key="speaker">Ada</data><data key="text">text 0</data><data key="tokens">3</data><data key="community">0</data><data key="degree">1</data></node>
          <node id="n1"><data key="label">a.srt#0001</data><data key="source">a.srt</data><data key="index">1</data><data key="startMs">1000</data><data key="endMs">1900</data><data key="text">text 1</data><data key="tokens">3</data><data key="community">0</data><data key="degree">1</data></node>
          <edge source="n0" target="n1"><data key="weight">0.5</data></edge>
        </graph>
      </graphml>
      "
    `);
  });
});
