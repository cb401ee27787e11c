/**
 * Many rules on one text, of which only those are run whose literals the text contains.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createMatcher } from "./matcher.ts";
 * import { createRule } from "./rule.ts";
 *
 * const matcher = createMatcher([
 *   createRule({ name: "rate", label: "exchange", patterns: [String.raw`\brates?\b`] }),
 *   createRule({ name: "card", label: "card", patterns: [String.raw`\bcards?\b`] }),
 *   createRule({ name: "digits", label: "card", patterns: [String.raw`\b\d{4}\b`] }),
 * ]);
 * assertEquals(matcher.match("Which rate for the card ending in 1234?"), [0, 1, 2]);
 * assertEquals(matcher.match("Which rate?"), [0]);
 * ```
 *
 * @module
 */
import { foldText, isAmbiguous } from "../text/folding.ts";
import { compareGroups, type Literal, requiredLiterals } from "./literals.ts";
import { type CompiledRule, compileRule, type MatchedSpan, type Rule } from "./rule.ts";

/** Runs a fixed list of rules. */
export interface Matcher {
  /** The rules, in the order of their positions. */
  readonly rules: readonly Rule[];
  /**
   * Positions of the rules that match `text`, ascending: exactly those for which
   * `compileRule(rule).test(text)` holds.
   *
   * @throws {SyntaxError} where a pattern of a rule is no regular expression
   */
  match(text: string): number[];
  /**
   * The spans that the rules find in `text`: rule by rule, of each from left to right.
   *
   * @throws {SyntaxError} as `match`
   */
  find(text: string): RuleSpan[];
}

/** A span, and the position of the rule that found it. */
export interface RuleSpan extends MatchedSpan {
  readonly rule: number;
}

/**
 * Makes a matcher. Each rule is filed under the literals that it needs (those of its `not` patterns
 * aside); a text is folded once, its literals found in a trie, and only the rules that have all they
 * need are run. Rules that need none are run on every text. Regular expressions are compiled when
 * they are first run.
 *
 * @throws {SyntaxError} where a pattern is no regular expression; for one that only the engine
 * refuses, when it is first run
 */
export function createMatcher(rules: readonly Rule[]): Matcher {
  const compiled: (CompiledRule | undefined)[] = new Array(rules.length);
  const groupIds = new Map<string, number>();
  const groups: LiteralGroup[] = [];
  const groupOf = ({ key, literals }: Needed) => {
    const id = groupIds.get(key) ?? groups.push({ literals, uses: 0, rules: [] }) - 1;
    groupIds.set(key, id);
    return id;
  };
  const readPattern = memoize(readLiterals);
  /** For each rule the groups it needs, later without the one it is filed under. */
  const needs = rules.map((rule, position) => {
    const known = neededBy.get(rule) ??
      rule.patterns.flatMap((pattern) => readPattern(pattern, rule.flags));
    neededBy.set(rule, known);
    const needed = new Set(known.map(groupOf));
    // No literals may also mean that the pattern is broken: then it is better known now.
    if (needed.size === 0) compiled[position] = compileRule(rule);
    for (const id of needed) groups[id].uses++;
    return [...needed];
  });

  const always: number[] = [];
  needs.forEach((needed, position) => {
    if (needed.length === 0) always.push(position);
    else {
      const under = rarest(needed, groups);
      groups[under].rules.push(position);
      needs[position] = needed.filter((id) => id !== under);
    }
  });

  const root: TrieNode = {};
  groups.forEach((group, id) => group.literals.forEach((literal) => insert(root, literal, id)));

  const isFound = new Uint8Array(groups.length);
  return {
    rules,
    match(text) {
      return candidatesIn(text).filter((position) => compiledAt(position).test(text));
    },
    find(text) {
      return candidatesIn(text).flatMap((position) =>
        compiledAt(position).find(text).map((span) => ({ rule: position, ...span }))
      );
    },
  };

  function compiledAt(position: number): CompiledRule {
    return compiled[position] ??= compileRule(rules[position]);
  }

  /** Positions of the rules that may match, ascending. */
  function candidatesIn(text: string): number[] {
    if (isAmbiguous(text)) return [...rules.keys()];
    return findCandidates(text).sort((a, b) => a - b);
  }

  function findCandidates(text: string): number[] {
    const found: number[] = [];
    find(root, foldText(text), isFound, found);
    const candidates = [...always];
    for (const id of found) {
      for (const position of groups[id].rules) {
        if (areFound(needs[position])) candidates.push(position);
      }
    }
    for (const id of found) isFound[id] = 0;
    return candidates;
  }

  function areFound(ids: readonly number[]): boolean {
    for (const id of ids) if (isFound[id] === 0) return false;
    return true;
  }
}

/** Literals of which a text must contain one. */
interface Needed {
  readonly literals: readonly Literal[];
  /** The same for the same literals in any order. */
  readonly key: string;
}

/** What rules need, as the same rule is run on several sets of examples. */
const neededBy = new WeakMap<Rule, readonly Needed[]>();

/** Literals of which a text must contain one, and the rules that need it. */
interface LiteralGroup {
  readonly literals: readonly Literal[];
  /** How many rules need it. */
  uses: number;
  /** Positions of the rules that are looked at when it is found. */
  readonly rules: number[];
}

/** A node of the trie of literals. */
interface TrieNode {
  next?: Map<number, TrieNode>;
  /** Groups that have the literal ending here. */
  groups?: number[];
}

/** Literals of a pattern, none where it is beyond the parser: the rule is then run on every text. */
function readLiterals(pattern: string, flags: string): Needed[] {
  try {
    return requiredLiterals(pattern, flags).map((literals) => {
      return { literals, key: literals.map((literal) => literal.join()).sort().join(";") };
    });
  } catch {
    // The engine decides whether this is an error: it may know newer syntax than the parser.
    return [];
  }
}

/** Many rules share patterns, and reading one takes longer than looking it up. */
function memoize(
  read: (pattern: string, flags: string) => Needed[],
): (pattern: string, flags: string) => Needed[] {
  const known = new Map<string, Needed[]>();
  return (pattern, flags) => {
    const key = `${flags}/${pattern}`;
    let result = known.get(key);
    if (result === undefined) known.set(key, result = read(pattern, flags));
    return result;
  };
}

/** The group that fewest rules need; what many rules name is also frequent in texts. */
function rarest(ids: readonly number[], groups: readonly LiteralGroup[]): number {
  return ids.reduce((best, id) => {
    const byUse = groups[id].uses - groups[best].uses;
    const order = byUse || compareGroups(groups[best].literals, groups[id].literals);
    return order < 0 ? id : best;
  });
}

function insert(root: TrieNode, literal: Literal, group: number): void {
  let node = root;
  for (const symbol of literal) {
    node.next ??= new Map();
    let next = node.next.get(symbol);
    if (next === undefined) node.next.set(symbol, next = {});
    node = next;
  }
  (node.groups ??= []).push(group);
}

/** Adds the groups that have a literal in `symbols` to `found`, each once, and marks them. */
function find(
  root: TrieNode,
  symbols: readonly number[],
  isFound: Uint8Array,
  found: number[],
): void {
  for (let start = 0; start < symbols.length; start++) {
    let node: TrieNode | undefined = root;
    for (let index = start; index < symbols.length; index++) {
      node = node.next?.get(symbols[index]);
      if (node === undefined) break;
      if (node.groups === undefined) continue;
      for (const id of node.groups) {
        if (isFound[id] === 1) continue;
        isFound[id] = 1;
        found.push(id);
      }
    }
  }
}
