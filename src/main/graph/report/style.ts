/**
 * The report's style sheet. Sizes are multiples of a base line of 8 px, colours are variables with a light and a
 * dark value, figures are tabular. `.hue-0` to `.hue-9` are the colours of communities.
 */
export const REPORT_STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fbfaf6; --raised: #ffffff; --ink: #20242b; --soft: #626a75; --rule: #e3dfd5; --faint: #f1eee6;
  --water: #1d6f8c; --faded: #b6c4c9; --marker: #b4552d;
  --hue-0: #27799a; --hue-1: #c4733a; --hue-2: #648a38; --hue-3: #8459a6; --hue-4: #b5942a;
  --hue-5: #b34c57; --hue-6: #37937d; --hue-7: #546db3; --hue-8: #986a49; --hue-9: #5f7a4f;
  --hue-none: #8b929a; --hue-single: #d3cfc5;
  --serif: 'Iowan Old Style', 'Palatino Linotype', Palatino, 'URW Palladio L', 'Book Antiqua', Georgia, serif;
  --sans: system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', sans-serif;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #14181c; --raised: #1b2025; --ink: #e7e5df; --soft: #9aa3ad; --rule: #2d343b; --faint: #20262c;
    --water: #6fbad6; --faded: #48545c; --marker: #e8956a;
    --hue-0: #63b4d1; --hue-1: #e09a62; --hue-2: #9abf66; --hue-3: #b592d3; --hue-4: #d9bb5a;
    --hue-5: #de858e; --hue-6: #6cc4ad; --hue-7: #8ea4df; --hue-8: #c79a77; --hue-9: #9db58b;
    --hue-none: #7d868f; --hue-single: #39424a;
  }
}
.hue-0 { --hue: var(--hue-0); } .hue-1 { --hue: var(--hue-1); } .hue-2 { --hue: var(--hue-2); }
.hue-3 { --hue: var(--hue-3); } .hue-4 { --hue: var(--hue-4); } .hue-5 { --hue: var(--hue-5); }
.hue-6 { --hue: var(--hue-6); } .hue-7 { --hue: var(--hue-7); } .hue-8 { --hue: var(--hue-8); }
.hue-9 { --hue: var(--hue-9); } .hue-none { --hue: var(--hue-none); } .hue-single { --hue: var(--hue-single); }

* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 var(--sans);
  font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%; overflow-wrap: break-word;
}
main { max-width: 1120px; margin: 0 auto; padding: 56px 40px 96px; }
section { margin-top: 72px; }
h1, h2, h3, p, dl, dd, ol, figure, blockquote { margin: 0; padding: 0; }
h1, h2 { font-family: var(--serif); font-weight: 500; letter-spacing: -0.01em; line-height: 1.15; }
h1 { font-size: 52px; margin-top: 24px; }
h2 { font-size: 28px; padding-top: 24px; border-top: 1px solid var(--rule); }
h3 { font-size: 16px; font-weight: 600; }
.lead { margin-top: 8px; max-width: 68ch; color: var(--soft); }
header .lead { font-size: 19px; margin-top: 16px; }
.note { color: var(--soft); font-size: 14px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.brand { display: flex; align-items: center; gap: 10px; color: var(--water); font-weight: 600; letter-spacing: 0.01em; }
.wheel { width: 24px; height: 24px; fill: none; stroke: currentColor; stroke-width: 1.4; stroke-linecap: round; }

.figures { display: grid; grid-template-columns: repeat(4, 1fr); margin-top: 48px; border-top: 1px solid var(--rule); }
.figures div { display: flex; flex-direction: column-reverse; padding: 20px 16px 20px 0; border-bottom: 1px solid var(--rule); }
.figures dd { font: 500 36px/1.1 var(--serif); font-variant-numeric: tabular-nums lining-nums; letter-spacing: -0.01em; }
.figures dt { margin-top: 6px; color: var(--soft); font-size: 14px; }

figure { margin-top: 24px; overflow-x: auto; }
.chart { display: block; width: 100%; min-width: 640px; height: auto; font: 13px var(--sans); }
.chart .grid { stroke: var(--rule); stroke-width: 1; }
.chart .axis { stroke: var(--soft); stroke-width: 1; }
.chart .bar { fill: var(--water); }
.chart .faded { fill: var(--faded); }
.chart .bar:hover { fill: var(--marker); }
.chart .tick, .chart .label { fill: var(--soft); }
.chart .marker { stroke: var(--marker); stroke-width: 1.5; stroke-dasharray: 4 3; }
.chart .marker-label { fill: var(--marker); font-weight: 600; }

.shares { display: block; width: 100%; height: 16px; margin-top: 24px; border-radius: 4px; }
.shares rect { fill: var(--hue); }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(440px, 1fr)); gap: 24px; margin-top: 24px; }
.card {
  min-width: 0; padding: 20px 24px 24px; background: var(--raised); border: 1px solid var(--rule);
  border-top: 4px solid var(--hue); border-radius: 6px;
}
.card h3 { display: flex; align-items: center; gap: 10px; }
.swatch { width: 12px; height: 12px; border-radius: 50%; background: var(--hue); }
.size { margin-left: auto; color: var(--soft); font-weight: 400; font-size: 14px; }
.typical { list-style: none; }
.typical li { margin-top: 16px; }
.where { display: flex; flex-wrap: wrap; gap: 0 12px; align-items: baseline; font-size: 13.5px; color: var(--soft); }
.source { color: var(--ink); font-weight: 500; min-width: 0; overflow-wrap: anywhere; }
.speaker { font-style: italic; }
blockquote { margin-top: 4px; font: 16px/1.5 var(--serif); }

table { width: 100%; margin-top: 24px; border-collapse: collapse; }
th, td { padding: 10px 24px 10px 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--rule); }
th:last-child, td:last-child { padding-right: 0; }
th { font-weight: 500; }
thead th { padding-top: 0; color: var(--soft); font-size: 14px; font-weight: 400; }
.number { text-align: right; white-space: nowrap; }
.wide { width: 34%; vertical-align: middle; }
.stages th[scope='row'] { white-space: nowrap; }
code { font: 13px ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; color: var(--soft); }
.failures th { width: 40%; overflow-wrap: anywhere; }

.meter { display: block; width: 100%; height: 8px; border-radius: 4px; }
.meter .track { fill: var(--faint); }
.meter .fill { fill: var(--water); }
.utilisation { margin-top: 32px; max-width: 480px; }
.utilisation .note { margin-top: 8px; }
.utilisation-label { display: flex; justify-content: space-between; align-items: baseline; margin-bottom: 8px; }
.utilisation-label strong { font: 500 24px/1 var(--serif); }

details { margin-top: 16px; border-bottom: 1px solid var(--rule); padding-bottom: 12px; }
summary { cursor: pointer; padding: 4px 0; }
summary:focus-visible { outline: 2px solid var(--water); outline-offset: 2px; }
details table { margin-top: 4px; font-size: 15px; }
details td, details tbody tr:last-child td { border-bottom: 0; padding-top: 4px; padding-bottom: 4px; }
.warnings .number { width: 1%; color: var(--soft); text-align: left; }

.options { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 16px 24px; margin-top: 24px; }
.options dt { color: var(--soft); font-size: 14px; }

@media (max-width: 720px) {
  main { padding: 32px 20px 64px; }
  section { margin-top: 56px; }
  h1 { font-size: 38px; }
  .figures { grid-template-columns: repeat(2, 1fr); }
  .figures dd { font-size: 28px; }
  .cards { grid-template-columns: minmax(0, 1fr); }
  .wide { display: none; }
  th, td { padding-right: 12px; }
}
@media print {
  :root { color-scheme: light; --paper: #fff; --raised: #fff; --ink: #111; --soft: #555; --rule: #ccc; --faint: #eee; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body, blockquote { font-size: 9.5pt; }
  h1 { font-size: 30pt; }
  h2 { font-size: 17pt; }
  .note, .where, .size, thead th, .figures dt, .options dt, details table { font-size: 8.5pt; }
  header .lead { font-size: 12pt; }
  .figures dd { font-size: 20pt; }
  .figures div { padding: 8pt 0; }
  main { max-width: none; padding: 0; }
  section { margin-top: 28pt; }
  .card, figure, tr, .stages, .utilisation { break-inside: avoid; }
  h2, h3, .lead, thead, summary { break-after: avoid; }
  .cards { grid-template-columns: 1fr 1fr; gap: 12pt; }
  .card { padding: 10pt 12pt 12pt; }
  .typical li { margin-top: 8pt; }
  .figures { margin-top: 20pt; }
}
@page { margin: 16mm; }
`.trimStart();
