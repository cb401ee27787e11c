/**
 * Failures by kind over the iterations, and the proposals that were refused.
 *
 * @module
 */
import type { Cluster } from "../../learn/score/scoring.ts";
import { count, formatCount, phraseFailure, ruleName, showName } from "../../print/phrases.ts";
import type { Refusal } from "../../learn/rules/rule.ts";
import type { Step, Trace } from "../../record/schema.ts";
import { MAX_ITEMS, tellMore } from "./lists.ts";
import { type Markup, markup, trusted } from "../markup.ts";

/** Refusals for one reason that are not folded up. */
const OPEN_ROWS = 5;
/** Names of rules that are told of one kind of failure. */
const MAX_RULES = 20;

/** Failures of one kind in each iteration that had any. */
interface Kind {
  readonly expected: string | null;
  readonly predicted: string | null;
  readonly seen: { readonly iteration: number; readonly cluster: Cluster }[];
}

/** What went wrong on the examples that are learned from: kind, how often, when, for whom. */
export function renderFailures(trace: Trace): Markup {
  const iterations = trace.steps.filter((step) => step.type === "iteration");
  if (iterations.length === 0) {
    return markup`<p class="none">There was no iteration to look for failures.</p>`;
  }
  const kinds = new Map<string, Kind>();
  for (const { iteration, failures } of iterations) {
    for (const cluster of failures.clusters) {
      const { expected, predicted } = cluster;
      const key = JSON.stringify([expected, predicted]);
      const kind = kinds.get(key) ?? { expected, predicted, seen: [] };
      kinds.set(key, kind);
      kind.seen.push({ iteration, cluster });
    }
  }
  const known = iterations.filter(({ failures: { count, clusters } }) =>
    count !== undefined || clusters.length > 0
  );
  if (known.length === 0) return markup`<p class="none">Failures are not in the record.</p>`;
  const [{ iteration: begin, failures: { count: before } }] = known;
  const { iteration: last, failures: { count: after } } = known[known.length - 1];
  const isOnce = known.length === 1;
  const amounts = before === undefined || after === undefined
    ? undefined
    : markup`${count(before, "failure")} on the examples to learn from before
iteration ${begin}${isOnce ? "" : `, ${formatCount(after)} before iteration ${last}`}. `;
  const scope = isOnce
    ? "Each kind below has how many there were."
    : `Each kind below has how many there were when it was first seen and how many before iteration ${last}.`;
  const unknown = iterations.length === known.length
    ? ""
    : ` Of ${count(iterations.length - known.length, "iteration")} the record has none.`;
  const lead =
    markup`<p>${amounts}${scope}${unknown} Examples are named by their ids: a trace holds no
text.</p>`;
  if (kinds.size === 0) return lead;
  const left = ({ seen }: Kind) => {
    const { iteration, cluster } = seen[seen.length - 1];
    return iteration === last ? cluster.count : 0;
  };
  const first = ({ seen: [{ cluster }] }: Kind) => cluster.count;
  const order = [...kinds.values()].sort((one, other) =>
    left(other) - left(one) || first(other) - first(one)
  );
  const shown = order.slice(0, MAX_ITEMS).map((kind) =>
    renderKind(trace, kind, left(kind), isOnce)
  );
  return markup`${lead}<div class="list">${shown}</div>${tellMore(order.length, "kind")}`;
}

function renderKind(trace: Trace, kind: Kind, left: number, isOnce: boolean): Markup {
  const { expected, predicted, seen } = kind;
  const { iteration, cluster } = seen[seen.length - 1];
  const rules = [...new Set(seen.flatMap(({ cluster }) => cluster.rules))];
  const shown = rules.slice(0, MAX_RULES).map((id) => ruleName(trace, id));
  const unnamed = rules.length - shown.length;
  const when = seen.length === 1
    ? `in iteration ${iteration}`
    : `in ${formatCount(seen.length)} iterations, ${seen[0].iteration} to ${iteration}`;
  const first = formatCount(seen[0].cluster.count);
  const trend = isOnce ? first : `${first} → ${formatCount(left)}`;
  const what = expected === predicted && expected !== null
    ? `${showName(expected)} by a narrow lead`
    : phraseFailure(trace, expected, predicted);
  const unlisted = cluster.count - cluster.examples.length;
  const examples = cluster.examples.map((id) => markup`<code>${showName(id)}</code> `);
  const made = rules.length === 0 ? "none" : shown.join(", ");
  return markup`<details class="item"><summary><span class="count">${trend}</span>
<span>${what}</span> <small>${when}</small></summary>
<dl><dt>Examples, iteration ${iteration}</dt>
<dd>${examples}${unlisted > 0 ? `+ ${formatCount(unlisted)} more` : undefined}</dd>
<dt>Rules made for it</dt>
<dd>${made}${unnamed > 0 ? ` + ${formatCount(unnamed)} more` : undefined}</dd></dl></details>
`;
}

/** What was proposed and did not become a rule, by reason. */
export function renderRefusals(trace: Trace): Markup {
  const byCode = new Map<string, { step: number; refusal: Refusal }[]>();
  for (const step of trace.steps) {
    for (const refusal of refusedIn(step)) {
      const group = byCode.get(refusal.code) ?? [];
      byCode.set(refusal.code, group);
      group.push({ step: step.index, refusal });
    }
  }
  if (byCode.size === 0) return markup`<p class="none">Nothing was refused.</p>`;
  const groups = [...byCode].sort(([one, some], [other, others]) =>
    others.length - some.length || (one < other ? -1 : 1)
  );
  const items = groups.map(([code, group]) => {
    const rows = group.slice(0, MAX_ITEMS).map(({ step, refusal: { name, detail } }) => {
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
  switch (step.type) {
    case "synthesis":
    case "refit":
      return step.refused;
    case "iteration":
      return step.patch.refused;
    case "critique":
    case "audit":
    case "restore":
    case "prune":
    case "final":
    case "failure":
      return [];
  }
}
