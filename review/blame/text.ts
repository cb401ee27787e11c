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
 * import { readDataset, readTrace } from "../../mod.ts";
 * import { planBlame } from "./blaming.ts";
 * import { formatBlame } from "./text.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * const test = await readDataset("examples/banking_test.jsonl");
 * // Data of another run: what takes no other runs is told all the same.
 * const data = await readDataset("examples/banking.jsonl");
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

function formatSeeds({ seeds }: Blame, width: number): string[] {
  if (seeds === undefined) return [];
  const of = seeds.seeds.length + 1;
  const place = seeds.rank === 1
    ? "the highest"
    : seeds.rank === of
    ? "the lowest"
    : `number ${seeds.rank}`;
  const spread = `${formatPercent(seeds.mean)} ± ${formatPercent(seeds.deviation)} %`;
  return wrap(`this run is ${place} of ${of} seeds (the others: ${spread})`, width);
}

function formatPath({ path }: Blame, trace: Trace, width: number): string[] {
  const text = textColumn<PathStep>("what", ({ step, type, iteration }) => {
    const { verdict } = { verdict: undefined, ...trace.steps[step] };
    const name = iteration === undefined ? type : `${type} ${iteration}`;
    return verdict === undefined ? name : `${name} ${verdict}`;
  });
  const columns = [
    numberColumn<PathStep>("step", ({ step }) => String(step)),
    text,
    numberColumn<PathStep>("rules", ({ rules }) => formatCount(rules)),
    numberColumn<PathStep>("F1", ({ f1 }) => formatPercent(f1)),
    gainColumn<PathStep>("Δ", ({ points }) => points),
    numberColumn<PathStep>("gained", ({ gained }) => formatCount(gained.length)),
    numberColumn<PathStep>("lost", ({ lost }) => formatCount(lost.length)),
  ];
  const sum = `from ${formatPercent(path.withoutRules)} % without rules, ${
    formatGain(path.points)
  } points in all`;
  return [
    ...formatHeading("path", `what each step did at once; exact, and adds up: ${sum}`, width),
    ...formatTable(path.steps, [columns, columns.slice(0, 5), columns.slice(0, 4)], text, width),
  ];
}

function formatForks({ forks, seeds }: Blame, width: number): string[] {
  if (forks === undefined || forks.trials.length === 0) return [];
  const about =
    "what each decision did in the end: the run without it; the intervals hold for all " +
    "together (95 %)";
  const change = textColumn<ForkTrial>("change", ({ change }) => phraseChange(change));
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
  const layouts = [columns, [change, gain, interval, says], [change, gain, says], [change, gain]];
  const few = seeds === undefined || seeds.seeds.length < 10
    ? wrap("nothing is blamed: luck is only told from at least 10 seeds", width).map(dim)
    : [];
  return [
    ...formatHeading("forks", about, width),
    ...formatTable(forks.trials, layouts, change, width),
    ...few,
  ];
}

/** Phrases what a fork says of the decision that it takes back. */
function phraseFinding(
  { isFinding, isRepeated, evidence, luck, interval: { points } }: ForkTrial,
): string {
  if (evidence === "no evidence") return "no evidence";
  if (isRepeated) return "the same predictions as above";
  const what = points > 0 ? "blame" : "credit";
  if (isFinding) return `${what}: ${evidence}`;
  return luck === undefined ? evidence : `${luck.asMuch} of ${luck.results} other results as much`;
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
      credit === undefined ? "" : credit.credit.toFixed(1) + phraseError(credit.error),
  );
  const columns = [
    name,
    ...shared === undefined ? [] : [credit],
    gainColumn<RuleBlame>("without", ({ without }) => without),
    numberColumn<RuleBlame>("right", ({ right }) => formatCount(right.count)),
    numberColumn<RuleBlame>("wrong", ({ wrong }) => formatCount(wrong.count)),
    numberColumn<RuleBlame>("step", ({ broughtBy }) => String(broughtBy)),
  ];
  const how = shared === undefined
    ? "F1 without each alone"
    : "credit: correct examples, shared by Shapley values; F1 without each alone";
  const ends = sorted.length === shown.length
    ? ""
    : `; the ${LISTED} at either end of ${rules.length}`;
  return [
    ...formatHeading("rules", how + ends, width),
    ...formatTable(shown, [columns, columns.slice(0, 3), columns.slice(0, 2)], name, width),
  ];
}

function phraseError(error: number): string {
  return error === 0 ? "" : ` ± ${error.toFixed(1)}`;
}

function formatExamples({ examples }: Blame, trace: Trace, width: number): string[] {
  if (examples === undefined) return [];
  const { clusters, mislabels } = examples;
  const groups = (clusters?.clusters ?? []).filter(({ evidence }) => evidence !== "no evidence");
  const suspects = mislabels.examples.filter(({ evidence }) => evidence !== "no evidence");
  const lines = formatHeading(
    "examples",
    "what rules learned without them call them otherwise than their label",
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
          `no group of examples is suspicious (${
            count(clusters.clusters.length, "group")
          } left out)`,
          width,
        )
        : formatTable(
          groups,
          [columns, [rule, ...columns.slice(2, 5)], columns.slice(0, 3)],
          rule,
          width,
        ),
    );
  }
  const id = textColumn<SuspectExample>("example", ({ example }) => showName(example));
  const columns = [
    id,
    textColumn<SuspectExample>(
      "called",
      ({ called }) => called === undefined ? "" : showName(called),
    ),
    numberColumn<SuspectExample>("by", ({ otherwise, trials }) => `${otherwise} of ${trials}`),
    numberColumn<SuspectExample>("lead", ({ lead }) => lead.toFixed(1)),
  ];
  const shown = suspects.slice(0, LISTED_EXAMPLES);
  const more = suspects.length - shown.length;
  lines.push(
    ...suspects.length === 0
      ? wrap("no single label is suspicious", width)
      : formatTable(shown, [columns, columns.slice(0, 2)], id, width),
    ...more > 0 ? [dim(`+ ${formatCount(more)} more (--json lists all)`)] : [],
  );
  return lines;
}

function formatLeaks({ leaks }: Blame, width: number): string[] {
  if (leaks.length === 0) return [];
  const equal = leaks.filter(({ isEqual }) => isEqual).length;
  const near = leaks.length - equal;
  const parts = [
    ...equal === 0 ? [] : [`${count(equal, "test text")} also learned from`],
    ...near === 0 ? [] : [`${formatCount(near)} nearly so (80 % of the words)`],
  ];
  const ids = listFew(leaks, ", ", ({ test }) => showName(test));
  return [...formatHeading("leaks", `a check, no blame: ${parts.join(", ")}: ${ids}`, width)];
}

function formatPrediction(prediction: PredictionBlame, trace: Trace, width: number): string[] {
  const { example, isRight, since, outcomes, votes, rules, similar } = prediction;
  const name = (label: string | null) => label === null ? "nothing" : showName(label);
  const what = outcomes.map(({ gold, predicted }) => `${name(predicted)}, gold ${name(gold)}`);
  const when = isRight
    ? "correct at the end"
    : since == null
    ? "never correct"
    : `wrong since step ${since}`;
  const voted = votes.map(({ label, votes }) => `${showName(label)} ${votes.toFixed(2)}`);
  const rule = textColumn<typeof rules[number]>("rule", ({ rule }) => ruleName(trace, rule));
  const columns = [
    rule,
    numberColumn<typeof rules[number]>("weight", ({ weight }) => weight.toFixed(2)),
    numberColumn<typeof rules[number]>(
      "credit",
      ({ credit }) => credit?.predicted?.toFixed(2) ?? "",
    ),
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
