/**
 * The sections about both rule sets on the same examples.
 *
 * @module
 */
import { count, formatCount, showName } from "../../print/phrases.ts";
import { showText } from "../../learn/text/quoting.ts";
import type { LabelScores } from "../../learn/score/scoring.ts";
import type { DataComparison, ExampleReference, LabelPair } from "./comparison.ts";
import {
  andMore,
  type ComparisonSection,
  HEADINGS,
  phraseGain,
  phraseShare,
  say,
  scoreCells,
  type SectionPart,
} from "./sections.ts";

/** How many examples a list names: ids say little by themselves. */
const MOST_EXAMPLES = 24;

const MEASURES = [
  ["f1", "F1"],
  ["precision", "precision"],
  ["recall", "recall"],
  ["macroF1", "macro-F1"],
  ["exact", "exact"],
] as const;

/**
 * Lays out both rule sets on the same examples: scores, significance, examples gained and lost.
 *
 * @param limit how many examples one list names
 */
export function describeData(data: DataComparison, limit: number): ComparisonSection {
  const { name, examples, match, before, after, mcnemar, f1, gained, lost, learnedFrom } = data;
  const by = match === undefined ? "" : `, spans by ${match} match`;
  const learned = learnedFrom.length === 0
    ? []
    : [say(`the run ${learnedFrom.join(" and the run ")} learned from these examples`, "warn")];
  const table: SectionPart = {
    kind: "table",
    headings: ["", "before", "after", "Δ"],
    rows: MEASURES.map(([field, text]) => [
      { text },
      phraseShare(before[field]),
      phraseShare(after[field]),
      phraseGain(100 * (after[field] - before[field])),
    ]),
    layouts: [[0, 1, 2, 3], [0, 3]],
  };
  const points = (value: number) => phraseGain(value).text.replace("±", "");
  const parts = [
    ...learned,
    table,
    say(
      `ΔF1 ${points(f1.points)} points, ${100 * f1.level} % interval ${points(f1.low)} to ` +
        `${points(f1.high)} (paired bootstrap, ${formatCount(f1.resamples)} resamples, ` +
        `seed ${f1.seed})`,
    ),
    say(
      `exact only after ${formatCount(mcnemar.gained)}, only before ${
        formatCount(mcnemar.lost)
      }: ` +
        `p = ${phraseP(mcnemar.pValue)} (exact McNemar test, two-sided)`,
    ),
    ...listExamples("lost", lost, Math.min(limit, MOST_EXAMPLES)),
    ...listExamples("gained", gained, Math.min(limit, MOST_EXAMPLES)),
  ];
  const heading = `on ${count(examples, "example")} of ${showName(name)}${by}`;
  return { id: "scores", heading, parts };
}

/** Phrases a probability: three decimals, or two digits if it is below those. */
export function phraseP(pValue: number): string {
  return pValue < 0.001 ? pValue.toPrecision(2) : pValue.toFixed(3);
}

/** A label with its gain in points; a side that neither has nor predicts it counts as 0. */
interface ChangedLabel extends LabelPair {
  readonly points: number;
}

/**
 * Lays out the labels by how much they changed: those that lost most first, those that gained most next, and
 * apart from them those that are as they were.
 *
 * @param limit how many labels each table names
 */
export function describeLabels(
  { labels, match }: DataComparison,
  limit: number,
): ComparisonSection {
  const noun = match === undefined ? "label" : "type";
  const all = labels.map((pair): ChangedLabel => ({
    ...pair,
    points: 100 * ((pair.after?.f1 ?? 0) - (pair.before?.f1 ?? 0)),
  }));
  const lost = all.filter(({ points }) => points < 0).sort((a, b) => a.points - b.points);
  const gained = all.filter(({ points }) => points > 0).sort((a, b) => b.points - a.points);
  const same = all.filter(({ points }) => points === 0);
  const amounts = [[lost, "lost"], [gained, "gained"], [same, "as before"]] as const;
  // A cut list has the greatest changes of both kinds.
  const changed = [...lost.slice(0, limit), ...gained.slice(0, limit)];
  return {
    id: "labels",
    heading: `${noun}s`,
    parts: [
      say(
        `${count(all.length, noun)}: ` +
          amounts.map(([some, what]) => `${formatCount(some.length)} ${what}`).join(", "),
      ),
      ...(changed.length === 0 ? [] : [tabulateLabels(changed, noun)]),
      ...andMore(lost.length + gained.length, changed.length),
      ...(same.length === 0
        ? []
        : [tabulateLabels(same.slice(0, limit), noun, `${count(same.length, noun)} as before`)]),
    ],
  };
}

function tabulateLabels(
  pairs: readonly ChangedLabel[],
  noun: string,
  folded?: string,
): SectionPart {
  return {
    kind: "table",
    headings: [noun, "support", ...HEADINGS],
    rows: pairs.map(({ label, before, after, points }) => [
      { text: showText(label) },
      { text: formatCount(supportOf(after ?? before)) },
      ...scoreCells(before, after, points),
    ]),
    layouts: [[0, 1, 2, 3, 4, 5, 6, 7, 8], [0, 1, 2, 3, 4], [0, 2, 3, 4], [0, 3, 4], [0, 4]],
    isOfLabels: true,
    ...(folded !== undefined && { folded }),
  };
}

/** Counts what is gold: it is the same on both sides, and none if only one side predicts the label. */
function supportOf(scores: LabelScores | undefined): number {
  return scores === undefined ? 0 : scores.tp + scores.fn;
}

function listExamples(
  title: string,
  examples: readonly ExampleReference[],
  limit: number,
): SectionPart[] {
  if (examples.length === 0) return [];
  const named = examples.slice(0, limit).map(({ id, line }) =>
    line === undefined ? showName(id) : `${showName(id)} (line ${line})`
  );
  const entry = { name: `${title} ${formatCount(examples.length)}`, text: named.join(", ") };
  return [{ kind: "entries", entries: [entry] }, ...andMore(examples.length, limit)];
}
