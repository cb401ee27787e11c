/**
 * Blame as text.
 *
 * @module
 */
import { bold, dim, green, red } from "jsr:@std/fmt@^1/colors";
import { withoutLabel } from "../../learn/rules/rule.ts";
import { phraseChange } from "../../print/changes.ts";
import { layOut, separate } from "../../print/layout.ts";
import {
  count,
  formatCount,
  formatPercent,
  formatPoints,
  listFew,
  nameIteration,
  ruleName,
  showName,
} from "../../print/phrases.ts";
import { type Column, formatTable, numberColumn, textColumn } from "../../print/table.ts";
import { wrap } from "../../print/text.ts";
import { showText } from "../../learn/text/quoting.ts";
import type { FormatOptions } from "../../script/terminal.ts";
import type { Trace } from "../../trace.ts";
import type { BlamedCluster } from "./clusters.ts";
import type { Blame, ForkTrial } from "./format.ts";
import type { SuspectExample } from "./mislabels.ts";
import type { PathStep } from "./path.ts";
import { phraseEvidence, phrasePlace } from "./phrases.ts";
import type { PredictionBlame } from "./prediction.ts";
import type { RuleBlame } from "./rules.ts";

/** Rules that are listed at either end, and examples. */
const LISTED = 5;
const LISTED_EXAMPLES = 10;

/**
 * Formats blame as text: a section each for the run among its seeds, its path, its forks, its rules, its examples
 * and one prediction. Ends in a line break.
 *
 * @throws {RangeError} if `width` is not a whole number from 20 to 1000
 *
 * @example
 * ```ts
 * import { assertMatch } from "jsr:@std/assert@^1";
 * import { learnRules, readDataset, withTrace } from "../../mod.ts";
 * import { planBlame } from "./blaming.ts";
 * import { formatBlame } from "./text.ts";
 *
 * const { examples } = await readDataset("examples/banking_test.jsonl");
 * const [data, test] = ["banking", "banking_test"].map((name, part) => ({
 *   name,
 *   examples: examples.filter((_, place) => place % 4 === part),
 * }));
 * const { trace } = await withTrace(learnRules)(data);
 * // What takes no other runs is told whatever the budget.
 * const plan = await planBlame(trace, { data, test }, { budget: 0 });
 * assertMatch(formatBlame(await plan.run(), trace), /^path/m);
 * ```
 */
export function formatBlame(blame: Blame, trace: Trace, options: FormatOptions = {}): string {
  return layOut(options, (width) => {
    const { dataset, id } = blame.run;
    const on = `on ${count(blame.on.examples, "example")} of ${showName(blame.on.name)}`;
    const head = `blame of ${showText(dataset)} · run ${showText(id)} · ${on}: F1 ${
      formatPercent(blame.f1)
    } %`;
    return separate([
      [...wrap(head, width).map(bold), ...formatSeeds(blame, width)],
      formatPath(blame, trace, width),
      formatForks(blame, width),
      formatRules(blame, trace, width),
      formatExamples(blame, trace, width),
      formatLeaks(blame, width),
      blame.prediction === undefined ? [] : formatPrediction(blame.prediction, trace, width),
      blame.left.flatMap((what) => wrap(`left out: ${showText(what)}`, width).map(dim)),
    ]);
  });
}

/** Formats the heading of a section and what it can know. */
function formatHeading(name: string, about: string, width: number): string[] {
  const [first = "", ...rest] = wrap(`${name.padEnd(8)} ${about}`, width);
  return [bold(first.slice(0, name.length)) + dim(first.slice(name.length)), ...rest.map(dim)];
}

function formatSeeds({ seeds, f1 }: Blame, width: number): string[] {
  if (seeds === undefined) return [];
  const { mean, deviation } = seeds;
  const values = seeds.seeds.map((one) => one.f1);
  const spread = values.every((value) => value === f1)
    ? ""
    : values.length === 1
    ? ` (the other: ${formatPercent(mean)} %)`
    : ` (the others: mean ${formatPercent(mean)} %, standard deviation ${
      formatPercent(deviation)
    } points)`;
  return wrap(`its F1 is ${phrasePlace(seeds, f1)}${spread}`, width);
}

function formatPath({ path }: Blame, trace: Trace, width: number): string[] {
  const text = textColumn<PathStep>("what", ({ step, type, iteration }) => {
    const { verdict } = { verdict: undefined, ...trace.steps[step] };
    const name = iteration === undefined ? type : nameIteration(iteration);
    return verdict === undefined ? name : `${name} ${verdict}`;
  });
  const step = numberColumn<PathStep>("step", ({ step }) => String(step));
  const f1 = numberColumn<PathStep>("F1", ({ f1 }) => formatPercent(f1));
  const gain = gainColumn<PathStep>("Δ", ({ points }) => points);
  const columns = [
    step,
    text,
    numberColumn<PathStep>("rules", ({ rules }) => formatCount(rules)),
    f1,
    gain,
    numberColumn<PathStep>("gained", ({ gained }) => formatCount(gained.length)),
    numberColumn<PathStep>("lost", ({ lost }) => formatCount(lost.length)),
  ];
  const layouts = [columns, columns.slice(0, 5), [step, text, f1, gain], [text, gain]];
  const sum = `from ${formatPercent(path.withoutRules)} % without rules, ${
    formatGain(path.points)
  } points in all`;
  return [
    ...formatHeading("path", `what each step did at once; exact, and adds up: ${sum}`, width),
    ...formatTable(path.steps, layouts, text, width),
  ];
}

function formatForks({ forks, seeds }: Blame, width: number): string[] {
  if (forks === undefined || forks.trials.length === 0) return [];
  const about =
    "what each decision did in the end: the run without it, less the run as it is, in points of " +
    "F1; the intervals hold for all together (95 %)";
  const change = textColumn<ForkTrial>("change", phraseTrial);
  const gain = gainColumn<ForkTrial>("ΔF1", ({ interval }) => interval.points);
  const says = textColumn<ForkTrial>("what it says", phraseFinding);
  const columns = [
    change,
    numberColumn<ForkTrial>("F1", ({ f1 }) => formatPercent(f1)),
    gain,
    numberColumn<ForkTrial>(
      "interval",
      ({ interval: { low, high } }) => `${formatGain(low)} to ${formatGain(high)}`,
    ),
    numberColumn<ForkTrial>("gained", ({ gained }) => formatCount(gained)),
    numberColumn<ForkTrial>("lost", ({ lost }) => formatCount(lost)),
    says,
  ];
  const [, , , interval] = columns;
  const short = textColumn<ForkTrial>("it says", phraseShort);
  const layouts = [
    columns,
    [change, gain, interval, says],
    [change, gain, says],
    [change, gain, short],
    [change, short],
  ];
  const few = seeds === undefined || seeds.seeds.length < 10
    ? wrap("nothing is blamed: luck is only told from at least 10 seeds", width).map(dim)
    : [];
  return [
    ...formatHeading("forks", about, width),
    ...formatTable(forks.trials, layouts, change, width),
    ...few,
  ];
}

/** Names what a fork changes; of a reply the step that it led to, and the exchange. */
function phraseTrial({ change, step }: ForkTrial): string {
  if (change.kind !== "reply") return phraseChange(change);
  return `step ${step} reply ${change.exchange.replace(/^sha256:/, "").slice(0, 8)}`;
}

/** Phrases what a fork says of the decision that it takes back. */
function phraseFinding(
  { isFinding, isRepeated, evidence, luck, interval }: ForkTrial,
): string {
  if (evidence === "no evidence") return phraseEvidence({ evidence, interval });
  if (isRepeated) return "the same predictions as above";
  const what = interval.points > 0 ? "blame" : "credit";
  if (isFinding) return `${what}: ${evidence}`;
  return luck === undefined ? evidence : `${luck.asMuch} of ${luck.results} other results as much`;
}

/** Phrases the same if there is little room. */
function phraseShort({ isFinding, isRepeated, evidence, luck }: ForkTrial): string {
  if (evidence === "no evidence") return evidence;
  if (isRepeated) return "as above";
  if (isFinding || luck === undefined) return evidence;
  return luck.asMuch === 0 ? "too few seeds" : "luck";
}

function formatRules({ rules: { rules, shared } }: Blame, trace: Trace, width: number): string[] {
  if (rules.length === 0) return [];
  const worth = ({ credit, without }: RuleBlame) => credit?.credit ?? -without;
  const sorted = rules.toSorted((a, b) => worth(b) - worth(a));
  const shown = sorted.length <= 2 * LISTED
    ? sorted
    : [...sorted.slice(0, LISTED), ...sorted.slice(-LISTED)];
  const name = textColumn<RuleBlame>("rule", ({ rule }) => ruleName(trace, rule));
  const credit = numberColumn<RuleBlame>(
    "credit",
    ({ credit }) =>
      credit === undefined ? "" : formatAmount(credit.credit) + phraseError(credit.error),
  );
  const columns = [
    name,
    ...shared === undefined ? [] : [credit],
    gainColumn<RuleBlame>("without", ({ without }) => without),
    numberColumn<RuleBlame>("right", ({ right }) => formatCount(right.count)),
    numberColumn<RuleBlame>("wrong", ({ wrong }) => formatCount(wrong.count)),
    numberColumn<RuleBlame>("step", ({ broughtBy }) => String(broughtBy)),
  ];
  const what = trace.run.dataset.task === "classification"
    ? "correct examples"
    : "correct spans less the others";
  const error = rules.some(({ credit }) => credit !== undefined && phraseError(credit.error) !== "")
    ? " ± standard error"
    : "";
  const without =
    "without: what F1 is without it alone, in points; right, wrong: examples that it matches";
  const how = shared === undefined
    ? without
    : `credit: ${what}, shared by Shapley values${error}; ${without}`;
  const ends = sorted.length === shown.length
    ? ""
    : `; the ${LISTED} at either end of ${formatCount(rules.length)}`;
  return [
    ...formatHeading("rules", how + ends, width),
    ...formatTable(shown, [columns, columns.slice(0, 3), columns.slice(0, 2)], name, width),
  ];
}

function phraseError(error: number): string {
  const amount = formatAmount(error);
  return amount === "0.0" ? "" : ` ± ${amount}`;
}

/** Formats a number with one decimal, and no sign of 0. */
function formatAmount(amount: number): string {
  const text = amount.toFixed(1);
  return text === "-0.0" ? "0.0" : text;
}

function formatExamples({ examples }: Blame, trace: Trace, width: number): string[] {
  if (examples === undefined) return [];
  const { clusters, mislabels } = examples;
  const groups = (clusters?.clusters ?? []).filter(({ evidence }) => evidence !== "no evidence");
  // Of spans nothing is more than an order: an example has no single label to be wrong.
  const isOrder = clusters === undefined;
  const suspects = mislabels.examples.filter(({ evidence }) =>
    isOrder || evidence !== "no evidence"
  );
  const lines = formatHeading(
    "examples",
    isOrder
      ? "in which rules learned without them find other spans: an order to look at them, no evidence; " +
        "by how many rule sets, and how many spans are missed or wrong on average"
      : "what rules learned without them call them instead of their label; of single ones by how many " +
        "rule sets, and their mean lead in votes",
    width,
  );
  if (clusters !== undefined) {
    const rule = textColumn<BlamedCluster>(
      "support of",
      ({ rules }) => listFew(rules, ", ", (id) => showName(withoutLabel(trace.rules[id]))),
    );
    const columns = [
      rule,
      textColumn<BlamedCluster>("label", ({ label }) => showName(label)),
      textColumn<BlamedCluster>(
        "called",
        ({ called }) => called === undefined ? "" : showName(called),
      ),
      numberColumn<BlamedCluster>("examples", ({ examples }) => formatCount(examples.length)),
      numberColumn<BlamedCluster>("otherwise", ({ otherwise }) => formatCount(otherwise)),
      numberColumn<BlamedCluster>("at least", ({ low }) => `${formatPercent(low)} %`),
      textColumn<BlamedCluster>("evidence", ({ evidence }) => evidence),
    ];
    lines.push(
      ...groups.length === 0
        ? wrap(
          `no group of examples is suspicious: ${formatCount(clusters.considered)} considered, ${
            formatCount(clusters.clusters.length)
          } left out`,
          width,
        )
        : formatTable(
          groups,
          [columns, [rule, ...columns.slice(2, 5)], columns.slice(0, 3)],
          rule,
          width,
        ),
      ...groups.length === 0 ? [] : wrap(
        "at least: the share called otherwise, a lower bound (95 %, for all groups together)",
        width,
      ).map(dim),
    );
  }
  const id = textColumn<SuspectExample>("example", ({ example }) => showName(example));
  const called = textColumn<SuspectExample>(
    "called",
    ({ called }) => called === undefined ? "" : showName(called),
  );
  const by = numberColumn<SuspectExample>(
    "by",
    ({ otherwise, trials }) => `${otherwise} of ${trials}`,
  );
  const lead = numberColumn<SuspectExample>(
    isOrder ? "spans" : "lead",
    ({ lead }) => lead.toFixed(1),
  );
  const columns = isOrder ? [id, by, lead] : [id, called, by, lead];
  const shown = suspects.slice(0, LISTED_EXAMPLES);
  const more = suspects.length - shown.length;
  lines.push(
    ...suspects.length === 0
      ? wrap(isOrder ? "none" : "no single label is suspicious", width)
      : formatTable(shown, [columns, columns.slice(0, 2)], id, width),
    ...more > 0 ? [dim(`+ ${formatCount(more)} more (--json lists all)`)] : [],
  );
  return lines;
}

function formatLeaks({ leaks, on }: Blame, width: number): string[] {
  if (leaks.length === 0) return [];
  const equal = leaks.filter(({ isEqual }) => isEqual).length;
  const near = leaks.length - equal;
  const parts = [
    ...equal === 0 ? [] : [`${formatCount(equal)} also learned from`],
    ...near === 0 ? [] : [`${formatCount(near)} nearly so (80 % of the words)`],
  ];
  const ids = listFew(leaks, ", ", ({ test }) => showName(test));
  return [
    ...formatHeading(
      "leaks",
      `a check, no blame: of ${count(on.examples, "test text")} ${parts.join(", ")}: ${ids}`,
      width,
    ),
  ];
}

function formatPrediction(prediction: PredictionBlame, trace: Trace, width: number): string[] {
  const { example, isRight, since, outcomes, votes, rules, similar } = prediction;
  const name = (label: string | null) => label === null ? "nothing" : showName(label);
  const what = outcomes.map(({ gold, predicted }) =>
    `predicted ${name(predicted)}, gold ${name(gold)}`
  );
  const when = isRight
    ? "correct at the end"
    : since == null
    ? "never correct"
    : `wrong since step ${since}`;
  const voted = votes.map(({ label, votes }) => `${showName(label)} ${votes.toFixed(2)}`);
  const rule = textColumn<typeof rules[number]>("rule", ({ rule }) => ruleName(trace, rule));
  const credit = numberColumn<typeof rules[number]>(
    "credit",
    ({ credit }) => credit?.predicted?.toFixed(2) ?? "",
  );
  const columns = [
    rule,
    numberColumn<typeof rules[number]>("weight", ({ weight }) => weight.toFixed(2)),
    ...rules.some((one) => credit.text(one) !== "") ? [credit] : [],
    numberColumn<typeof rules[number]>("step", ({ broughtBy }) => String(broughtBy)),
  ];
  const near = similar.length === 0 ? [] : [`learned from: ${
    listFew(
      similar,
      ", ",
      ({ id, labels }) => `${showName(id)} (${labels.map(showName).join(", ")})`,
    )
  }`];
  return [
    ...formatHeading("example", `${showName(example)}: ${listFew(what, "; ")}; ${when}`, width),
    ...(voted.length === 0 ? [] : wrap(`votes: ${listFew(voted, ", ")}`, width)),
    ...(rules.length === 0 ? ["no rule matches it"] : []),
    ...formatTable(rules.slice(0, LISTED_EXAMPLES), [columns, columns.slice(0, 2)], rule, width),
    ...near.flatMap((line) => wrap(line, width)),
  ];
}

/** Formats percentage points with their sign. */
function formatGain(points: number): string {
  return formatPoints(0, points / 100);
}

function gainColumn<Row>(heading: string, points: (row: Row) => number): Column<Row> {
  return {
    ...numberColumn<Row>(heading, (row) => formatGain(points(row))),
    paint: (text) => text.includes("+") ? green(text) : text.includes("-") ? red(text) : dim(text),
  };
}
