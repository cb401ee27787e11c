/**
 * Failures by kind over the iterations, and proposals that were refused.
 *
 * @module
 */
import type { Cluster } from "../../../learn/score/scoring.ts";
import { compareCodeUnits } from "../../../learn/text/folding.ts";
import {
  count,
  formatCount,
  nameIteration,
  phraseFailure,
  showName,
} from "../../../print/phrases.ts";
import type { Refusal } from "../../../learn/rules/rule.ts";
import type { Step, Trace } from "../../../record/schema.ts";
import { listLabels } from "../lives/lives.ts";
import { linkRules } from "../links.ts";
import { MAX_ITEMS, tellMore } from "../lists.ts";
import { type Markup, markup, trusted } from "../../markup.ts";

/** A list of at most this many refusals for one reason is not folded up. */
const OPEN_ROWS = 5;
/** Names of rules that are shown for one kind of failure. */
const MAX_RULES = 20;

/** Failures with one gold and one predicted label, in each iteration that had any. */
interface FailureKind {
  readonly seen: readonly {
    readonly step: number;
    readonly iteration: number;
    readonly cluster: Cluster;
  }[];
  /** How many there were in the first of these iterations, and how many in the last known one. */
  readonly first: number;
  readonly left: number;
}

/** Renders what went wrong on the examples to learn from: kind, how often, when, rules made for it. */
export function renderFailures(trace: Trace): Markup {
  const iterations = trace.steps.filter((step) => step.type === "iteration");
  if (iterations.length === 0) {
    return markup`<p class="none">No iteration looked for failures.</p>`;
  }
  const known = iterations.filter(({ failures: { count, clusters } }) =>
    count !== undefined || clusters.length > 0
  );
  if (known.length === 0) return markup`<p class="none">The record does not list failures.</p>`;
  const seen = iterations.flatMap(({ index: step, iteration, failures: { clusters } }) =>
    clusters.map((cluster) => ({ step, iteration, cluster }))
  );
  const kinds = Map.groupBy(
    seen,
    ({ cluster: { expected, predicted } }) => JSON.stringify([expected, predicted]),
  );
  const [{ iteration: begin, failures: { count: before } }] = known;
  const { index: lastStep, iteration: end, failures: { count: after } } = known[known.length - 1];
  const last = end === 0 ? "a later call" : nameIteration(end);
  const isOnce = known.length === 1;
  const amounts = before === undefined || after === undefined
    ? undefined
    : markup`${count(before, "failure")} on the examples to learn from before
${nameIteration(begin)}${isOnce ? "" : `, ${formatCount(after)} before ${last}`}. `;
  const scope = isOnce
    ? "The numbers are how many there were of each kind."
    : `The numbers are how many there were of each kind when it was first seen and before ${last}.`;
  const unknown = iterations.length === known.length
    ? ""
    : ` The record does not list those of ${count(iterations.length - known.length, "iteration")}.`;
  const lead =
    markup`<p>${amounts}${scope}${unknown} Examples are named by their ids: a trace holds no
texts.</p>`;
  if (kinds.size === 0) return lead;
  const order = [...kinds.values()].map((seen) => {
    const { step, cluster } = seen[seen.length - 1];
    return { seen, first: seen[0].cluster.count, left: step === lastStep ? cluster.count : 0 };
  }).sort((one, other) => other.left - one.left || other.first - one.first);
  const ruled = listLabels(trace);
  const shown = order.slice(0, MAX_ITEMS).map((kind) => renderKind(trace, ruled, kind, isOnce));
  return markup`${lead}<div class="list">${shown}</div>${tellMore(order.length, "kind")}`;
}

function renderKind(
  trace: Trace,
  ruled: readonly string[],
  { seen, first, left }: FailureKind,
  isOnce: boolean,
): Markup {
  const { iteration, cluster } = seen[seen.length - 1];
  const { expected, predicted } = cluster;
  const rules = [...new Set(seen.flatMap(({ cluster }) => cluster.rules))];
  const when = seen.length === 1
    ? `in ${nameIteration(iteration)}`
    : seen.some(({ iteration }) => iteration === 0)
    ? `in ${count(seen.length, "call")}`
    : `in ${formatCount(seen.length)} iterations, ${seen[0].iteration} to ${iteration}`;
  const trend = isOnce ? formatCount(first) : `${formatCount(first)} → ${formatCount(left)}`;
  const what = phraseFailure(trace, expected, predicted);
  const unlisted = cluster.count - cluster.examples.length;
  const examples = cluster.examples.map((id) => markup`<code>${showName(id)}</code> `);
  const made = rules.length === 0 ? "none" : linkRules(trace, rules, MAX_RULES);
  const labels = [...new Set([expected, predicted])].flatMap((label) => {
    const place = label === null ? -1 : ruled.indexOf(label);
    return place < 0 ? [] : markup`<a href="#lives-${place}">rules for ${showName(label!)}</a> `;
  });
  const lives = labels.length === 0 ? undefined : markup`<dt>Lives of the</dt><dd>${labels}</dd>`;
  return markup`<details class="item"><summary><span class="count">${trend}</span>
<span>${what}</span> <small>${when}</small></summary>
<dl><dt>Examples, ${nameIteration(iteration)}</dt>
<dd>${examples}${unlisted > 0 ? `+ ${formatCount(unlisted)} more` : undefined}</dd>
<dt>Rules made for it</dt>
<dd>${made}</dd>${lives}</dl></details>
`;
}

/** Renders the proposals that did not become a rule, by reason. */
export function renderRefusals(trace: Trace): Markup {
  const refused = trace.steps.flatMap((step) =>
    refusedIn(step).map((refusal) => ({ step: step.index, ...refusal }))
  );
  if (refused.length === 0) return markup`<p class="none">Nothing was refused.</p>`;
  const groups = [...Map.groupBy(refused, ({ code }) => code)].sort((
    [one, some],
    [other, others],
  ) => others.length - some.length || compareCodeUnits(one, other));
  const items = groups.map(([code, group]) => {
    const rows = group.slice(0, MAX_ITEMS).map(({ step, name, detail }) => {
      const shown = name === "" ? "(unnamed)" : showName(name);
      return markup`<li><b>${shown}</b> in step ${step}: ${detail.slice(0, 400)}</li>`;
    });
    const open = group.length <= OPEN_ROWS ? trusted(" open") : undefined;
    return markup`<details class="item"${open}>
<summary><span class="count">${formatCount(group.length)}</span> <span>${code}</span></summary>
<ul>${rows}</ul>${tellMore(group.length, "refusal")}</details>`;
  });
  return markup`<div class="list">${items}</div>`;
}

function refusedIn(step: Step): readonly Refusal[] {
  if (step.type === "iteration") return step.patch.refused;
  return "refused" in step ? step.refused : [];
}
