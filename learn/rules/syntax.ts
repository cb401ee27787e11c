/**
 * Patterns as syntax trees.
 *
 * @module
 */
import { type AST, RegExpParser } from "npm:@eslint-community/regexpp@^4";

const parser = new RegExpParser({ ecmaVersion: 2025 });

/**
 * Parses a pattern.
 *
 * @throws {SyntaxError} if the parser does not know its syntax
 */
export function parsePattern(pattern: string, flags: string): AST.Pattern {
  const [unicode, unicodeSets] = [flags.includes("u"), flags.includes("v")];
  return parser.parsePattern(pattern, 0, pattern.length, { unicode, unicodeSets });
}
