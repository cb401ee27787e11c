/**
 * What the rules at the end get wrong on a data set: its texts, by gold and predicted label.
 *
 * @module
 */
import { type Dataset, datasetDigest } from "../../../learn/data/dataset.ts";
import type { Span } from "../../../learn/data/examples.ts";
import {
  findErrors,
  type LabelError,
  type LabelFacts,
  type MatchedRule,
  type RuleErrors,
  type SpanError,
} from "../../../learn/score/errors.ts";
import {
  phraseErrors,
  phraseFinder,
  phraseGiven,
  phraseNeeded,
  phraseSource,
  phraseWanted,
  sortLabels,
} from "../../../print/errors.ts";
import { excerptAround, markSpan } from "../../../print/excerpts.ts";
import { showText } from "../../../learn/text/quoting.ts";
import { count, formatCount, formatPercent, phrasePair, showName } from "../../../print/phrases.ts";
import { rulesOfTrace } from "../../../record/rule_set.ts";
import type { Trace } from "../../../record/schema.ts";
import { type Content, type Markup, markup, trusted } from "../../markup.ts";
import { listLabels } from "../lives/lives.ts";
import { linkNames } from "../links.ts";
import { MAX_ITEMS, tellMore } from "../lists.ts";

/** Examples to run the rules of a trace on, whose texts the page then holds. */
export interface ReportData {
  /** The examples, of the task of the run. */
  readonly dataset: Dataset;
  /** Returns the line of its file on which the example of an index begins, from 1. */
  readonly lineOf?: (index: number) => number;
}

/** Kinds of errors that are unfolded at first, and texts of a kind that are not folded up once more. */
const OPEN_PAIRS = 3;
const OPEN_TEXTS = 5;
/** Texts of one kind that are shown. */
const MAX_TEXTS = 100;
/** Columns of one text, and of the surroundings of one span. */
const TEXT_WIDTH = 600;
const SPAN_WIDTH = 160;

/**
 * Renders the scores by label, and the errors with their texts and the rules behind them.
 *
 * @throws {RangeError} if the data set is for another task, or the config of the run says something else of
 * how its rules decide
 * @throws {SyntaxError} if a rule cannot run
 */
export function renderErrors(trace: Trace, { dataset, lineOf }: ReportData): Markup {
  const { task } = trace.run.dataset;
  if (dataset.task !== task) {
    throw new RangeError(
      `The data set ${showName(dataset.name)} is for the task ${dataset.task}, the run for ${task}`,
    );
  }
  const { rules, decision, match } = rulesOfTrace(trace);
  const options = { ...decision, match, lineOf, limit: MAX_TEXTS };
  const errors = findErrors(rules, dataset, options);
  const isLearned = trace.run.dataset.digest === datasetDigest(dataset);
  const warning = !isLearned ? undefined : markup`
<p class="note"><b>The run learned from these examples.</b> This shows which of them no rule fits, not how well
the rules do on others.</p>`;
  const lead = `${phraseErrors(errors)}${isLearned ? "" : `; ${phraseScores(errors.labels)}`}.`;
  const pairs = errors.task === "classification"
    ? errors.pairs.map((pair, place) =>
      renderPair(errors, pair, place, (one) => renderLabelError(trace, errors, pair, one))
    )
    : errors.pairs.map((pair, place) =>
      renderPair(errors, pair, place, (one) => renderSpanError(trace, errors, pair, one))
    );
  return markup`<p>${lead}</p>${warning}${renderLabels(trace, errors.labels)}
${pairs.length === 0 ? undefined : markup`<div class="list">${pairs.slice(0, MAX_ITEMS)}</div>`}${
    tellMore(pairs.length, "kind", "in pipeline.ts --evaluate --errors")
  }`;
}

/** Phrases the scores of the set, from the counts of all labels. */
function phraseScores(labels: readonly LabelFacts[]): string {
  const sum = (field: "tp" | "fp" | "fn") => labels.reduce((total, one) => total + one[field], 0);
  const [tp, fp, fn] = [sum("tp"), sum("fp"), sum("fn")];
  const share = (part: number, whole: number) => formatPercent(whole === 0 ? 0 : part / whole);
  return `F1 ${share(2 * tp, 2 * tp + fp + fn)} %, precision ${share(tp, tp + fp)}, recall ${
    share(tp, tp + fn)
  }`;
}

function renderLabels(trace: Trace, labels: readonly LabelFacts[]): Markup {
  const places = new Map(listLabels(trace).map((label, place) => [label, place]));
  const columns = ["Precision", "Recall", "F1", "Support", "Wrong", "Rules"];
  const headings = columns.map((name) => markup`<th scope="col" class="number">${name}</th>`);
  const rows = sortLabels(labels).slice(0, MAX_ITEMS).map((facts) => {
    const { label, precision, recall, f1, support, fp, fn, rules } = facts;
    const place = places.get(label);
    const name = place === undefined
      ? showName(label)
      : markup`<a href="#lives-${place}">${showName(label)}</a>`;
    const numbers = [
      ...[precision, recall, f1].map(formatPercent),
      ...[support, fp + fn, rules].map(formatCount),
    ];
    const cells = numbers.map((number) => markup`<td class="number">${number}</td>`);
    return markup`<tr><th scope="row">${name}</th>${cells}</tr>\n`;
  });
  return markup`<p class="caption">Scores by label, per cent, the lowest F1 first; wrong is what was predicted
wrongly, or not found</p>
<div class="scroll scroller" role="region" aria-label="Scores by label" tabindex="0">
<table><thead><tr><th scope="col">Label</th>${headings}</tr></thead><tbody>
${rows}</tbody></table></div>${tellMore(labels.length, "label", "not shown")}`;
}

function renderPair<E>(
  { task }: RuleErrors,
  { gold, predicted, count: total, examples }: {
    readonly gold: string | null;
    readonly predicted: string | null;
    readonly count: number;
    readonly examples: readonly E[];
  },
  place: number,
  render: (error: E) => Markup,
): Markup {
  const items = examples.map(render);
  const folded = items.slice(OPEN_TEXTS);
  const rest = folded.length === 0
    ? undefined
    : markup`<details class="rest"><summary>${
      formatCount(folded.length)
    } more</summary><ul>${folded}</ul></details>`;
  const unseen = total - examples.length;
  const noun = task === "classification" ? "text" : "span";
  const left = unseen === 0
    ? undefined
    : markup`<p class="more">and ${count(unseen, `more ${noun}`)} that this page does not hold</p>`;
  return markup`<details class="item"${place < OPEN_PAIRS ? trusted(" open") : undefined}><summary>
<span class="count">${formatCount(total)}</span> <span>${
    phrasePair(task, gold, predicted, showName)
  }</span></summary>
<ul class="texts">${items.slice(0, OPEN_TEXTS)}</ul>${rest}${left}</details>
`;
}

/** Names a rule by its id, for phrases that {@linkcode linkNames} renders. */
function byId<M extends MatchedRule>(rule: M): M {
  return { ...rule, name: rule.rule };
}

function renderLabelError(
  trace: Trace,
  errors: Extract<RuleErrors, { readonly task: "classification" }>,
  { gold, predicted }: { readonly gold: string; readonly predicted: string | null },
  error: LabelError,
): Markup {
  const named = {
    ...error,
    decidedBy: error.decidedBy.map(byId),
    needed: error.needed.map(byId),
  };
  return markup`<li><p>${markText(error)} <small>${phraseSource(error)}</small></p>
<p><span class="given">✕ predicted</span> ${
    isolateLabel(trace, predicted, phraseGiven(errors, predicted, named))
  }</p>
<p><span class="wanted">✓ gold</span> ${
    isolateLabel(trace, gold, phraseWanted(errors, gold, named))
  }</p></li>
`;
}

/** Renders a phrase about a label so that one that is read from right to left keeps to itself. */
function isolateLabel(trace: Trace, label: string | null, phrase: string): Content {
  const shown = showText(label ?? "");
  const isFirst = shown !== "" && phrase.startsWith(shown);
  const rest = linkNames(trace, isFirst ? phrase.slice(shown.length) : phrase, true);
  return isFirst ? [markup`<bdi>${shown}</bdi>`, rest] : rest;
}

/** Marks in a text what the rules that decided match in it; of a long text, only shows their surroundings. */
function markText({ text, decidedBy, needed }: LabelError): Content {
  const places = decidedBy.flatMap(({ at }) => at);
  if (text.length > TEXT_WIDTH) {
    return excerptAround(text, [...places, ...needed.flatMap(({ at }) => at)], TEXT_WIDTH);
  }
  const parts: Content[] = [];
  let end = 0;
  for (const place of places.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const start = Math.max(end, place.start);
    if (place.end <= start) continue;
    parts.push(text.slice(end, start), markup`<mark>${text.slice(start, place.end)}</mark>`);
    end = place.end;
  }
  return [...parts, text.slice(end)];
}

function renderSpanError(
  trace: Trace,
  errors: Exclude<RuleErrors, { readonly task: "classification" }>,
  { gold, predicted }: { readonly gold: string | null; readonly predicted: string | null },
  error: SpanError,
): Markup {
  const named: SpanError = {
    ...error,
    decidedBy: error.decidedBy.map(byId),
    needed: error.needed.map((rule) => ({ ...byId(rule), lostTo: byId(rule.lostTo) })),
  };
  const given = error.predicted &&
    markup`<p><span class="given">✕ predicted</span> ${markPlace(error, error.predicted)}<small>${
      linkNames(trace, phraseFinder(predicted!, named), true)
    }</small></p>`;
  const wanted = error.gold &&
    markup`<p><span class="wanted">✓ gold</span> ${markPlace(error, error.gold)}<small>${
      linkNames(trace, phraseNeeded(errors, gold!, named), true)
    }</small></p>`;
  return markup`<li>${wanted}${given}<p><small>${phraseSource(error)}</small></p></li>
`;
}

function markPlace(error: SpanError, place: Span): Markup {
  const { before, span, after } = markSpan(error, place, SPAN_WIDTH);
  return markup`${before}<mark>${span}</mark>${after}`;
}
