import type { Summary } from '../summary.js';
import { counted } from './figures.js';
import { html, type Markup } from './markup.js';

/** Files with more warnings than this are folded up. */
const UNFOLDED_WARNINGS = 8;

/** Inputs that could not be read, with the reason, and warnings about those that were. Nothing if all went well. */
export function problemsSection(summary: Summary): Markup {
  const warned = summary.inputs.filter(({ warnings }) => warnings.length > 0);
  return html`${failures(summary.failures)}${warned.length === 0 ? null : warnings(warned)}`;
}

function failures(failed: Summary['failures']): Markup {
  if (failed.length === 0) return html``;
  return html`<section aria-labelledby="failures">
<h2 id="failures">Inputs that failed</h2>
<p class="lead">${counted(failed.length, 'input')} could not be used; all others were.</p>
<table class="failures">
<thead><tr><th scope="col">Input</th><th scope="col">Reason</th></tr></thead>
<tbody>
${failed.map(
  ({
    source,
    reason,
    code,
  }) => html`<tr><th scope="row">${source}</th><td>${reason}<br><code>${code}</code></td></tr>
`,
)}</tbody>
</table>
</section>
`;
}

function warnings(files: Summary['inputs']): Markup {
  const total = files.reduce((sum, file) => sum + file.warnings.length, 0);
  return html`<section aria-labelledby="warnings">
<h2 id="warnings">Warnings</h2>
<p class="lead">${counted(total, 'warning')} in ${counted(files.length, 'file')}: mended or passed over while reading.</p>
${files.map((file) => fileWarnings(file))}</section>
`;
}

function fileWarnings({ source, warnings }: Summary['inputs'][number]): Markup {
  const open = warnings.length <= UNFOLDED_WARNINGS ? html` open` : null;
  return html`<details${open}><summary><span class="source">${source}</span> \
<span class="note">${counted(warnings.length, 'warning')}</span></summary>
<table class="warnings"><thead class="unseen"><tr><th scope="col">Line</th><th scope="col">Warning</th></tr></thead><tbody>
${warnings.map(
  ({ line, message }) => html`<tr><td class="number">line ${line}</td><td>${message}</td></tr>
`,
)}</tbody></table></details>
`;
}
