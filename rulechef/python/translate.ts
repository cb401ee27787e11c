/**
 * Translates regular expressions of Python's `re` to JavaScript.
 *
 * A translation finds what `re` finds (in a `str`, with `finditer`); a pattern without an exact
 * counterpart is refused. Two things differ if case is ignored: `i` does not match the dotless ı or the
 * dotted İ, and the combining iota U+0345 counts as a word character. Characters that only one side's
 * version of Unicode knows may differ, and `\B` matches an empty text, as it does from Python 3.14 on.
 *
 * The syntax is that of https://docs.python.org/3/library/re.html, in detail as Python 3.11 reads it.
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
import { checkSyntax } from "../../learn/rules/form.ts";
import { findDifference, findUnsettled } from "./equivalence.ts";
import { writePattern } from "./nodes.ts";
import { readPattern } from "./parser.ts";

/** A pattern for JavaScript. */
export interface Translation {
  readonly pattern: string;
  /** `u`, or `v` if a class holds the complement of another; `i` and `s` as in the pattern. */
  readonly flags: string;
  /** How many capture groups it has; their numbers are those in Python. */
  readonly groups: number;
  /**
   * The numbers, ascending, of the groups that may hold another text than in Python though the whole
   * match is the same: in JavaScript, a round of a repetition that leaves a group out clears it.
   */
  readonly unsettled: readonly number[];
}

/**
 * Translates a pattern. It may begin with global flags, as in `(?i)`.
 *
 * @throws {PythonSyntaxError} if Python does not compile it, as far as this can tell, with the reason
 * @throws {SyntaxError} if JavaScript cannot run it or would find different matches, with the reason
 */
export function translatePython(pattern: string): Translation {
  if (pattern.length > MAX_LENGTH) {
    throw new SyntaxError(`it is over ${MAX_LENGTH} characters long`);
  }
  if (!pattern.isWellFormed()) throw new SyntaxError("it has a lone surrogate");
  const { body, flags, groups } = readPattern([...pattern]);
  const difference = findDifference(body);
  if (difference !== undefined) throw new SyntaxError(`JavaScript differs: ${difference}`);
  const { source, needsSets } = writePattern(body, flags.has("s"));
  const kept = ["i", "s"].filter((letter) => flags.has(letter)).join("");
  const written = `${kept}${needsSets ? "v" : "u"}`;
  try {
    checkSyntax(source, written);
  } catch (cause) {
    throw new SyntaxError("JavaScript does not take it", { cause });
  }
  return { pattern: source, flags: written, groups, unsettled: findUnsettled(body) };
}

/** The longest pattern that is read, in UTF-16 code units. */
const MAX_LENGTH = 10_000;
