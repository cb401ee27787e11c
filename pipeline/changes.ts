/**
 * Changes to a rule set: checks and applies patches and audits, and lists what they changed.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import type { AuditAction, AuditProposal } from "../learn/coordinator.ts";
import { describeProblem } from "../record/error.ts";
import type { FindQuote } from "../record/quotes.ts";
import { quote, toLine } from "../learn/text/quoting.ts";
import { finish, type Sliced } from "../learn/text/slices.ts";
import {
  changeStrengths,
  differingStrengths,
  type Proposal,
  ProposalSchema,
  type Refusal,
  RefusalSchema,
  type Reweight,
  ReweightSchema,
  roundWeight,
  type Rule,
  ruleId,
} from "../learn/rules/rule.ts";
import { createIds } from "../learn/rules/rule_set.ts";
import { admit, proposedName } from "../learn/rules/running.ts";
import { EscalationSchema, type Patch } from "../learn/synthesizer.ts";
import { schemaOf } from "../learn/text/schemas.ts";
import type { RecordedError, StepOf } from "../trace.ts";

/** The labels and definitions that changes to a rule set depend on. */
export interface ChangeContext {
  readonly labels: ReadonlySet<string>;
  /** Every rule that was proposed in the run, as first proposed. */
  readonly definitions: ReadonlyMap<string, Rule>;
  /** Returns the name of a rule for the record. By default, names stay. */
  readonly rename?: (name: string) => string;
  /** Ids of rules that the run is to do without. By default, none. */
  readonly withheld?: ReadonlySet<string>;
  /** Finds the example that a rule must not quote. By default, rules may quote. */
  readonly findQuote?: FindQuote;
}

/** An applied patch, and the rules that it leads to. */
export interface AppliedPatch {
  readonly rules: readonly Rule[];
  readonly added: string[];
  readonly replaced: { from: string; to: string }[];
  readonly removed: string[];
  readonly refused: Refusal[];
  readonly reweighted: Reweight[];
  /** Why a part of the patch could not be made. */
  readonly error?: RecordedError;
  readonly playbook?: Patch["playbook"];
  readonly escalated?: Patch["escalated"];
}

/** Counts the changes of a patch. */
export function countChanges(patch: AppliedPatch): number {
  const { added, replaced, removed, reweighted } = patch;
  return added.length + replaced.length + removed.length + reweighted.length;
}

/** Changes that not every step can record. */
export type Recordable = "removed" | "replaced";

/**
 * Applies a patch to `rules`. Refuses each change that cannot be applied, with the reason, and applies
 * the others.
 *
 * @param recordable changes that the step can record; others are refused
 * @throws {TypeError} if the patch is not an object with lists, or has other members
 */
export function applyPatch(
  rules: readonly Rule[],
  patch: Patch,
  context: ChangeContext,
  recordable: readonly Recordable[] = ["removed", "replaced"],
): AppliedPatch {
  return finish(applyingPatch(rules, patch, context, recordable));
}

/** Does what {@linkcode applyPatch} does, with pauses: checking many patterns takes long. */
export function* applyingPatch(
  rules: readonly Rule[],
  patch: Patch,
  context: ChangeContext,
  recordable: readonly Recordable[] = ["removed", "replaced"],
): Sliced<AppliedPatch> {
  const { added, replaced, removed, reweighted, refused, ...told } = parseAnswer(
    PatchLists,
    patch,
    "Not a patch",
  );
  const set = new Map(rules.map((rule) => [rule.id, rule]));
  const result: AppliedPatch = {
    rules,
    added: [],
    replaced: [],
    removed: [],
    refused: [...refused],
    reweighted: [],
    ...told,
  };
  const entered = new Set<string>();
  const refuse = (name: unknown, code: Refusal["code"], detail: string) =>
    result.refused.push({ name: String(name).slice(0, 400), code, detail });
  const unknown = (id: unknown) => refuse(id, "unknown-rule", "no rule of the set has this id");
  const enter = (proposal: unknown, place: (rule: Rule) => void): string | undefined => {
    const admitted = admitAllowed(proposal, set, context);
    if ("refused" in admitted) {
      result.refused.push(admitted.refused);
      return undefined;
    }
    const { id } = admitted.rule;
    place(recall(admitted.rule, context.definitions.get(id), context));
    entered.add(id);
    return id;
  };
  for (const id of removed) {
    if (!recordable.includes("removed")) {
      refuse(id, "invalid-rule", "nothing can be removed in this step");
    } else if (set.get(id)?.locked) refuse(id, "locked", "would remove a locked rule");
    else if (set.delete(id)) result.removed.push(id);
    else unknown(id);
  }
  for (const [index, change] of replaced.entries()) {
    yield index / replaced.length;
    const from = change?.from;
    const name = proposedName(change?.to) || from;
    if (!recordable.includes("replaced")) {
      refuse(name, "invalid-rule", "nothing can be replaced in this step");
    } else if (!set.has(from) || entered.has(from)) {
      const id = String(from).slice(0, 200);
      refuse(name, "unknown-rule", `would replace ${id}, which is not a rule of the set`);
    } else if (set.get(from)!.locked) {
      refuse(name, "locked", `would replace ${from}, which is locked`);
    } else {
      const to = enter(change.to, (rule) => replaceKey(set, from, rule));
      if (to !== undefined) result.replaced.push({ from, to });
    }
  }
  for (const [index, proposal] of added.entries()) {
    yield index / added.length;
    const id = enter(proposal, (rule) => set.set(rule.id, rule));
    if (id !== undefined) result.added.push(id);
  }
  for (const change of reweighted) {
    const parsed = ReweightSchema.safeParse(change);
    const rule = parsed.success ? set.get(parsed.data.rule) : undefined;
    if (!parsed.success) refuse(change?.rule, "invalid-rule", z.prettifyError(parsed.error));
    else if (rule === undefined) unknown(parsed.data.rule);
    else if (rule.locked) refuse(rule.id, "locked", "would reweight a locked rule");
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

/** Returns the members that are neither undefined nor an empty list: a step leaves these out. */
export function withoutEmpty<T extends object>(members: T): Partial<T> {
  const full = Object.entries(members).filter(([, member]) =>
    member !== undefined && !(Array.isArray(member) && member.length === 0)
  );
  return Object.fromEntries(full) as Partial<T>;
}

/** Returns what the step of a synthesis or an iteration says of how a model was asked for its patch. */
export function describeAsking(
  { playbook, escalated }: Pick<AppliedPatch, "playbook" | "escalated">,
): Pick<StepOf<"synthesis">, "playbook" | "escalated"> {
  // That no entry of a playbook is near is worth an empty list.
  return { ...(playbook && { playbook }), ...withoutEmpty({ escalated }) };
}

/** Returns what the step of a synthesis or a refit says of its patch. */
export function describeProposed(
  { added, refused, reweighted, error }: AppliedPatch,
): Pick<StepOf<"synthesis">, "proposed" | "added" | "refused" | "reweighted" | "error"> {
  const proposed = added.length + refused.length;
  return { proposed, added, refused, ...withoutEmpty({ reweighted, error }) };
}

/** Returns what the step of an iteration says of its patch. */
export function describePatch(
  { added, replaced, removed, refused, reweighted }: AppliedPatch,
): StepOf<"iteration">["patch"] {
  const counted = reweighted.length > 0 ? { reweighted: reweighted.length } : {};
  return { added, replaced, removed, refused, ...counted };
}

/** Reads an error of a synthesizer or a coordinator. Ignores its other members. */
export const ErrorSchema = schemaOf<RecordedError>()(
  z.object({ name: z.string(), message: z.string() }),
);

const listOf = <T>() => z.array(z.custom<T>()).default([]);
const PatchLists = z.strictObject({
  added: listOf<Proposal>(),
  replaced: listOf<{ from: string; to: Proposal }>(),
  removed: listOf<string>(),
  reweighted: listOf<Reweight>(),
  refused: z.array(RefusalSchema).default([]),
  error: ErrorSchema.optional(),
  playbook: z.array(z.string()).optional(),
  escalated: z.array(EscalationSchema).optional(),
});

/**
 * Checks an answer of a synthesizer or a coordinator by a schema.
 *
 * @throws {TypeError} in one line that begins with `what`, if the answer does not fit
 */
export function parseAnswer<T>(schema: z.ZodType<T>, answer: unknown, what: string): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new TypeError(`${what}: ${describeProblem(parsed.error)}`);
}

/** Turns a proposal into a rule or a refusal. Refuses a rule that the run is to do without. */
function admitAllowed(
  proposal: unknown,
  taken: { has(id: string): boolean },
  context: ChangeContext,
): ReturnType<typeof admit> {
  const admitted = admitUnquoted(proposal, taken, context);
  if ("refused" in admitted || !context.withheld?.has(admitted.rule.id)) return admitted;
  const { id, name } = admitted.rule;
  return { refused: { name, code: "withheld", detail: `the run is to do without ${id}` } };
}

/**
 * Turns a proposal into a rule or a refusal, as {@linkcode admit} does. Refuses a rule whose name or
 * patterns quote an example, and names only the ids of both.
 */
function admitUnquoted(
  proposal: unknown,
  taken: { has(id: string): boolean },
  { labels, findQuote }: ChangeContext,
): ReturnType<typeof admit> {
  const { data } = ProposalSchema.safeParse(proposal);
  if (data?.locked) {
    const detail = "is locked, which only rules that a run begins with can be";
    return { refused: { name: data.name, code: "locked", detail } };
  }
  if (data === undefined || findQuote === undefined) return admit(proposal, labels, taken);
  const { label, patterns, not = [] } = data;
  // A label of the data set is in the trace anyway.
  const name = labels.has(label) ? data.name.replaceAll(label, "") : data.name;
  const example = findQuote([name, ...patterns, ...not]);
  if (example === undefined) return admit(proposal, labels, taken);
  const detail = `has 20 characters or more of the example ${quote(example)} in a row`;
  return { refused: { name: ruleId(data), code: "quote", detail } };
}

/** Puts `rule` in the place of the rule `from`. */
function replaceKey(set: Map<string, Rule>, from: string, rule: Rule): void {
  const rules = [...set.values()].map((old) => old.id === from ? rule : old);
  set.clear();
  for (const one of rules) set.set(one.id, one);
}

/**
 * Returns a rule under the name that the record gives it. A rule that comes back is as it was first
 * proposed, with its new strengths.
 */
function recall(rule: Rule, first: Rule | undefined, { rename }: ChangeContext): Rule {
  if (first !== undefined) return changeStrengths(first, rule);
  return rename === undefined ? rule : { ...rule, name: rename(rule.name) };
}

/** Lets a rule that comes in be compared with its first definition, if it has one. */
function changeBasis(basis: Map<string, Rule>, id: string, first: Rule | undefined): void {
  if (first === undefined) basis.delete(id);
  else basis.set(id, first);
}

/** Lists the rules in `next` whose strengths differ from those in `basis`. */
function findReweighted(basis: ReadonlyMap<string, Rule>, next: readonly Rule[]): Reweight[] {
  return next.flatMap((rule): Reweight[] => {
    const base = basis.get(rule.id);
    if (base === undefined) return [];
    const changed = differingStrengths(rule, base);
    if (changed.length === 0) return [];
    return [{ rule: rule.id, ...Object.fromEntries(changed.map((name) => [name, rule[name]])) }];
  });
}

/** An applied audit, and the rules that it leads to. */
export interface AppliedAudit {
  readonly rules: readonly Rule[];
  /** New rules, each as first made. */
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
 * Applies the actions of an audit in order. Skips each action that cannot be applied, with the reason.
 *
 * @throws {TypeError} if the audit is not a list of actions
 */
export function applyAudit(
  rules: readonly Rule[],
  proposals: readonly AuditProposal[],
  context: ChangeContext,
): AppliedAudit {
  const parsed = parseAnswer(z.array(Proposed), proposals, "Not a list of audit actions");
  const set = new Map(rules.map((rule) => [rule.id, rule]));
  const basis = new Map(set);
  const made = new Map<string, Rule>();
  const actions = parsed.map(({ kind, from: named, reason, to }): AuditAction => {
    const from = [...new Set(named)];
    const skip = (reason: string): AuditAction => ({ kind, from, outcome: "skipped", reason });
    if (kind === "change") return skip(reason);
    const unknown = from.filter((id) => !set.has(id));
    if (unknown.length > 0) return skip(`unknown-rule: ${unknown.join(", ")}`);
    const locked = from.filter((id) => set.get(id)!.locked);
    if (locked.length > 0) return skip(`locked: ${locked.join(", ")}`);
    if (from.length < (kind === "merge" ? 2 : 1)) return skip("too-few-rules");
    if (kind === "remove") {
      for (const id of from) set.delete(id);
      return { kind, from, outcome: "applied", reason };
    }
    if (kind === "tighten" && from.length > 1) return skip("too-many-rules");
    const others = new Set([...set.keys()].filter((id) => !from.includes(id)));
    const admitted = admitAllowed(to, others, context);
    if ("refused" in admitted) {
      const { name, code, detail } = admitted.refused;
      return skip(`${code}: ${JSON.stringify(toLine(name))}: ${detail}`);
    }
    const { id } = admitted.rule;
    const first = context.definitions.get(id) ?? made.get(id);
    const rule = recall(admitted.rule, first, context);
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
 * Checks the rules that a run begins with, and leaves out those that it is to do without. Rules that match the
 * same get ids with `-2`, `-3` …, unless they have them.
 *
 * @throws {RangeError} naming the first rule that is invalid, may not run, or has an unknown label
 */
export function startRules(
  rules: readonly (Rule | Proposal)[],
  labels: ReadonlySet<string>,
  withheld: ReadonlySet<string> = new Set(),
): Rule[] {
  const chooseId = createIds();
  return rules.map((one, index) => {
    const { id: given, ...proposal } = { id: undefined, ...one };
    // These patterns may use what only an engine without backtracking can run.
    const admitted = admit(proposal, labels, new Set(), { linear: true });
    if ("refused" in admitted) {
      const { name, code, detail } = admitted.refused;
      throw new RangeError(
        `Cannot begin with rule ${index + 1} ${JSON.stringify(name)}: ${code}: ${oneLine(detail)}`,
      );
    }
    return { ...admitted.rule, id: chooseId(admitted.rule.id, given) };
  }).filter(({ id }) => !withheld.has(id));
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ");
}
