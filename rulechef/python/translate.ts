/**
 * Translates regular expressions of Python to JavaScript: those of the package `regex` in its version 0,
 * which RuleChef runs, or those of the module `re`.
 *
 * A translation finds what Python finds (in a `str`, with `finditer`); a pattern without an exact
 * counterpart is refused. What only one side's version of Unicode knows may differ. A pattern is valid if
 * `re` of Python 3.11 compiles it; one that `regex` does not compile is then read as `re` does, as RuleChef
 * reads it.
 *
 * If case is ignored, two things differ: in a word such as `limit`, `i` does not match the dotted İ, nor `I`
 * the dotless ı, and a reference to a group does not take them to be equal.
 *
 * The engine `re` differs from `regex` in what a word character and white space is; there, `i` matches
 * neither İ nor ı if case is ignored, the combining iota U+0345 counts as a word character, and `\B` matches
 * an empty text, as it does from Python 3.14 on.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { translatePython } from "./translate.ts";
 *
 * const { pattern, flags } = translatePython(String.raw`(?i)no\.?\s*(?P<number>\d++)$`);
 * assertEquals(flags, "iu");
 * assertEquals(pattern, String.raw`no\.?\p{White_Space}*(?<number>\p{Nd}+)(?=\n?$)`);
 * ```
 *
 * @module
 */
import { findSyntaxDefect } from "../../learn/rules/form.ts";
import { removeAtomics } from "./atomic.ts";
import { removeConditions } from "./conditions.ts";
import { mayBeOverlooked } from "./first.ts";
import { findDifference, type Finds, findUnsettled } from "./equivalence.ts";
import { hasNode, mapChildren, type PatternNode, type PythonEngine } from "./nodes.ts";
import { type ParsedPattern, readPattern } from "./parser.ts";
import { PythonSyntaxError, RegexError } from "./scanner.ts";
import { writePattern } from "./writing.ts";

/** How a pattern is translated. */
export interface TranslateOptions {
  /**
   * The engine of Python that runs the pattern.
   *
   * @default "regex"
   */
  readonly engine?: PythonEngine;
  /**
   * What must be as in Python: all matches, or only whether there is one.
   *
   * @default "spans"
   */
  readonly finds?: Finds;
}

/** A pattern for JavaScript. */
export interface Translation {
  readonly pattern: string;
  /** `u`, or `v` if a class holds the complement of another; `i` and `s` as in the pattern. */
  readonly flags: string;
  /**
   * For each capture group of Python, from group 1 on, its number here: a translation can have others
   * before it.
   */
  readonly groups: readonly number[];
  /**
   * The numbers in Python, ascending, of the groups that may hold another text than in Python though the
   * whole match is the same: in JavaScript, a round of a repetition that leaves a group out clears it.
   */
  readonly unsettled: readonly number[];
}

/**
 * Translates a pattern. It may begin with global flags, as in `(?i)`.
 *
 * @throws {PythonSyntaxError} if `re` does not compile it, as far as this can tell, with the reason
 * @throws {SyntaxError} if JavaScript cannot run it or would find different matches, with the reason
 */
export function translatePython(
  pattern: string,
  { engine = "regex", finds = "spans" }: TranslateOptions = {},
): Translation {
  if (pattern.length > MAX_LENGTH) {
    throw new SyntaxError(`it is over ${MAX_LENGTH} characters long`);
  }
  if (!pattern.isWellFormed()) throw new SyntaxError("it has a lone surrogate");
  const parsed = readFor(engine, [...pattern]);
  if (parsed.unsupported !== undefined) throw parsed.unsupported;
  const { ignoresCase, dotAll } = parsed;
  const plain = removeConditions(parsed.body);
  const difference = findDifference(plain, finds);
  if (difference !== undefined) throw new SyntaxError(`JavaScript differs: ${difference}`);
  if (parsed.engine === "regex" && mayBeOverlooked(plain, ignoresCase)) {
    throw new SyntaxError(
      "regex overlooks matches of a negated class if case is ignored elsewhere",
    );
  }
  const { body, groups } = numberGroups(
    removeAtomics(plain, parsed.engine, ignoresCase),
    parsed.groups,
  );
  if (hasNode(body, ({ type }) => type === "reference") && hasNode(body, isUnfolded)) {
    // V8 reads classes after such a part wrongly, and a pattern that refers back cannot be written otherwise.
    throw new SyntaxError("it refers to a group, and has a part in which case is not ignored");
  }
  const { source, needsSets } = writePattern(body, { engine: parsed.engine, dotAll });
  const flags = `${ignoresCase ? "i" : ""}${dotAll ? "s" : ""}${needsSets ? "v" : "u"}`;
  const defect = findSyntaxDefect(source, flags);
  if (defect !== undefined) throw new SyntaxError(`JavaScript does not take it: ${defect.detail}`);
  return { pattern: source, flags, groups, unsettled: findUnsettled(plain) };
}

function isUnfolded(node: PatternNode): boolean {
  return node.type === "group" && node.modifiers === "-i";
}

/** The longest pattern that is read, in UTF-16 code units. */
const MAX_LENGTH = 10_000;

/** Parses a pattern for an engine, or for `re` if only that compiles it. */
function readFor(
  engine: PythonEngine,
  characters: readonly string[],
): ParsedPattern & { readonly engine: PythonEngine } {
  const valid = readPattern(characters, "re");
  try {
    if (engine === "regex") return { ...readPattern(characters, engine), engine };
  } catch (error) {
    if (!(error instanceof RegexError || error instanceof PythonSyntaxError)) throw error;
  }
  return { ...valid, engine: "re" };
}

/**
 * Numbers groups as JavaScript does, in the order in which they open. Those of branches that are never taken are
 * added at the end, where they do not match either.
 */
function numberGroups(
  body: PatternNode,
  count: number,
): { readonly body: PatternNode; readonly groups: readonly number[] } {
  const numbers = new Map<number, number>();
  const find = (node: PatternNode): PatternNode => {
    if (node.type !== "group" || node.number === undefined) return mapChildren(node, find);
    const number = numbers.size + 1;
    numbers.set(node.number, number);
    return mapChildren({ ...node, number }, find);
  };
  const refer = (node: PatternNode): PatternNode =>
    node.type === "reference"
      ? { ...node, number: numbers.get(node.number)! }
      : mapChildren(node, refer);
  const found = find(body);
  const never: PatternNode[] = [];
  for (let number = 1; numbers.size < count; number++) {
    if (numbers.has(number)) continue;
    const group = find({ type: "group", number, body: { type: "sequence", nodes: [] } });
    never.push({ type: "repeat", body: group, min: 0, max: 0, lazy: false });
  }
  const whole: PatternNode = never.length === 0
    ? found
    : { type: "sequence", nodes: [{ type: "group", body: found }, ...never] };
  const numbered = refer(whole);
  return { body: numbered, groups: Array.from({ length: count }, (_, at) => numbers.get(at + 1)!) };
}
