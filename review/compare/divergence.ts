/**
 * The first step at which two runs part, and why.
 *
 * Digests cannot tell: the chain begins with the configuration, so the digests of runs with different
 * settings differ at every step. Steps are compared by their fields, and by the rules that they bring.
 *
 * @module
 */
import { isRecord, isSame } from "../../learn/text/json.ts";
import type { Scores } from "../../learn/score/scoring.ts";
import {
  count,
  f1On,
  formatCount,
  formatPercent,
  listFew,
  ruleName,
  showName,
} from "../../print/phrases.ts";
import { tellStory } from "../../print/story.ts";
import { showText } from "../../learn/text/quoting.ts";
import type { Step, Trace } from "../../trace.ts";
import type { PartedStep, Parting, PartingReason } from "./comparison.ts";
import { diffRules, without } from "./differences.ts";
import { phraseStrength } from "./sections.ts";

/**
 * Returns the first step that is not the same in both traces, or `undefined` if all are. Exchanges with
 * a model count only if nothing else differs in any step: other requests may well bring the same rules.
 */
export function findParting(before: Trace, after: Trace): Parting | undefined {
  return findStep(before, after, ({ what }) => what !== "exchanges") ??
    findStep(before, after, () => true);
}

/** Returns the first step with a reason that counts, and all of its reasons. */
function findStep(
  before: Trace,
  after: Trace,
  counts: (reason: PartingReason) => boolean,
): Parting | undefined {
  const length = Math.max(before.steps.length, after.steps.length);
  for (let step = 0; step < length; step++) {
    const [one, other] = [before.steps.at(step), after.steps.at(step)];
    const reasons = explain(before, after, one, other);
    if (!reasons.some(counts)) continue;
    return {
      step,
      ...(one && { before: describe(before, one) }),
      ...(other && { after: describe(after, other) }),
      reasons,
    };
  }
}

function describe(trace: Trace, step: Step): PartedStep {
  const iteration = step.type === "iteration" ? { iteration: step.iteration } : {};
  return { type: step.type, ...iteration, phrase: phraseStep(trace, step) };
}

/** Phrases a step as the story does; the story leaves out those that did nothing. */
function phraseStep(trace: Trace, step: Step): string {
  // The story of a run that did not finish has more to say after its last step.
  const status = trace.run.status === "aborted" ? "aborted" : "completed";
  const run = { ...trace.run, status, parent: undefined } as const;
  const [clause] = tellStory({ ...trace, run, steps: [step] });
  if (clause !== undefined) return clause.text;
  switch (step.type) {
    case "critique":
      return `critique: ${count(step.advice.length, "suggestion")}`;
    case "audit":
      return step.actions.length === 0 ? "audit: nothing" : `audit ${step.verdict}`;
    case "prune":
      return "pruned nothing";
    default:
      return step.type;
  }
}

function explain(
  before: Trace,
  after: Trace,
  one: Step | undefined,
  other: Step | undefined,
): PartingReason[] {
  if (one === undefined || other === undefined) {
    const [side, last] = one === undefined ? ["before", before] : ["after", after];
    const steps = count(last.steps.length, "step");
    const end = last.run.status === "unknown" ? "its end is not known" : `is ${last.run.status}`;
    return [{ what: "ended", text: `the run ${side} has ${steps} and ${end}` }];
  }
  if (one.type !== other.type) {
    return [{ what: "type", text: `another type of step: ${one.type} → ${other.type}` }];
  }
  // Candidates follow from failures; all else follows from candidates.
  const rank = ({ what }: PartingReason) => what === "failures" ? 0 : 1;
  return [...diffRulesOf(before, after, one, other), ...diffFields(one, other)]
    .sort((a, b) => rank(a) - rank(b));
}

/** Returns the ids of the rules that a step brings. */
function broughtBy(step: Step): readonly string[] {
  switch (step.type) {
    case "synthesis":
      return [...step.start ?? [], ...step.added];
    case "refit":
      return step.added;
    case "iteration":
      return [...step.patch.added, ...step.patch.replaced.map(({ to }) => to)];
    case "audit":
      return step.actions.flatMap(({ to }) => to === undefined ? [] : [to]);
    default:
      return [];
  }
}

/** Explains how the rules that two steps bring differ: in which they are, or in name or strength. */
function diffRulesOf(before: Trace, after: Trace, one: Step, other: Step): PartingReason[] {
  const [was, is] = [broughtBy(one), broughtBy(other)];
  const [lost, added] = [without(was, is), without(is, was)];
  const reasons: PartingReason[] = [];
  if (lost.length + added.length > 0) {
    const parts = [...only(before, lost, "before"), ...only(after, added, "after")];
    reasons.push({
      what: "candidates",
      text: `different candidates: ${parts.join("; ")}`,
      only: { before: lost, after: added },
    });
  } else if (!isSame(was, is)) {
    reasons.push({ what: "candidates", text: "the same candidates in another order" });
  }
  const others = new Set(is);
  const shared = was.filter((id) =>
    others.has(id) && Object.hasOwn(before.rules, id) && Object.hasOwn(after.rules, id)
  );
  const changed = shared.flatMap((id) => {
    const changes = diffRules(before.rules[id], after.rules[id]);
    if (changes.length === 0) return [];
    return [[showName(before.rules[id].name), ...changes.map(phraseStrength)].join(", ")];
  });
  if (changed.length > 0) {
    const what = `${count(changed.length, "candidate")} with another strength or name`;
    reasons.push({ what: "strengths", text: `${what}: ${listFew(changed, "; ")}` });
  }
  return reasons;
}

function only(trace: Trace, ids: readonly string[], side: string): string[] {
  if (ids.length === 0) return [];
  const names = ids.map((id) => ruleName(trace, id));
  return [`${formatCount(ids.length)} only ${side} (${listFew(names)})`];
}

/** Fields that {@linkcode diffRulesOf} explains, or that do not count. */
const LEFT_OUT = new Set(
  ["index", "type", "at", "took", "digest", "added", "patch", "start", "forced"],
);

/** How reasons are named, in the order in which a step goes. */
const NAMED = [
  ["failures", "failures", "different failures to learn from"],
  ["proposed", "refused", "a different number of rules proposed"],
  ["refused", "refused", "different rules refused"],
  ["playbook", "other", "different entries of the playbook"],
  ["escalated", "exchanges", "different requests to a second model"],
  ["actions", "actions", "different actions"],
  ["dropped", "dropped", "different rules dropped"],
  ["verdict", "verdict", "different verdict"],
  ["clause", "clause", "different clause"],
  ["before", "scores", "different scores before"],
  ["after", "scores", "different scores after"],
  ["scores", "scores", "different scores"],
  ["mended", "other", "different corrections mended"],
  ["broken", "other", "different corrections broken"],
  ["wrong", "other", "different corrections wrong at the end"],
  ["reweighted", "strengths", "different strengths"],
  ["patch.reweighted", "strengths", "different strengths proposed"],
  ["exchanges", "exchanges", "different requests to the model"],
  ["responses", "exchanges", "different replies of the model"],
  ["repaired", "exchanges", "a different number of replies repaired"],
] as const;
const KNOWN = new Set<string>(NAMED.map(([field]) => field));

function diffFields(one: Step, other: Step): PartingReason[] {
  const [was, is] = [one, other].map(flatten);
  const others = [...new Set([...was.keys(), ...is.keys()])]
    .filter((field) => !KNOWN.has(field) && !LEFT_OUT.has(field))
    .map((field) => [field, "other", `different ${field}`] as const);
  return [...NAMED, ...others].flatMap(([field, what, text]) => {
    if (isSame(was.get(field), is.get(field))) return [];
    // A trace of version 2 proves no replies.
    if (field === "responses" && !(was.has(field) && is.has(field))) return [];
    const [before, after] = [phrase(was.get(field)), phrase(is.get(field))];
    return [{ what, text: before === after ? text : `${text}: ${before} → ${after}` }];
  });
}

/** Returns the fields of a step; fields of a patch that are not about the rules it brings are among them. */
function flatten(step: Step): Map<string, unknown> {
  const fields = new Map<string, unknown>(Object.entries(step));
  if (step.type !== "iteration") return fields;
  const { added: _, replaced, removed, refused, reweighted } = step.patch;
  fields.set("refused", refused);
  if (removed.length > 0) fields.set("removed", removed);
  if (replaced.length > 0) fields.set("replaced", replaced);
  if (reweighted !== undefined) fields.set("patch.reweighted", reweighted);
  return fields;
}

/** Phrases a value in a few words. */
function phrase(value: unknown): string {
  if (value === undefined) return "none";
  if (typeof value === "string") return showName(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return formatCount(value.length);
  if (!isRecord(value)) return showText(JSON.stringify(value));
  if (typeof value.f1 === "number") return phraseScores(value as unknown as Scores);
  if (typeof value.count === "number") return formatCount(value.count);
  if (typeof value.message === "string") return showName(value.message);
  return "unknown";
}

function phraseScores(scores: Scores): string {
  const { precision, recall, f1 } = scores;
  const shares = [precision, recall].map(formatPercent).join(" / ");
  return `${f1On(scores)} ${formatPercent(f1)} % (P / R ${shares})`;
}
