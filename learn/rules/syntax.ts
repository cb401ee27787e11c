/**
 * Patterns as syntax trees.
 *
 * @module
 */
import { type AST, RegExpParser } from "npm:@eslint-community/regexpp@^4";
import { holdsStrings } from "./character_sets.ts";
import { requireShallow } from "./form.ts";

const parser = new RegExpParser({ ecmaVersion: 2025 });

/**
 * Parses a pattern.
 *
 * @throws {SyntaxError} if the parser does not know its syntax, or it is too deeply nested
 */
export function parsePattern(pattern: string, flags: string): AST.Pattern {
  requireShallow(pattern, flags);
  const [unicode, unicodeSets] = [flags.includes("u"), flags.includes("v")];
  return parser.parsePattern(pattern, 0, pattern.length, { unicode, unicodeSets });
}

/** Flags that a group may change. */
export type FlagState = Readonly<Record<"ignoreCase" | "multiline" | "dotAll", boolean>>;

/** Reads the flags that a group may change. */
export function readFlags(flags: string): FlagState {
  return {
    ignoreCase: flags.includes("i"),
    multiline: flags.includes("m"),
    dotAll: flags.includes("s"),
  };
}

/** Returns the flags inside a group; see `(?i-s:…)`. */
export function changeFlags(state: FlagState, group: AST.Group): FlagState {
  if (!group.modifiers) return state;
  const { add, remove } = group.modifiers;
  const change = (flag: keyof FlagState) => add[flag] || state[flag] && !remove?.[flag];
  return {
    ignoreCase: change("ignoreCase"),
    multiline: change("multiline"),
    dotAll: change("dotAll"),
  };
}

/** Tells whether an element can match without reading anything. */
export function canReadNothing(element: AST.Element): boolean {
  switch (element.type) {
    case "Group":
    case "CapturingGroup":
      return element.alternatives.some(({ elements }) => elements.every(canReadNothing));
    case "Quantifier":
      return element.min === 0 || canReadNothing(element.element);
    case "Assertion":
    case "Backreference":
      return true;
    case "CharacterClass":
    case "ExpressionCharacterClass":
      return holdsStrings(element);
    default:
      return false;
  }
}
