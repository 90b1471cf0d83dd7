import type { SimilarityGraph } from './build-graph.js';
import { communitiesSection } from './report/communities-section.js';
import { degreeSection, similaritySection } from './report/distributions.js';
import { counted, grouped } from './report/figures.js';
import { html, type Markup } from './report/markup.js';
import { problemsSection } from './report/problems-section.js';
import { runSection, type ThreadUse } from './report/run-section.js';
import { REPORT_STYLE } from './report/style.js';
import type { StageTime } from './stage-clock.js';
import type { Summary } from './summary.js';

/** What a report shows. */
export interface ReportInput {
  readonly summary: Summary;
  /** The graph that `summary` sums up: its degrees and the texts of the typical chunks are shown. */
  readonly graph: SimilarityGraph;
  /** In the order in which they ran. */
  readonly stages: readonly StageTime[];
  readonly threads: ThreadUse;
}

/**
 * The pieces of a `report.html`: one self-contained page for people, without scripts, fonts or anything else from
 * outside. It shows the key figures, the similarities of all pairs, degrees, communities with their most typical
 * chunks, time and throughput of each stage, how busy the threads were, failed inputs, and warnings. It follows
 * the light or dark scheme of its reader and prints well. Every text from the inputs is escaped.
 *
 * @example
 * await writeFileAtomically('out/report.html', reportHtml({ summary, graph, stages, threads }));
 */
export function* reportHtml({ summary, graph, stages, threads }: ReportInput): Iterable<string> {
  yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n';
  yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n';
  yield '<meta name="color-scheme" content="light dark">\n<title>Millrace report</title>\n';
  yield `<style>\n${REPORT_STYLE}</style>\n</head>\n<body>\n<main>\n`;
  yield header(summary).toString();
  yield similaritySection(summary).toString();
  yield communitiesSection(summary, graph).toString();
  yield degreeSection(summary, graph.degrees).toString();
  yield runSection(stages, threads).toString();
  yield problemsSection(summary).toString();
  yield optionsSection(summary).toString();
  yield '</main>\n</body>\n</html>\n';
}

function header(summary: Summary): Markup {
  const { files, chunks, failures } = summary;
  const failed = failures.length === 0 ? '' : ` ${counted(failures.length, 'input')} could not be read.`;
  return html`<header>
<p class="brand">${WHEEL}Millrace</p>
<h1>Similarity graph</h1>
<p class="lead">${counted(chunks, 'chunk')} from ${counted(files, 'transcript')}, \
joined where their texts are alike.${failed}</p>
<dl class="figures">
${keyFigures(summary).map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>\n`)}</dl>
</header>
`;
}

function keyFigures({ communities, ...summary }: Summary): [label: string, value: string][] {
  return [
    ['files', grouped(summary.files)],
    ['chunks', grouped(summary.chunks)],
    ['tokens', grouped(summary.tokens)],
    ['pairs compared', grouped(summary.pairs)],
    ['edges', grouped(summary.edges)],
    ['communities', grouped(communities.length)],
    ['isolated chunks', grouped(summary.isolated)],
    ['mean degree', grouped(summary.degree.mean, 1)],
  ];
}

function optionsSection({ options }: Summary): Markup {
  const entries = Object.entries(options);
  if (entries.length === 0) return html``;
  return html`<section aria-labelledby="options">
<h2 id="options">Options used</h2>
<dl class="options">
${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${String(value ?? '–')}</dd></div>\n`)}</dl>
</section>
`;
}

/** A mill wheel. */
const WHEEL = html`<svg class="wheel" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="8.5"/>\
<circle cx="12" cy="12" r="2"/><path d="M12 1v9M12 14v9M1 12h9M14 12h9M4.2 4.2l6.4 6.4M13.4 13.4l6.4 6.4\
M4.2 19.8l6.4-6.4M13.4 10.6l6.4-6.4"/></svg>`;
