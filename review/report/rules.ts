/**
 * The rules that a run ended with, as a table to search and sort.
 *
 * @module
 */
import { compareCodeUnits } from "../../learn/text/folding.ts";
import { isNamedAsSaid } from "../../learn/rules/reading.ts";
import { type Rule, withoutLabel } from "../../learn/rules/rule.ts";
import { count, formatCount, formatPercent, showName } from "../../print/phrases.ts";
import { decideOf, listingOrder, phrasePattern, phraseReading } from "../../print/rules.ts";
import { lastRules } from "../../record/fold.ts";
import type { Trace } from "../../record/schema.ts";
import type { RuleBlame, RulesBlame } from "../blame/rules.ts";
import type { Life } from "./lives/lives.ts";
import { linkLife } from "./links.ts";
import { inParts } from "./lists.ts";
import { renderNotation } from "./notation.ts";
import { formatSigned } from "./path.ts";
import { breakName, type Content, type Markup, markup } from "../markup.ts";

/** Rules that are printed on paper: those of the first two parts. */
const PAPER = 80;

/** Characters of a name or a label that are shown. */
const MAX_NAME = 400;

/**
 * Renders the table, by label; the page's script adds sorting and searching.
 *
 * @param blame what the rules do for the predictions on test examples
 */
export function renderRules(trace: Trace, lives: readonly Life[], blame?: RulesBlame): Markup {
  const rules = lastRules(trace);
  if (rules.length === 0) return markup`<p class="none">The rule set is empty.</p>`;
  const decide = decideOf(trace);
  const findsSpans = trace.run.dataset.task !== "classification";
  const compare = listingOrder(decide);
  rules.sort((one, other) => compareCodeUnits(one.label, other.label) || compare(one, other));
  const since = new Map(lives.map(({ rule, stays }) => [rule.id, stays.at(-1)?.from ?? 0]));
  const labels = [...new Set(rules.map(({ label }) => label))];
  const places = new Map(labels.map((label, place) => [label, place]));
  const headings = [
    heading("label", "Label", "ascending"),
    heading("rule", "Rule"),
    heading("rank", decide === "vote" ? "Weight" : "Priority"),
    heading("precision", "Precision"),
    heading("support", "Support"),
    heading("since", "Since"),
    ...(blame ? [heading("credit", "Credit"), heading("without", "Without")] : []),
  ];
  const facts = blame && new Map(blame.rules.map((fact) => [fact.rule, fact]));
  const choices = labels.map((label, place) =>
    markup`<option value="${place}">${showName(label)}</option>`
  );
  const rows = rules.map((rule) => {
    const cells = [
      renderCells(rule, findsSpans, decide, since.get(rule.id)),
      facts && renderBlamed(facts.get(rule.id)),
    ];
    return markup`<div role="row" class="row" data-label="${places.get(rule.label)}">${cells}</div>
`;
  });
  const body = inParts(rows, (part) => markup`<div role="rowgroup" class="body">${part}</div>`);
  const kind = blame ? "table rules blamed" : "table rules";
  const search = markup`id="search" type="search" autocomplete="off" spellcheck="false"`;
  return markup`<div class="controls enhanced" hidden>
<label class="field">Search <input ${search} placeholder="name, pattern, label or id"></label>
<label class="field">Label <select id="label">
<option value="">all ${labels.length}</option>${choices}</select></label>
<p id="found" role="status">${count(rules.length, "rule")}</p></div>
<a class="skip" href="#after-rules">Past the table of rules</a>
<div class="box" role="region" aria-label="Table of rules" tabindex="0">
<div class="${kind}" role="table" aria-label="Rules" id="rules">
<div role="rowgroup" class="top-row"><div role="row" class="row head">${headings}</div></div>
${body}</div>
<p id="nothing" class="nothing" hidden></p></div>${
    rules.length <= PAPER ? undefined : markup`
<p class="more paper">Paper shows the first ${PAPER} rules: <code>print.ts TRACE --rules</code> lists all ${
      formatCount(rules.length)
    }.</p>`
  }
<div id="after-rules" tabindex="-1"></div>${renderNotation(trace)}${
    blame && explainBlame(blame, findsSpans)
  }`;
}

function explainBlame({ shared }: RulesBlame, findsSpans: boolean): Markup {
  const { sampled, permutations } = shared;
  const what = findsSpans
    ? "how many test spans that are correct, less those that are not, are predicted because of the rule"
    : "how many test examples are correct because of the rule";
  const drawn = sampled === 0
    ? ""
    : `, on ${count(sampled, "example")} a mean over ${formatCount(permutations)} random orders ` +
      "with its standard error";
  const credit = `Credit: ${what}, its Shapley value${drawn}. `;
  return markup`<p class="more">${credit}Without: points of F1 on test that are gained if this rule alone is left
out, ±0.0 for each of two rules that stand in for each other.</p>`;
}

function heading(kind: string, name: string, sorted = "none"): Markup {
  const button = markup`<button type="button" disabled>${name}</button>`;
  return markup`<div role="columnheader" class="${kind}" aria-sort="${sorted}">${button}</div>`;
}

function number(kind: string, name: string, value: number | undefined, text: string): Markup {
  // What is missing is sorted last, below any amount that a blame file may hold.
  const data = markup`data-name="${name}" data-value="${value ?? -1e15}"`;
  const shown = value === undefined ? "–" : text;
  return markup`<div role="cell" class="${kind} number" ${data}>${shown}</div>`;
}

function renderBlamed(fact: RuleBlame | undefined): Content {
  const { credit, error = 0 } = fact?.credit ?? {};
  const bound = error > 0 ? ` ± ${error.toFixed(1)}` : "";
  return [
    number("credit", "credit", credit, formatSigned(credit ?? 0) + bound),
    number("without", "without", fact?.without, formatSigned(fact?.without ?? 0)),
  ];
}

function renderCells(
  rule: Rule,
  findsSpans: boolean,
  decide: "vote" | "first",
  since: number | undefined,
): Content {
  const { id, label, weight = 1, priority, precision, support, locked } = rule;
  return [
    markup`<div role="cell" class="label">${breakName(label.slice(0, MAX_NAME))}</div>`,
    markup`<div role="cell" class="rule" title="${id}">${renderNamed(rule, findsSpans)}${
      locked && markup` <small>locked</small>`
    }</div>`,
    decide === "vote"
      ? number("rank", "weight", weight, weight.toFixed(2))
      : number("rank", "priority", priority, String(priority)),
    number("precision", "precision", precision, `${formatPercent(precision ?? 0)} %`),
    number("support", "support", support, formatCount(support ?? 0)),
    number("since", "since step", since, String(since)),
  ];
}

/** Renders what a rule says, after its name if that says something else; its pattern is the title. */
function renderNamed(rule: Rule, findsSpans: boolean): Content {
  const [said, pattern] = [phraseReading(rule, findsSpans), phrasePattern(rule, findsSpans)];
  if (isNamedAsSaid(rule)) {
    return markup`<span class="said" title="${pattern}">${linkLife(rule.id, said)}</span>`;
  }
  const shown = said === pattern ? markup`<code>${said}</code>` : said;
  return [
    linkLife(rule.id, breakName(withoutLabel(rule).slice(0, MAX_NAME))),
    markup` <span class="said" title="${pattern}">${shown}</span>`,
  ];
}
