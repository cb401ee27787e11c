/**
 * Writes the parts of a pattern in the syntax of JavaScript.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { writePattern } from "./writing.ts";
 *
 * const digit = { type: "set", negate: false, items: [{ category: "d", negate: false, scope: "regex" }] } as const;
 * const body = { type: "repeat", body: digit, min: 1, max: Infinity, lazy: false } as const;
 * const options = { engine: "regex", dotAll: false } as const;
 * assertEquals(writePattern(body, options), { source: "\\p{Nd}+", needsSets: false });
 * ```
 *
 * @module
 */
import { common, edgeOf, type WordKind } from "./edges.ts";
import type { Anchor, PatternNode, PythonEngine, RepeatNode, Scope } from "./nodes.ts";
import { hasNestedComplement, WORD, writeSet } from "./sets.ts";

/**
 * Writes a pattern for JavaScript with flag `u`, or flag `v` if `needsSets` is true. It must run
 * without flag `m`: the anchors of lines are written as lookarounds.
 *
 * @param body without atomic groups and conditions
 */
export function writePattern(
  body: PatternNode,
  options: WriteOptions,
): { source: string; needsSets: boolean } {
  const needsSets = hasNestedComplement(body);
  const source = write(body, { ...options, sets: needsSets, before: undefined, after: undefined });
  return { source, needsSets };
}

/** How a pattern is written. */
export interface WriteOptions {
  /** Whose word characters count. */
  readonly engine: PythonEngine;
  /** Whether the pattern will have flag `s`. */
  readonly dotAll: boolean;
}

interface WriteContext extends WriteOptions {
  /** Whether classes are written for flag `v`. */
  readonly sets: boolean;
  readonly before: WordKind;
  readonly after: WordKind;
}

function write(node: PatternNode, context: WriteContext): string {
  const { before, after } = context;
  switch (node.type) {
    case "set":
      return writeSet(node, context);
    case "sequence":
      return writeSequence(node.nodes, context);
    case "choice":
      return node.alternatives.map((one) => write(one, context)).join("|");
    case "group": {
      const isPlain = node.number === undefined && node.modifiers === undefined;
      if (isPlain && node.body.type === "group") return write(node.body, context);
      const open = node.number === undefined
        ? `(?${node.modifiers ?? ""}:`
        : node.name === undefined
        ? "("
        : `(?<${node.name}>`;
      return `${open}${write(node.body, context)})`;
    }
    case "look": {
      const inner = node.behind
        ? { ...context, before: undefined }
        : { ...context, after: undefined };
      return `(?${node.behind ? "<" : ""}${node.negate ? "!" : "="}${write(node.body, inner)})`;
    }
    case "repeat": {
      const inner = node.max <= 1 ? context : {
        ...context,
        before: common([before, edgeOf(node.body, "last", before, context.engine)]),
        after: common([after, edgeOf(node.body, "first", after, context.engine)]),
      };
      const body = write(node.body, inner);
      const isAtom = node.body.type === "set" || node.body.type === "group";
      return `${isAtom ? body : `(?:${body})`}${writeCount(node)}${node.lazy ? "?" : ""}`;
    }
    case "boundary":
      return writeBoundary(node, context);
    case "anchor":
      return ANCHORS[node.at];
    case "reference":
      return node.name === undefined ? `\\${node.number}` : `\\k<${node.name}>`;
    case "atomic":
    case "condition":
      throw new TypeError("JavaScript has neither atomic groups nor conditions");
  }
}

const ANCHORS: Readonly<Record<Anchor, string>> = {
  start: "^",
  "line-start": "(?<![^\\n])",
  end: "(?=\\n?$)",
  "line-end": "(?![^\\n])",
  "text-end": "$",
};

function writeSequence(nodes: readonly PatternNode[], context: WriteContext): string {
  const afters: WordKind[] = [];
  let after = context.after;
  for (const node of nodes.toReversed()) {
    afters.unshift(after);
    after = edgeOf(node, "first", after, context.engine);
  }
  let before = context.before;
  let source = "";
  nodes.forEach((node, index) => {
    const part = write(node, { ...context, before, after: afters[index] });
    const previous = nodes[index - 1];
    // Without the empty group, the digit would be read as part of the group number.
    const joins = previous?.type === "reference" && /^\d/.test(part);
    source += joins ? `(?:)${part}` : part;
    before = edgeOf(node, "last", before, context.engine);
  });
  return source;
}

function writeCount({ min, max }: RepeatNode): string {
  if (max === Infinity) return min === 0 ? "*" : min === 1 ? "+" : `{${min},}`;
  if (min === 0 && max === 1) return "?";
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

/** Writes `\b` or `\B` as lookarounds: a short one if one of the neighbours is known. */
function writeBoundary(
  { negate, scope }: { readonly negate: boolean; readonly scope: Scope },
  { before, after }: WriteContext,
): string {
  if (scope === "ascii") return negate ? "\\B" : "\\b";
  const word = WORD[scope];
  // Given the known neighbour, whether the other one must be a word character.
  const isWord = (known: WordKind) => (known === "word") === negate;
  if (before !== undefined) return isWord(before) ? `(?=${word})` : `(?!${word})`;
  if (after !== undefined) return isWord(after) ? `(?<=${word})` : `(?<!${word})`;
  return negate
    ? `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word}))`
    : `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
}
