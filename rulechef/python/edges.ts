/**
 * Tells which kind of character is next to a place in a pattern, as far as that is known.
 *
 * @module
 */
import {
  type CharacterSet,
  childrenOf,
  type ClassItem,
  type PatternNode,
  type PythonEngine,
} from "./nodes.ts";
import { WORD } from "./sets.ts";

/** A neighbour, as far as it is known: a word character, or `other` for any other character or none. */
export type WordKind = "word" | "other" | undefined;

/**
 * Returns the kind of the first (or last) character that is read from the start of a part on (or up to
 * its end). `beyond` is the kind of the character after (or before) the part.
 */
export function edgeOf(
  node: PatternNode,
  side: "first" | "last",
  beyond: WordKind,
  engine: PythonEngine,
): WordKind {
  switch (node.type) {
    case "set":
      return kindOfSet(node, engine);
    case "sequence": {
      const nodes = side === "first" ? node.nodes.toReversed() : node.nodes;
      return nodes.reduce((known, one) => edgeOf(one, side, known, engine), beyond);
    }
    case "choice":
    case "condition":
      return common(childrenOf(node).map((one) => edgeOf(one, side, beyond, engine)));
    case "group":
    case "atomic":
      return edgeOf(node.body, side, beyond, engine);
    case "repeat": {
      if (node.max === 0) return beyond;
      const inner = edgeOf(node.body, side, beyond, engine);
      return node.min === 0 ? common([inner, beyond]) : inner;
    }
    case "anchor": {
      // No character or a line feed comes before the start of a text or line.
      const isStart = node.at === "start" || node.at === "line-start";
      return isStart === (side === "last") ? "other" : beyond;
    }
    case "look":
    case "boundary":
      return beyond;
    case "reference":
      return undefined;
  }
}

/** Returns the kind that all have, if it is one. */
export function common(kinds: readonly WordKind[]): WordKind {
  return kinds.every((kind) => kind === kinds[0]) ? kinds[0] : undefined;
}

/** The longest range whose characters are all looked at. */
const MAX_RANGE = 0x300;
const IS_WORD: Readonly<Record<PythonEngine, RegExp>> = {
  regex: new RegExp(WORD.regex, "u"),
  re: new RegExp(WORD.re, "u"),
};

/** Returns the kind of all characters of a set, if it is one. */
export function kindOfSet({ items, negate }: CharacterSet, engine: PythonEngine): WordKind {
  if (!negate) {
    return items.length === 0 ? undefined : common(items.map((item) => kindOfItem(item, engine)));
  }
  const complements = items.map((item) =>
    "category" in item && item.category === "w" && item.scope !== "ascii"
      ? item.negate ? "word" : "other"
      : undefined
  );
  return complements.find((kind) => kind !== undefined);
}

function kindOfItem(item: ClassItem, engine: PythonEngine): WordKind {
  if ("category" in item) {
    if (!item.negate) return item.category === "s" ? "other" : "word";
    return item.category === "w" && item.scope !== "ascii" ? "other" : undefined;
  }
  const { first, last } = item;
  if (last - first > MAX_RANGE) return undefined;
  return common(Array.from({ length: last - first + 1 }, (_, offset) => {
    return IS_WORD[engine].test(String.fromCodePoint(first + offset)) ? "word" : "other";
  }));
}
