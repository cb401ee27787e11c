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
  type Part,
  phraseDifference,
  phraseGain,
  phraseShare,
  type Said,
  say,
  type Section,
} from "./sections.ts";

/** The verdict in a line, and its reasons. */
export function describeVerdict(
  { identical, severity, findings, thresholds, before, after }: Comparison,
): Said[] {
  if (identical) {
    const same = before.status === after.status
      ? ""
      : ` (one is ${before.status}, one ${after.status})`;
    return [{ text: `identical: same inputs, same steps, same rules${same}`, tone: "good" }];
  }
  if (severity === "ok") {
    const limit = Math.min(thresholds.warnDrop, thresholds.alertDrop);
    return [{ text: `ok: F1 fell nowhere by more than ${limit} points`, tone: "good" }];
  }
  return findings.map(({ severity, text }) => ({
    text: `${severity}: ${showText(text)}`,
    tone: severity === "alert" ? "bad" : "warn",
  }));
}

/**
 * The sections of a comparison.
 *
 * @param limit how many rules or examples one list names
 */
export function describeComparison(comparison: Comparison, limit: number): Section[] {
  const { identical, before, incomparable, parting, rules, scores, data } = comparison;
  const sections: Section[] = [{ heading: "runs", parts: [describeRuns(comparison)] }];
  if (incomparable.length > 0) {
    const entries = incomparable.map(({ what, why }) => ({ name: what, text: showText(why) }));
    sections.push({ heading: "cannot be compared", parts: [{ kind: "entries", entries }] });
  }
  sections.push({ heading: "what the runs were given", parts: describeInputs(comparison) });
  if (parting !== undefined) sections.push(describeParting(comparison));
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

function describeRuns({ before, after }: Comparison): Part {
  return {
    kind: "entries",
    entries: [
      { name: "before", text: phraseRun(before) },
      { name: "after", text: phraseRun(after) },
    ],
  };
}

function phraseRun({ dataset, task, id, status, startedAt, steps, rules }: RunFacts): string {
  const date = startedAt.slice(0, 16).replace("T", " ");
  const sizes = `${count(steps, "step")} · ${count(rules, "rule")}`;
  return `${showText(dataset)} · ${task} · run ${showText(id)} · ${status} · ${date} · ${sizes}`;
}

function describeInputs({ differences, identical, before, after }: Comparison): Part[] {
  const isImported = before.origin !== undefined || after.origin !== undefined;
  if (differences.length === 0) {
    return [
      say(
        isImported && !identical
          ? "as far as the records say, the same; what data they were, they do not say"
          : "the same data, split, learner and configuration",
      ),
    ];
  }
  // What a learner has no setting for is none; what a log does not say is not known.
  const missing = ({ origin }: RunFacts) => origin === undefined ? "none" : "unknown";
  const sides = { before: missing(before), after: missing(after) };
  const entries = differences.map((difference) => ({
    name: showText(difference.field),
    text: phraseDifference(difference, sides),
  }));
  return [{ kind: "entries", entries }];
}

function phraseStatus(status: RunFacts["status"]): string {
  return status === "unknown" ? "how the run ended is not known" : `the run is ${status}`;
}

function describeParting({ parting, before, after }: Comparison): Section {
  const { step, reasons } = parting!;
  const alike = step === 0
    ? ""
    : `; ${count(step, "step")} before it ${step === 1 ? "is" : "are"} the same`;
  const [first, ...others] = reasons.map(({ text }) => showText(text));
  const side = (name: string, phrase: string | undefined, { status }: RunFacts) => ({
    name,
    text: showText(phrase ?? `no such step: ${phraseStatus(status)}`),
  });
  return {
    heading: `the runs part at step ${step}`,
    parts: [
      say(`${first}${alike}`),
      ...others.map((text) => say(text, "quiet")),
      {
        kind: "entries",
        entries: [
          side("before", parting!.before?.phrase, before),
          side("after", parting!.after?.phrase, after),
        ],
      },
    ],
  };
}

function describeScores({ scores }: Comparison): Section {
  const right = (heading: string) => ({ heading, side: "right" } as const);
  const rows = scores.map(({ on, before, after, points }) => [
    { text: on },
    phraseShare(before?.f1),
    phraseShare(after?.f1),
    phraseGain(points),
    phraseShare(before?.precision),
    phraseShare(after?.precision),
    phraseShare(before?.recall),
    phraseShare(after?.recall),
    { text: phraseExamples(before, after) },
  ]);
  const columns = [
    { heading: "scores", side: "left" } as const,
    ...["F1 before", "F1 after", "Δ", "P before", "P after", "R before", "R after", "examples"]
      .map(right),
  ];
  const layouts = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8],
    [0, 1, 2, 3, 4, 5, 6, 7],
    [0, 1, 2, 3],
    [0, 2],
  ];
  const table: Part = { kind: "table", table: { columns, rows, stretch: 0, layouts } };
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
