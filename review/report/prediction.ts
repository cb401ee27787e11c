/**
 * One prediction: since when it is wrong, and which rules and examples it comes from.
 *
 * @module
 */
import { formatCount, formatPercent, showName } from "../../print/phrases.ts";
import type { Trace } from "../../record/schema.ts";
import type { FiringRule, PredictedOutcome, PredictionBlame } from "../blame/prediction.ts";
import { type Content, type Markup, markup } from "../markup.ts";
import { linkRule } from "./links.ts";
import { MAX_ITEMS, renderIds, tellMore } from "./lists.ts";
import { phraseSince } from "./path.ts";

/** Outcomes that are shown of one prediction. */
const MAX_OUTCOMES = 20;

/** Renders the prediction, its path, its votes, its rules and the examples that share most of them. */
export function renderPrediction(trace: Trace, prediction: PredictionBlame): Markup {
  const { example, isRight, since = null, outcomes, path, votes, rules, similar } = prediction;
  const steps = path.slice(0, MAX_ITEMS).map(({ step, type, isRight, outcomes }) => {
    const when = step === null ? "without rules" : `step ${step}, ${type ?? "unknown"}`;
    return markup`<li>${when}: ${phraseOutcomes(outcomes)}, ${isRight ? "correct" : "wrong"}</li>`;
  });
  const told = votes.slice(0, MAX_ITEMS).map(({ label, votes }) =>
    `${showName(label)} ${votes.toFixed(2)}`
  );
  const groups = Map.groupBy(similar.slice(0, MAX_ITEMS), ({ labels, share }) => {
    return `${labels.slice(0, MAX_OUTCOMES).map(showName).join(", ")}, ${formatPercent(share)} %`;
  });
  const others = [...groups].map(([name, group]) =>
    markup`<div><dt>${name}</dt><dd>${renderIds(group.map(({ id }) => id))}</dd></div>\n`
  );
  const facts: readonly (readonly [string, Content])[] = [
    ["At the end", `${phraseOutcomes(outcomes)}, ${isRight ? "correct" : phraseSince(since)}`],
    [
      "After the steps",
      markup`<ul>${steps}</ul>${tellMore(path.length, "step", ELSEWHERE)}`,
    ],
    ["Votes", votes.length === 0 ? undefined : told.join(", ")],
  ];
  const list = facts.flatMap(([name, value]) =>
    value === undefined ? [] : markup`<div><dt>${name}</dt><dd>${value}</dd></div>\n`
  );
  const near = markup`<h3>Examples learned from that share most of these rules</h3>
<p>Where the rules come from, and what to look at first: no proof that the prediction would be another
without them.</p>
<dl class="facts">${others}</dl>`;
  return markup`<p>Test example <code>${showName(example)}</code>.</p>
<dl class="facts">${list}</dl>
${renderFiring(trace, rules)}
${similar.length === 0 ? undefined : near}${tellMore(similar.length, "example", ELSEWHERE)}`;
}

const ELSEWHERE = "in the blame file";

function phraseOutcomes(outcomes: readonly PredictedOutcome[]): string {
  const words = outcomes.slice(0, MAX_OUTCOMES).map(
    ({ gold, predicted, isDecided, start, end }) => {
      const where = start === undefined ? "" : ` at ${start} to ${end}`;
      const found = predicted === null ? "nothing" : showName(predicted);
      const by = predicted !== null && !isDecided ? " by default" : "";
      return `${found}${by}${where} (gold ${gold === null ? "nothing" : showName(gold)})`;
    },
  );
  const unseen = outcomes.length - MAX_OUTCOMES;
  if (outcomes.length === 0) return "nothing predicted";
  return words.join(", ") + (unseen > 0 ? ` + ${formatCount(unseen)} more` : "");
}

function renderFiring(trace: Trace, rules: readonly FiringRule[]): Markup {
  if (rules.length === 0) return markup`<p class="none">No rule matches it.</p>`;
  // Spans have no one label that is predicted.
  const isLabel = trace.run.dataset.task === "classification";
  const columns = ["Weight", "Since step", "Credit", ...(isLabel ? ["For the label"] : [])];
  const headings = columns.map((name) => markup`<th scope="col" class="number">${name}</th>`);
  const rows = rules.slice(0, MAX_ITEMS).map(({ rule, weight, broughtBy, credit }) => {
    const { correct, predicted, error } = credit;
    const parts = [correct, ...(isLabel ? [predicted] : [])].map((part) =>
      part === undefined ? "–" : part.toFixed(2) + (error > 0 ? ` ± ${error.toFixed(2)}` : "")
    );
    const numbers = [weight.toFixed(2), String(broughtBy), ...parts];
    const cells = numbers.map((number) => markup`<td class="number">${number}</td>`);
    return markup`<tr><th scope="row">${linkRule(trace, rule)}</th>${cells}</tr>\n`;
  });
  const parts = isLabel ? "its being correct and in the predicted label" : "its correct spans";
  return markup`<div class="scroll" role="region" aria-label="Rules that match it" tabindex="0">
<table><caption>Rules that match it, with their part in ${parts} (Shapley values)</caption>
<thead><tr><th scope="col">Rule</th>${headings}</tr></thead><tbody>
${rows}</tbody></table></div>${tellMore(rules.length, "rule", ELSEWHERE)}`;
}
