/**
 * What a standalone module runs. The source of these functions goes into the module, so each may use nothing but
 * its parameters and what every runtime has.
 *
 * @module
 */
import type { SpanTemplate } from "../learn/rules/rule.ts";
import type { FillTemplate } from "../learn/rules/running/templates.ts";

/** A rule in a module. */
export type ModuleRule = readonly [
  id: string,
  name: string,
  label: string,
  /** Its vote in millionths; in a decision list its place, from 0. */
  strength: number,
  flags: string,
  patterns: readonly string[],
  not: readonly string[],
  /** Of these, each text that matches has one, once folded; 0 if none is known. */
  literals: readonly string[] | 0,
  /** The group that is the span, 0 for the match. */
  group?: number,
  /** What makes spans of matches, instead of the group. */
  template?: SpanTemplate,
];

/** A rule as a module names it. */
export interface NamedRule {
  /** Its id. */
  readonly id: string;
  /** Its name, for people. */
  readonly name: string;
  /** What it votes for, or the type of its spans. */
  readonly label: string;
}

/** What all rules do with a text; rules are given by their numbers. */
interface Runtime {
  /** Returns the numbers of the rules that may match, ascending. */
  candidates(text: string): number[];
  /** Tells whether a text matches from the pattern of this number on, and none of those that must not. */
  holds(rule: number, from: number, text: string): boolean;
  /** Finds the next match of the first pattern of a rule. */
  next(rule: number, text: string, from: number): RegExpExecArray | null;
}

/** A pattern, and what was found of it in the last text. */
interface PatternSearch {
  readonly find: (text: string, from: number) => RegExpExecArray | null;
  readonly test: (text: string) => boolean;
  text?: string;
  found?: boolean;
}

/** Creates what classification and spans share. */
export function createRuntime(rules: readonly ModuleRule[]): Runtime {
  const pair = /[\ud800-\udbff][\udc00-\udfff]/;
  const create = (pattern: string, flags: string): PatternSearch => {
    const [tester, finder] = ["", "gd"].map((more) => new RegExp(pattern, flags + more));
    const byPoint = /[uv]/.test(flags);
    const find = (text: string, from: number) => {
      for (let at = from;;) {
        finder.lastIndex = at;
        const match = finder.exec(text);
        const index = match ? match.index : 0;
        // V8 also finds matches in the middle of a character.
        if (!index || !byPoint || !pair.test(text.slice(index - 1, index + 1))) return match;
        at = index + 1;
      }
    };
    const test = (text: string) =>
      tester.test(text) && (!byPoint || !pair.test(text) || find(text, 0) !== null);
    return { find, test };
  };
  const known = new Map<string, PatternSearch>();
  const prepare = (patterns: readonly string[], flags: string) =>
    patterns.map((pattern) => {
      const key = `${flags}/${pattern}`;
      if (!known.has(key)) known.set(key, create(pattern, flags));
      return known.get(key)!;
    });
  const ready: { all: PatternSearch[]; none: PatternSearch[] }[] = [];
  const at = (rule: number) => {
    const [, , , , flags, all, none] = rules[rule];
    return ready[rule] ??= { all: prepare(all, flags), none: prepare(none, flags) };
  };
  // Many rules share patterns.
  const test = (search: PatternSearch, text: string) => {
    if (search.text !== text) search.found = search.test(search.text = text);
    return search.found;
  };
  const always: number[] = [];
  const index = new Map<string, Map<string, number[]>>();
  rules.forEach((rule, at) => {
    if (!rule[7]) return always.push(at);
    for (const literal of rule[7]) {
      const key = literal.slice(0, 3);
      const lists = index.get(key) ?? new Map<string, number[]>();
      index.set(key, lists.set(literal, [...lists.get(literal) ?? [], at]));
    }
  });
  return {
    candidates(text) {
      const folded = text.replace(
        /[A-Z\u017f\u212a]/g,
        (one) => one === "\u017f" ? "s" : one.toLowerCase(),
      );
      const found = new Set(always);
      for (let at = 0; at < folded.length; at++) {
        for (const size of [2, 3]) {
          for (const [literal, list] of index.get(folded.slice(at, at + size)) ?? []) {
            if (folded.startsWith(literal, at)) { for (const rule of list) found.add(rule); }
          }
        }
      }
      return [...found].sort((a, b) => a - b);
    },
    holds: (rule, from, text) =>
      at(rule).all.every((one, place) => place < from || test(one, text)) &&
      !at(rule).none.some((one) => test(one, text)),
    next: (rule, text, from) => at(rule).all[0].find(text, from),
  };
}

/** A decision of a module. */
export interface ModuleClassification {
  /** Absent if the rules abstain. */
  readonly label?: string;
  /** The rules that match, in the order given. */
  readonly rules: readonly NamedRule[];
  /** The votes for each label, most first. */
  readonly votes: readonly { readonly label: string; readonly votes: number }[];
  /** The rule that decided, in a decision list. */
  readonly by?: NamedRule;
}

/** Creates a classifier that decides as `createClassifier` does. */
export function createClassify(
  rules: readonly ModuleRule[],
  { candidates, holds }: Runtime,
  isVote: boolean,
  least: number,
  fallback: string | undefined,
): (text: string) => ModuleClassification {
  const show = ([id, name, label]: ModuleRule) => ({ id, name, label });
  return (text) => {
    const matching = candidates(text).filter((at) => holds(at, 0, text)).map((at) => rules[at]);
    const sums = new Map<string, number>();
    for (const [, , label, votes] of matching) sums.set(label, (sums.get(label) ?? 0) + votes);
    const votes = isVote
      ? [...sums].sort(([a, more], [b, less]) => less - more || (a < b ? -1 : 1))
        .map(([label, votes]) => ({ label, votes: votes / 1e6 }))
      : [];
    const by = isVote ? undefined : [...matching].sort((a, b) => a[3] - b[3])[0];
    const isDecided = votes.length > 0 && sums.get(votes[0].label)! > least;
    const label = isDecided ? votes[0].label : by ? by[2] : fallback;
    return {
      ...(label !== undefined && { label }),
      rules: matching.map(show),
      votes,
      ...(by && { by: show(by) }),
    };
  };
}

/** A span that a module finds. */
export interface ModuleSpan {
  /** Where it starts, in UTF-16 code units. */
  readonly start: number;
  /** Where it ends: the place after it. */
  readonly end: number;
  /** Its text, as the rule gives it. */
  readonly text: string;
  /** The label of the rule. */
  readonly label: string;
  /** The rule that found it. */
  readonly rule: NamedRule;
}

/** Creates an extractor that finds what `createExtractor` does; rules are in the order in which they decide. */
export function createExtract(
  rules: readonly ModuleRule[],
  { candidates, holds, next }: Runtime,
  isDrop: boolean,
  fill?: FillTemplate,
): (text: string) => ModuleSpan[] {
  const collides = (a: ModuleSpan, b: ModuleSpan) => {
    const shared = Math.min(a.end, b.end) - Math.max(a.start, b.start);
    if (isDrop) return shared > 0;
    const union = a.end - a.start + b.end - b.start - Math.max(0, shared);
    return a.label === b.label && shared / union > 0.7;
  };
  return (text) => {
    const kept: ModuleSpan[] = [];
    const known = new Set<string>();
    for (const at of candidates(text)) {
      const [id, name, label, , flags, , , , group = 0, template] = rules[at];
      if (!holds(at, 1, text)) continue;
      let from = 0;
      for (let match; from <= text.length && (match = next(at, text, from));) {
        const end = match.index + match[0].length;
        const wide = /[uv]/.test(flags) && text.codePointAt(end)! > 0xffff;
        from = match[0] ? end : end + (wide ? 2 : 1);
        const [start, stop] = match.indices![group] ?? [0, 0];
        if (start === stop && !template) continue;
        const found = template
          ? fill!(template, text, { start, end }, (group) => match[group], match.length - 1)
          : { start, end: stop, text: text.slice(start, stop) };
        const span = { ...found, label, rule: { id, name, label } };
        const key = `${span.start},${span.end}`;
        if (!known.has(key) && !kept.some((other) => collides(other, span))) kept.push(span);
        known.add(key);
      }
    }
    return kept.sort((a, b) => a.start - b.start || a.end - b.end);
  };
}
