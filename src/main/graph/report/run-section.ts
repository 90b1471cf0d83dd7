import type { StageTime } from '../stage-clock.js';
import { approximate, counted, duration, grouped, percentage } from './figures.js';
import { html, type Markup } from './markup.js';

/** What the worker threads did. */
export interface ThreadUse {
  readonly count: number;
  /** Their time at work as a share of the time they had, from 0 to 1. */
  readonly utilisation: number;
  readonly tasks: number;
}

/** Time and throughput of each stage, and how busy the threads were. */
export function runSection(stages: readonly StageTime[], threads: ThreadUse): Markup {
  const totalMs = stages.reduce((total, { elapsedMs }) => total + elapsedMs, 0);
  const longestMs = stages.reduce((longest, { elapsedMs }) => Math.max(longest, elapsedMs), 0);
  return html`<section aria-labelledby="run">
<h2 id="run">Time and threads</h2>
<p class="lead">${duration(totalMs)} in all, on ${counted(threads.count, 'worker thread')}.</p>
<table class="stages">
<thead><tr><th scope="col">Stage</th><th scope="col" class="wide"><span class="unseen">Share</span></th>\
<th scope="col" class="number">Time</th><th scope="col" class="number">Done</th>\
<th scope="col" class="number">Throughput</th></tr></thead>
<tbody>
${stages.map((stage) => stageRow(stage, longestMs))}</tbody>
</table>
${utilisation(threads)}
</section>`;
}

function stageRow({ name, elapsedMs, items, unit }: StageTime, longestMs: number): Markup {
  const throughput = elapsedMs > 0 ? `${approximate(items / (elapsedMs / 1000))} ${unit}/s` : '–';
  return html`<tr data-stage="${name}"><th scope="row">${name}</th>\
<td class="wide">${meter(longestMs > 0 ? elapsedMs / longestMs : 0)}</td>\
<td class="number">${duration(elapsedMs)}</td><td class="number">${grouped(items)} ${unit}</td>\
<td class="number">${throughput}</td></tr>
`;
}

function utilisation({ count, utilisation, tasks }: ThreadUse): Markup {
  return html`<div class="utilisation" data-utilisation="${utilisation}">
<div class="utilisation-label"><span>Thread utilisation</span><strong>${percentage(utilisation)}</strong></div>
${meter(utilisation)}
<p class="note">${counted(tasks, 'task')} on ${counted(count, 'thread')}.</p>
</div>`;
}

function meter(share: number): Markup {
  const width = Math.min(Math.max(share, 0), 1) * 100;
  return html`<svg class="meter" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">\
<rect class="track" width="100" height="8"/><rect class="fill" width="${width.toFixed(1)}" height="8"/></svg>`;
}
