/**
 * Reads rules from the replies of a model, and gives them strengths by what they match.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { isRecord, own } from "../text/json.ts";
import { countMatches, type RuleCounts } from "./failures.ts";
import type { Matches } from "../score/matches.ts";
import { wilsonLowerBound } from "../score/wilson.ts";
import { cut, toLine } from "../text/quoting.ts";
import { type Proposal, type Refusal, roundWeight, type Rule } from "../rules/rule.ts";
import { admit, proposedName } from "../rules/running.ts";
import type { Patch, SynthesisTask } from "../synthesizer.ts";

/** A reply with rules: each is checked on its own, so that a wrong one does not spoil the others. */
export const RulesReply = z.strictObject({
  rules: z.array(z.unknown()),
  remove: z.array(z.unknown()).optional(),
});

/** Most rules of one reply that are read; those after them are refused. */
export const MAX_RULES_PER_REPLY = 200;
/** Most rules to remove that are read in one reply. */
const MAX_REMOVED = 200;
/** Most characters (UTF-16 code units) of a reference to a rule, or of its name. */
const MAX_REFERENCE = 400;

/** Members of a rule that a model may set. It may not set strengths: those come from the examples. */
const MEMBERS = ["name", "label", "patterns", "not", "flags", "group"] as const;

/** Added to both counts (Krichevsky–Trofimov), so that no odds are infinite. */
const SMOOTHING = 0.5;
/** The weight of a rule that matches nothing, or has at least as many false as true positives. */
const LEAST_WEIGHT = 0.1;

/** What a reply proposes: each of its items is in one of the lists. */
export type ReadRules = Required<Pick<Patch, "added" | "replaced" | "removed" | "refused">>;

/**
 * Turns a reply into a patch. Nothing is dropped: the run refuses what cannot become a rule, and records
 * the reason.
 *
 * @param listed the rules that the model may replace, in the order of their numbers, which count from
 *   1. Without it, all rules are new
 */
export function readRules(
  { rules, remove = [] }: z.infer<typeof RulesReply>,
  listed?: readonly Rule[],
): ReadRules {
  const added: Proposal[] = [];
  const replaced: { from: string; to: Proposal }[] = [];
  for (const item of rules.slice(0, MAX_RULES_PER_REPLY)) {
    const to = readRule(item);
    const reference = isRecord(item) ? own(item, "replaces") ?? undefined : undefined;
    if (listed === undefined || reference === undefined) added.push(to);
    else replaced.push({ from: resolveRule(reference, listed), to });
  }
  const refuse = (name: string, limit: number, what: string): Refusal => ({
    name,
    code: "over-limit",
    detail: `at most ${limit} ${what} of a reply are looked at`,
  });
  return {
    added,
    replaced,
    removed: remove.slice(0, MAX_REMOVED).map((reference) => resolveRule(reference, listed)),
    refused: [
      ...rules.slice(MAX_RULES_PER_REPLY)
        .map((item) => refuse(proposedName(item), MAX_RULES_PER_REPLY, "rules")),
      ...remove.slice(MAX_REMOVED)
        .map((reference) => refuse(resolveRule(reference, listed), MAX_REMOVED, "removals")),
    ],
  };
}

/**
 * Reads an item of a reply as a proposal; the run refuses what is not a rule. Members with other names
 * and those that are null are left out, as are an empty `not` and the group 0, which is the whole match.
 * A backspace in a pattern is a `\b` whose backslash was not doubled for JSON. The flag `g` has no
 * meaning for rules.
 */
export function readRule(item: unknown): Proposal {
  if (!isRecord(item)) return item as unknown as Proposal;
  const rule: Record<string, unknown> = {};
  for (const name of MEMBERS) {
    const value = own(item, name) ?? undefined;
    const isEmpty = value === undefined || (name === "group" && value === 0) ||
      (name === "not" && Array.isArray(value) && value.length === 0);
    if (isEmpty) continue;
    if (name === "flags" && typeof value === "string") rule.flags = value.replaceAll("g", "");
    else if (Array.isArray(value)) rule[name] = value.map(escapeBackspace);
    else rule[name] = value;
  }
  return rule as unknown as Proposal;
}

function escapeBackspace(pattern: unknown): unknown {
  return typeof pattern === "string" ? pattern.replaceAll("\b", String.raw`\b`) : pattern;
}

/**
 * Finds the id of the rule that a model means: by its number, by a name that one rule has, by its number
 * as in `R3`, or by id. Otherwise returns what the model wrote, on one line of at most 400 code units.
 *
 * @param listed rules in the order of their numbers, which count from 1
 */
export function resolveRule(reference: unknown, listed: readonly Rule[] = []): string {
  if (typeof reference !== "string" && typeof reference !== "number") return "";
  const text = cut(toLine(String(reference)).trim(), MAX_REFERENCE);
  const [, letter = "", number] = /^(R?)([1-9]\d{0,8})$/i.exec(text) ?? [];
  const numbered = number === undefined ? undefined : listed[Number(number) - 1]?.id ?? text;
  if (numbered !== undefined && letter === "") return numbered;
  const named = listed.filter(({ name }) => name === text);
  return named.length === 1 ? named[0].id : numbered ?? text;
}

/**
 * Gives proposals the strengths that they earn on the examples of `matches`: `precision` and `support`;
 * for rules that vote, a `weight` of ln((tp + ½) / (fp + ½)), at least 0.1; for others, a `priority` of
 * 1,000 times the Wilson bound of the precision. Proposals that the run will refuse are not changed.
 */
function strengthen(
  proposals: readonly Proposal[],
  task: SynthesisTask,
  matches: Matches,
): Proposal[] {
  const admitted = proposals.map((proposal) => admitAlone(proposal, task));
  // All at once, so that the matcher reads the texts once.
  matches.add(admitted.flatMap((rule) => rule ?? []));
  return proposals.map((proposal, place): Proposal => {
    const rule = admitted[place];
    if (rule === undefined) return proposal;
    const { tp, fp } = countMatches(matches, rule);
    const odds = Math.log((tp + SMOOTHING) / (fp + SMOOTHING));
    return {
      ...proposal,
      ...(task.decide === "vote"
        ? { weight: roundWeight(Math.max(LEAST_WEIGHT, odds)) }
        : { priority: Math.round(1_000 * wilsonLowerBound(tp, tp + fp)) }),
      ...statisticsOf({ tp, fp }),
    };
  });
}

/** Strengthens the rules of replies as {@linkcode strengthen} does, all at once. */
export function strengthenAll(
  replies: readonly ReadRules[],
  task: SynthesisTask,
  matches: Matches,
): ReadRules[] {
  const proposals = replies.flatMap(({ added, replaced }) => [
    ...added,
    ...replaced.map(({ to }) => to),
  ]);
  const strong = strengthen(proposals, task, matches);
  let place = 0;
  return replies.map(({ added, replaced, ...rest }) => ({
    ...rest,
    added: added.map(() => strong[place++]),
    replaced: replaced.map(({ from }) => ({ from, to: strong[place++] })),
  }));
}

/** Returns the rule that a proposal becomes if the set has no other rules; none if it is refused. */
export function admitAlone(proposal: Proposal, { labels }: SynthesisTask): Rule | undefined {
  const admitted = admit(proposal, new Set(labels), new Set());
  return "rule" in admitted ? admitted.rule : undefined;
}

/** Returns the support of a rule, and its precision if it matches anything. */
export function statisticsOf({ tp, fp }: RuleCounts): Pick<Proposal, "precision" | "support"> {
  const support = tp + fp;
  return { ...(support === 0 ? {} : { precision: tp / support }), support };
}
