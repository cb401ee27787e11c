/**
 * What a model replies, as changes to a rule set: proposals with the strengths that the examples give
 * them, and the rules that they take the place of.
 *
 * @module
 */
import { isRecord } from "../text/json.ts";
import { countMatches } from "./failures.ts";
import type { RulesReply } from "./prompts.ts";
import type { Matches } from "../score/matches.ts";
import { wilsonLowerBound } from "../score/wilson.ts";
import { cut, toLine } from "../text/quoting.ts";
import { admit, type Proposal, type Refusal, roundWeight, type Rule } from "../rules/rule.ts";
import type { Patch, SynthesisTask } from "../synthesizer.ts";

/** Rules of one reply that are looked at; those after them are refused as they are. */
export const MAX_RULES_PER_REPLY = 200;
/** Rules to remove that are looked at in one reply. */
const MAX_REMOVED = 200;
/** Characters (UTF-16 code units) of what is meant to name a rule. */
const MAX_REFERENCE = 400;

/** Members of a rule that a model may give. Strengths are not among them: the examples tell those. */
const MEMBERS = ["name", "label", "patterns", "not", "flags", "group"] as const;

/** Added to both counts (Krichevsky–Trofimov), so that no odds are infinite. */
const SMOOTHING = 0.5;
/** The vote of a rule that is wrong as often as right, or worse, or matches nothing. */
const LEAST_WEIGHT = 0.1;

/**
 * Turns a reply into a patch. Nothing is left out: what cannot be right is handed on, for the run to
 * refuse it with its reason.
 *
 * @param listed the rules that the model may replace, in the order of their numbers, which count from
 *   1. Without it, all rules are new
 */
export function readRules(
  { rules, remove = [] }: RulesReply,
  listed?: readonly Rule[],
): Required<Pick<Patch, "added" | "replaced" | "removed" | "refused">> {
  const added: Proposal[] = [];
  const replaced: { from: string; to: Proposal }[] = [];
  for (const item of rules.slice(0, MAX_RULES_PER_REPLY)) {
    const to = readRule(item);
    const reference = isRecord(item) && Object.hasOwn(item, "replaces") ? item.replaces : undefined;
    const isNew = reference === undefined || reference === null || listed === undefined;
    if (isNew) added.push(to);
    else replaced.push({ from: resolveRule(reference, listed), to });
  }
  const over = (name: string, limit: number, what: string): Refusal => ({
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
        .map((item) => over(nameOf(item), MAX_RULES_PER_REPLY, "rules")),
      ...remove.slice(MAX_REMOVED)
        .map((reference) => over(resolveRule(reference, listed), MAX_REMOVED, "removals")),
    ],
  };
}

/**
 * The proposal that an item of a reply stands for. Members with other names and those that are null
 * are passed over, as are an empty `not` and the group 0, which is the whole match. In patterns a backspace is the `\b` that was not escaped once
 * more for JSON; the flag `g` means nothing here.
 */
export function readRule(item: unknown): Proposal {
  // The run refuses what is no rule.
  if (!isRecord(item)) return item as unknown as Proposal;
  const rule: Record<string, unknown> = {};
  for (const name of MEMBERS) {
    if (!Object.hasOwn(item, name)) continue;
    const value = item[name];
    const isNone = value === null || (name === "group" && value === 0) ||
      (name === "not" && Array.isArray(value) && value.length === 0);
    if (isNone) continue;
    rule[name] = value;
  }
  for (const name of ["patterns", "not"]) {
    const patterns = rule[name];
    if (Array.isArray(patterns)) rule[name] = patterns.map(escapeBackspace);
  }
  if (typeof rule.flags === "string") rule.flags = rule.flags.replaceAll("g", "");
  return rule as Proposal;
}

function escapeBackspace(pattern: unknown): unknown {
  return typeof pattern === "string" ? pattern.replaceAll("\b", String.raw`\b`) : pattern;
}

/**
 * The id of the rule that a model means: by its number, by a name that one rule has, by its number as in
 * `R3`, or by id; else what it said, on one line of at most 400 code units.
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

function nameOf(item: unknown): string {
  const name = isRecord(item) && Object.hasOwn(item, "name") ? item.name : undefined;
  return typeof name === "string" ? name.slice(0, 400).toWellFormed() : "";
}

/**
 * Gives proposals the strengths that they earn on the examples of `matches`: `precision` and `support`;
 * for rules that vote, a `weight` of ln((right + ½) / (wrong + ½)), at least 0.1; for others, a
 * `priority` of 1,000 times the Wilson bound of the precision. Those that the run will refuse stay as
 * they are.
 */
export function strengthen(
  proposals: readonly Proposal[],
  { labels, decide }: SynthesisTask,
  matches: Matches,
): Proposal[] {
  const known = new Set(labels);
  const none = new Set<string>();
  const admitted = proposals.map((proposal) => admit(proposal, known, none));
  // All at once, so that the texts are gone through once.
  matches.add(admitted.flatMap((one) => "rule" in one ? one.rule : []));
  return proposals.map((proposal, place): Proposal => {
    const one = admitted[place];
    if (!("rule" in one)) return proposal;
    const { right, wrong } = countMatches(matches, one.rule);
    const support = right + wrong;
    const odds = Math.log((right + SMOOTHING) / (wrong + SMOOTHING));
    return {
      ...proposal,
      ...(decide === "vote"
        ? { weight: roundWeight(Math.max(LEAST_WEIGHT, odds)) }
        : { priority: Math.round(1_000 * wilsonLowerBound(right, support)) }),
      ...(support === 0 ? {} : { precision: right / support }),
      support,
    };
  });
}
