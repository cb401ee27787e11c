/**
 * The life of one rule: where it came from, when each of its alternatives did, what it gained, and what became of
 * it.
 *
 * @module
 */
import { getOrCreate } from "../learn/text/maps.ts";
import { askNearest } from "../learn/text/nearest.ts";
import { quote } from "../learn/text/quoting.ts";
import { listAlternatives, sayRule } from "../learn/rules/reading.ts";
import { type Rule, withoutLabel } from "../learn/rules/rule.ts";
import { TraceError } from "./error.ts";
import { findAncestors, replayRules, type RuleEvent, type RuleStory, sourcesOf } from "./replay.ts";
import type { Step, Trace } from "./schema.ts";

/** The story of one rule, and of the rules it came from. */
export interface RuleLife extends RuleStory {
  /** The rules that it was made of or replaced, and theirs in turn; nearest first. */
  readonly ancestors: readonly RuleStory[];
  /** When its alternatives came, the first first; missing if it has no alternation, or was never in the set. */
  readonly alternatives?: readonly AlternativeOrigin[];
}

/** Alternatives that came to a rule, or to a rule that it was made of or replaced, in one step. */
export interface AlternativeOrigin {
  /** As readers say them: `rate(s)`, `arriv*`. */
  readonly alternatives: readonly string[];
  /** Index of the step. */
  readonly step: number;
  /** What kind of step it is. */
  readonly type: Step["type"];
  /** The number of its patch, for a patch. */
  readonly iteration?: number;
  /** Id of the rule that they came with. */
  readonly rule: string;
  /**
   * How many more examples the rule matches than the one in whose place it came, of those that it was learned from:
   * of its label, and of others. Missing unless a patch replaced a rule whose matches are known.
   */
  readonly gained?: {
    /** Examples of its label. */
    readonly right: number;
    /** Examples of other labels. */
    readonly wrong: number;
  };
}

/**
 * Returns the life of one rule. The trace must hold (see `verifyTrace`).
 *
 * @param idOrName the id of a rule, or a name or a pattern that only one rule of the trace has; the name may be
 * as it is shown: without the label that it begins with, or cut off with `…`; the pattern as readers say it
 * @throws {TraceError} unless exactly one rule has the id, name or pattern, or if a step does not fit the rules
 * before it
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { explainRule, readTrace, rulesAt } from "../trace.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * const [rule] = rulesAt(trace, trace.steps.length - 1);
 * const { events } = explainRule(trace, rule.id);
 * assertEquals(["synthesized", "refitted", "added"].includes(events[0].kind), true);
 * ```
 */
export function explainRule(trace: Trace, idOrName: string): RuleLife {
  const rule = findRule(trace, idOrName);
  const ancestors = findAncestors(trace, rule.id);
  const stories = replayRules(trace, new Set([rule.id, ...ancestors]));
  const story = stories.get(rule.id) ?? { rule, events: [], weights: [], final: false };
  const alternatives = isAlternation(rule) ? findOrigins(trace).get(rule.id) : undefined;
  return {
    ...story,
    ancestors: ancestors.flatMap((id) => stories.get(id) ?? []),
    ...(alternatives && { alternatives }),
  };
}

/**
 * Finds when the alternatives of rules came, for each rule that has an alternation and was in the set. What a rule
 * replaced or was made of had its alternatives before it. A refit does not say which rules it replaces: there, what
 * a rule shares with those of its label that the refit removed came with those.
 *
 * @throws {TraceError} if a step does not fit the set that the steps before it left
 */
export function findOrigins(
  trace: Pick<Trace, "rules" | "steps">,
  stories: ReadonlyMap<string, RuleStory> = replayRules(trace),
): ReadonlyMap<string, readonly AlternativeOrigin[]> {
  /** By rule: with which rule, and in which step, each alternative came. */
  const known = new Map<string, Map<string, Came>>();
  const knownOf = (ids: readonly string[]) => joinFirst(ids.flatMap((id) => known.get(id) ?? []));
  /** The same of all rules that a refit removed, by its step and their label. */
  const removed = new Map<string, ReadonlyMap<string, Came>>();
  for (const { id, event } of listEntries(stories)) {
    const { rule } = stories.get(id)!;
    const before = event.kind === "refitted"
      ? getOrCreate(
        removed,
        `${event.step} ${rule.label}`,
        () => knownOf(listRemoved(trace, event.step, rule.label)),
      )
      : knownOf(sourcesOf(event));
    const own = getOrCreate(known, id, () => new Map());
    for (const alternative of listAlternatives(rule).flat()) {
      getOrCreate(own, alternative, () => before.get(alternative) ?? { id, event });
    }
  }
  return new Map(
    [...known].flatMap(([id, own]) =>
      isAlternation(stories.get(id)!.rule) ? [[id, groupOrigins(own, stories)] as const] : []
    ),
  );
}

/** The event that an alternative came with, and the rule that it is of. */
interface Came {
  readonly id: string;
  readonly event: RuleEvent;
}

function isAlternation(rule: Rule): boolean {
  return listAlternatives(rule).some(({ length }) => length > 1);
}

const ENTRIES: ReadonlySet<RuleEvent["kind"]> = new Set(
  ["started", "synthesized", "added", "created", "refitted", "unlogged"],
);

/** Lists what brought rules into the set, in the order of the steps. */
function listEntries(stories: ReadonlyMap<string, RuleStory>): Came[] {
  const entries = [...stories].flatMap(([id, { events }]) =>
    events.flatMap((event) => ENTRIES.has(event.kind) ? [{ id, event }] : [])
  );
  return entries.sort((one, other) => one.event.step - other.event.step);
}

/** Lists the rules of a label that a refit removed. */
function listRemoved(
  { rules, steps }: Pick<Trace, "rules" | "steps">,
  place: number,
  label: string,
): readonly string[] {
  const step = steps[place];
  return step.type === "refit" ? step.removed.filter((id) => rules[id].label === label) : [];
}

/** Joins what is known of several rules: of an alternative that several have, what came first. */
function joinFirst(maps: readonly ReadonlyMap<string, Came>[]): ReadonlyMap<string, Came> {
  const all = maps.flatMap((map) => [...map]);
  // Of equal keys, a map keeps the last.
  return new Map(all.sort(([, one], [, other]) => other.event.step - one.event.step));
}

/** Joins alternatives that came in one step with one rule; the first come first. */
function groupOrigins(
  own: ReadonlyMap<string, Came>,
  stories: ReadonlyMap<string, RuleStory>,
): AlternativeOrigin[] {
  const groups = Map.groupBy(own, ([, { id, event }]) => `${event.step} ${id}`);
  return [...groups.values()].map((group) => {
    const [[, { id, event }]] = group;
    const { step, type, iteration } = event;
    const gained = countGained(event, stories.get(id)!, stories);
    return {
      alternatives: group.map(([alternative]) => alternative),
      step,
      type,
      ...(iteration !== undefined && { iteration }),
      rule: id,
      ...(gained && { gained }),
    };
  }).sort((one, other) => one.step - other.step);
}

/** Counts what a rule matches more than the one in whose place it came, if both are known in whole examples. */
function countGained(
  event: RuleEvent,
  { weights }: RuleStory,
  stories: ReadonlyMap<string, RuleStory>,
): AlternativeOrigin["gained"] {
  if (event.kind !== "added" || event.instead === undefined) return undefined;
  const old = stories.get(event.instead)?.weights.findLast(({ step }) => step < event.step);
  const [before, after] = [old, weights.find(({ step }) => step === event.step)].map(countMatches);
  if (before === undefined || after === undefined) return undefined;
  return { right: after.right - before.right, wrong: after.wrong - before.wrong };
}

function countMatches(
  { precision, support }: Partial<RuleStory["weights"][number]> = {},
): AlternativeOrigin["gained"] {
  if (precision === undefined || support === undefined) return undefined;
  const right = Math.round(precision * support);
  const isWhole = Math.abs(precision * support - right) < 1e-6 * Math.max(1, support);
  return isWhole ? { right, wrong: support - right } : undefined;
}

/**
 * Finds a rule of a trace by its id, its name or its pattern.
 *
 * @throws {TraceError} unless exactly one rule has it
 */
export function findRule(trace: Trace, idOrName: string): Rule {
  const rules = Object.values(trace.rules);
  const named = findExact(trace, idOrName);
  if (named.length === 1) return named[0];
  if (named.length > 1) {
    const ids = listSome(named.map((rule) => rule.id));
    const verb = findNamed(idOrName, named).length > 0 ? "are named" : "have the pattern";
    throw new TraceError(
      `${named.length} rules ${verb} ${quote(idOrName)}: ask for one of ${ids}`,
    );
  }
  const near = findNear(idOrName, rules);
  const advice = near.length === 0
    ? askNearest(idOrName, rules.map(({ name }) => name), (name) => quote(name))
    : `; near it are ${listSome(near.map((name) => quote(name)))}`;
  throw new TraceError(
    `No rule of the trace has the id, name or pattern ${quote(idOrName)}${advice}`,
  );
}

/**
 * Finds the rules of a trace that may be meant: those with an id, a name or a pattern; else those with it as a
 * part of their names; else of what they say, or of their patterns. Part of a name may be in letters of another case.
 * The rules are in the order of the trace.
 */
export function searchRules(trace: Trace, asked: string): Rule[] {
  const exact = findExact(trace, asked);
  const part = asked.toLowerCase();
  if (exact.length > 0 || part === "") return exact;
  const rules = Object.values(trace.rules);
  // A label is part of the names of all its rules, so the rest of the name comes first.
  const ways = [
    (rule: Rule) => withoutLabel(rule).toLowerCase().includes(part),
    (rule: Rule) => sayRule(rule).toLowerCase().includes(part),
    ({ name }: Rule) => name.toLowerCase().includes(part),
    (rule: Rule) => writePatterns(rule).includes(asked),
  ];
  return ways.map((isMeant) => rules.filter(isMeant)).find(({ length }) => length > 0) ?? [];
}

/** Finds the rule of an id, or those of a name, or else those that say so, show a pattern, or have it. */
function findExact(trace: Trace, asked: string): Rule[] {
  if (Object.hasOwn(trace.rules, asked)) return [trace.rules[asked]];
  const rules = Object.values(trace.rules);
  const named = findNamed(asked, rules);
  if (named.length > 0) return named;
  const said = rules.filter((rule) => sayRule(rule) === asked);
  if (said.length > 0) return said;
  const whole = rules.filter((rule) => writePatterns(rule) === asked);
  return whole.length > 0 ? whole : rules.filter(({ patterns }) => patterns.includes(asked));
}

/** Writes the patterns of a rule as they are shown. */
function writePatterns({ patterns, not = [] }: Rule): string {
  return [...patterns, ...not.map((pattern) => `not ${pattern}`)].join(" and ");
}

/** Finds the rules of a name, or else those that are shown by it: without their label, or cut off. */
function findNamed(asked: string, rules: readonly Rule[]): Rule[] {
  const named = rules.filter(({ name }) => name === asked);
  if (named.length > 0) return named;
  const short = rules.filter((rule) => withoutLabel(rule) === asked);
  const [, start] = /^(.+)…$/su.exec(asked) ?? [];
  if (short.length > 0 || start === undefined) return short;
  return rules.filter((rule) =>
    rule.name.startsWith(start) || withoutLabel(rule).startsWith(start)
  );
}

function listSome(items: readonly string[]): string {
  const more = items.length > 5 ? ` and ${items.length - 5} more` : "";
  return items.slice(0, 5).join(", ") + more;
}

/** Finds names that contain the asked name or are part of it, and ids that begin with it. */
function findNear(asked: string, rules: readonly Rule[]): string[] {
  const part = asked.toLowerCase();
  if (part.length < 2) return [];
  const names = rules.flatMap(({ id, name }) => {
    const known = name.toLowerCase();
    if (known.includes(part) || (known.length > 2 && part.includes(known))) return [name];
    return id.startsWith(part) ? [id] : [];
  });
  return [...new Set(names)];
}
