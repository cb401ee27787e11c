/**
 * The gate: tells by code, and never by a model, which of the rules in a reply pass, and whether the reply as a whole
 * does. A change to it raises its version, {@linkcode GATE}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createMatches } from "../score/matches.ts";
 * import { applyGate } from "./gate.ts";
 *
 * const train = ["card", "fee", "rate"].map((label) => ({ id: label, text: `one ${label}`, label }));
 * const added = ["card", "fee|rate", ".*"].map((pattern) => (
 *   { name: pattern, label: "card", patterns: [pattern] }
 * ));
 * const { patch, passes } = applyGate({ added, replaced: [], removed: [], refused: [] }, {
 *   rules: [],
 *   labels: ["card", "fee", "rate"],
 *   matches: createMatches(train, []),
 * });
 * assertEquals(patch.added.map(({ name }) => name), ["card"]);
 * assertEquals(patch.refused.map(({ code }) => code), ["contradicted", "catch-all"]);
 * assertEquals(passes, true);
 * ```
 *
 * @module
 */
import type { Proposal, Refusal, Rule } from "../rules/rule.ts";
import { admit, proposedName } from "../rules/running.ts";
import type { Matches } from "../score/matches.ts";
import { countCorrect, isContradicted } from "../score/staying.ts";
import { finish, type Sliced } from "../text/slices.ts";
import type { ReadRules } from "./replies.ts";

/** Name and version of the gate, for the trace. */
export const GATE = "gate-1";

/**
 * Judges a rule by itself: it compiles and may run, is no catch-all, is about a label of the data and not among others,
 * and the examples do not contradict it, see {@linkcode isContradicted}.
 *
 * @param taken the ids of the others
 */
export function* judgingRule(
  proposal: unknown,
  taken: { has(id: string): boolean },
  labels: ReadonlySet<string>,
  matches: Matches,
): Sliced<ReturnType<typeof admit>> {
  const admitted = admit(proposal, labels, taken);
  if ("refused" in admitted) return admitted;
  const { rule, rule: { name } } = admitted;
  yield* matches.adding([rule]);
  if (!isContradicted(rule, matches)) return admitted;
  const { tp, support } = countCorrect(rule, matches);
  const detail = `is right in ${tp} of the ${support} places that it matches in train examples`;
  return { refused: { name, code: "contradicted", detail } };
}

/** What a gate judges by. */
export interface GateState {
  /** The rules of the set. */
  readonly rules: readonly Rule[];
  /** The labels of the data set. */
  readonly labels: readonly string[];
  /** The kept matches on the examples that rules may be learned from. */
  readonly matches: Matches;
}

/** A reply after the gate. */
export interface GatedReply {
  /** What passes; the rest is among the refused. */
  readonly patch: ReadRules;
  /** Whether anything passes. */
  readonly passes: boolean;
}

/**
 * Applies the gate to a reply. A rule passes if {@linkcode judgingRule} finds nothing against it, and it takes the place
 * of a rule that may go, if of any. A removal passes if there is such a rule. The reply passes if anything of it does.
 */
export function applyGate(
  { added, replaced, removed, refused }: ReadRules,
  { rules, labels, matches }: GateState,
): GatedReply {
  const set = new Map(rules.map((rule) => [rule.id, rule]));
  const known = new Set(labels);
  const all: Refusal[] = [...refused];
  const refuse = (name: string, code: Refusal["code"], detail: string) => {
    all.push({ name: name.slice(0, 400).toWellFormed(), code, detail });
    return undefined;
  };
  const findRule = (id: string, name: string, what: string) => {
    const rule = set.get(id);
    if (rule === undefined) {
      return refuse(name, "unknown-rule", `would ${what} ${id}, which is not a rule of the set`);
    }
    return rule.locked ? refuse(name, "locked", `would ${what} ${id}, which is locked`) : rule;
  };
  const pass = (proposal: Proposal) => {
    const judged = finish(judgingRule(proposal, set, known, matches));
    if ("refused" in judged) {
      all.push(judged.refused);
      return undefined;
    }
    set.set(judged.rule.id, judged.rule);
    return judged.rule;
  };
  const patch = {
    removed: removed.filter((id) => findRule(id, id, "remove") !== undefined && set.delete(id)),
    replaced: replaced.filter(({ from, to }) => {
      const isThere = findRule(from, proposedName(to) || from, "replace") !== undefined;
      return isThere && pass(to) !== undefined && set.delete(from);
    }),
    added: added.filter((proposal) => pass(proposal) !== undefined),
    refused: all,
  };
  const { length } = [...patch.removed, ...patch.replaced, ...patch.added];
  return { patch, passes: length > 0 };
}
