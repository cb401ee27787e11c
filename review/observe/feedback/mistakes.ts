/**
 * Mistakes of rules by kind, and which of them are repeats.
 *
 * @module
 */
import { compareCodeUnits } from "../../../learn/text/folding.ts";
import { getOrCreate } from "../../../learn/text/maps.ts";
import { nameRule, type RuleAnswer } from "./answers.ts";
import type { FeedbackLine, MistakeKind } from "./format.ts";
import { findRepeats } from "../../repeats.ts";

/** A line of feedback on an answer, with what the rules say. */
export interface AnsweredLine {
  readonly line: FeedbackLine;
  readonly answer: RuleAnswer;
}

/**
 * Groups the mistakes among lines by what was wanted, what was given, and the rule that decided; and finds in each group
 * the texts that repeat an earlier one.
 *
 * @param lines in the order of the log
 * @returns the most frequent first; of equally frequent ones that of the last mistake
 */
export function groupMistakes(lines: readonly AnsweredLine[]): MistakeKind[] {
  const groups = new Map<string, AnsweredLine[]>();
  for (const one of lines) {
    const { outcome, label = null, given } = one.line;
    if (outcome !== "corrected" && outcome !== "rejected") continue;
    const key = JSON.stringify([label, given, one.answer.decidedBy?.id ?? null]);
    getOrCreate(groups, key, () => []).push(one);
  }
  return [...groups.values()].map(toKind).sort((a, b) =>
    b.lines.length - a.lines.length || b.lines.at(-1)! - a.lines.at(-1)! ||
    compareCodeUnits(a.rule?.id ?? "", b.rule?.id ?? "")
  );
}

function toKind(group: readonly AnsweredLine[]): MistakeKind {
  const [{ line: { label = null, given }, answer: { decidedBy } }] = group;
  const { text, at } = group[group.length - 1].line;
  const lines = group.map(({ line: { line } }) => line);
  const near = findRepeats(group.map(({ line }) => line.text)).flatMap((found, place) =>
    found ? [{ line: lines[place], of: lines[found.place], similarity: found.similarity }] : []
  );
  return {
    wanted: label,
    given,
    rule: decidedBy ? nameRule(decidedBy) : null,
    lines,
    near,
    text,
    ...(at !== undefined && { at }),
  };
}
