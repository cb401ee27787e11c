/**
 * The rule set after each step, rebuilt from a trace alone.
 *
 * A set is ordered by entry: the rules that the run began with, then each rule as it was added. A rule
 * that replaces another takes its place; a rule that an audit made comes last. A rule enters as the
 * trace defines it, and `reweighted` changes it while it stays.
 *
 * @module
 */
import { changeStrengths, type Reweight, type Rule } from "../learn/rules/rule.ts";
import { quote } from "../learn/text/quoting.ts";
import { TraceError } from "./error.ts";
import type { StepBody, Trace } from "./schema.ts";
import { differences, type Version, VersionedList } from "./versions.ts";

/** A step of one type, as a learner reports it. */
export type BodyOf<T extends StepBody["type"]> = Extract<StepBody, { type: T }>;

/** A rule in the set, and its place in the order. */
interface PlacedRule {
  readonly rule: Rule;
  readonly place: number;
}

const EMPTY: Version<PlacedRule> = { height: 0, size: 0 };

/** A rule set to which steps are applied, one after the other. */
export class Fold {
  readonly #definitions: ReadonlyMap<string, Rule>;
  /** The number of each rule that a step proposed, by which the members are listed. */
  readonly #numbers = new Map<string, number>();
  readonly #members = new VersionedList<PlacedRule>();
  /** The members after each step. */
  readonly #versions: Version<PlacedRule>[] = [];
  #nextPlace = 0;

  /**
   * Creates an empty set.
   *
   * @param definitions every rule of the trace by its id
   */
  constructor(definitions: ReadonlyMap<string, Rule>) {
    this.#definitions = definitions;
  }

  /** Returns the rules of the set now, in order, with their weights and priorities now. */
  rules(): Rule[] {
    return this.#members.items()
      .sort((a, b) => a.place - b.place)
      .map((member) => member.rule);
  }

  /** The rule of an id as it is now; `undefined` if it is not in the set. */
  get(id: string): Rule | undefined {
    return this.#find(id)?.rule;
  }

  /**
   * Yields each rule that the last step changed: as it was before, and as it is now; `undefined` if it was
   * or is not in the set.
   */
  *changes(): Generator<readonly [before: Rule | undefined, after: Rule | undefined]> {
    const [before, after] = [EMPTY, EMPTY, ...this.#versions.slice(-2)].slice(-2);
    for (const [one, other] of differences(before, after)) yield [one?.rule, other?.rule];
  }

  /** How many rules the set has now. */
  get size(): number {
    return this.#members.size;
  }

  /** Tells whether a step so far proposed the rule. */
  isIntroduced(id: string): boolean {
    return this.#numbers.has(id);
  }

  /** Returns one of the rules that a step so far proposed; `undefined` if none of them was. */
  findIntroduced(ids: ReadonlySet<string>): string | undefined {
    // A trace may list far more rules to do without than it has.
    const [few, many] = ids.size < this.#numbers.size
      ? [ids.keys(), this.#numbers]
      : [this.#numbers.keys(), ids];
    for (const id of few) if (many.has(id)) return id;
  }

  /**
   * Applies the next step.
   *
   * @throws {TraceError} if the step does not fit the set
   */
  apply(step: StepBody): void {
    if ("unlogged" in step && step.unlogged !== undefined) {
      for (const id of step.unlogged.removed) this.#leave(id, "loses");
      for (const id of step.unlogged.added) this.#enter(id, "gains");
    }
    // An unlogged change came before the step, so it stays even if the step is rejected.
    const before = this.#members.save();
    switch (step.type) {
      case "synthesis":
        for (const id of step.start ?? []) this.#enter(id, "starts with");
        for (const id of step.added) this.#enter(id, "adds");
        break;
      case "iteration":
        this.#patch(step.patch);
        break;
      case "audit":
        for (const action of step.actions) this.#audit(action);
        break;
      case "restore":
        this.#restore(step.to);
        break;
      case "prune":
        for (const { rule, by } of step.dropped) {
          if (by === undefined) continue;
          if (this.#find(by) === undefined || by === rule) {
            this.#fail(`drops ${rule} for ${by}`, by);
          }
        }
        for (const { rule } of step.dropped) this.#leave(rule, "drops");
        break;
      case "refit":
        for (const id of step.removed) this.#leave(id, "removes");
        for (const id of step.added) this.#enter(id, "adds");
        break;
      case "final":
        this.#compare(step.rules);
        break;
      case "critique":
      case "failure":
        break;
    }
    if ("reweighted" in step) this.#reweigh(step.reweighted);
    // A patch or audit that is not applied has to fit the set too, but leaves it as it was.
    const isUndone = step.type === "iteration" && step.verdict !== "accepted" ||
      step.type === "audit" && step.verdict !== "kept";
    if (isUndone) this.#members.restore(before);
    this.#versions.push(this.#members.save());
  }

  #patch({ added, replaced, removed }: BodyOf<"iteration">["patch"]): void {
    for (const id of removed) this.#leave(id, "removes");
    // All old rules leave before the first new one enters: the order of the list does not matter.
    const places = replaced.map(({ from }) => this.#leave(from, "replaces").place);
    replaced.forEach(({ to }, place) => this.#enter(to, "adds", places[place]));
    for (const id of added) this.#enter(id, "adds");
  }

  #audit({ kind, from, to, outcome }: BodyOf<"audit">["actions"][number]): void {
    if (outcome === "skipped") {
      if (to !== undefined) this.#define(to, "names");
      return;
    }
    for (const id of from) this.#leave(id, kind === "remove" ? "removes" : `${kind}s`);
    if (kind === "remove") {
      if (to !== undefined) this.#fail(`removes rules and names ${to} as what they became`);
    } else if (to === undefined) this.#fail(`applies a ${kind} without saying what came of it`);
    else this.#enter(to, "adds");
  }

  #restore(to: number): void {
    const past = this.#versions[to];
    if (past === undefined) this.#fail(`restores step ${to}, which is not before it`);
    this.#members.restore(past);
  }

  #define(id: string, verb: string): Rule {
    const rule = this.#definitions.get(id);
    if (rule === undefined) this.#fail(`${verb} rule ${id}, which the trace does not define`);
    if (!this.#numbers.has(id)) this.#numbers.set(id, this.#numbers.size);
    return rule;
  }

  #find(id: string): PlacedRule | undefined {
    const number = this.#numbers.get(id);
    return number === undefined ? undefined : this.#members.get(number);
  }

  #set(id: string, member: PlacedRule | undefined): void {
    this.#members.set(this.#numbers.get(id)!, member);
  }

  #enter(id: string, verb: string, place = this.#nextPlace++): void {
    const rule = this.#define(id, verb);
    if (this.#find(id) !== undefined) this.#fail(`${verb} rule ${id}, which is in the set already`);
    this.#set(id, { rule, place });
  }

  #leave(id: string, verb: string): PlacedRule {
    const member = this.#find(id);
    if (member === undefined) this.#fail(`${verb} rule ${this.#name(id)}`, id);
    this.#set(id, undefined);
    return member;
  }

  #reweigh(changes: readonly Reweight[] | undefined): void {
    for (const change of changes ?? []) {
      const member = this.#find(change.rule);
      if (member === undefined) this.#fail(`reweights rule ${change.rule}`, change.rule);
      const rule = changeStrengths(member.rule, change);
      this.#set(change.rule, { rule, place: member.place });
    }
  }

  #compare(listed: readonly string[]): void {
    const folded = this.rules();
    const length = Math.max(folded.length, listed.length);
    for (let at = 0; at < length; at++) {
      const id = folded[at]?.id;
      if (listed[at] === id) continue;
      const [listedId, foldedId] = [listed[at] ?? "no more", id ?? "no more"];
      this.#fail(`lists ${listedId} as rule ${at + 1}, but the steps before give ${foldedId}`);
    }
  }

  /** Returns an id for a message: audits may name anything. */
  #name(id: string): string {
    return this.#definitions.has(id) ? id : quote(id);
  }

  /** Throws an error about this step; with `absent`, says why that rule is not in the set. */
  #fail(message: string, absent?: string): never {
    const why = absent === undefined
      ? ""
      : this.#numbers.has(absent)
      ? ", which is not in the set at that point"
      : ", which no earlier step added";
    const index = this.#versions.length;
    throw new TraceError(`step ${index} ${message}${why}`, index);
  }
}

/**
 * Folds `steps` to the rule set after them.
 *
 * @param definitions every rule of the trace by its id
 * @throws {TraceError} if a step does not fit the set, naming the first
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { foldSteps, readTrace, rulesAt } from "../trace.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * const fold = foldSteps(new Map(Object.entries(trace.rules)), trace.steps);
 * assertEquals(fold.rules(), rulesAt(trace, trace.steps.length - 1));
 * ```
 */
export function foldSteps(
  definitions: ReadonlyMap<string, Rule>,
  steps: readonly StepBody[],
): Fold {
  const fold = new Fold(definitions);
  for (const step of steps) fold.apply(step);
  return fold;
}

/**
 * Returns the rule set after a step, from the trace alone: in order of entry, with weights, priorities,
 * precision and support at that point.
 *
 * @param index of the step, from 0
 * @throws {RangeError} if the trace has no such step
 * @throws {TraceError} if a step does not fit the set, naming the first
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readTrace, rulesAt } from "../trace.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * const last = trace.steps.length - 1;
 * const step = trace.steps[last];
 * assertEquals(step.type === "final" && step.rules, rulesAt(trace, last).map(({ id }) => id));
 * ```
 */
export function rulesAt(trace: Pick<Trace, "rules" | "steps">, index: number): Rule[] {
  if (!Number.isInteger(index) || index < 0 || index >= trace.steps.length) {
    throw new RangeError(`No step ${index}: the trace has ${trace.steps.length} steps`);
  }
  const definitions = new Map(Object.entries(trace.rules));
  return foldSteps(definitions, trace.steps.slice(0, index + 1)).rules();
}

/** Returns the rules after the last step, as {@linkcode rulesAt} does; an empty list if there is no step. */
export function lastRules(trace: Pick<Trace, "rules" | "steps">): Rule[] {
  return trace.steps.length === 0 ? [] : rulesAt(trace, trace.steps.length - 1);
}
