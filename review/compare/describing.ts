/**
 * A comparison laid out: the verdict, and a section for each thing that was compared.
 *
 * @module
 */
import type { KnownScores } from "../../trace.ts";
import { count, formatCount, formatPercent, showName } from "../../print/phrases.ts";
import { phraseOrigin } from "../../print/story.ts";
import { showText } from "../../learn/text/quoting.ts";
import type {
  Comparison,
  MinimumCheck,
  PartingReason,
  RuleComparison,
  RunFacts,
} from "./comparison.ts";
import { describeData, describeLabels } from "./data_section.ts";
import { isIncomparable } from "./gate.ts";
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

/** What a gate says, in the words of a verdict. */
export const GATES = {
  fine: "fine",
  worse: "worse",
  incomparable: "could not be compared",
} as const;

/** States the verdict in a line, or its reasons in a line each. */
export function describeVerdict(
  { identical, severity, findings, thresholds, minimums, before, after }: Comparison,
): TonedText[] {
  const lines = findings.map((finding): TonedText => {
    const { severity, text } = finding;
    const name = isIncomparable(finding) ? "cannot compare" : severity;
    return { text: `${name}: ${showText(text)}`, tone: TONES[severity] };
  });
  const least = minimums.filter(({ reached }) => reached).map(phraseReached);
  if (identical) {
    const statuses = before.status === after.status
      ? ""
      : ` (one is ${before.status}, one ${after.status})`;
    const same = `identical: same inputs, same steps, same rules${statuses}`;
    return [{ text: [same, ...least].join("; "), tone: "good" }, ...lines];
  }
  if (severity !== "ok") return lines;
  const limit = Math.min(thresholds.warnDrop, thresholds.alertDrop);
  const beyond = findings.some(({ code }) => code === "drop") ? " beyond chance" : "";
  const fine = `ok: no F1 fell by more than ${limit} points${beyond}`;
  return [{ text: [fine, ...least].join("; "), tone: "good" }, ...lines];
}

const TONES = { alert: "bad", warn: "warn", note: "quiet" } as const;

function phraseReached({ of, least, f1, on }: MinimumCheck): string {
  if (of === "labels") return `that of each label reaches ${least}`;
  const place = on === "data" ? "" : ` on ${on}`;
  return `F1${place} is ${formatPercent(f1)}, at least ${least}`;
}

/**
 * Lays out the sections of a comparison, in the order in which readers ask: which runs, what the scores are,
 * which labels changed, where the runs part, what they were given, their rules, and what cannot be compared.
 *
 * @param limit how many rules, labels or examples one list names
 */
export function describeComparison(comparison: Comparison, limit: number): ComparisonSection[] {
  const { identical, before, after, incomparable, parting, rules, scores, data } = comparison;
  const runs = ([["before", before], ["after", after]] as const)
    .map(([name, run]) => ({ name, text: phraseRun(run) }));
  const sections: ComparisonSection[] = [
    { id: "runs", heading: "runs", parts: [{ kind: "entries", entries: runs }] },
  ];
  if (data !== undefined) sections.push(describeData(data, limit));
  if (scores.length > 0) sections.push(describeScores(comparison));
  if (data !== undefined) sections.push(describeLabels(data, limit));
  if (parting !== undefined) sections.push(describeParting(comparison, parting));
  else if (scores.length > 0 && !identical) {
    const same = say("both runs took the same steps");
    sections.push({ id: "steps", heading: "steps", parts: [same] });
  }
  const given = describeInputs(comparison);
  sections.push({ id: "given", heading: "what the runs were given", parts: [given] });
  if (rules !== undefined) {
    sections.push(describeRules(rules, limit, before.task !== "classification"));
  }
  if (incomparable.length > 0) {
    const entries = incomparable.map(({ what, why }) => ({ name: what, text: showText(why) }));
    const parts = [{ kind: "entries" as const, entries }];
    sections.push({ id: "incomparable", heading: "cannot be compared", parts });
  }
  return sections;
}

/** Says what a run is: its data, id, end, date and size, and the tool whose log it comes from. */
export function phraseRun(run: RunFacts): string {
  const { dataset, task, id, status, startedAt, steps, rules, origin } = run;
  const facts = [
    showText(dataset),
    task,
    `run ${showText(id)}`,
    status === "unknown" ? "end unknown" : status,
    `${startedAt.slice(0, 16).replace("T", " ")} UTC`,
    count(steps, "step"),
    count(rules, "rule"),
    ...(origin === undefined ? [] : [`from a log of ${phraseOrigin(origin)}`]),
  ];
  return facts.join(" · ");
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
  { before, after, rules }: Comparison,
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
    id: "steps",
    heading: `the runs part at step ${step}`,
    parts: [
      say(`${first}${alike}`),
      ...others.map((text) => say(text, "quiet")),
      { kind: "entries", entries: [entry("before", before), entry("after", after)] },
      ...listBrought(reasons, rules),
    ],
  };
}

/** Lists the rules that only one of two steps brings and that its run ended with, as those have a place. */
function listBrought(
  reasons: readonly PartingReason[],
  rules: RuleComparison | undefined,
): SectionPart[] {
  if (rules === undefined) return [];
  const pairs = [...rules.renamed, ...rules.changed];
  const sides = [
    ["before", [...rules.lost, ...pairs.map(({ before }) => before)]],
    ["after", [...rules.added, ...pairs.map(({ after }) => after)]],
  ] as const;
  return sides.flatMap(([side, ended]): SectionPart[] => {
    const ids = new Set(reasons.flatMap(({ only }) => only?.[side] ?? []));
    const brought = ended.filter(({ id }) => ids.has(id))
      .map(({ id, name }) => [showName(name), id] as const);
    const title = `brought only by the run ${side}, and in its rules at the end`;
    return brought.length === 0 ? [] : [{ kind: "rules", title, rules: brought }];
  });
}

function describeScores({ scores }: Comparison): ComparisonSection {
  const table: SectionPart = {
    kind: "table",
    headings: ["scores", ...HEADINGS, "examples"],
    rows: scores.map(({ on, before, after, points }) => [
      { text: on === "test" || on === "dev" ? on : `${on}, learned from` },
      ...scoreCells(before, after, points),
      { text: phraseExamples(before, after) },
    ]),
    layouts: [[0, 1, 2, 3, 4, 5, 6, 7, 8], [0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3], [0, 2]],
  };
  const isRefit = scores.some(({ on }) => on === "all") && scores.some(({ on }) => on === "dev");
  const note = say("dev: before the refit, after which nothing is held out", "quiet");
  return { id: "recorded", heading: "recorded scores", parts: [table, ...isRefit ? [note] : []] };
}

function phraseExamples(before?: KnownScores, after?: KnownScores): string {
  const sizes = [before, after].map((scores) =>
    scores?.examples === undefined ? "–" : formatCount(scores.examples)
  );
  return [...new Set(sizes)].join(" → ");
}
