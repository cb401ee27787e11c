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
import { BOUNDARY, isAmbiguous } from "../text/folding.ts";
import { finish, part, type Sliced } from "../text/slices.ts";
import { compareGroups, findLiteralNeeds, type Literal } from "./literals.ts";
import { creatingScanner, type LiteralScan } from "./matcher/scanning.ts";
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
 * Creates a matcher. It looks for all literals in one pass over a text, and runs a rule only if the text
 * has all the literals that the rule's patterns need; a rule that needs no literals runs on every text. A
 * rule whose literals are all there is to it is not run at all; and to find spans, a pattern that begins
 * with literals is tried only where one stands. A regular expression is compiled when it first runs.
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
  const groups: RuleGroup[] = [];
  const groupOf = ({ key, literals }: LiteralGroup) => {
    const id = groupIds.get(key) ?? groups.push({ literals, uses: 0, rules: [] }) - 1;
    groupIds.set(key, id);
    return id;
  };
  // Many rules share patterns, and parsing one takes longer than looking it up.
  const read = new Map<string, PatternLiterals>();
  const readPattern = (pattern: string, flags: string) => {
    const key = `${flags}/${pattern}`;
    const known = read.get(key) ?? readLiterals(pattern, flags);
    read.set(key, known);
    return known;
  };
  /** For each rule the groups it needs, later without the one it is filed under. */
  const needs: number[][] = [];
  /** For each rule the group with which its first pattern begins, or -1. */
  const openings = new Int32Array(rules.length).fill(-1);
  const isDecided = new Uint8Array(rules.length);
  for (const [position, rule] of rules.entries()) {
    if (position % RULES === 0) yield 0.8 * position / rules.length;
    const patterns = literalsOfRule.get(rule) ??
      rule.patterns.map((pattern) => readPattern(pattern, rule.flags));
    literalsOfRule.set(rule, patterns);
    const [{ opening }] = patterns;
    if (opening !== undefined) openings[position] = groupOf(opening);
    const needed = new Set(patterns.flatMap(({ groups }) => groups).map(groupOf));
    // A pattern without literals may not compile: this throws now if so.
    if (needed.size === 0) {
      compiled[position] = compileRule(rule);
      if (opening !== undefined) needed.add(openings[position]);
    }
    for (const id of needed) groups[id].uses++;
    needs.push([...needed]);
    if (rule.not === undefined && patterns.every((one) => one.isDecided)) isDecided[position] = 1;
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

  const literals = groups.map((group) => group.literals);
  const placed = openings.filter((id) => id >= 0);
  const scanner = yield* part("", [0.8, 1], creatingScanner(literals, placed));
  return {
    rules,
    match(text, onUnfinished) {
      const isKnown = !isAmbiguous(text);
      return candidatesIn(isKnown ? scanner.scan(text) : undefined).filter((rule) =>
        isKnown && isDecided[rule] === 1 ||
        compiledAt(rule).test(text, onUnfinished && (() => onUnfinished(rule)))
      );
    },
    find(text, onUnfinished) {
      const scan = isAmbiguous(text) ? undefined : scanner.scan(text);
      const spans: RuleSpan[] = [];
      // Told at the end, as a caller may then have another text scanned.
      const unfinished: number[] = [];
      for (const rule of candidatesIn(scan)) {
        const giveUp = onUnfinished && (() => unfinished.push(rule));
        const places = scan && openings[rule] >= 0 ? scan.places(openings[rule]) : undefined;
        if (places?.length === 0) continue;
        for (const span of compiledAt(rule).find(text, giveUp, places)) {
          spans.push({ rule, ...span });
        }
      }
      for (const rule of unfinished) onUnfinished?.(rule);
      return spans;
    },
  };

  function compiledAt(position: number): CompiledRule {
    return compiled[position] ??= compileRule(rules[position]);
  }

  /** Returns the positions of the rules that may match, ascending; without a scan, all. */
  function candidatesIn(scan: LiteralScan | undefined): number[] {
    if (scan === undefined) return [...rules.keys()];
    const candidates = [...always];
    for (const id of scan.found) {
      for (const position of groups[id].rules) {
        if (needs[position].every(scan.has)) candidates.push(position);
      }
    }
    return candidates.sort((a, b) => a - b);
  }
}

/** Literals of which a text must contain one. */
interface LiteralGroup {
  readonly literals: readonly Literal[];
  /** Equal for the same literals in any order. */
  readonly key: string;
}

/** What the literals of a pattern tell; see `LiteralNeeds`. */
interface PatternLiterals {
  readonly groups: readonly LiteralGroup[];
  readonly opening?: LiteralGroup;
  readonly isDecided: boolean;
}

/** Kept, as the same rule runs on several sets of examples. */
const literalsOfRule = new WeakMap<Rule, readonly PatternLiterals[]>();

/** Literals of which a text must contain one, and the rules that need it. */
interface RuleGroup {
  readonly literals: readonly Literal[];
  /** How many rules need the group. */
  uses: number;
  /** Positions of the rules that are filed under the group. */
  readonly rules: number[];
}

/** Finds the literals of a pattern, or none if the parser does not know its syntax. */
function readLiterals(pattern: string, flags: string): PatternLiterals {
  try {
    const { groups, opening, isDecided } = findLiteralNeeds(pattern, flags);
    // Nearly all texts have white space.
    const rare = groups.filter((group) => !group.some(isSpace)).map(keyGroup);
    return {
      groups: rare,
      isDecided: isDecided && rare.length > 0,
      ...(opening !== undefined && !opening.some(isSpace) && { opening: keyGroup(opening) }),
    };
  } catch {
    // The engine decides whether this is an error: it may know newer syntax than the parser.
    return { groups: [], isDecided: false };
  }
}

function isSpace(literal: Literal): boolean {
  return literal.every((symbol) => symbol === BOUNDARY || symbol === 0x20);
}

function keyGroup(literals: readonly Literal[]): LiteralGroup {
  return { literals, key: literals.map((literal) => literal.join()).sort().join(";") };
}
