/**
 * An experiment as one page: nothing loaded, opened from disk, in the look of the page of a run.
 *
 * @module
 */
import {
  count,
  formatCount,
  formatDuration,
  formatPercent,
  listFew,
  showName,
} from "../../print/phrases.ts";
import { VERSION } from "../../record/schema.ts";
import { classes, renderTable, sectionStyle } from "../compare/page.ts";
import type { TonedText } from "../compare/sections.ts";
import { hashSource, type Markup, markup, renderDocument } from "../markup.ts";
import { roundPlace } from "../report/marks.ts";
import type {
  ArmPosterior,
  ExperimentMetrics,
  ExperimentReport,
  MistakeClass,
  RuleChanges,
  SessionMetrics,
} from "./format.ts";
import { formatAmount, formatShare, formatTime, renderTime, timeStyle } from "./over_time.ts";

/** How many sessions the page lists. */
const MAX_SESSIONS = 300;
/** How many contexts and classes of mistakes it has, and how many arms in all contexts together. */
const MAX_ROWS = 200;
const MAX_ARMS_SHOWN = 1_000;

const style = `${sectionStyle}${timeStyle}
.panel .list { margin: 0; max-height: none; border-top: 1px solid var(--line); }
.panel > .list > .item { padding: .4rem 1.1rem; }
.panel > .list > .item:last-child { border-bottom: 0; }
.item > summary { grid-template-columns: 12rem 1fr auto; }
.item .count { text-align: left; overflow-wrap: anywhere; }
.item .count::before { margin-right: .5rem; }
.item > .facts { padding: .4rem 0 .8rem 1.1rem; }
.item .facts dd { margin: 0; overflow-wrap: anywhere; }
.arms { width: 100%; min-width: 0; margin: 0; table-layout: fixed; }
.arms tr:last-child > * { border-bottom: 0; }
.arms .arm { width: 32%; }
.arms .number { width: 4.2rem; padding-right: 0; }
.arms .between { width: 8rem; }
.arms .track { height: 1rem; }
.arms .whole { fill: var(--back); }
.bounds { fill: var(--bar); }
.bounds.alert { fill: var(--alert); }
.middle { stroke: var(--accent); stroke-width: 2.5; }
.panel > .scroll { margin-bottom: .5rem; }
@media (max-width: 48rem) {
  .item > summary { grid-template-columns: 1fr; gap: 0; }
  .item > summary small { grid-column: 1; }
  .item > .facts { padding-left: 0; }
  .arms .number { width: 3.2rem; }
  #mistakes tbody th { min-width: 4rem; }
}
`;

/** Allows the page to use its own style, and nothing else. */
const policy = `default-src 'none'; style-src ${
  hashSource(style)
}; base-uri 'none'; form-action 'none'`;

/**
 * Renders an experiment as an HTML page: rewards and mistakes over the sessions, contexts, what is known of each arm
 * with its interval, mistakes and which of them were repeated, and the sessions one by one, the newest first. It loads
 * nothing: its policy allows its own style and nothing else. Names, descriptions and notes are text, whatever they
 * are. It shows 300 sessions at most, 1,000 arms, and 200 contexts and classes of mistakes.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "jsr:@std/assert@^1";
 * import { renderExperimentPage } from "./page.ts";
 *
 * const outcomes = { accepted: 0, revision: 0, rejected: 0, mistakes: 0 };
 * const totals = { sessions: 0, open: 0, mistakes: 0, repeats: 0, outcomes, replaced: 0 };
 * const report = { totals, sessions: [], contexts: [], classes: [], arms: [] };
 * assertStringIncludes(renderExperimentPage(report), "<h1>0 sessions</h1>");
 * ```
 */
export function renderExperimentPage(report: ExperimentReport): string {
  const { totals, sessions, contexts, classes } = report;
  const title = count(totals.sessions, "session");
  const about = [
    `in ${count(contexts.length, "context")}`,
    ...(totals.open === 0 ? [] : [`${formatCount(totals.open)} not ended`]),
    ...(totals.rules === undefined ? [] : [phraseChanges(totals.rules)]),
  ];
  const sections: readonly (readonly [id: string, name: string, body: Markup])[] = [
    ["time", "Over time", renderTime(sessions)],
    ["contexts", "Contexts", renderContexts(report)],
    ["arms", "Arms", renderArms(report)],
    ["mistakes", "Mistakes", renderClasses(classes)],
    ["sessions", "Sessions", renderSessions(sessions)],
  ];
  const anchors = sections.map(([id, name]) => markup`<li><a href="#${id}">${name}</a></li>`);
  const body = markup`<a class="skip" href="#arms">To the arms</a>
<header class="top"><p class="kicker">Experiment</p>
<h1>${title}</h1>
<p class="about">${about.map((text) => markup`<span>${text}</span>`)}</p></header>
<nav aria-label="Sections"><ul>${anchors}</ul></nav>
<main>
${renderNumbers(report)}
${
    sections.map(([id, name, body]) =>
      markup`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${name}</h2>
${body}</section>
`
    )
  }</main>
<footer>ruletrace ${VERSION}. This page loads nothing and sends nothing.</footer>`;
  return renderDocument({ title: `Experiment: ${title}`, policy, style, body });
}

/** Renders the numbers to take in at a glance. */
function renderNumbers({ totals, arms }: ExperimentReport): Markup {
  const { accepted, revision, rejected, mistakes } = totals.outcomes;
  const judged = accepted + revision + rejected + mistakes;
  const { reward } = totals;
  const known = new Set(arms.map(({ arm }) => arm)).size;
  const tiles = [
    [
      "Mean reward",
      reward === undefined ? "–" : formatShare(reward.mean),
      reward === undefined ? "nothing was judged" : `with 95 % from ${phraseBounds(reward)}`,
    ],
    [
      "Judged pieces of work",
      formatCount(judged),
      `${formatCount(accepted)} accepted, ${formatCount(revision)} revised, ${
        formatCount(rejected + mistakes)
      } wrong`,
    ],
    ["Mistakes", formatCount(totals.mistakes), phraseRepeats(totals)],
    ["Arms", formatCount(known), `${formatCount(arms.length)} by context`],
  ].map(([name, value, note]) =>
    markup`<div><dt>${name}</dt><dd><b>${value}</b><small>${note}</small></dd></div>`
  );
  return markup`<dl class="numbers">${tiles}</dl>`;
}

function phraseRepeats({ repeats, repeatRate }: ExperimentMetrics): string {
  const part = repeatRate === undefined ? "" : `, ${formatPercent(repeatRate)} %`;
  return `${count(repeats, "repeat")}${part}`;
}

function phraseBounds({ low, high }: { readonly low: number; readonly high: number }): string {
  return `${formatShare(low)} to ${formatShare(high)}`;
}

function phraseChanges({ added, removed }: RuleChanges): string {
  const changes = [
    ...(added.length === 0 ? [] : [`added ${listFew(added, ", ", showName)}`]),
    ...(removed.length === 0 ? [] : [`removed ${listFew(removed, ", ", showName)}`]),
  ];
  return changes.length === 0 ? "no rules added or removed" : changes.join("; ");
}

/** The cells of a reward and of mistakes. */
function metricCells(metrics: ExperimentMetrics): TonedText[] {
  const { reward, mistakes, repeats, repeatRate } = metrics;
  return [
    { text: reward === undefined ? "–" : formatShare(reward.mean) },
    { text: reward === undefined ? "–" : phraseBounds(reward) },
    { text: formatCount(mistakes) },
    { text: formatCount(repeats), tone: repeats > 0 ? "warn" : "quiet" },
    { text: repeatRate === undefined ? "–" : formatPercent(repeatRate) },
  ];
}

function renderContexts({ contexts }: ExperimentReport): Markup {
  if (contexts.length === 0) return markup`<p class="none">There are no contexts.</p>`;
  const table = renderTable({
    headings: [
      "Context",
      "Sessions",
      "Reward",
      "Interval",
      "Mistakes",
      "Repeats",
      "Repeated, %",
    ],
    rows: contexts.slice(0, MAX_ROWS).map((metrics) => [
      { text: showName(metrics.context) },
      { text: formatCount(metrics.sessions) },
      ...metricCells(metrics),
    ]),
    layouts: [[0, 1, 2, 3, 4, 5, 6], [0, 2, 4]],
  }, "Contexts");
  return markup`<div class="sheet">${table}${
    tellRest(contexts.length, MAX_ROWS, "context")
  }</div>\n`;
}

function tellRest(amount: number, most: number, noun: string): Markup | undefined {
  const rest = amount - most;
  return rest > 0 ? markup`<p class="more">+ ${count(rest, `more ${noun}`)}</p>\n` : undefined;
}

/** Renders what is known of arms: those of each context together, the best first. */
function renderArms({ arms }: ExperimentReport): Markup {
  if (arms.length === 0) return markup`<p class="none">There are no arms.</p>`;
  const groups = [...Map.groupBy(arms, ({ context }) => context)];
  let room = MAX_ARMS_SHOWN;
  const panels = groups.slice(0, MAX_ROWS).map(([context, members], place) => {
    const shown = members.toSorted((one, other) => other.mean - one.mean).slice(0, room);
    room -= shown.length;
    if (shown.length === 0) return undefined;
    const open = place === 0 && markup` open`;
    return markup`<details class="panel"${open || undefined}><summary>${showName(context)} <b>${
      count(members.length, "arm")
    }</b></summary>
${renderIntervals(shown, showName(context))}${
      tellRest(members.length, shown.length, "arm")
    }</details>
`;
  });
  return markup`<div class="sheet"><p>The reward to expect of each arm, with the interval that holds it with 95 %. Arms with few cases in a context lean on what other contexts and arms came to.</p></div>
${panels}${tellRest(groups.length, MAX_ROWS, "context")}`;
}

function renderIntervals(arms: readonly ArmPosterior[], context: string): Markup {
  const head = [
    markup`<th scope="col" class="arm">Arm</th><th scope="col">0 to 1</th>`,
    ...([["Reward"], ["Interval", "wide", "between"], ["Cases"]] as const).map(([name, ...kinds]) =>
      markup`<th scope="col"${classes("number", ...kinds)}>${name}</th>`
    ),
  ];
  const rows = arms.map((one) => {
    const { arm, mean, low, high, trials } = one;
    const [from, to, at] = [low, high, mean].map((share) => roundPlace(100 * share));
    const isPoor = high < 0.5 ? "alert" : "";
    const bar =
      markup`<svg class="track" aria-hidden="true"><rect class="whole" width="100%" height="100%"/><rect class="bounds ${isPoor}" x="${from}%" width="${
        roundPlace(Number(to) - Number(from))
      }%" y="25%" height="50%"/><line class="middle" x1="${at}%" x2="${at}%" y2="100%"/></svg>`;
    return markup`<tr><th scope="row">${showName(arm)}</th><td>${bar}</td><td class="number">${
      formatShare(mean)
    }</td><td class="number wide between">${phraseBounds(one)}</td><td class="number">${
      formatAmount(trials)
    }</td></tr>
`;
  });
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="Arms: ${context}">
<table class="arms"><thead><tr>${head}</tr></thead>
<tbody>
${rows}</tbody></table></div>
`;
}

/** Renders the classes of mistakes, and which mistakes were repeated most. */
function renderClasses(all: readonly MistakeClass[]): Markup {
  if (all.length === 0) return markup`<p class="none">No mistake was logged.</p>`;
  const shown = all.slice(0, MAX_ROWS);
  const table = renderTable({
    headings: ["Class", "Mistakes", "Repeats", "%"],
    rows: shown.map(({ class: name, mistakes, repeats }) => [
      { text: showName(name) },
      { text: formatCount(mistakes) },
      { text: formatCount(repeats), tone: repeats > 0 ? "warn" : "quiet" },
      { text: formatPercent(repeats / mistakes) },
    ]),
    layouts: [[0, 1, 2, 3]],
  }, "Classes of mistakes");
  const repeated = shown.flatMap(({ class: name, repeated }) =>
    repeated.map(({ id, description, repeats }) =>
      markup`<div><dt>${showName(name)} <small>${id}, repeated ${
        repeats === 1 ? "once" : `${formatCount(repeats)} times`
      }</small></dt><dd>${description}</dd></div>
`
    )
  );
  const list = repeated.length === 0
    ? undefined
    : markup`<details class="panel"><summary>Repeated most <b>${
      formatCount(repeated.length)
    }</b></summary><dl class="entries">
${repeated}</dl></details>
`;
  return markup`<div class="sheet">${table}${tellRest(all.length, MAX_ROWS, "row")}</div>
${list}`;
}

/** Renders the sessions, the newest first. */
function renderSessions(sessions: readonly SessionMetrics[]): Markup {
  if (sessions.length === 0) return markup`<p class="none">No session began.</p>`;
  const items = sessions.slice(-MAX_SESSIONS).reverse().map((session) => {
    const { reward, context, startedAt, mistakes, repeats } = session;
    const facts = [
      reward === undefined ? "not judged" : `reward ${formatShare(reward.mean)}`,
      ...(mistakes === 0 ? [] : [count(mistakes, "mistake")]),
      ...(repeats === 0 ? [] : [count(repeats, "repeat")]),
    ];
    return markup`<details class="item"><summary><span class="count">${
      formatTime(startedAt)
    }</span> <span>${showName(context)}</span> <small>${facts.join(" · ")}</small></summary>
<dl class="facts">${listFacts(session)}</dl></details>
`;
  });
  return markup`<details class="panel"><summary>Sessions, the newest first <b>${
    formatCount(sessions.length)
  }</b></summary><div class="list">
${items}</div>${tellRest(sessions.length, MAX_SESSIONS, "session")}</details>
`;
}

function listFacts(session: SessionMetrics): Markup[] {
  const { chosen, arms, propensity, policy, milliseconds, rules, notes, entry } = session;
  const lasted = milliseconds === undefined ? "" : `, after ${formatDuration(milliseconds)}`;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["Session", session.session],
    ["Ended", session.endedAt === undefined ? "not yet" : formatTime(session.endedAt) + lasted],
    ["Chosen", `${chosen.map(showName).join(", ") || "none"}, of ${count(arms, "arm")}`],
    ["Probability", `${propensity.toPrecision(3)}, by ${policy}`],
    ["Rules", rules && phraseChanges(rules)],
    ["Entry", entry],
  ];
  // Lines of notes are of whoever wrote them.
  const lines = notes?.split("\n").map((
    line,
    place,
  ) => [place > 0 ? markup`<br>` : undefined, line]);
  return [
    ...facts.map(([name, value]) =>
      value === undefined ? undefined : markup`<div><dt>${name}</dt><dd>${value}</dd></div>\n`
    ),
    lines && markup`<div><dt>Notes</dt><dd>${lines}</dd></div>\n`,
  ].filter((fact) => fact !== undefined);
}
