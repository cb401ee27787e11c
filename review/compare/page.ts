/**
 * A comparison as one page: nothing loaded, opened from disk, in the look of the page of a run.
 *
 * @module
 */
import { count, formatCount, formatPercent, showName } from "../../print/phrases.ts";
import { phraseOrigin } from "../../print/story.ts";
import { VERSION } from "../../record/schema.ts";
import {
  breakName,
  type Content,
  hashSource,
  type Markup,
  markup,
  type PageOptions,
  renderDocument,
  renderLinks,
  trusted,
} from "../markup.ts";
import { styles } from "../report/styles.ts";
import { searchScript } from "../search.ts";
import type { Comparison, RunFacts } from "./comparison.ts";
import { describeComparison, describeVerdict, GATES } from "./describing.ts";
import {
  andMore,
  type ComparisonSection,
  phraseGain,
  type SectionEntry,
  type SectionList,
  type SectionPart,
  type SectionTable,
  type TonedText,
} from "./sections.ts";

/** How many rules, labels or examples one list names. */
const LISTED = 500;
/** How many rules are named by links to them: those are all in a list. */
const LINKED = 24;

/** The style of sections: that of every page, and what it lacks. */
export const sectionStyle = `${styles}
.verdict { list-style: none; margin-top: 1rem; }
.verdict li { padding: .35rem .9rem; border-left: 3px solid var(--line); background: var(--sheet); }
.verdict .good { border-color: var(--accent); }
.verdict .warn, .verdict .bad { border-color: var(--alert); background: var(--alert-tint); }
.badge.fine { border-color: var(--accent); background: var(--tint); }
.badge.worse, .badge.incomparable { border-color: var(--alert); background: var(--alert-tint); color: var(--alert); font-weight: 600; }
.good { color: var(--accent); }
.bad { color: var(--alert); font-weight: 600; }
.warn { color: var(--alert); }
.quiet { color: var(--soft); }
.verdict li { color: var(--text); font-weight: 400; }
.sheet > p + p { margin-top: .35rem; }
.sheet table { width: 100%; min-width: 0; margin: .25rem 0 .5rem; }
.sheet > .controls { margin: .75rem 0 0; }
.numbers b { white-space: nowrap; }
.sheet tbody tr:last-child > * { border-bottom: 0; }
.pairs, .entries { display: grid; margin-top: .75rem; }
.pairs > div, .entries > div { display: grid; grid-template-columns: minmax(9rem, 2fr) 5fr; gap: 0 1.25rem; padding: .4rem 0; border-top: 1px solid var(--line); }
.pairs > div:first-child { border-top: 0; }
.pairs { margin-top: .25rem; }
.pairs dt { color: var(--soft); }
.entries { margin: 0; }
.entries > div { padding: .4rem 1.1rem; content-visibility: auto; contain-intrinsic-size: auto 2.3rem; }
.entries dt { font-weight: 600; }
.entries dt a { color: inherit; text-decoration: none; }
.entries dt a:hover { text-decoration: underline; }
.entries > :target { background: var(--tint); }
.panel > .box { margin: 0; border-width: 1px 0 0; border-radius: 0; }
.panel > .box:last-child { margin-bottom: 0; }
.panel > .scroll > table { margin-top: 0; }
.chips { margin-top: .75rem; }
.chips a { display: inline-block; margin-right: .75rem; }
.numbers small.good, .numbers small.bad { color: var(--accent); font-weight: 600; }
.numbers small.bad { color: var(--alert); }
@media (max-width: 48rem) {
  .pairs > div, .entries > div { grid-template-columns: 1fr; }
  .wide { display: none; }
  .numbers b { font-size: 1.3rem; }
  th, td { padding-right: .6rem; }
}
@media print { .entries > div { content-visibility: visible; break-inside: avoid; } .verdict li { padding: .1rem .6rem; } }
`;

/** How the page of a comparison is rendered. */
export interface ComparisonPageOptions extends PageOptions {
  /** The addresses of the pages of both runs, for links to the lives of rules. A page on its own has none. */
  readonly runs?: { readonly before: string; readonly after: string };
}

/** Allows the page to run its own script and to use its own style, and nothing else. */
export const comparisonPolicy: string = `default-src 'none'; script-src ${
  hashSource(searchScript)
}; style-src ${hashSource(sectionStyle)}; base-uri 'none'; form-action 'none'`;

/**
 * Renders a comparison as an HTML page, in the order of a reader: what a gate says, the
 * scores, the labels by change, the step at which the runs part, what they were given, and the rules, folded and
 * to search. It loads nothing: its policy allows its own script and style and nothing else. Names, labels and
 * patterns are text, whatever they are. Lists are cut after 500.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "jsr:@std/assert@^1";
 * import { readTrace } from "../../trace.ts";
 * import { compareTraces, renderComparison } from "../compare.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * assertStringIncludes(renderComparison(compareTraces(trace, trace)), "identical");
 * ```
 */
export function renderComparison(
  comparison: Comparison,
  options: ComparisonPageOptions = {},
): string {
  const { before, after } = comparison;
  const isOfOne = before.dataset === after.dataset;
  const title = isOfOne
    ? `${before.dataset}: ${before.id} and ${after.id}`
    : `${before.dataset} ${before.id} and ${after.dataset} ${after.id}`;
  // The head says which runs they are.
  const sections = describeComparison(comparison, LISTED).filter(({ id }) => id !== "runs");
  const anchors = sections.map(({ id }) => markup`<li><a href="#${id}">${NAMES[id]}</a></li>`);
  const badge = { fine: "✓", worse: "✕", incomparable: "?" }[comparison.gate];
  const body = markup`<a class="skip" href="#${sections[0].id}">To the ${NAMES[sections[0].id]}</a>
<header class="top">${renderLinks(options.links)}<p class="kicker">Comparison</p>
<h1>${isOfOne ? before.dataset : `${before.dataset} → ${after.dataset}`}</h1>
${renderRun("Before", before)}${renderRun("After", after)}
<p class="badges"><span class="badge ${comparison.gate}">${badge} ${
    GATES[comparison.gate]
  }</span></p>
<ul class="verdict">${
    describeVerdict(comparison).map(({ text, tone }) => markup`<li${classes(tone)}>${text}</li>\n`)
  }</ul></header>
<nav aria-label="Sections"><ul>${anchors}</ul></nav>
<main>
${renderNumbers(comparison)}
${sections.map((section) => renderSection(section, options))}</main>
<footer>ruletrace ${VERSION}. This page loads nothing and sends nothing.</footer>
<script>${trusted(searchScript)}</script>`;
  return renderDocument({ title, policy: comparisonPolicy, style: sectionStyle, body });
}

/** The sections in the navigation. */
const NAMES: Readonly<Record<ComparisonSection["id"], string>> = {
  runs: "Runs",
  scores: "Scores",
  recorded: "Recorded scores",
  labels: "Labels",
  steps: "Steps",
  given: "Inputs",
  rules: "Rules",
  incomparable: "Not compared",
};

const STATUSES = { unknown: "end unknown", running: "running, or killed" } as const;

function renderRun(side: string, { id, status, startedAt, steps, origin }: RunFacts): Markup {
  const facts = [
    `run ${showName(id)}`,
    status in STATUSES ? STATUSES[status as keyof typeof STATUSES] : status,
    `${startedAt.slice(0, 16).replace("T", " ")} UTC`,
    count(steps, "step"),
    ...(origin === undefined ? [] : [`from a log of ${phraseOrigin(origin)}`]),
  ];
  const shown = facts.map((fact) => markup`<span>${fact}</span>`);
  return markup`<p class="about"><b>${side}</b> ${shown}</p>\n`;
}

/** Renders the numbers to take in at a glance: F1 by what it was measured on, and the rules. */
function renderNumbers({ data, scores, before, after }: Comparison): Markup {
  const pairs = [
    ...(data === undefined ? [] : [{
      on: showName(data.name),
      before: data.before,
      after: data.after,
      points: data.f1.points,
    }]),
    // What was learned from tells nothing of other texts.
    ...scores.filter(({ on }) => on === "test" || on === "dev"),
  ];
  const tiles = pairs.map(({ on, before, after, points }) => {
    const gain = points === undefined ? { text: "not measured alike" } : phraseGain(points);
    const unit = points === undefined ? "" : " points";
    const shares = [before, after].map((one) =>
      one?.f1 === undefined ? "–" : formatPercent(one.f1)
    );
    return tile(`F1 on ${on}, %`, shares.join(" → "), { ...gain, text: gain.text + unit });
  });
  const size = [before, after].map(({ rules }) => formatCount(rules)).join(" → ");
  return markup`<dl class="numbers">${tiles}${tile("Rules", size, { text: "at the end" })}</dl>`;
}

function tile(name: string, value: string, { text, tone }: TonedText): Markup {
  const note = markup`<small${classes(tone)}>${text}</small>`;
  return markup`<div><dt>${name}</dt><dd><b>${value}</b>${note}</dd></div>`;
}

function renderSection(
  { id, heading, parts }: ComparisonSection,
  { runs }: ComparisonPageOptions,
): Markup {
  const title = heading.slice(0, 1).toUpperCase() + heading.slice(1);
  const isFolded = (part: SectionPart) =>
    part.kind === "list" || part.kind === "table" && part.folded !== undefined;
  const lists = parts.filter((part) => part.kind === "list");
  const amount = lists.reduce((sum, { entries }) => sum + entries.length, 0);
  return markup`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
<div class="sheet">${
    parts.filter((part) => !isFolded(part)).map((part) => renderPart(part, title, runs))
  }${amount === 0 ? undefined : renderSearch(amount)}</div>
${parts.filter(isFolded).map((part) => renderPart(part, title, runs))}</section>
`;
}

function renderSearch(amount: number): Markup {
  const search = markup`id="search" type="search" autocomplete="off" spellcheck="false"`;
  return markup`<div class="controls enhanced" hidden>
<label class="field">Search <input ${search} placeholder="name, label or pattern"></label>
<p id="found" role="status" data-noun="rule">${count(amount, "rule")}</p></div>`;
}

function renderPart(
  part: SectionPart,
  heading: string,
  runs?: ComparisonPageOptions["runs"],
): Markup {
  switch (part.kind) {
    case "text":
      return markup`<p${classes(part.tone)}>${part.text}</p>\n`;
    case "entries":
      return markup`<dl class="pairs">\n${part.entries.map(renderEntry)}</dl>\n`;
    case "list":
      return renderList(part, runs);
    case "rules": {
      const links = part.rules.slice(0, LINKED).map(([name, id]) =>
        markup`<a href="${addressOf(id)}">${name}</a> `
      );
      const more = part.rules.length - LINKED;
      const rest = more > 0 ? `+ ${formatCount(more)} more` : undefined;
      return markup`<div class="chips"><p class="quiet">${part.title}</p>${links}${rest}</div>\n`;
    }
    case "table": {
      const table = renderTable(part, heading);
      if (part.folded === undefined) return table;
      return markup`<details class="panel"><summary>${part.folded}</summary>${table}</details>\n`;
    }
  }
}

function addressOf(id: string): string {
  return `#rule-${encodeURIComponent(id)}`;
}

function renderEntry({ name, tone, ...said }: SectionEntry): Markup {
  return markup`<div><dt>${name}</dt><dd${classes(tone)}>${renderSaid(said)}</dd></div>\n`;
}

/** Renders a text; that of a rule with its pattern as the title. */
function renderSaid({ text, pattern }: Pick<SectionEntry, "text" | "pattern">): Content {
  if (pattern === undefined) return text;
  if (pattern === text) return markup`<code>${text}</code>`;
  return markup`<span class="said" title="${pattern}">${text}</span>`;
}

/** Renders rules, folded; each has an address. */
function renderList(
  { title, entries, amount }: SectionList,
  runs: ComparisonPageOptions["runs"],
): Markup {
  const items = entries.map(({ name, label, rules = {}, ...said }) => {
    const ids = [...new Set([rules.before, rules.after].filter((id) => id !== undefined))];
    const [id, ...others] = ids;
    const lives = (["before", "after"] as const).map((side) =>
      runs === undefined || rules[side] === undefined
        ? undefined
        : markup` <small><a href="${runs[side]}#rule-${rules[side]}">life ${side}</a></small>`
    );
    const place = id === undefined ? undefined : markup` id="rule-${id}"`;
    const places = others.map((id) => markup`<span id="rule-${id}"></span>`);
    const named = id === undefined ? name : markup`<a href="${addressOf(id)}">${name}</a>`;
    return markup`<div class="sought"${place} data-label="${label}"><dt>${named}${places}</dt><dd>${
      renderSaid(said)
    }${lives}</dd></div>\n`;
  });
  const more = andMore(amount, entries.length).map((part) => renderPart(part, title));
  return markup`<details class="panel searched"><summary>${title} <b>${
    formatCount(amount)
  }</b></summary>
<div class="box" role="region" aria-label="Rules: ${title}" tabindex="0"><dl class="entries">
${items}</dl></div>${more}</details>
`;
}

/** Renders the classes of an element, if it has any. */
export function classes(...names: readonly (string | false | undefined)[]): Markup | undefined {
  const list = names.filter(Boolean).join(" ");
  return list === "" ? undefined : markup` class="${list}"`;
}

/** Columns that a phone has room for. */
const NARROW = 4;

/** Renders a table, of which a phone shows the columns of the first narrow layout. */
export function renderTable(
  { headings, rows, layouts, isOfLabels }: SectionTable,
  title: string,
): Markup {
  const narrow = layouts.find((layout) => layout.length <= NARROW) ?? layouts[0];
  const wide = (place: number) => !narrow.includes(place) && "wide";
  const [names, ...numbers] = headings;
  const heads = [
    // A column that only names its rows needs no heading, and an empty one says nothing.
    names === "" ? markup`<td></td>` : markup`<th scope="col">${names}</th>`,
    ...numbers.map((heading, place) =>
      markup`<th scope="col"${classes("number", wide(place + 1))}>${heading}</th>`
    ),
  ];
  const body = rows.map(([{ text: name }, ...cells]) => {
    const shown = cells.map(({ text, tone }, place) =>
      markup`<td${classes("number", wide(place + 1), tone)}>${text}</td>`
    );
    // Names of rules begin with their label, or end with it.
    const named = isOfLabels
      ? markup`<a href="#rules" data-find="${name}">${breakName(name)}</a>`
      : name;
    return markup`<tr><th scope="row">${named}</th>${shown}</tr>\n`;
  });
  // What scrolls must be reachable with the keyboard.
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="Table: ${title}">
<table>
<thead><tr>${heads}</tr></thead>
<tbody>
${body}</tbody>
</table></div>
`;
}
