/**
 * Changes to a rule set: what a patch or an audit asks for, checked, applied and accounted for.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import type { AuditAction, AuditProposal } from "../learn/coordinator.ts";
import { admit, type Proposal, type Refusal, Reweight, type Rule } from "../learn/rules.ts";
import type { Patch } from "../learn/synthesizer.ts";

/** What a rule set is changed against. */
export interface Context {
  readonly labels: ReadonlySet<string>;
  /** Every rule that was ever proposed in the run, as first proposed. */
  readonly definitions: ReadonlyMap<string, Rule>;
}

/** A patch as it was applied, and the rules that it leads to. */
export interface AppliedPatch {
  readonly rules: readonly Rule[];
  readonly added: string[];
  readonly replaced: { from: string; to: string }[];
  readonly removed: string[];
  readonly refused: Refusal[];
  readonly reweighted: Reweight[];
}

/** How many changes a patch has made. */
export function countChanges(patch: AppliedPatch): number {
  const { added, replaced, removed, reweighted } = patch;
  return added.length + replaced.length + removed.length + reweighted.length;
}

/**
 * Applies a patch to `rules`. What cannot be applied is refused with its reason, and the rest goes on.
 *
 * @throws {TypeError} where the patch is no object with lists
 */
export function applyPatch(rules: readonly Rule[], patch: Patch, context: Context): AppliedPatch {
  const { added, replaced, removed, reweighted } = readPatch(patch);
  const set = new Map(rules.map((rule) => [rule.id, rule]));
  const result: AppliedPatch = {
    rules,
    added: [],
    replaced: [],
    removed: [],
    refused: [],
    reweighted: [],
  };
  const refuse = (name: unknown, code: Refusal["code"], detail: string) =>
    result.refused.push({ name: String(name).slice(0, 400), code, detail });
  const unknown = (id: unknown) => refuse(id, "unknown-rule", "no rule of the set has this id");
  for (const id of removed) {
    if (set.delete(id)) result.removed.push(id);
    else unknown(id);
  }
  for (const { from, to } of replaced) {
    if (!set.has(from)) {
      unknown(from);
      continue;
    }
    const admitted = admit(to, context.labels, set);
    if ("refused" in admitted) result.refused.push(admitted.refused);
    else {
      replaceKey(set, from, admitted.rule);
      result.replaced.push({ from, to: admitted.rule.id });
    }
  }
  for (const proposal of added) {
    const admitted = admit(proposal, context.labels, set);
    if ("refused" in admitted) result.refused.push(admitted.refused);
    else {
      set.set(admitted.rule.id, admitted.rule);
      result.added.push(admitted.rule.id);
    }
  }
  for (const change of reweighted) {
    const parsed = Reweight.safeParse(change);
    const rule = parsed.success ? set.get(parsed.data.rule) : undefined;
    if (!parsed.success) refuse(change?.rule, "invalid-rule", z.prettifyError(parsed.error));
    else if (rule === undefined) unknown(parsed.data.rule);
    else set.set(rule.id, strengthen(rule, parsed.data));
  }
  const next = [...set.values()];
  return { ...result, rules: next, reweighted: findReweighted(rules, next, context) };
}

function readPatch(patch: Patch): Required<Patch> {
  if (typeof patch !== "object" || patch === null) {
    throw new TypeError(`The synthesizer returned ${patch}, expected a patch`);
  }
  const lists = { added: [], replaced: [], removed: [], reweighted: [], ...patch };
  for (const name of ["added", "replaced", "removed", "reweighted"] as const) {
    if (!Array.isArray(lists[name])) {
      throw new TypeError(`The synthesizer returned a patch whose ${name} is no list`);
    }
  }
  return lists;
}

/** Puts `rule` in the place of `from`. */
function replaceKey(set: Map<string, Rule>, from: string, rule: Rule): void {
  const entries = [...set.entries()];
  set.clear();
  for (const [id, old] of entries) {
    if (id === from) set.set(rule.id, rule);
    else set.set(id, old);
  }
}

const STRENGTHS = ["weight", "priority", "precision", "support"] as const;

function strengthen(rule: Rule, { rule: _, ...change }: Reweight): Rule {
  return { ...rule, ...change };
}

/**
 * What was reweighted: where the strength of a rule in `next` differs from what it was in `before`, or
 * for a rule that comes in, from its first definition.
 */
export function findReweighted(
  before: readonly Rule[],
  next: readonly Rule[],
  { definitions }: Context,
): Reweight[] {
  const present = new Map(before.map((rule) => [rule.id, rule]));
  return next.flatMap((rule): Reweight[] => {
    const base = present.get(rule.id) ?? definitions.get(rule.id);
    if (base === undefined) return [];
    const changed = STRENGTHS.filter((name) =>
      rule[name] !== undefined && rule[name] !== base[name]
    );
    if (changed.length === 0) return [];
    return [{ rule: rule.id, ...Object.fromEntries(changed.map((name) => [name, rule[name]])) }];
  });
}

/** An audit as it was applied, and the rules that it leads to. */
export interface AppliedAudit {
  readonly rules: readonly Rule[];
  readonly actions: AuditAction[];
  readonly reweighted: Reweight[];
}

/** Applies the actions of an audit in order; those that cannot be are skipped with a reason. */
export function applyAudit(
  rules: readonly Rule[],
  proposals: readonly AuditProposal[],
  context: Context,
): AppliedAudit {
  const set = new Map(rules.map((rule) => [rule.id, rule]));
  const actions = proposals.map((proposal): AuditAction => {
    const { kind, reason } = proposal;
    const from = [...proposal.from];
    const skip = (reason: string): AuditAction => ({ kind, from, outcome: "skipped", reason });
    const unknown = from.filter((id) => !set.has(id));
    if (unknown.length > 0) return skip(`unknown-rule: ${unknown.join(", ")}`);
    if (new Set(from).size < (kind === "merge" ? 2 : 1)) return skip("too-few-rules");
    if (kind === "remove") {
      for (const id of from) set.delete(id);
      return { kind, from, outcome: "applied", reason };
    }
    if (kind === "tighten" && from.length > 1) return skip("too-many-rules");
    const others = new Set([...set.keys()].filter((id) => !from.includes(id)));
    const admitted = admit(proposal.to, context.labels, others);
    if ("refused" in admitted) {
      const { name, code, detail } = admitted.refused;
      return skip(`${code}: ${JSON.stringify(name)}: ${detail}`);
    }
    const { rule } = admitted;
    if (from.some((id) => set.get(id)!.label !== rule.label)) {
      return skip(`other-label: ${JSON.stringify(rule.label)}`);
    }
    for (const id of from) set.delete(id);
    set.set(rule.id, rule);
    return { kind, from, to: rule.id, outcome: "applied", reason };
  });
  const next = [...set.values()];
  return { rules: next, actions, reweighted: findReweighted(rules, next, context) };
}

/**
 * The rules a run begins with, checked. Rules that match the same get ids with `-2`, `-3` ….
 *
 * @throws {RangeError} naming the first rule that is none, may not run, or has an unknown label
 */
export function startRules(
  given: readonly (Rule | Proposal)[],
  labels: ReadonlySet<string>,
): Rule[] {
  const repeats = new Map<string, number>();
  return given.map((one, index) => {
    const { id: _, ...proposal } = { id: undefined, ...one };
    const admitted = admit(proposal, labels, new Set());
    if ("refused" in admitted) {
      const { name, code, detail } = admitted.refused;
      throw new RangeError(
        `Cannot begin with rule ${index + 1} ${JSON.stringify(name)}: ${code}: ${detail}`,
      );
    }
    const { rule } = admitted;
    const repeat = (repeats.get(rule.id) ?? 0) + 1;
    repeats.set(rule.id, repeat);
    return repeat === 1 ? rule : { ...rule, id: `${rule.id}-${repeat}` };
  });
}
