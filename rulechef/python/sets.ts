/**
 * Writes the sets of characters of a pattern in the syntax of JavaScript.
 *
 * @module
 */
import {
  type CharacterSet,
  childrenOf,
  type ClassItem,
  type PatternNode,
  type Scope,
} from "./nodes.ts";

/**
 * The members of each category in a class. Those of `regex` are the properties that hold for the same
 * characters, but for characters that only one side's version of Unicode has; those of `re` are what
 * `isdecimal`, `isspace`, and `isalnum` with `_` define.
 */
const CATEGORIES: Readonly<Record<Scope, Readonly<Record<Category["category"], string>>>> = {
  regex: {
    d: "\\p{Nd}",
    s: "\\p{White_Space}",
    w: "\\p{Alpha}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_C}",
  },
  re: { d: "\\p{Nd}", s: "\\p{Z}\\t-\\r\\x1c-\\x1f\\x85", w: "\\p{L}\\p{N}_" },
  ascii: { d: "\\d", s: "\\t-\\r ", w: "\\w" },
};

/** The class of word characters, by engine. */
export const WORD = { regex: `[${CATEGORIES.regex.w}]`, re: `[${CATEGORIES.re.w}]` } as const;

/**
 * Writes a set.
 *
 * @param dotAll whether the pattern will have flag `s`
 * @param sets whether classes are written for flag `v`
 */
export function writeSet(
  { items, negate }: CharacterSet,
  { dotAll, sets }: { readonly dotAll: boolean; readonly sets: boolean },
): string {
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

function writeCategory({ category, scope }: Category, negate: boolean): string {
  const inner = CATEGORIES[scope][category];
  // These have an escape for their complement.
  if (/^\\\w(\{\w+\})?$/.test(inner)) return negate ? complementOf(inner) : inner;
  return `[${negate ? "^" : ""}${inner}]`;
}

function complementOf(escape: string): string {
  return `\\${escape[1].toUpperCase()}${escape.slice(2)}`;
}

function writeItem(item: ClassItem, sets: boolean): string {
  if ("category" in item) {
    if (!item.negate) return CATEGORIES[item.scope][item.category];
    return writeCategory(item, true);
  }
  const first = escapeInClass(item.first, sets);
  return item.first === item.last ? first : `${first}-${escapeInClass(item.last, sets)}`;
}

/** Tells whether a class has a category and its complement, as in `[\s\S]`. */
export function holdsAll(items: readonly ClassItem[]): boolean {
  const categories = items.filter((item) => "category" in item);
  return categories.some((one) =>
    categories.some((other) =>
      other.category === one.category && other.scope === one.scope && other.negate !== one.negate
    )
  );
}

/** Tells whether a class holds, among others, a complement that has no escape. */
export function hasNestedComplement(node: PatternNode): boolean {
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
