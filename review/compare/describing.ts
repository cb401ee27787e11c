/**
 * A comparison laid out: the verdict, and a section for each thing that was compared.
 *
 * @module
 */
import type { KnownScores } from "../../trace.ts";
import { count, formatCount } from "../../print/phrases.ts";
import { showText } from "../../learn/text/quoting.ts";
import type { Comparison, RunFacts } from "./comparison.ts";
import { describeData } from "./data_section.ts";
import { describeRules } from "./rules_section.ts";
import {
  type ComparisonSection,
  HEADINGS,
  phraseDifference,
  say,
  scoreCells,
  type SectionPart,
  type TonedText,
} from "./sections.ts";

/** States the verdict in a line, or its reasons in a line each. */
export function describeVerdict(
  { identical, severity, findings, thresholds, before, after }: Comparison,
): TonedText[] {
  if (identical) {
    const statuses = before.status === after.status
      ? ""
      : ` (one is ${before.status}, one ${after.status})`;
    return [{ text: `identical: same inputs, same steps, same rules${statuses}`, tone: "good" }];
  }
  if (severity === "ok") {
    const limit = Math.min(thresholds.warnDrop, thresholds.alertDrop);
    return [{ text: `ok: no F1 fell by more than ${limit} points`, tone: "good" }];
  }
  return findings.map(({ severity, text }) => ({
    text: `${severity}: ${showText(text)}`,
    tone: severity === "alert" ? "bad" : "warn",
  }));
}

/**
 * Lays out the sections of a comparison.
 *
 * @param limit how many rules or examples one list names
 */
export function describeComparison(comparison: Comparison, limit: number): ComparisonSection[] {
  const { identical, before, after, incomparable, parting, rules, scores, data } = comparison;
  const runs = ([["before", before], ["after", after]] as const)
    .map(([name, run]) => ({ name, text: phraseRun(run) }));
  const sections: ComparisonSection[] = [
    { heading: "runs", parts: [{ kind: "entries", entries: runs }] },
  ];
  if (incomparable.length > 0) {
    const entries = incomparable.map(({ what, why }) => ({ name: what, text: showText(why) }));
    sections.push({ heading: "cannot be compared", parts: [{ kind: "entries", entries }] });
  }
  sections.push({ heading: "what the runs were given", parts: [describeInputs(comparison)] });
  if (parting !== undefined) sections.push(describeParting(comparison, parting));
  else if (scores.length > 0 && !identical) {
    sections.push({ heading: "steps", parts: [say("both runs took the same steps")] });
  }
  if (rules !== undefined) {
    sections.push(describeRules(rules, limit, before.task !== "classification"));
  }
  if (scores.length > 0) sections.push(describeScores(comparison));
  if (data !== undefined) sections.push(...describeData(data, limit));
  return sections;
}

function phraseRun({ dataset, task, id, status, startedAt, steps, rules }: RunFacts): string {
  const date = startedAt.slice(0, 16).replace("T", " ");
  const sizes = `${count(steps, "step")} · ${count(rules, "rule")}`;
  return `${showText(dataset)} · ${task} · run ${showText(id)} · ${status} · ${date} · ${sizes}`;
}

function describeInputs({ differences, identical, before, after }: Comparison): SectionPart {
  const isImported = before.origin !== undefined || after.origin !== undefined;
  if (differences.length === 0) {
    return say(
      isImported && !identical
        ? "the same, as far as the records say; they do not say which data the runs learned from"
        : "the same data, split, learner and configuration",
    );
  }
  // A setting that a trace lacks does not exist; one that a log lacks is not known.
  const missing = ({ origin }: RunFacts) => origin === undefined ? "none" : "unknown";
  const sides = { before: missing(before), after: missing(after) };
  const entries = differences.map((difference) => ({
    name: showText(difference.field),
    text: phraseDifference(difference, sides),
  }));
  return { kind: "entries", entries };
}

function describeParting(
  { before, after }: Comparison,
  { step, reasons, ...steps }: NonNullable<Comparison["parting"]>,
): ComparisonSection {
  const alike = step === 0
    ? ""
    : `; ${count(step, "step")} before it ${step === 1 ? "is" : "are"} the same`;
  const [first, ...others] = reasons.map(({ text }) => showText(text));
  const entry = (side: "before" | "after", { status }: RunFacts) => {
    const end = status === "unknown" ? "how the run ended is not known" : `the run is ${status}`;
    return { name: side, text: showText(steps[side]?.phrase ?? `no such step: ${end}`) };
  };
  return {
    heading: `the runs part at step ${step}`,
    parts: [
      say(`${first}${alike}`),
      ...others.map((text) => say(text, "quiet")),
      { kind: "entries", entries: [entry("before", before), entry("after", after)] },
    ],
  };
}

function describeScores({ scores }: Comparison): ComparisonSection {
  const table: SectionPart = {
    kind: "table",
    headings: ["scores", ...HEADINGS, "examples"],
    rows: scores.map(({ on, before, after, points }) => [
      { text: on },
      ...scoreCells(before, after, points),
      { text: phraseExamples(before, after) },
    ]),
    layouts: [[0, 1, 2, 3, 4, 5, 6, 7, 8], [0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3], [0, 2]],
  };
  const isRefit = scores.some(({ on }) => on === "all") && scores.some(({ on }) => on === "dev");
  const note = say("dev: before the refit, after which nothing is held out", "quiet");
  return { heading: "recorded scores", parts: [table, ...isRefit ? [note] : []] };
}

function phraseExamples(before?: KnownScores, after?: KnownScores): string {
  const sizes = [before, after].map((scores) =>
    scores?.examples === undefined ? "–" : formatCount(scores.examples)
  );
  return [...new Set(sizes)].join(" → ");
}
