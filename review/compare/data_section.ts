/**
 * What two rule sets do on the same examples, as sections.
 *
 * @module
 */
import { count, formatCount, showName } from "../../print/phrases.ts";
import { showText } from "../../learn/text/quoting.ts";
import type { DataComparison, ExampleReference } from "./comparison.ts";
import {
  andMore,
  type Part,
  phraseGain,
  phraseShare,
  say,
  type Section,
  type Table,
} from "./sections.ts";

/** @param limit how many examples one list names */
export function describeData(data: DataComparison, limit: number): Section[] {
  const { name, examples, match, before, after, mcnemar, f1, gained, lost, learnedFrom } = data;
  const by = match === undefined ? "" : `, spans by ${match} match`;
  const seen = learnedFrom.length === 0
    ? []
    : [say(`the run ${learnedFrom.join(" and the run ")} learned from these examples`, "warn")];
  const right = (heading: string) => ({ heading, side: "right" } as const);
  const shares = (
    ["f1", "precision", "recall", "macroF1", "exact"] as const
  ).map((field) => [
    { text: NAMES[field] },
    phraseShare(before[field]),
    phraseShare(after[field]),
    phraseGain(100 * (after[field] - before[field])),
  ]);
  const table: Table = {
    columns: [{ heading: "", side: "left" }, right("before"), right("after"), right("Δ")],
    rows: shares,
    stretch: 0,
    layouts: [[0, 1, 2, 3], [0, 3]],
  };
  const points = (value: number) => phraseGain(value).text.replace("±", "");
  const sections: Section[] = [{
    heading: `on ${count(examples, "example")} of ${showName(name)}${by}`,
    parts: [
      ...seen,
      { kind: "table", table },
      say(
        `ΔF1 ${points(f1.points)} points, ${100 * f1.level} % interval ${points(f1.low)} to ` +
          `${points(f1.high)} (paired bootstrap, ${formatCount(f1.resamples)} resamples, ` +
          `seed ${f1.seed})`,
      ),
      say(
        `exact now and not before ${formatCount(mcnemar.gained)}, before and not now ` +
          `${formatCount(mcnemar.lost)}: p = ${
            phraseP(mcnemar.pValue)
          } (exact McNemar test, two-sided)`,
      ),
      ...listExamples("lost", lost, limit),
      ...listExamples("gained", gained, limit),
    ],
  }];
  sections.push({ heading: match === undefined ? "labels" : "types", parts: [labelTable(data)] });
  return sections;
}

const NAMES = {
  f1: "F1",
  precision: "precision",
  recall: "recall",
  macroF1: "macro-F1",
  exact: "exact",
} as const;

/** A probability: three decimals, or two digits where those would say nothing. */
function phraseP(pValue: number): string {
  return pValue < 0.001 ? pValue.toPrecision(2) : pValue.toFixed(3);
}

function labelTable({ labels }: DataComparison): Part {
  const right = (heading: string) => ({ heading, side: "right" } as const);
  const table: Table = {
    columns: [
      { heading: "label", side: "left" },
      ...["F1 before", "F1 after", "Δ", "P before", "P after", "R before", "R after"].map(right),
    ],
    rows: labels.map(({ label, before, after }) => [
      { text: showText(label) },
      phraseShare(before?.f1),
      phraseShare(after?.f1),
      phraseGain(100 * ((after?.f1 ?? 0) - (before?.f1 ?? 0))),
      phraseShare(before?.precision),
      phraseShare(after?.precision),
      phraseShare(before?.recall),
      phraseShare(after?.recall),
    ]),
    stretch: 0,
    layouts: [[0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3], [0, 2, 3], [0, 3]],
  };
  return { kind: "table", table };
}

function listExamples(
  title: string,
  examples: readonly ExampleReference[],
  limit: number,
): Part[] {
  if (examples.length === 0) return [];
  const named = examples.slice(0, limit).map(({ id, line }) =>
    line === undefined ? showName(id) : `${showName(id)} (line ${line})`
  );
  const entry = { name: `${title} ${formatCount(examples.length)}`, text: named.join(", ") };
  return [{ kind: "entries", entries: [entry] }, ...andMore(examples.length, limit)];
}
