/**
 * Checks of what a step says, by a look at it alone: what no step of `learnRules` has.
 *
 * @module
 */
import { type Reweight, roundWeight } from "../../learn/rules/rule.ts";
import type { Scores } from "../../learn/score/scoring.ts";
import type { BodyOf } from "../fold.ts";
import { type AskedFields, FORMAT_VERSION, type StepBody, type Trace } from "../schema.ts";

/** Lists that a step leaves out if they are empty. */
const OPTIONAL = ["start", "exchanges", "reweighted"] as const;

/** Returns what is wrong with the form of a step; `undefined` if nothing is. */
export function findStepProblem(step: StepBody): string | undefined {
  const members = step as Partial<Record<typeof OPTIONAL[number], readonly unknown[]>>;
  const empty = OPTIONAL.find((name) => members[name]?.length === 0);
  if (empty !== undefined) return `has an empty list named ${empty}, expected none or some items`;
  return findNumbered(step) ?? findReweightProblem(step) ??
    (step.type === "audit" ? findActionProblem(step) : undefined);
}

/** Returns what is wrong with the exchanges that led to a step; `undefined` if nothing is. */
export function findRepliesProblem(
  step: StepBody,
  version: Trace["version"],
): string | undefined {
  const { exchanges, responses, repaired = 0 }: AskedFields = step as AskedFields;
  if (repaired > (exchanges?.length ?? 0)) {
    return `has ${repaired} repaired replies, which is more than it lists`;
  }
  if (responses === undefined) {
    if (exchanges === undefined || version < FORMAT_VERSION) return undefined;
    return "names exchanges, but has no digests of their responses";
  }
  if (version < FORMAT_VERSION) {
    return `has digests of responses, which format version ${version} does not have`;
  }
  if (exchanges === undefined) return "has digests of responses, but names no exchanges";
  if (exchanges.length === responses.length) return undefined;
  return `names ${exchanges.length} exchanges, but has the digests of ${responses.length} responses`;
}

/** Returns what is wrong with the ids of the rules that a step made: only rules at the start can be alike. */
function findNumbered(step: StepBody): string | undefined {
  const made = step.type === "iteration"
    ? [...step.patch.added, ...step.patch.replaced.map(({ to }) => to)]
    : step.type === "audit"
    ? step.actions.flatMap(({ to }) => to ?? [])
    : "added" in step
    ? step.added
    : [];
  const numbered = made.find((id) => id.includes("-"));
  return numbered && `makes the rule ${numbered}, but only rules at the start are numbered`;
}

/** Returns what is wrong with the changes of strengths. */
function findReweightProblem(step: StepBody): string | undefined {
  if (step.type === "iteration" && step.patch.reweighted === 0) {
    return "says that its patch changes 0 weights, expected none or some";
  }
  const changes: readonly Reweight[] = "reweighted" in step ? step.reweighted ?? [] : [];
  if (changes.length === 0) return undefined;
  if (step.type === "prune" || step.type === "final") {
    return `changes strengths of rules, which no ${step.type} does`;
  }
  const rules = new Set(changes.map(({ rule }) => rule));
  if (rules.size < changes.length) return "changes the strengths of a rule twice";
  for (const { rule, weight, ...others } of changes) {
    if (weight !== undefined && weight !== roundWeight(weight)) {
      return `gives ${rule} the weight ${weight}, expected whole millionths`;
    }
    const isEmpty = [weight, ...Object.values(others)].every((value) => value === undefined);
    if (isEmpty) return `changes no strength of ${rule}`;
  }
}

/** Returns what is wrong with the actions of an audit. */
function findActionProblem(
  { actions, verdict, error, reweighted }: BodyOf<"audit">,
): string | undefined {
  if (error !== undefined && actions.length > 0) return "has an error, but actions as well";
  if (verdict === "none" && reweighted !== undefined) return "applies nothing, but reweights rules";
  for (const { kind, from, to, outcome } of actions) {
    if (outcome === "skipped") {
      if (to !== undefined) return `skips a ${kind}, but makes the rule ${to} by it`;
      continue;
    }
    if (kind === "change") return "applies a change, and what is only named so is skipped";
    const least = kind === "merge" ? 2 : 1;
    if (from.length < least || kind === "tighten" && from.length > 1) {
      return `applies a ${kind} of ${from.length} rules`;
    }
  }
}

/** Returns the scores that a step ends with; of a final step, those on all splits. */
export function scoresAfter(step: StepBody): Scores[] {
  const all = "after" in step
    ? [step.after]
    : step.type === "final"
    ? Object.values(step.scores)
    : "scores" in step
    ? [step.scores]
    : [];
  return all as Scores[];
}
