/**
 * The sections about both rule sets on the same examples.
 *
 * @module
 */
import { count, formatCount, showName } from "../../print/phrases.ts";
import { showText } from "../../learn/text/quoting.ts";
import type { DataComparison, ExampleReference } from "./comparison.ts";
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

const MEASURES = [
  ["f1", "F1"],
  ["precision", "precision"],
  ["recall", "recall"],
  ["macroF1", "macro-F1"],
  ["exact", "exact"],
] as const;

/**
 * Lays out both rule sets on the same examples: scores, significance, examples gained and lost; labels.
 *
 * @param limit how many examples one list names
 */
export function describeData(data: DataComparison, limit: number): ComparisonSection[] {
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
    ...listExamples("lost", lost, limit),
    ...listExamples("gained", gained, limit),
  ];
  return [
    { heading: `on ${count(examples, "example")} of ${showName(name)}${by}`, parts },
    { heading: match === undefined ? "labels" : "types", parts: [tabulateLabels(data)] },
  ];
}

/** Phrases a probability: three decimals, or two digits if it is below those. */
export function phraseP(pValue: number): string {
  return pValue < 0.001 ? pValue.toPrecision(2) : pValue.toFixed(3);
}

function tabulateLabels({ labels }: DataComparison): SectionPart {
  return {
    kind: "table",
    headings: ["label", ...HEADINGS],
    rows: labels.map(({ label, before, after }) => [
      { text: showText(label) },
      ...scoreCells(before, after, 100 * ((after?.f1 ?? 0) - (before?.f1 ?? 0))),
    ]),
    layouts: [[0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3], [0, 2, 3], [0, 3]],
  };
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
