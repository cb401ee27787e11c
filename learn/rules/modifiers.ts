/**
 * Patterns with modifiers such as `(?-i:a)` on runtimes that do not know them, as Node before version 23, or
 * do not keep to them.
 *
 * @module
 */
import type { AST } from "npm:@eslint-community/regexpp@^4";
import { hasModifiers, knowsModifiers } from "./form.ts";
import { changeFlags, type FlagState, parsePattern, readFlags } from "./syntax.ts";

/**
 * Creates a regular expression; modifiers are written out if the runtime does not know them, or takes what
 * follows a group for part of it.
 *
 * @throws {SyntaxError} if it is not a regular expression, or only lacks a way to be written out
 */
export function createRegExp(pattern: string, flags: string): RegExp {
  if (!hasModifiers(pattern)) return new RegExp(pattern, flags);
  if (/[uv]/.test(flags) ? endsModifiers : knowsModifiers) return new RegExp(pattern, flags);
  try {
    return new RegExp(writeOutModifiers(pattern, flags), flags.replace(/[ims]/g, ""));
  } catch (error) {
    // Better read by the runtime, but for a class after the group, than not at all.
    if (knowsModifiers && error instanceof SyntaxError) return new RegExp(pattern, flags);
    throw error;
  }
}

/** V8, in Deno 2.9, reads a class after `(?-i:…)` as if it were in it. */
const endsModifiers = matches("(?-i:)[k]", "iu", "K");

/** Tells whether a pattern matches a text; false if the runtime does not know its syntax. */
function matches(pattern: string, flags: string, text: string): boolean {
  try {
    return new RegExp(pattern, flags).test(text);
  } catch {
    return false;
  }
}

/** Flags that hold for a part of a pattern, and its syntax: `u`, `v` or none. */
type LocalFlags = FlagState & { readonly mode: string };

/**
 * Writes a pattern so that it means without the flags `i`, `m` and `s`, and without modifiers, what it means
 * with them. Which characters a part matches if case is ignored is asked of the runtime itself.
 *
 * @throws {SyntaxError} if the pattern cannot be written so: it refers back to a group, case ignored
 */
export function writeOutModifiers(pattern: string, flags: string): string {
  const local = { ...readFlags(flags), mode: /[uv]/.exec(flags)?.[0] ?? "" };
  return writeAlternatives(parsePattern(pattern, flags).alternatives, local);
}

function writeAlternatives(alternatives: readonly AST.Alternative[], flags: LocalFlags): string {
  return alternatives.map(({ elements }) => elements.map((one) => write(one, flags)).join(""))
    .join("|");
}

function write(element: AST.Element, flags: LocalFlags): string {
  switch (element.type) {
    case "Group": {
      const inner = { ...flags, ...changeFlags(flags, element) };
      return `(?:${writeAlternatives(element.alternatives, inner)})`;
    }
    case "CapturingGroup": {
      const name = element.name === null ? "" : `?<${element.name}>`;
      return `(${name}${writeAlternatives(element.alternatives, flags)})`;
    }
    case "Quantifier": {
      const { raw, element: repeated } = element;
      return write(repeated, flags) + raw.slice(repeated.raw.length);
    }
    case "Assertion":
      return writeAssertion(element, flags);
    case "Backreference":
      if (!flags.ignoreCase) return element.raw;
      throw new SyntaxError("this runtime lacks back references that ignore case beside modifiers");
    case "Character":
    case "CharacterSet":
    case "CharacterClass":
    case "ExpressionCharacterClass":
      if (element.type === "CharacterSet" && element.kind === "any") {
        return flags.dotAll ? "[^]" : ".";
      }
      return flags.ignoreCase ? writeFolded(element.raw, flags.mode) : element.raw;
  }
}

const LINE_BREAK = String.raw`[\n\r\u2028\u2029]`;
/** The characters of words if case is ignored in a Unicode pattern: long s and kelvin are letters too. */
const FOLDED_WORD = String.raw`[\w\u017f\u212a]`;

function writeAssertion(assertion: AST.Assertion, flags: LocalFlags): string {
  switch (assertion.kind) {
    case "start":
      return flags.multiline ? `(?:^|(?<=${LINE_BREAK}))` : "^";
    case "end":
      return flags.multiline ? `(?:$|(?=${LINE_BREAK}))` : "$";
    case "word": {
      if (!flags.ignoreCase || flags.mode === "") return assertion.raw;
      const [before, after] = assertion.negate ? ["=", "!"] : ["!", "="];
      return `(?:(?<=${FOLDED_WORD})(?${before}${FOLDED_WORD})|` +
        `(?<!${FOLDED_WORD})(?${after}${FOLDED_WORD}))`;
    }
    case "lookahead":
    case "lookbehind": {
      const sign = (assertion.kind === "lookahead" ? "" : "<") + (assertion.negate ? "!" : "=");
      return `(?${sign}${writeAlternatives(assertion.alternatives, flags)})`;
    }
  }
}

/** All characters that have another case. */
let cased: readonly string[] | undefined;
/** What parts of patterns became, by syntax and part. */
const written = new Map<string, string>();
const MAX_WRITTEN = 10_000;

/** Writes a part that matches one character so that it matches without the flag `i` what it does with it. */
function writeFolded(raw: string, mode: string): string {
  const key = `${mode}${raw}`;
  const known = written.get(key);
  if (known !== undefined) return known;
  cased ??= Array.from({ length: 0x110000 }, (_, point) => String.fromCodePoint(point))
    .filter((character) => /[\p{CWCF}\p{CWL}\p{CWU}\p{CWT}]/u.test(character));
  const [plain, folding] = ["", "i"].map((flag) => new RegExp(`^${raw}$`, mode + flag));
  const more: string[] = [];
  const fewer: string[] = [];
  for (const character of cased) {
    const has = plain.test(character);
    if (folding.test(character) === has) continue;
    (has ? fewer : more).push(character);
  }
  const base = fewer.length === 0 ? raw : `(?:(?![${fewer.join("")}])${raw})`;
  const result = more.length === 0 ? base : `(?:${base}|[${more.join("")}])`;
  if (written.size >= MAX_WRITTEN) written.clear();
  written.set(key, result);
  return result;
}
