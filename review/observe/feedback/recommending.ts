/**
 * Whether to learn again, and why.
 *
 * @module
 */
import { nameText } from "../../../learn/data/checks.ts";
import type { LabelledExample } from "../../../learn/data/examples.ts";
import type { RuleSet } from "../../../learn/rules/rule_set.ts";
import { compareCodeUnits } from "../../../learn/text/folding.ts";
import { countEach } from "../../../learn/text/maps.ts";
import { compareCounts } from "../../drift.ts";
import type { DriftBaseline, FeedbackLine, LearnReason, Recommendation } from "./format.ts";

/** Reviewed texts after which it pays to learn again. */
export const PACE = 150;

/** What a recommendation is made from. */
export interface RecommendationInput {
  /** All lines of the log, in order. */
  readonly lines: readonly FeedbackLine[];
  /** Tells whether these rules answered a line. */
  readonly isOwn: (line: FeedbackLine) => boolean;
  readonly rules: RuleSet["rules"];
  /** Ids of the corrections that the rules were learned from. */
  readonly learned: readonly string[];
  /** The examples that the rules were learned from, if they are given. */
  readonly examples?: readonly LabelledExample[];
}

/**
 * Recommends to learn again if there are corrections that the rules were not learned from, and either enough texts were
 * reviewed since, or the mix of labels is another.
 *
 * Texts count as reviewed since if their lines come after the last correction that the rules were learned from. The mix
 * is that of their right labels, against those of as many texts as the pace that were reviewed last before that; if
 * there are none, those of the examples; without these, what the rules gave in the first half of the log is compared
 * with the second half.
 */
export function recommend(input: RecommendationInput): Recommendation {
  const { lines, rules, learned, examples = [] } = input;
  const ids = new Set(learned);
  const idOf = new Map(examples.map(({ text, id }) => [text, id]));
  const isLearned = ({ text, id, outcome }: FeedbackLine) =>
    outcome === "corrected" && ids.has(idOf.get(text) ?? id ?? nameText(text));
  const start = lines.findLastIndex(isLearned) + 1;
  const since = lines.slice(start);
  const reviewed = lastOfTexts(since);
  const pending = lastOfTexts(lines).filter((line) =>
    line.outcome === "corrected" && !isLearned(line)
  );
  const before = lastOfTexts(lines.slice(0, start)).slice(-PACE);
  const drift = findDrift(
    before.length > 0 ? labelsOf(before) : undefined,
    input.examples?.map(({ label }) => label),
    labelsOf(reviewed),
    since.filter(input.isOwn).map(({ given }) => given),
  );
  const reasons: LearnReason[] = [
    ...reviewed.length >= PACE ? ["reviewed"] as const : [],
    ...drift?.isDrift ? ["drift"] as const : [],
  ];
  const learn = reasons.length > 0 && pending.length > 0;
  return {
    learn,
    reasons: learn ? reasons : [],
    reviewed: reviewed.length,
    pace: PACE,
    corrections: pending.length,
    ...(drift && { drift }),
    unknown: countUnknown(pending, new Set(rules.map(({ label }) => label))),
  };
}

/** Returns the last reviewed line of each text, in their order. */
function lastOfTexts(lines: readonly FeedbackLine[]): FeedbackLine[] {
  const last = new Map<string, FeedbackLine>();
  for (const line of lines) {
    if (line.outcome === undefined) continue;
    last.delete(line.text);
    last.set(line.text, line);
  }
  return [...last.values()];
}

function labelsOf(lines: readonly FeedbackLine[]): string[] {
  return lines.flatMap(({ label }) => label ?? []);
}

function findDrift(
  log: readonly string[] | undefined,
  data: readonly string[] | undefined,
  after: readonly string[],
  given: readonly (string | null)[],
): Recommendation["drift"] {
  const half = given.length >> 1;
  const [from, one, other]: [DriftBaseline, ...(readonly (string | null)[])[]] = log
    ? ["log", log, after]
    : data
    ? ["data", data, after]
    : ["given", given.slice(0, half), given.slice(half)];
  const found = compareCounts(mixOf(one), mixOf(other));
  return found && { ...found, from };
}

function mixOf(labels: readonly (string | null)[]): Record<string, number> {
  return Object.fromEntries(countEach(labels.map((label) => JSON.stringify(label))));
}

function countUnknown(
  corrections: readonly FeedbackLine[],
  known: ReadonlySet<string>,
): Recommendation["unknown"] {
  const counts = countEach(labelsOf(corrections).filter((label) => !known.has(label)));
  return [...counts].map(([label, texts]) => ({ label, texts })).sort((a, b) =>
    b.texts - a.texts || compareCodeUnits(a.label, b.label)
  );
}
