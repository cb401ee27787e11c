/**
 * Differences between a record and a replay, in words.
 *
 * @module
 */
import { abbreviate } from "../../learn/text/digest.ts";
import { isRecord, own } from "../../learn/text/json.ts";
import { quote } from "../../learn/text/quoting.ts";
import type { Json } from "../../learn/text/schemas.ts";
import { count, formatCount, listFew } from "../../print/phrases.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import type { Run, Step } from "../../trace.ts";
import type { Difference } from "../compare/comparison.ts";
import { diffJson, diffRuns } from "../compare/differences.ts";

/** Names a step by its place and what it is: `step 3 (iteration 2)`. */
export function nameStep(step: Step): string {
  const what = step.type === "iteration" ? `iteration ${step.iteration}` : step.type;
  return `step ${step.index} (${what})`;
}

/** Describes the first field in which a step differs from the recorded one. */
export function describeStep(recorded: Step | undefined, replayed: Step): string {
  if (recorded === undefined) return `${nameStep(replayed)} is not in the record`;
  if (recorded.type !== replayed.type) {
    return `step ${recorded.index}: ${phraseType(replayed)}, recorded ${phraseType(recorded)}`;
  }
  const [first] = diffFields(bodyOf(recorded), bodyOf(replayed));
  return `${nameStep(recorded)}: ${first === undefined ? "its digest differs" : phrase(first)}`;
}

/** Names the type of a step, and what was thrown if it is a failure. */
function phraseType(step: Step): string {
  return step.type === "failure" ? `failure (${quote(step.error.message)})` : step.type;
}

/** Describes the first field in which a rule differs from the recorded one. */
export function describeRule(recorded: Rule, replayed: Rule): string {
  const [first] = diffFields({ ...recorded }, { ...replayed });
  return `rule ${quote(recorded.name)}: ${
    first === undefined ? "it is not in the record" : phrase(first)
  }`;
}

/** Lists what two runs were given that differs, by paths in the trace: learners, options, split. */
export function describeRuns(recorded: Run, replayed: Run): string {
  const differences = diffRuns(recorded, { ...replayed, software: recorded.software });
  return listFew(differences, "; ", phrase);
}

/** Returns what was learned in a step, without the numbers and times of its envelope. */
function bodyOf(step: Step): Readonly<Record<string, unknown>> {
  const { index: _, at: __, took: ___, digest: ____, ...body } = step;
  // As it is read from a file.
  return JSON.parse(JSON.stringify(body));
}

/** Lists differences in the order in which the record has its fields. */
function diffFields(
  recorded: Readonly<Record<string, unknown>>,
  replayed: Readonly<Record<string, unknown>>,
): Difference[] {
  const names = [...new Set([...Object.keys(recorded), ...Object.keys(replayed)])];
  return names.flatMap((name) =>
    diffJson(name, own(recorded, name) as Json, own(replayed, name) as Json)
  );
}

/** Says what a field is and what was recorded: `after.f1 0.91, recorded 0.93`. */
function phrase({ field, before, after }: Difference): string {
  if (Array.isArray(before) && Array.isArray(after)) {
    if (before.length !== after.length) {
      return `${field} ${count(after.length, "entry").replace(/ys$/, "ies")}, recorded ${
        formatCount(before.length)
      }`;
    }
    const place = before.findIndex((item, at) => diffJson("", item, after[at]).length > 0);
    const [inside] = diffJson(`${field}[${place}]`, before[place], after[place]);
    return phrase(inside);
  }
  return `${field} ${show(after)}, recorded ${show(before)}`;
}

/** Digits that tell two numbers apart; scores are ratios of whole numbers. */
const DIGITS = 6;

function show(value: Json | undefined): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number") return String(Number(value.toPrecision(DIGITS)));
  if (typeof value === "string") {
    return value.startsWith("sha256:") ? abbreviate(value) : quote(value);
  }
  if (Array.isArray(value)) return `a list of ${formatCount(value.length)}`;
  return isRecord(value) ? "an object" : String(value);
}
