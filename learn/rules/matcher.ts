/**
 * Matches many rules against a text, and runs only those whose literals the text contains.
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
import { finish, type Sliced } from "../text/slices.ts";
import { compareGroups, type Literal, requiredLiterals } from "./literals.ts";
import type { Rule } from "./rule.ts";
import { type CompiledRule, compileRule, type MatchedSpan } from "./running.ts";

/** Runs a fixed list of rules. */
export interface Matcher {
  /** The rules, in the order of their positions. */
  readonly rules: readonly Rule[];
  /**
   * Returns the positions of the rules that match `text`, ascending: exactly those for which
   * `compileRule(rule).test(text)` holds.
   *
   * @param onUnfinished called with the position of a rule if a search for it was given up before the
   * end of the text, once or several times
   * @throws {SyntaxError} if a pattern of a rule is not a regular expression
   */
  match(text: string, onUnfinished?: (rule: number) => void): number[];
  /**
   * Returns the spans that the rules find in `text`: rule by rule, of each from left to right.
   *
   * @param onUnfinished called as by `match`
   * @throws {SyntaxError} as `match` does
   */
  find(text: string, onUnfinished?: (rule: number) => void): RuleSpan[];
}

/** A span, and the position of the rule that found it. */
export interface RuleSpan extends MatchedSpan {
  readonly rule: number;
}

/**
 * Creates a matcher. It folds each text once, finds literals in it by a trie, and runs a rule only if
 * the text has all the literals that the rule's patterns need; a rule that needs no literals runs on
 * every text. A regular expression is compiled when it first runs.
 *
 * @throws {SyntaxError} if a pattern is not a regular expression; if only the engine refuses it, when
 * it first runs
 */
export function createMatcher(rules: readonly Rule[]): Matcher {
  return finish(creatingMatcher(rules));
}

/** Rules that are read between two pauses. */
const RULES = 64;

/** Does what {@linkcode createMatcher} does, with pauses. */
export function* creatingMatcher(rules: readonly Rule[]): Sliced<Matcher> {
  const compiled: (CompiledRule | undefined)[] = new Array(rules.length);
  const groupIds = new Map<string, number>();
  const groups: LiteralGroup[] = [];
  const groupOf = ({ key, literals }: RequiredLiterals) => {
    const id = groupIds.get(key) ?? groups.push({ literals, uses: 0, rules: [] }) - 1;
    groupIds.set(key, id);
    return id;
  };
  // Many rules share patterns, and parsing one takes longer than looking it up.
  const parsed = new Map<string, RequiredLiterals[]>();
  const requiredByPattern = (pattern: string, flags: string) => {
    const key = `${flags}/${pattern}`;
    const required = parsed.get(key) ?? parseLiterals(pattern, flags);
    parsed.set(key, required);
    return required;
  };
  /** For each rule the groups it needs, later without the one it is filed under. */
  const needs: number[][] = [];
  for (const [position, rule] of rules.entries()) {
    if (position % RULES === 0) yield position / rules.length;
    const required = requiredByRule.get(rule) ??
      rule.patterns.flatMap((pattern) => requiredByPattern(pattern, rule.flags));
    requiredByRule.set(rule, required);
    const needed = new Set(required.map(groupOf));
    // A pattern without literals may not compile: this throws now if so.
    if (needed.size === 0) compiled[position] = compileRule(rule);
    for (const id of needed) groups[id].uses++;
    needs.push([...needed]);
  }

  const always: number[] = [];
  needs.forEach((needed, position) => {
    if (needed.length === 0) return always.push(position);
    // A group that few rules need is also rare in texts.
    const [rarest, ...others] = needed.sort((a, b) =>
      groups[a].uses - groups[b].uses || compareGroups(groups[b].literals, groups[a].literals)
    );
    groups[rarest].rules.push(position);
    needs[position] = others;
  });

  const root: TrieNode = {};
  groups.forEach((group, id) => group.literals.forEach((literal) => insert(root, literal, id)));

  const isFound = new Uint8Array(groups.length);
  return {
    rules,
    match: (text, onUnfinished) =>
      candidatesIn(text).filter((rule) =>
        compiledAt(rule).test(text, onUnfinished && (() => onUnfinished(rule)))
      ),
    find: (text, onUnfinished) =>
      candidatesIn(text).flatMap((rule) =>
        compiledAt(rule).find(text, onUnfinished && (() => onUnfinished(rule)))
          .map((span) => ({ rule, ...span }))
      ),
  };

  function compiledAt(position: number): CompiledRule {
    return compiled[position] ??= compileRule(rules[position]);
  }

  /** Returns the positions of the rules that may match, ascending. */
  function candidatesIn(text: string): number[] {
    if (isAmbiguous(text)) return [...rules.keys()];
    const found: number[] = [];
    findGroups(root, foldText(text), isFound, found);
    const hasAll = (position: number) => needs[position].every((id) => isFound[id] === 1);
    const candidates = [...always];
    for (const id of found) {
      for (const position of groups[id].rules) if (hasAll(position)) candidates.push(position);
    }
    for (const id of found) isFound[id] = 0;
    return candidates.sort((a, b) => a - b);
  }
}

/** Literals of which a text must contain one. */
interface RequiredLiterals {
  readonly literals: readonly Literal[];
  /** Equal for the same literals in any order. */
  readonly key: string;
}

/** Kept, as the same rule runs on several sets of examples. */
const requiredByRule = new WeakMap<Rule, readonly RequiredLiterals[]>();

/** Literals of which a text must contain one, and the rules that need it. */
interface LiteralGroup {
  readonly literals: readonly Literal[];
  /** How many rules need the group. */
  uses: number;
  /** Positions of the rules that are filed under the group. */
  readonly rules: number[];
}

/** A node of the trie of literals. */
interface TrieNode {
  next?: Map<number, TrieNode>;
  /** Groups with the literal that ends here. */
  groups?: number[];
}

/** Finds the literals of a pattern, or none if the parser does not know its syntax. */
function parseLiterals(pattern: string, flags: string): RequiredLiterals[] {
  try {
    return requiredLiterals(pattern, flags).map((literals) => {
      return { literals, key: literals.map((literal) => literal.join()).sort().join(";") };
    });
  } catch {
    // The engine decides whether this is an error: it may know newer syntax than the parser.
    return [];
  }
}

function insert(root: TrieNode, literal: Literal, group: number): void {
  let node = root;
  for (const symbol of literal) {
    node.next ??= new Map();
    const next = node.next.get(symbol) ?? {};
    node.next.set(symbol, next);
    node = next;
  }
  (node.groups ??= []).push(group);
}

/** Adds the groups that have a literal in `symbols` to `found`, each once, and marks them. */
function findGroups(
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
