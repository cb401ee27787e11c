/**
 * Changes to a rule set: what a patch or an audit asks for, checked, applied and accounted for.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import type { AuditAction, AuditProposal } from "../learn/coordinator.ts";
import { quote, toLine } from "../learn/text/quoting.ts";
import {
  admit,
  changeStrengths,
  type Proposal,
  Refusal,
  Reweight,
  roundWeight,
  type Rule,
} from "../learn/rules/rule.ts";
import type { Patch } from "../learn/synthesizer.ts";
import type { StepOf } from "../trace.ts";

/** What a rule set is changed against. */
export interface ChangeContext {
  readonly labels: ReadonlySet<string>;
  /** Every rule that was ever proposed in the run, as first proposed. */
  readonly definitions: ReadonlyMap<string, Rule>;
  /** What rules are called in the record. Without it, as they were proposed. */
  readonly rename?: (name: string) => string;
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

/** What a step can record of a patch, besides rules that are added or reweighted. */
export type Recordable = "removed" | "replaced";

/**
 * Applies a patch to `rules`. What cannot be applied is refused with its reason, and the rest goes on.
 *
 * @param recordable changes that the step can record; others are refused
 * @throws {TypeError} where the patch is no object with lists, or has other members
 */
export function applyPatch(
  rules: readonly Rule[],
  patch: Patch,
  context: ChangeContext,
  recordable: readonly Recordable[] = ["removed", "replaced"],
): AppliedPatch {
  const { added, replaced, removed, reweighted, refused } = readPatch(patch);
  const set = new Map(rules.map((rule) => [rule.id, rule]));
  const result: AppliedPatch = {
    rules,
    added: [],
    replaced: [],
    removed: [],
    refused: [...refused],
    reweighted: [],
  };
  const entered = new Set<string>();
  const refuse = (name: unknown, code: Refusal["code"], detail: string) =>
    result.refused.push({ name: String(name).slice(0, 400), code, detail });
  const unknown = (id: unknown) => refuse(id, "unknown-rule", "no rule of the set has this id");
  const enter = (proposal: unknown, place: (rule: Rule) => void): string | undefined => {
    const admitted = admit(proposal, context.labels, set);
    if ("refused" in admitted) {
      result.refused.push(admitted.refused);
      return undefined;
    }
    const { id } = admitted.rule;
    place(recall(renamed(admitted.rule, context), context.definitions.get(id)));
    entered.add(id);
    return id;
  };
  for (const id of removed) {
    if (!recordable.includes("removed")) {
      refuse(id, "invalid-rule", "nothing can be removed in this step");
    } else if (set.delete(id)) result.removed.push(id);
    else unknown(id);
  }
  for (const change of replaced) {
    const from = change?.from;
    const name = change?.to?.name ?? from;
    if (!recordable.includes("replaced")) {
      refuse(name, "invalid-rule", "nothing can be replaced in this step");
    } else if (!set.has(from) || entered.has(from)) {
      const id = String(from).slice(0, 200);
      refuse(name, "unknown-rule", `would replace ${id}, which is no rule of the set`);
    } else {
      const to = enter(change.to, (rule) => replaceKey(set, from, rule));
      if (to !== undefined) result.replaced.push({ from, to });
    }
  }
  for (const proposal of added) {
    const id = enter(proposal, (rule) => set.set(rule.id, rule));
    if (id !== undefined) result.added.push(id);
  }
  for (const change of reweighted) {
    const parsed = Reweight.safeParse(change);
    const rule = parsed.success ? set.get(parsed.data.rule) : undefined;
    if (!parsed.success) refuse(change?.rule, "invalid-rule", z.prettifyError(parsed.error));
    else if (rule === undefined) unknown(parsed.data.rule);
    else {
      const { weight } = parsed.data;
      const rounded = weight === undefined ? undefined : roundWeight(weight);
      set.set(rule.id, changeStrengths(rule, { ...parsed.data, weight: rounded }));
    }
  }
  const next = [...set.values()];
  const basis = new Map(rules.map((rule) => [rule.id, rule]));
  for (const id of entered) changeBasis(basis, id, context.definitions.get(id));
  return { ...result, rules: next, reweighted: findReweighted(basis, next) };
}

/** Returns a patch as its step has it. */
export function describePatch(
  { added, replaced, removed, refused, reweighted }: AppliedPatch,
): StepOf<"iteration">["patch"] {
  const counted = reweighted.length > 0 ? { reweighted: reweighted.length } : {};
  return { added, replaced, removed, refused, ...counted };
}

const LISTS = ["added", "replaced", "removed", "reweighted", "refused"] as const;

function isList(name: string): boolean {
  return LISTS.some((one) => one === name);
}

function readPatch(patch: Patch): Required<Omit<Patch, "error">> {
  if (typeof patch !== "object" || patch === null) {
    throw new TypeError(`The synthesizer returned ${patch}, expected a patch`);
  }
  // What is misspelt would be no change at all.
  const unknown = Object.keys(patch).find((name) => name !== "error" && !isList(name));
  if (unknown !== undefined) {
    const known = `${LISTS.join(", ")} and error`;
    throw new TypeError(
      `The synthesizer returned a patch with ${quote(unknown)}, expected no other than ${known}`,
    );
  }
  const lists = { added: [], replaced: [], removed: [], reweighted: [], refused: [], ...patch };
  for (const name of LISTS) {
    if (!Array.isArray(lists[name])) {
      throw new TypeError(`The synthesizer returned a patch whose ${name} is no list`);
    }
  }
  const refused = z.array(Refusal).safeParse(lists.refused);
  if (refused.success) return { ...lists, refused: refused.data };
  throw new TypeError(
    `The synthesizer returned no refusals: ${oneLine(z.prettifyError(refused.error))}`,
  );
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

function renamed(rule: Rule, { rename }: ChangeContext): Rule {
  return rename === undefined ? rule : { ...rule, name: rename(rule.name) };
}

/** A rule that comes back is as it was first proposed, with those strengths that it is given now. */
function recall(rule: Rule, first: Rule | undefined): Rule {
  return first === undefined ? rule : changeStrengths(first, rule);
}

/** Has a rule that comes in compared with its first definition, if it ever had one. */
function changeBasis(basis: Map<string, Rule>, id: string, first: Rule | undefined): void {
  if (first === undefined) basis.delete(id);
  else basis.set(id, first);
}

/** What was reweighted: where the strength of a rule in `next` differs from that in `basis`. */
function findReweighted(basis: ReadonlyMap<string, Rule>, next: readonly Rule[]): Reweight[] {
  return next.flatMap((rule): Reweight[] => {
    const base = basis.get(rule.id);
    if (base === undefined) return [];
    const changed = STRENGTHS.filter((name) => rule[name] !== base[name]);
    if (changed.length === 0) return [];
    return [{ rule: rule.id, ...Object.fromEntries(changed.map((name) => [name, rule[name]])) }];
  });
}

/** An audit as it was applied, and the rules that it leads to. */
export interface AppliedAudit {
  readonly rules: readonly Rule[];
  /** Rules that an action made, each as it was first made. */
  readonly made: readonly Rule[];
  readonly actions: AuditAction[];
  readonly reweighted: Reweight[];
}

const Proposed = z.object({
  kind: z.enum(["merge", "remove", "tighten", "change"]),
  from: z.array(z.string()),
  reason: z.string(),
  to: z.unknown().optional(),
});

/**
 * Applies the actions of an audit in order; those that cannot be are skipped with a reason.
 *
 * @throws {TypeError} where the audit is no list of actions
 */
export function applyAudit(
  rules: readonly Rule[],
  proposals: readonly AuditProposal[],
  context: ChangeContext,
): AppliedAudit {
  const parsed = z.array(Proposed).safeParse(proposals);
  if (!parsed.success) {
    throw new TypeError(`Not a list of audit actions: ${oneLine(z.prettifyError(parsed.error))}`);
  }
  const set = new Map(rules.map((rule) => [rule.id, rule]));
  const basis = new Map(set);
  const made = new Map<string, Rule>();
  const actions = parsed.data.map(({ kind, from: named, reason, to }): AuditAction => {
    const from = [...new Set(named)];
    const skip = (reason: string): AuditAction => ({ kind, from, outcome: "skipped", reason });
    if (kind === "change") return skip(reason);
    const unknown = from.filter((id) => !set.has(id));
    if (unknown.length > 0) return skip(`unknown-rule: ${unknown.join(", ")}`);
    if (from.length < (kind === "merge" ? 2 : 1)) return skip("too-few-rules");
    if (kind === "remove") {
      for (const id of from) set.delete(id);
      return { kind, from, outcome: "applied", reason };
    }
    if (kind === "tighten" && from.length > 1) return skip("too-many-rules");
    const others = new Set([...set.keys()].filter((id) => !from.includes(id)));
    const admitted = admit(to, context.labels, others);
    if ("refused" in admitted) {
      const { name, code, detail } = admitted.refused;
      return skip(`${code}: ${JSON.stringify(toLine(name))}: ${detail}`);
    }
    const { id } = admitted.rule;
    const first = context.definitions.get(id) ?? made.get(id);
    const rule = recall(renamed(admitted.rule, context), first);
    if (from.some((id) => set.get(id)!.label !== rule.label)) {
      return skip(`other-label: ${JSON.stringify(rule.label)}`);
    }
    for (const id of from) set.delete(id);
    set.set(id, rule);
    changeBasis(basis, id, first ?? rule);
    if (first === undefined) made.set(id, rule);
    return { kind, from, to: id, outcome: "applied", reason };
  });
  const next = [...set.values()];
  const reweighted = findReweighted(basis, next);
  return { rules: next, made: [...made.values()], actions, reweighted };
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
    // Patterns from outside may run where they do not backtrack.
    const admitted = admit(proposal, labels, new Set(), { linear: true });
    if ("refused" in admitted) {
      const { name, code, detail } = admitted.refused;
      throw new RangeError(
        `Cannot begin with rule ${index + 1} ${JSON.stringify(name)}: ${code}: ${oneLine(detail)}`,
      );
    }
    const { rule } = admitted;
    const repeat = (repeats.get(rule.id) ?? 0) + 1;
    repeats.set(rule.id, repeat);
    return repeat === 1 ? rule : { ...rule, id: `${rule.id}-${repeat}` };
  });
}

/** Returns a message with its lines joined by spaces. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ");
}
