/**
 * Looks at the lines after one that could belong to a run, whether they show that another run begins there.
 *
 * @module
 */
import { Course } from "./course.ts";
import { countOf, type LogEntry } from "../entries.ts";
import { showsRules } from "./fitting.ts";
import { isGuidedBy, readManner } from "../manner.ts";
import { isDecisionOn, readProposed } from "../patches.ts";
import type { RunLog } from "../run.ts";

/**
 * Tells whether a line that fits a run begins another one, as the lines that follow it contradict the run.
 *
 * @param lines the line, and those after it that can belong to the same run by their task and metadata
 */
export function beginsAnother(run: RunLog, lines: readonly LogEntry[]): boolean {
  const end = findContradiction(run, lines);
  if (end === undefined) return false;
  // If the contradiction is a patch, its decision tells its number.
  const last = lines[end].call === "rule_patch" && lines[end + 1]?.call === "patch_decision"
    ? end + 1
    : end;
  for (let start = 0; start <= end; start++) {
    if (canBegin(run, lines.slice(start, last + 1), end - start)) return start === 0;
  }
  return false;
}

/** Returns the place of the first line that cannot belong to the run. */
function findContradiction(run: RunLog, lines: readonly LogEntry[]): number | undefined {
  const course = run.course.clone();
  for (const [place, entry] of lines.entries()) {
    if (isBeginning(entry)) return undefined;
    if (!course.allows(entry)) return place;
    course.add(entry);
    if (place === 0 || entry.call === "guide_refinement") continue;
    // What a patch or an audit made of the rules is not known so far.
    const isKnown = entry.call !== "patch_decision" &&
      lines.slice(0, place).every(({ call }) =>
        call === "guide_refinement" || call === "critique_rules"
      );
    return isKnown && !showsRules(run, entry) ? place : undefined;
  }
  return undefined;
}

function isBeginning(entry: LogEntry): boolean {
  return entry.call.startsWith("rule_synthesis") ||
    entry.call === "rule_patch" && readManner(entry).isStart === true;
}

/** Tells whether lines can be the first ones of a run; that at `end` must be one of them. */
function canBegin(run: RunLog, lines: readonly LogEntry[], end: number): boolean {
  const course = new Course();
  for (const entry of lines) {
    if (!course.allows(entry)) return false;
    course.add(entry);
  }
  if (end === 0) return true;
  const [first, next] = lines;
  if (end === 1 && first.call === "guide_refinement" && isGuidedBy(next, first) === true) {
    return true;
  }
  if (end === 1 && first.call === "rule_patch" && next.call === "patch_decision") {
    return isDecisionOn(readProposed(first, run.proposals).taken, next);
  }
  // A run is more likely to begin with its first iteration than to have lost all lines of it.
  const numbered = lines.find((entry) => countOf(entry, "iteration") !== undefined);
  return numbered !== undefined && countOf(numbered, "iteration") === 1;
}
