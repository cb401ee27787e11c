/**
 * Regular expressions of Python's `re` as regular expressions of JavaScript.
 *
 * The translation finds what `re` finds (in a `str`, with `finditer`), or there is none: what has no
 * exact counterpart is refused. Two things differ where case is ignored: `i` is not taken for the
 * dotless ı or the dotted İ, and the combining iota U+0345 counts as a word character. Characters that
 * the Unicode version of one side does not know yet may differ, and `\B` matches an empty text as from
 * Python 3.14.
 *
 * The syntax is that of the reference of `re`, https://docs.python.org/3/library/re.html, in details as
 * Python 3.11 reads it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { translatePython } from "./translate.ts";
 *
 * const { pattern, flags } = translatePython(String.raw`(?i)\bno\.?(?P<number>\d+)$`);
 * assertEquals(flags, "iu");
 * assertEquals(pattern, String.raw`(?<![\p{L}\p{N}_])no\.?(?<number>\p{Nd}+)(?=\n?$)`);
 * ```
 *
 * @module
 */
import { checkSyntax } from "../../learn/rules/expressions.ts";
import { findDifference, findUnsettled } from "./equivalence.ts";
import { writePattern } from "./nodes.ts";
import { readPattern } from "./parser.ts";

export { PythonSyntaxError } from "./parser.ts";

/** A pattern as JavaScript takes it. */
export interface Translation {
  readonly pattern: string;
  /** `u`, or `v` where a class holds the complement of another; `i` and `s` as given. */
  readonly flags: string;
  /** How many capture groups it has; they have the numbers that they have in Python. */
  readonly groups: number;
  /**
   * Numbers of the groups, ascending, that may hold something else than in Python where the whole
   * match is the same: a round of a repetition that leaves a group out clears it in JavaScript.
   */
  readonly unsettled: readonly number[];
}

/**
 * Translates a pattern. It may begin with global flags, as in `(?i)`.
 *
 * @throws {PythonSyntaxError} with the reason, where Python does not take it, as far as this can tell
 * @throws {SyntaxError} with the reason, where JavaScript cannot run it, or the two would find different
 * matches
 */
export function translatePython(pattern: string): Translation {
  if (pattern.length > MAX_LENGTH) {
    throw new SyntaxError(`it is over ${MAX_LENGTH} characters long`);
  }
  if (!pattern.isWellFormed()) throw new SyntaxError("it has a lone surrogate");
  const { body, flags, groups } = readPattern([...pattern]);
  const difference = findDifference(body);
  if (difference !== undefined) throw new SyntaxError(`JavaScript differs: ${difference}`);
  const { source, needsSets } = writePattern(body, flags.dotAll);
  const written = `${flags.ignoreCase ? "i" : ""}${flags.dotAll ? "s" : ""}${
    needsSets ? "v" : "u"
  }`;
  try {
    checkSyntax(source, written);
  } catch (cause) {
    throw new SyntaxError("JavaScript does not take it", { cause });
  }
  return { pattern: source, flags: written, groups, unsettled: findUnsettled(body) };
}

/** The longest pattern that is read, in UTF-16 code units. */
const MAX_LENGTH = 10_000;
