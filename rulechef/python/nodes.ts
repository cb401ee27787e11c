/**
 * The parts of a regular expression of Python's `re`, and how they are written in JavaScript.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { writePattern } from "./nodes.ts";
 *
 * const digit = { type: "set", negate: false, items: [{ category: "d", negate: false, ascii: false }] } as const;
 * const body = { type: "repeat", body: digit, min: 1, max: Infinity, lazy: false } as const;
 * assertEquals(writePattern(body, false), { source: "\\p{Nd}+", needsSets: false });
 * ```
 *
 * @module
 */

/** A part of a pattern. */
export type PatternNode =
  | CharacterSet
  | { readonly type: "sequence"; readonly nodes: readonly PatternNode[] }
  | { readonly type: "choice"; readonly alternatives: readonly PatternNode[] }
  | GroupNode
  | {
    readonly type: "look";
    readonly behind: boolean;
    readonly negate: boolean;
    readonly body: PatternNode;
  }
  | RepeatNode
  | { readonly type: "boundary"; readonly negate: boolean; readonly ascii: boolean }
  | { readonly type: "anchor"; readonly at: Anchor }
  | { readonly type: "reference"; readonly number: number; readonly name?: string };

/**
 * One character of a set: a literal is a range of one character, a `.` the complement of `\n`, or of
 * nothing if it matches `\n` as well.
 */
export interface CharacterSet {
  readonly type: "set";
  readonly negate: boolean;
  readonly items: readonly ClassItem[];
}

/** A group, which captures if it has a number; `modifiers` are those of JavaScript, such as `-i`. */
export interface GroupNode {
  readonly type: "group";
  readonly number?: number;
  readonly name?: string;
  readonly modifiers?: string;
  readonly body: PatternNode;
}

/** A part that is repeated `min` to `max` times; `lazy` if fewer times are tried first. */
export interface RepeatNode {
  readonly type: "repeat";
  readonly body: PatternNode;
  readonly min: number;
  readonly max: number;
  readonly lazy: boolean;
}

/** Code points from `first` to `last`, or a category such as `\d`. */
export type ClassItem =
  | { readonly first: number; readonly last: number }
  | { readonly category: "d" | "s" | "w"; readonly negate: boolean; readonly ascii: boolean };

/** `text-end` is `\Z`; `end` is `$`, which also matches before a final line feed. */
export type Anchor = "start" | "line-start" | "end" | "line-end" | "text-end";

/** Returns the parts directly inside a part. */
export function childrenOf(node: PatternNode): readonly PatternNode[] {
  switch (node.type) {
    case "sequence":
      return node.nodes;
    case "choice":
      return node.alternatives;
    case "group":
    case "look":
    case "repeat":
      return [node.body];
    case "set":
    case "boundary":
    case "anchor":
    case "reference":
      return [];
  }
}

/** Returns the least and the largest number of characters that a part matches. */
export function widthOf(node: PatternNode): { min: number; max: number } {
  switch (node.type) {
    case "set":
      return { min: 1, max: 1 };
    case "sequence": {
      const widths = node.nodes.map(widthOf);
      const sum = (side: "min" | "max") => widths.reduce((total, width) => total + width[side], 0);
      return { min: sum("min"), max: sum("max") };
    }
    case "choice": {
      const widths = node.alternatives.map(widthOf);
      return {
        min: Math.min(...widths.map(({ min }) => min)),
        max: Math.max(...widths.map(({ max }) => max)),
      };
    }
    case "group":
      return widthOf(node.body);
    case "repeat": {
      const { min, max } = widthOf(node.body);
      return { min: min * node.min, max: max === 0 || node.max === 0 ? 0 : max * node.max };
    }
    case "reference":
      return { min: 0, max: Infinity };
    case "look":
    case "boundary":
    case "anchor":
      return { min: 0, max: 0 };
  }
}

/**
 * Writes a pattern for JavaScript with flag `u`, or flag `v` if `needsSets` is true. It must run
 * without flag `m`: the anchors of lines are written as lookarounds.
 *
 * @param dotAll whether the pattern will have flag `s`
 */
export function writePattern(
  body: PatternNode,
  dotAll: boolean,
): { source: string; needsSets: boolean } {
  const needsSets = hasNestedComplement(body);
  const source = write(body, { dotAll, sets: needsSets, before: undefined, after: undefined });
  return { source, needsSets };
}

/** A neighbour, as far as it is known: a word character, or `other` for any other character or none. */
type WordKind = "word" | "other" | undefined;

interface WriteContext {
  readonly dotAll: boolean;
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
        before: common([before, edgeOf(node.body, "last", before)]),
        after: common([after, edgeOf(node.body, "first", after)]),
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
    after = edgeOf(node, "first", after);
  }
  let before = context.before;
  let source = "";
  nodes.forEach((node, index) => {
    const part = write(node, { ...context, before, after: afters[index] });
    const previous = nodes[index - 1];
    // Without the empty group, the digit would be read as part of the group number.
    const joins = previous?.type === "reference" && /^\d/.test(part);
    source += joins ? `(?:)${part}` : part;
    before = edgeOf(node, "last", before);
  });
  return source;
}

function writeCount({ min, max }: RepeatNode): string {
  if (max === Infinity) return min === 0 ? "*" : min === 1 ? "+" : `{${min},}`;
  if (min === 0 && max === 1) return "?";
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

/** The characters for which `str.isalnum` is true, and `_`. */
const WORD = "[\\p{L}\\p{N}_]";

/** Writes `\b` or `\B` as lookarounds: a short one if one of the neighbours is known. */
function writeBoundary(
  { negate, ascii }: { readonly negate: boolean; readonly ascii: boolean },
  { before, after }: WriteContext,
): string {
  if (ascii) return negate ? "\\B" : "\\b";
  // Given the known neighbour, whether the other one must be a word character.
  const isWord = (known: WordKind) => (known === "word") === negate;
  if (before !== undefined) return isWord(before) ? `(?=${WORD})` : `(?!${WORD})`;
  if (after !== undefined) return isWord(after) ? `(?<=${WORD})` : `(?<!${WORD})`;
  return negate
    ? `(?:(?<=${WORD})(?=${WORD})|(?<!${WORD})(?!${WORD}))`
    : `(?:(?<=${WORD})(?!${WORD})|(?<!${WORD})(?=${WORD}))`;
}

/**
 * Returns the kind of the first (or last) character that is read from the start of a part on (or up to
 * its end). `beyond` is the kind of the character after (or before) the part.
 */
function edgeOf(node: PatternNode, side: "first" | "last", beyond: WordKind): WordKind {
  switch (node.type) {
    case "set":
      return kindOfSet(node);
    case "sequence": {
      const nodes = side === "first" ? node.nodes.toReversed() : node.nodes;
      return nodes.reduce((known, one) => edgeOf(one, side, known), beyond);
    }
    case "choice":
      return common(node.alternatives.map((one) => edgeOf(one, side, beyond)));
    case "group":
      return edgeOf(node.body, side, beyond);
    case "repeat": {
      if (node.max === 0) return beyond;
      const inner = edgeOf(node.body, side, beyond);
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

function common(kinds: readonly WordKind[]): WordKind {
  return kinds.every((kind) => kind === kinds[0]) ? kinds[0] : undefined;
}

/** The longest range whose characters are all looked at. */
const MAX_RANGE = 0x300;
const isWordCharacter = /[\p{L}\p{N}_]/u;

function kindOfSet({ items, negate }: CharacterSet): WordKind {
  if (!negate) return items.length === 0 ? undefined : common(items.map(kindOfItem));
  const complements = items.map((item) =>
    "category" in item && item.category === "w" && !item.ascii
      ? item.negate ? "word" : "other"
      : undefined
  );
  return complements.find((kind) => kind !== undefined);
}

function kindOfItem(item: ClassItem): WordKind {
  if ("category" in item) {
    if (!item.negate) return item.category === "s" ? "other" : "word";
    return item.category === "w" && !item.ascii ? "other" : undefined;
  }
  const { first, last } = item;
  if (last - first > MAX_RANGE) return undefined;
  return common(Array.from({ length: last - first + 1 }, (_, offset) => {
    return isWordCharacter.test(String.fromCodePoint(first + offset)) ? "word" : "other";
  }));
}

/** The members of each category in a class, as `isdecimal`, `isspace`, and `isalnum` with `_` define them. */
const CATEGORIES = {
  d: "\\p{Nd}",
  s: "\\p{Z}\\t-\\r\\x1c-\\x1f\\x85",
  w: "\\p{L}\\p{N}_",
} as const;
const ASCII_CATEGORIES = { d: "\\d", s: "\\t-\\r ", w: "\\w" } as const;

function writeSet({ items, negate }: CharacterSet, { dotAll, sets }: WriteContext): string {
  if (items.length === 0) return dotAll && negate ? "." : negate ? "[^]" : "[]";
  if (holdsAll(items)) return negate ? "[]" : "[^]";
  if (items.length === 1) {
    const [item] = items;
    if (!("category" in item)) {
      if (item.first === item.last && !negate) return escapeLiteral(item.first);
    } else return writeCategory(item, item.negate !== negate);
  }
  return `[${negate ? "^" : ""}${items.map((item) => writeItem(item, sets)).join("")}]`;
}

type Category = Extract<ClassItem, { readonly category: string }>;

function writeCategory({ category, ascii }: Category, negate: boolean): string {
  const inner = (ascii ? ASCII_CATEGORIES : CATEGORIES)[category];
  // These have an escape for their complement.
  if (/^\\\w(\{\w+\})?$/.test(inner)) return negate ? complementOf(inner) : inner;
  return `[${negate ? "^" : ""}${inner}]`;
}

function complementOf(escape: string): string {
  return `\\${escape[1].toUpperCase()}${escape.slice(2)}`;
}

function writeItem(item: ClassItem, sets: boolean): string {
  if ("category" in item) {
    if (!item.negate) return (item.ascii ? ASCII_CATEGORIES : CATEGORIES)[item.category];
    return writeCategory(item, true);
  }
  const first = escapeInClass(item.first, sets);
  return item.first === item.last ? first : `${first}-${escapeInClass(item.last, sets)}`;
}

/** Tells whether a class has a category and its complement, as in `[\s\S]`. */
function holdsAll(items: readonly ClassItem[]): boolean {
  const categories = items.filter((item) => "category" in item);
  return categories.some((one) =>
    categories.some((other) =>
      other.category === one.category && other.ascii === one.ascii && other.negate !== one.negate
    )
  );
}

/** Tells whether a class holds, among others, a complement that has no escape. */
function hasNestedComplement(node: PatternNode): boolean {
  if (node.type !== "set") return childrenOf(node).some(hasNestedComplement);
  return node.items.length > 1 && !holdsAll(node.items) &&
    node.items.some((item) =>
      "category" in item && item.negate && writeCategory(item, true).startsWith("[")
    );
}

/** Returns a character as itself if a reader can see it, and as an escape otherwise. */
function escapeUnseen(point: number): string {
  const character = String.fromCodePoint(point);
  if (point === 0x20 || !/[\p{C}\p{M}\p{Z}]/u.test(character)) return character;
  if (point >= 9 && point <= 13) return `\\${"tnvfr"[point - 9]}`;
  const hex = point.toString(16);
  return point < 0x100 ? `\\x${hex.padStart(2, "0")}` : `\\u{${hex}}`;
}

function escapeLiteral(point: number): string {
  const character = escapeUnseen(point);
  return /^[\\^$.*+?()[\]{}|]$/.test(character) ? `\\${character}` : character;
}

function escapeInClass(point: number, sets: boolean): string {
  const character = escapeUnseen(point);
  // With flag v some characters are operators when doubled, and all of these may be escaped.
  const special = sets ? /^[\\\]^()[{}/|&!#$%*+,.:;<=>?@`~-]$/ : /^[\\\]^[-]$/;
  return special.test(character) ? `\\${character}` : character;
}
