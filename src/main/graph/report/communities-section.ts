import type { Chunk } from '../../../shared/transcript.js';
import type { SimilarityGraph } from '../build-graph.js';
import type { Summary } from '../summary.js';
import { counted, excerpt, grouped, percentage, timestamp } from './figures.js';
import { html, type Markup } from './markup.js';

/** Larger communities are shown with their typical chunks, the others only by number and size. */
const SHOWN = 24;
const EXCERPT_CHARACTERS = 190;
/** The palette of the style sheet: `.hue-0` to `.hue-9`. Communities beyond it are grey. */
const HUES = 10;

/** The communities with their size, colour and most typical chunks. */
export function communitiesSection(summary: Summary, graph: SimilarityGraph): Markup {
  const { communities, singletons, modularity, chunks } = summary;
  if (chunks === 0) return html``;
  const shown = communities.slice(0, SHOWN);
  const more = communities.slice(SHOWN);
  return html`<section aria-labelledby="communities">
<h2 id="communities">Communities</h2>
<p class="lead">${counted(communities.length, 'community', 'communities')} of two chunks or more; \
${singletons === 0 ? 'no chunk' : counted(singletons, 'chunk')} on ${singletons > 1 ? 'their' : 'its'} own. \
Modularity ${grouped(modularity, 3)}.</p>
${shareBar(summary)}
<div class="cards">
${shown.map(({ community, size }) => card(graph, community, size / chunks))}</div>
${more.length === 0 ? null : furtherCommunities(more)}</section>`;
}

function shareBar({ communities, singletons, chunks }: Summary): Markup {
  const parts = communities.slice(0, HUES).map(({ community, size }) => ({
    hue: hueOf(community),
    size,
    label: `Community ${community}: ${counted(size, 'chunk')}`,
  }));
  const smaller = communities.slice(HUES).reduce((total, { size }) => total + size, 0);
  if (smaller > 0)
    parts.push({ hue: 'hue-none', size: smaller, label: `Smaller: ${counted(smaller, 'chunk')}` });
  if (singletons > 0)
    parts.push({ hue: 'hue-single', size: singletons, label: counted(singletons, 'lone chunk') });
  let start = 0;
  const rects = parts.map(({ hue, size, label }) => {
    const x = (start / chunks) * 1000;
    start += size;
    const width = Math.max((size / chunks) * 1000 - 2, 1);
    return html`<rect class="${hue}" x="${x.toFixed(1)}" y="0" width="${width.toFixed(1)}" height="16">\
<title>${label}</title></rect>`;
  });
  return html`<svg class="shares" viewBox="0 0 1000 16" preserveAspectRatio="none" role="img" \
aria-label="Sizes of the communities">${rects}</svg>`;
}

function card({ chunks, communities, typical }: SimilarityGraph, community: number, share: number): Markup {
  const size = communities.sizes[community]!;
  return html`<article class="card ${hueOf(community)}" data-community="${community}" data-size="${size}">
<h3><span class="swatch" aria-hidden="true"></span>Community ${community}<span class="size">\
${counted(size, 'chunk')} · ${percentage(share)}</span></h3>
<ol class="typical">
${typical[community]!.map((node) => typicalChunk(chunks[node]!))}</ol>
</article>
`;
}

function typicalChunk({ source, startMs, endMs, speaker, text, index }: Chunk): Markup {
  const place =
    startMs === null || endMs === null ? `chunk ${index}` : `${timestamp(startMs)}–${timestamp(endMs)}`;
  return html`<li><div class="where"><span class="source">${source}</span> <span class="time">${place}</span>\
${speaker === null ? null : html` <span class="speaker">${speaker}</span>`}</div>
<blockquote>${excerpt(text, EXCERPT_CHARACTERS)}</blockquote></li>
`;
}

function furtherCommunities(communities: Summary['communities']): Markup {
  return html`<details><summary>${counted(communities.length, 'smaller community', 'smaller communities')}</summary>
<table><thead><tr><th scope="col">Community</th><th scope="col" class="number">Chunks</th>\
<th scope="col">Most typical</th></tr></thead><tbody>
${communities.map(
  ({ community, size, typical }) => html`<tr><td>${community}</td><td class="number">${grouped(size)}</td>\
<td>${typical[0] ?? null}</td></tr>
`,
)}</tbody></table></details>
`;
}

function hueOf(community: number): string {
  return community < HUES ? `hue-${community}` : 'hue-none';
}
