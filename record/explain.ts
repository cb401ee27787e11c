/**
 * The life of one rule: where it came from, what it gained, and what became of it.
 *
 * @module
 */
import { askNearest } from "../learn/text/nearest.ts";
import { quote } from "../learn/text/quoting.ts";
import { type Rule, withoutLabel } from "../learn/rules/rule.ts";
import { TraceError } from "./error.ts";
import { findAncestors, replayRules, type RuleStory } from "./replay.ts";
import type { Trace } from "./schema.ts";

/** The story of one rule, and of the rules it came from. */
export interface RuleLife extends RuleStory {
  /** The rules that it was made of or replaced, and theirs in turn; nearest first. */
  readonly ancestors: readonly RuleStory[];
}

/**
 * Returns the life of one rule. The trace must hold (see `verifyTrace`).
 *
 * @param idOrName the id of a rule, or a name or a pattern that only one rule of the trace has; the name may be
 * as it is shown: without the label that it begins with, or cut off with `…`
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
  return { ...story, ancestors: ancestors.flatMap((id) => stories.get(id) ?? []) };
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
 * part of their names; else of their patterns. Part of a name may be in letters of another case. The rules are
 * in the order of the trace.
 */
export function searchRules(trace: Trace, asked: string): Rule[] {
  const exact = findExact(trace, asked);
  const part = asked.toLowerCase();
  if (exact.length > 0 || part === "") return exact;
  const rules = Object.values(trace.rules);
  // A label is part of the names of all its rules, so the rest of the name comes first.
  const ways = [
    (rule: Rule) => withoutLabel(rule).toLowerCase().includes(part),
    ({ name }: Rule) => name.toLowerCase().includes(part),
    (rule: Rule) => writePatterns(rule).includes(asked),
  ];
  return ways.map((isMeant) => rules.filter(isMeant)).find(({ length }) => length > 0) ?? [];
}

/** Finds the rule of an id, or those of a name, or else those that show a pattern, or else have it. */
function findExact(trace: Trace, asked: string): Rule[] {
  if (Object.hasOwn(trace.rules, asked)) return [trace.rules[asked]];
  const rules = Object.values(trace.rules);
  const named = findNamed(asked, rules);
  if (named.length > 0) return named;
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
