/**
 * The look of pages: light and dark, wide and narrow, on paper.
 *
 * @module
 */

/** The style sheet of every page. Its colours suit colour-blind readers; marks also differ in shape. */
export const styles = `
:root {
  color-scheme: light dark;
  --back: #f7f7f5; --sheet: #fff; --line: #dfe0dc; --text: #1b1d20; --soft: #585e68;
  --accent: #0b5cad; --tint: #e3eefa; --alert: #a8430b; --alert-tint: #fceee4; --bar: #9db4cc;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #131519; --sheet: #1b1e23; --line: #31353d; --text: #e7e9ec; --soft: #a1a8b3;
    --accent: #79b4f2; --tint: #1d3147; --alert: #f59a5f; --alert-tint: #3a2517; --bar: #48607a;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { scroll-padding-top: 3.5rem; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  overflow-wrap: anywhere;
}
h1, h2, h3, p, ul, ol, dl, dd, fieldset { margin: 0; padding: 0; border: 0; }
h1 { font-size: 2rem; line-height: 1.15; letter-spacing: -.02em; }
h2 { font-size: 1.2rem; line-height: 1.3; letter-spacing: -.01em; margin-bottom: .85rem; }
h3 { font-size: .95rem; margin: .25rem 0; }
code, pre { font: .87em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
nav ul, .story, .lives ul, .item > ul, .lives summary, .item > summary { list-style: none; }
a { color: var(--accent); }
a, code, mark { unicode-bidi: isolate; }
small { color: var(--soft); font-size: .85em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.unseen, .defs { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -99rem; padding: .5rem 1rem; background: var(--sheet); z-index: 3; }
.skip:focus { left: 1rem; top: .5rem; }
.top, main, nav ul, footer { max-width: 74rem; margin: 0 auto; padding: 0 1.5rem; }
.top { padding-top: 2.5rem; padding-bottom: 1.25rem; }
.links { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin-bottom: .75rem; font-size: .92rem; }
.kicker { color: var(--soft); font-size: .8rem; letter-spacing: .08em; text-transform: uppercase; }
.about { margin-top: .5rem; color: var(--soft); }
.about span + span::before { content: " · "; }
.badges { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: 1rem; }
.badge { padding: .15rem .7rem; border-radius: 1rem; border: 1px solid var(--line); background: var(--sheet); font-size: .87rem; }
.badge.verified, .badge.completed { border-color: var(--accent); background: var(--tint); }
.badge.broken, .badge.failed, .badge.aborted { border-color: var(--alert); background: var(--alert-tint); color: var(--alert); font-weight: 600; }
.covers { margin-top: .5rem; max-width: 62rem; color: var(--soft); font-size: .85rem; }
.alert { margin-top: 1rem; padding: .6rem .9rem; border-left: 3px solid var(--alert); background: var(--alert-tint); border-radius: 0 6px 6px 0; }
nav { position: sticky; top: 0; z-index: 2; background: var(--back); border-bottom: 1px solid var(--line); }
nav ul { display: flex; gap: 1.25rem; overflow-x: auto; scrollbar-width: none; }
nav a { display: block; padding: .6rem 0; color: var(--soft); text-decoration: none; white-space: nowrap; font-size: .92rem; }
nav a:hover { color: var(--text); text-decoration: underline; text-underline-offset: .4em; }
main > section { margin: 2.5rem 0; }
.numbers { display: flex; flex-wrap: wrap; gap: 1px; background: var(--line); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; margin-top: 1.5rem; }
.numbers > div { flex: 1 1 10.5rem; background: var(--sheet); padding: .9rem 1.1rem; }
.numbers dt { color: var(--soft); font-size: .85rem; }
.numbers b { font-size: 1.75rem; line-height: 1.25; letter-spacing: -.02em; font-weight: 600; font-variant-numeric: tabular-nums; }
.numbers small { display: block; }
.sheet, .panel { background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; }
.sheet { padding: 1.1rem 1.25rem; }
.panel { margin-top: 1rem; overflow: hidden; }
summary { cursor: pointer; }
.panel > summary { padding: .6rem 1.1rem; }
.panel > :not(summary, .table) { margin-left: 1.1rem; margin-right: 1.1rem; }
.panel > :last-child:not(.table) { margin-bottom: 1rem; }
pre { overflow-x: auto; }
.none, .more { color: var(--soft); }
.more { margin-top: .75rem; font-size: .9rem; }
.story { position: relative; }
.story li { position: relative; padding: 0 0 .6rem 1.7rem; }
.story .key { position: absolute; left: 0; top: .28em; z-index: 1; }
.story li:not(:last-child)::after { content: ""; position: absolute; left: 6px; top: 1.4em; bottom: -.15em; width: 2px; background: var(--line); }
.story li:last-child { padding-bottom: 0; font-weight: 600; }
.chart { display: grid; grid-template: 17rem 1.5rem / 2.6rem 1fr; }
.chart svg, svg.track { display: block; width: 100%; height: 100%; overflow: visible; }
.axis-y text, .axis-x text { fill: var(--soft); font-size: 12px; text-anchor: end; font-variant-numeric: tabular-nums; }
.axis-x text { text-anchor: middle; }
.chart .axis-x { grid-column: 2; }
.plot { touch-action: pan-y; }
.plot svg { overflow: hidden; width: 100%; height: 100%; }
.grid { stroke: var(--line); }
.split { stroke: var(--soft); stroke-dasharray: 3 3; }
text.split { stroke: none; fill: var(--soft); font-size: 12px; }
.line { fill: none; vector-effect: non-scaling-stroke; stroke: var(--soft); stroke-width: 1.5; }
.line.f1 { stroke: var(--accent); stroke-width: 2.5; }
.dense .line.f1 { stroke-width: 1.5; }
.line.precision { stroke-dasharray: 7 4; }
.line.recall { stroke-dasharray: 1.5 3.5; stroke-width: 2; }
.line.branch { stroke: var(--soft); stroke-width: 1.25; stroke-opacity: .8; }
text.branch { fill: var(--soft); font-size: 12px; text-anchor: end; stroke: var(--sheet); stroke-width: 3px; paint-order: stroke; }
rect.shared, rect.band { fill: var(--tint); }
use.forced { color: var(--soft); }
.strip { margin: 1rem .5rem 0; }
.strip svg { display: block; width: 100%; overflow: visible; }
.strip .mean { stroke: var(--soft); stroke-dasharray: 3 3; }
.cursor { stroke: var(--text); stroke-opacity: .45; }
use.rejected, use.lost, use.failed { color: var(--alert); }
use.accepted, use.changed, .born, .made, use.final, use.end, use.test { color: var(--accent); }
use.into, use.pruned, use.quiet { color: var(--soft); }
text.test { fill: var(--text); font-size: 12px; font-weight: 600; text-anchor: end; stroke: var(--sheet); stroke-width: 3px; paint-order: stroke; }
rect.refit { fill: var(--back); }
.line.learned { stroke: var(--soft); stroke-width: 1.25; }
.hollow { fill: var(--sheet); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin-top: .75rem; color: var(--soft); font-size: .85rem; }
.legend span { display: inline-flex; align-items: center; gap: .45rem; }
.key { width: 26px; height: 14px; overflow: visible; }
.key.mark { width: 14px; flex: none; }
.key.mark:has(.final) { width: 8px; margin-left: 8px; }
.scrub { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .75rem; margin-top: .75rem; font-size: .9rem; }
.scrub input { flex: 1 1 12rem; max-width: 22rem; min-width: 0; accent-color: var(--accent); }
.scrub output { flex: 2 1 16rem; font-variant-numeric: tabular-nums; }
.controls { display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: center; margin-bottom: .9rem; }
.choices { display: flex; flex-wrap: wrap; gap: .3rem 1rem; }
.choices label { display: inline-flex; gap: .4rem; align-items: center; }
.choices b { font-weight: 600; font-variant-numeric: tabular-nums; }
input[type=checkbox] { accent-color: var(--accent); }
input[type=search], select, .controls button { font: inherit; color: inherit; background: var(--sheet); border: 1px solid var(--soft); border-radius: 6px; padding: .3rem .6rem; max-width: 100%; }
.field { overflow-wrap: normal; display: inline-flex; gap: .5rem; align-items: center; max-width: 100%; }
.field input { width: 19rem; min-width: 0; flex: 0 1 auto; }
.field select { min-width: 0; max-width: 16rem; }
.controls button { cursor: pointer; margin-left: auto; }
#found { color: var(--soft); font-variant-numeric: tabular-nums; margin-left: auto; }
.lives { margin-top: .9rem; font-size: .92rem; }
.lane { display: grid; grid-template-columns: 14rem minmax(6rem, 1fr) minmax(11rem, 20rem); gap: 0 1.25rem; align-items: center; }
.lane svg { height: 1.3rem; width: 100%; overflow: visible; }
.lane .name { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.told { color: var(--soft); line-height: 1.3; }
.told a { color: inherit; }
a[href^="#rule-"] { text-decoration-thickness: 1px; text-underline-offset: .2em; text-decoration-color: var(--bar); color: inherit; }
a[href^="#rule-"]:hover { color: var(--accent); text-decoration-color: currentColor; }
.scroller { max-height: 44rem; overflow-y: auto; }
.scroller thead th { position: sticky; top: 0; background: var(--sheet); }
.lives .asked { background: var(--tint); border-radius: 6px; padding: .4rem .25rem; }
.why { grid-column: 1 / -1; background: var(--sheet); border: 1px solid var(--line); border-radius: 6px; padding: .6rem .9rem; margin: .4rem 0 .2rem; }
.why ol { list-style: none; margin: .35rem 0; }
.why li { padding: .15rem 0; }
.why small { display: block; padding-left: 1.2rem; }
.why div { border-left: 2px solid var(--line); padding-left: .8rem; margin-top: .4rem; }
.paper { display: none; }
.nothing { padding: 1.2rem; color: var(--soft); }
tr.learned th, tr.learned td { color: var(--soft); }
.ruler { color: var(--soft); font-size: .8rem; padding: 0 .25rem; }
.lives details { border-top: 1px solid var(--line); }
.lives summary { padding: .3rem .25rem; }
.lives summary .name { font-weight: 600; }
.lives summary .name::before { content: "▸"; display: inline-block; width: 1.1em; color: var(--soft); }
.lives details[open] summary .name::before { content: "▾"; }
.lives ul { padding: 0 .25rem .6rem; contain-intrinsic-size: auto 62rem; }
.lives ul + ul { padding-top: 0; }
.lives ul:not(:last-child) { padding-bottom: 0; }
.lives li { padding: .1rem 0; }
.lives li .name { padding-left: 1.1em; }
.lives li:hover .name { white-space: normal; }
.lives li:hover .told { color: var(--text); }
.lives li.never .name { color: var(--soft); }
.track line.final { stroke: var(--accent); stroke-width: 2.5; }
.track line.left { stroke: var(--bar); stroke-width: 2.5; }
.crowd { fill: var(--tint); stroke: var(--accent); stroke-width: 1; vector-effect: non-scaling-stroke; }
.without-final li.final, .without-left li.left, .without-never li.never { display: none; }
.table { font-variant-numeric: tabular-nums; font-size: .93rem; }
.row { display: grid; gap: 0 1rem; padding: .42rem 1.1rem; border-top: 1px solid var(--line); align-items: baseline; }
.body { contain-intrinsic-size: auto 94rem; }
.row.head { border-top: 0; color: var(--soft); font-size: .87rem; align-items: end; }
.row .number { text-align: right; }
.box { max-height: 44rem; overflow-y: auto; border: 1px solid var(--line); border-radius: 10px; background: var(--sheet); }
.rules .top-row { position: sticky; top: 0; z-index: 1; background: var(--sheet); border-bottom: 1px solid var(--line); }
.head + .body .row:first-child, .top-row + .body .row:first-child { border-top-color: transparent; }
.rules .row { grid-template-columns: minmax(7rem, 1.2fr) minmax(14rem, 3.8fr) 4.5rem 5rem 4.6rem 3.6rem; }
.rules .label { color: var(--soft); }
.rules .body .rule { font-weight: 600; }
.rules .said { font-weight: 400; overflow-wrap: anywhere; }
.row.head button { all: unset; cursor: pointer; font: inherit; border-radius: 3px; }
.row.head button:disabled { cursor: default; }
.row.head button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.row.head button:hover:enabled { color: var(--text); }
.row.head .rank, .row.head .precision, .row.head .support, .row.head .since { text-align: right; }
.rules.blamed .row { grid-template-columns: minmax(6rem, 1.1fr) minmax(12rem, 3.3fr) 4rem 5rem 4.2rem 3rem 5rem 4.4rem; gap: 0 .75rem; }
.row.head .credit, .row.head .without { text-align: right; }
[aria-sort=ascending] button::after { content: " ↑"; color: var(--accent); }
[aria-sort=descending] button::after { content: " ↓"; color: var(--accent); }
.steps .row { grid-template-columns: 2.6rem minmax(12rem, 1fr) 3.6rem 6.6rem 3.6rem 4.4rem 3.6rem 4.6rem; }
.steps small { display: block; }
.steps .undone .what { color: var(--soft); }
.steps .shared, .steps .shared .what b { color: var(--soft); }
.steps .broken .what b { color: var(--alert); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin-top: 1.25rem; min-width: 30rem; }
caption, .caption { text-align: left; color: var(--soft); font-size: .87rem; padding-bottom: .25rem; }
th, td { padding: .3rem 1.1rem .3rem 0; text-align: left; border-bottom: 1px solid var(--line); font-weight: 400; }
thead th { color: var(--soft); font-size: .87rem; }
th.number, td.number { text-align: right; }
.caption { margin-top: 1rem; }
.caption + .scroll table { margin-top: 0; }
.scroll { overflow-x: auto; }
.scroll tbody th { min-width: 8rem; }
.scroll .number { overflow-wrap: normal; }
.list { border-top: 1px solid var(--line); margin-top: .75rem; }
.list:has(> :nth-child(20)) { max-height: 44rem; overflow-y: auto; }
.item { border-bottom: 1px solid var(--line); padding: .4rem 0; contain-intrinsic-size: auto 2.2rem; }
.lives ul:has(> :nth-child(20)), .body:has(> :nth-child(20)), .list:has(> :nth-child(20)) .item { content-visibility: auto; }
.item > summary { display: grid; grid-template-columns: 5.2rem 1fr auto; gap: .9rem; align-items: baseline; }
.lives summary::-webkit-details-marker, .item > summary::-webkit-details-marker { display: none; }
.lives summary:hover, .item > summary:hover, .body .row:hover { background: var(--back); }
.item .count { text-align: right; font-variant-numeric: tabular-nums; font-weight: 600; }
.item .count::before { content: "▸"; float: left; color: var(--soft); font-weight: 400; }
.item[open] .count::before { content: "▾"; }
.item > ul, .item > dl { padding: .4rem 0 .4rem 6.1rem; }
.item dt { color: var(--soft); font-size: .87rem; }
.item dd { margin-bottom: .4rem; }
.said p + p, .said ul { margin-top: .4rem; }
.said ul { padding-left: 1.2rem; }
.texts, .rest ul, .plain { list-style: none; }
p + .plain { margin-top: .5rem; }
.texts li, .rest li { padding: .5rem 0; border-top: 1px solid var(--line); }
.texts li:first-child { border-top: 0; }
.texts p > small, .rest p > small { margin-left: .4rem; }
.item > .rest, .item > .more { padding-left: 6.1rem; padding-bottom: .5rem; }
.rest > summary { color: var(--accent); }
.given, .wanted { display: inline-block; min-width: 5.6rem; font-size: .87em; font-weight: 600; }
.texts p:has(> .given, > .wanted), .rest p:has(> .given, > .wanted) { padding-left: 5.9rem; text-indent: -5.9rem; }
.given, .wanted { text-indent: 0; }
.given { color: var(--alert); }
.wanted { color: var(--accent); }
mark { background: var(--tint); color: inherit; border-radius: 3px; padding: 0 .1em; }
.exchanges { padding: 0 0 .4rem 6.1rem; }
.exchange { padding: .4rem 0; border-top: 1px solid var(--line); }
.exchange details { margin-left: 1rem; }
.exchange pre { max-height: 24rem; overflow: auto; background: var(--back); padding: .5rem .8rem; border-radius: 6px; }
.forks ul { list-style: none; margin-top: .5rem; }
.forks ul ul { margin: 0 0 0 .7rem; padding-left: 1rem; border-left: 2px solid var(--line); }
.fork { padding: .45rem 0; }
.fork > b:first-child { display: inline-block; min-width: 1.6rem; color: var(--soft); font-weight: 400; font-variant-numeric: tabular-nums; }
.fork > span { font-weight: 600; }
.fork > a { margin-left: .5rem; font-size: .92rem; }
.fork > p, .fork > small { display: block; padding-left: 1.85rem; }
.evidence.decisive, .finding { color: var(--alert); font-weight: 600; }
.evidence.suggestive { font-weight: 600; }
.suspect { display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: baseline; }
.note { margin-top: 1rem; padding: .5rem .9rem; border-left: 3px solid var(--soft); background: var(--sheet); }
.sheet > h3 { margin-top: 1.5rem; }
.facts ul { padding-left: 0; list-style: none; }
.facts { display: grid; gap: .2rem 0; }
.facts > div { display: grid; grid-template-columns: 11rem 1fr; gap: 1rem; }
.facts dt { color: var(--soft); }
.facts dd { font-variant-numeric: tabular-nums; }
footer { padding: 1rem 1.5rem 3rem; color: var(--soft); font-size: .87rem; }
@media (max-width: 48rem) {
  .top, main, nav ul, footer { padding-left: 1rem; padding-right: 1rem; }
  .top { padding-top: 1.5rem; }
  h1 { font-size: 1.6rem; }
  main > section { margin: 1.75rem 0; }
  .sheet { padding: .9rem 1rem; }
  .numbers > div { flex-basis: 8rem; padding: .75rem 1rem; }
  .chart { grid-template-rows: 13rem 1.5rem; }
  .lane { grid-template-columns: 1fr; }
  .lane .name { white-space: normal; }
  .lane .told { font-size: .9em; }
  .ruler span { display: none; }
  .lives li { padding: .3rem 0; }
  .lives ul { contain-intrinsic-size: auto 140rem; }
  .lives li .name { padding-left: 0; }
  .controls button, #found { margin-left: 0; }
  .field, .field input, .field select { flex: 1 1 auto; max-width: none; width: 100%; }
  .box, .scroller { max-height: min(44rem, 80vh); }
  .rules .top-row { position: static; }
  .row { padding: .6rem 1rem; }
  .body { contain-intrinsic-size: auto 240rem; }
  .rules .row { display: flex; flex-wrap: wrap; gap: 0 1rem; }
  .rules .body .label, .rules .body .rule { flex: 1 0 100%; }
  .rules .body .label { font-size: .87rem; }
  .rules .number, .steps .number { text-align: left; color: var(--soft); font-size: .87rem; }
  .body .number[data-name]:not(:empty)::before { content: attr(data-name) " "; }
  .steps .row { display: flex; flex-wrap: wrap; gap: 0 1rem; }
  .steps .number:empty { display: none; }
  .steps .head { display: none; }
  .steps .what { flex: 1 0 100%; order: -1; }
  .facts > div { grid-template-columns: 1fr; gap: 0; margin-bottom: .4rem; }
  .item > summary { grid-template-columns: 4.4rem 1fr; gap: 0 .75rem; }
  .item > summary small { grid-column: 2; }
  .item > ul, .item > dl, .item > .rest, .item > .more { padding-left: 5.15rem; }
  .item > .texts, .item > .rest, .item > .more, .exchanges { padding-left: .5rem; }
}
@media print {
  :root { color-scheme: light; --back: #fff; --sheet: #fff; --line: #ccc; --text: #000; --soft: #444; --accent: #0b5cad; --tint: #e3eefa; --alert: #a8430b; --alert-tint: #fff; --bar: #9db4cc; }
  nav, .skip, .controls, .scrub, .cursor { display: none !important; }
  body { font-size: 10pt; }
  .top, main, footer { max-width: none; padding: 0; }
  main > section { margin: 1.2rem 0; }
  .body, .lives ul, .item { content-visibility: visible !important; }
  .row, .lives li { break-inside: avoid; }
  .box, .scroller, .list { max-height: none !important; overflow: visible; }
  .rules .body ~ .body ~ .body, .lives ul ~ ul { display: none; }
  .list > :nth-child(n + 41) { display: none; }
  .list:has(> :nth-child(41))::after { content: "Paper shows the first 40 of this list, the page has all."; color: var(--soft); }
  .paper { display: block; }
  a[href^="#rule-"] { text-decoration: none; }
  h2 { break-after: avoid; }
  .chart, .numbers { break-inside: avoid; }
}
`;
