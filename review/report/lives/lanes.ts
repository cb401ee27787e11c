/**
 * The lives of rules as lanes over the steps, label by label.
 *
 * @module
 */
import { withoutLabel } from "../../../learn/rules/rule.ts";
import { count, formatCount, listFew, showName } from "../../../print/phrases.ts";
import { showText } from "../../../learn/text/quoting.ts";
import type { RuleEvent } from "../../../record/replay.ts";
import type { Trace } from "../../../record/schema.ts";
import { type EndEvent, type Life, listLabels, type Stay } from "./lives.ts";
import { linkLife, linkNames, nameByIds } from "../links.ts";
import { inParts } from "../lists.ts";
import { type Content, type Markup, markup, trusted } from "../../markup.ts";
import { explainMark, placeOf, renderAxis, renderMark } from "../marks.ts";

/** With more rules than these, labels are folded up at first. */
const OPEN_RULES = 40;

const fates = [
  { fate: "final", long: "in the set at the end", short: "at the end" },
  { fate: "left", long: "dropped on the way", short: "dropped" },
  { fate: "never", long: "never accepted", short: "in vain" },
] as const;

/** Renders a lane for every rule, and for each label the number of its rules over the steps. */
export function renderLanes(trace: Trace, lives: readonly Life[]): Markup {
  if (lives.length === 0) return markup`<p class="none">No rule was proposed.</p>`;
  const groupOf = Map.groupBy(lives, ({ rule }) => rule.label);
  const choices = countFates(lives).map(({ fate, long, amount }) => {
    const box = markup`<input type="checkbox" name="fate" value="${fate}" checked>`;
    return markup`<label>${box} ${long} <b>${amount}</b></label>`;
  });
  const isOpen = lives.length <= OPEN_RULES;
  const byIds = nameByIds(trace);
  const groups = listLabels(trace).map((label, place) =>
    renderGroup(trace, byIds, { label, place, group: groupOf.get(label) ?? [] }, isOpen)
  );
  return markup`<div class="controls enhanced" hidden>
<fieldset class="choices"><legend class="unseen">Which rules</legend>${choices}</fieldset>
<button type="button" id="unfold" aria-pressed="${String(isOpen)}">Unfold all labels</button></div>
<p class="legend" aria-hidden="true">${legend}</p>
<p class="more enhanced" hidden>The name of a rule, here or anywhere on the page, leads to its life: when, why
and by whom it came and went. The address of the page then names the rule.</p>
<div id="lives" class="lives scroller" role="region" aria-label="Lives" tabindex="0"><div class="lane ruler" aria-hidden="true"><span>label, rule</span>
${renderAxis(trace.steps.length)}<span>what became of it</span></div>
${groups}</div>
<p class="more paper">Paper shows the labels that were unfolded, and at most 40 rules of each:
<code>print.ts TRACE --why NAME</code> tells the life of a rule.</p>`;
}

const legend: Content = [
  ["born", "came in"],
  ["made", "made of others"],
  ["into", "merged, replaced or tightened"],
  ["pruned", "pruned or removed"],
  ["rejected", "proposed in vain"],
  ["final", "in the set at the end"],
].map(([kind, name]) => explainMark(kind, name));

/** The lives of the rules for one label, and its place among the labels. */
interface LabelLives {
  readonly label: string;
  readonly place: number;
  readonly group: readonly Life[];
}

function renderGroup(
  trace: Trace,
  byIds: Trace,
  { label, place, group }: LabelLives,
  isOpen: boolean,
): Markup {
  const lists = inParts(
    group.map((life) => renderLane(trace, byIds, life)),
    (part) => markup`<ul>${part}</ul>`,
  );
  const crowd = markup`<path class="crowd" d="${drawCrowd(group, trace.steps.length)}"/>`;
  const drawing = markup`viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true"`;
  return markup`<details id="lives-${place}"${
    isOpen ? trusted(" open") : undefined
  }><summary><span class="lane">
<span class="name" title="${showText(label)}">${
    showName(label)
  }</span><svg class="track" ${drawing}>${crowd}</svg>
<span class="told">${summarize(group)}</span></span></summary>
${lists}</details>
`;
}

/** Counts the lives of each fate, if there are any. */
function countFates(lives: readonly Life[]) {
  const groups = Map.groupBy(lives, ({ fate }) => fate);
  return fates.filter(({ fate }) => groups.has(fate)).map((words) => ({
    ...words,
    amount: formatCount(groups.get(words.fate)!.length),
  }));
}

function summarize(group: readonly Life[]): string {
  const parts = countFates(group).map(({ amount, short }) => `${amount} ${short}`);
  return `${count(group.length, "rule")}: ${parts.join(", ")}`;
}

/** Draws the number of a label's rules over the steps, as an area from 0 to the highest number. */
function drawCrowd(group: readonly Life[], steps: number): string {
  const changes = new Map<number, number>();
  const add = (step: number, change: number) =>
    changes.set(step, (changes.get(step) ?? 0) + change);
  for (const { stays } of group) {
    for (const { from, end } of stays) {
      add(from, 1);
      if (end) add(end.step, -1);
    }
  }
  const levels: [step: number, rules: number][] = [];
  let rules = 0;
  for (const [step, change] of [...changes].sort(([one], [other]) => one - other)) {
    rules += change;
    levels.push([step, rules]);
  }
  const most = levels.reduce((one, [, other]) => Math.max(one, other), 1);
  const x = (step: number) => Math.round((step + 0.5) / steps * 10_000) / 10;
  const path = levels.map(([step, rules]) => `H${x(step)}V${Math.round(100 - 92 * rules / most)}`);
  return `M0 100${path.join("")}H1000V100Z`;
}

function renderLane(trace: Trace, byIds: Trace, life: Life): Markup {
  const { rule, stays, attempts, fate } = life;
  const x = (step: number) => placeOf(step, trace.steps.length);
  const bars = stays.map(({ from, entry, end }) => {
    const to = end ? x(end.step) : "100";
    const line = markup`x1="${x(from)}%" x2="${to}%" y1="50%" y2="50%"`;
    const born = entry.kind === "created" ? "made" : "born";
    return [
      markup`<line class="${end ? "left" : "final"}" ${line}/>`,
      renderMark(born, x(from), "50"),
      renderMark(end ? endMarks[end.kind] : "final", to, "50"),
    ];
  });
  const crosses = attempts.map(({ step }) => renderMark("rejected", x(step), "50"));
  const name = showName(withoutLabel(rule));
  const told = linkNames(trace, phraseLife(byIds, life), true);
  return markup`<li class="lane ${fate}" id="rule-${rule.id}"><span class="name">${
    linkLife(rule.id, name)
  }</span>
<svg class="track" aria-hidden="true">${bars}${crosses}</svg>
<span class="told">${told}</span></li>
`;
}

const endMarks = {
  replaced: "into",
  merged: "into",
  tightened: "into",
  removed: "pruned",
  pruned: "pruned",
  undone: "pruned",
  unlogged: "pruned",
};

/** Tells a life in a few words: `steps 1 to 4, merged into cards`. */
export function phraseLife(trace: Trace, { stays, attempts }: Life): string {
  const parts = [
    ...stays.map((stay) => ({ step: stay.from, text: phraseStay(trace, stay) })),
    ...attempts.map(({ step, outcome }) => ({ step, text: phraseAttempt(outcome, step) })),
  ];
  return parts.sort((one, other) => one.step - other.step).map(({ text }) => text).join("; ");
}

function phraseAttempt(outcome: Life["attempts"][number]["outcome"], step: number): string {
  return outcome === "unknown"
    ? `proposed in step ${step}, what came of it is not logged`
    : `${outcome} in step ${step}`;
}

function phraseStay(trace: Trace, { from, entry, end }: Stay): string {
  const origin = phraseOrigin(trace, entry);
  return end === undefined
    ? `since step ${from}${origin}`
    : `steps ${from} to ${end.step}${origin}, ${phraseEnd(trace, end)}`;
}

function phraseOrigin(trace: Trace, entry: RuleEvent): string {
  if (entry.kind === "unlogged") return ", how it came in is not logged";
  if (entry.kind === "created") {
    return `, made of ${listFew(entry.from.map((id) => nameOf(trace, id)))}`;
  }
  const isInPlace = entry.kind === "added" && entry.instead !== undefined;
  return isInPlace ? `, in place of ${nameOf(trace, entry.instead)}` : "";
}

function phraseEnd(trace: Trace, end: EndEvent): string {
  switch (end.kind) {
    case "replaced":
      return `replaced by ${nameOf(trace, end.by)}`;
    case "merged":
      return `merged into ${nameOf(trace, end.into)}`;
    case "tightened":
      return `tightened to ${nameOf(trace, end.into)}`;
    case "removed":
      return "removed";
    case "pruned":
      return end.by === undefined
        ? "pruned, over budget"
        : `pruned, ${nameOf(trace, end.by)} matches all it matched`;
    case "undone":
      return "undone by a return to earlier rules";
    case "unlogged":
      return "went, how is not logged";
  }
}

function nameOf(trace: Trace, id: string): string {
  return showName(withoutLabel(trace.rules[id]));
}
