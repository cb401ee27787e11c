/**
 * Alternations: writes several patterns as one that matches what any of them matches, and reads them back.
 *
 * @module
 */
import type { Syntax } from "./atoms.ts";
import { splitAlternatives } from "../rules/reading/pieces.ts";
import { shapeNames } from "../rules/reading/shapes.ts";

/**
 * Writes patterns as one. If all are words or phrases, the edges are written once: `\b(?:rates?|exchang\w*)\b`. After a stem
 * such as `exchang\w*` the right edge changes nothing.
 */
export function writeAlternation(patterns: readonly string[], syntax: Syntax): string {
  if (patterns.length === 1) return patterns[0];
  const contents = patterns.map((pattern) => readContent(pattern, syntax));
  return contents.every((content) => content !== undefined)
    ? `${syntax.left}(?:${contents.join("|")})${syntax.right}`
    : `(?:${patterns.map(enclose).join("|")})`;
}

/** Returns the patterns that {@linkcode writeAlternation} writes as the given one; of any other pattern itself. */
export function readAlternation(pattern: string, syntax: Syntax): string[] {
  const { left, right } = syntax;
  const hasEdges = pattern.startsWith(`${left}(?:`) && pattern.endsWith(`)${right}`);
  const group = hasEdges ? pattern.slice(left.length, -right.length) : pattern;
  if (!group.startsWith("(?:") || !group.endsWith(")")) return [pattern];
  const parts = splitAlternatives(group.slice("(?:".length, -")".length));
  if (parts === undefined || parts.length === 1) return [pattern];
  const patterns = parts.map((content) =>
    hasEdges ? writeContent(content, syntax) : disclose(content)
  );
  // A pattern of a person may look alike, and must not change.
  return writeAlternation(patterns, syntax) === pattern ? patterns : [pattern];
}

/** Puts a pattern that has alternatives of its own into a group. */
function enclose(pattern: string): string {
  return splitAlternatives(pattern)?.length === 1 ? pattern : `(?:${pattern})`;
}

/** Takes back what {@linkcode enclose} did. */
function disclose(pattern: string): string {
  const inner = pattern.replace(/^\(\?:(.*)\)$/s, "$1");
  return enclose(inner) === pattern ? inner : pattern;
}

/** Returns a word or phrase without its edges, `undefined` for any other pattern: a shape has its name with them. */
function readContent(pattern: string, { left, right, word }: Syntax): string | undefined {
  if (!pattern.startsWith(left) || shapeNames.has(pattern)) return undefined;
  if (splitAlternatives(pattern)?.length !== 1) return undefined;
  const end = [right, `${word}*`].find((end) => pattern.endsWith(end));
  // After a backslash it is not an edge: `\\b` is a backslash and a letter.
  if (end === undefined || pattern.at(-end.length - 1) === "\\") return undefined;
  return pattern.slice(left.length, end === right ? -right.length : undefined);
}

function writeContent(content: string, { left, right, word }: Syntax): string {
  return left + content + (content.endsWith(`${word}*`) ? "" : right);
}
