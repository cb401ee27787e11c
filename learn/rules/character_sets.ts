/**
 * The characters that a part of a pattern matches: V8 itself is asked, so that its tables of Unicode and
 * its rules of case hold.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { findRanges } from "./character_sets.ts";
 *
 * assertEquals(findRanges("[a-c]", ""), [[0x61, 0x63]]);
 * assertEquals(findRanges("k", "iu"), [[0x4b, 0x4b], [0x6b, 0x6b], [0x212a, 0x212a]]);
 * ```
 *
 * @module
 */
import type { AST } from "npm:@eslint-community/regexpp@^4";

/** Characters from the first to the last, by code point; without `u` and `v`, by code unit. */
export type Range = readonly [first: number, last: number];

/** A part of a pattern that matches one character, or a string if it is a class with flag `v`. */
export type CharacterElement =
  | AST.Character
  | AST.CharacterSet
  | AST.CharacterClass
  | AST.ExpressionCharacterClass;

/** Kept, as patterns share classes, and to search all characters takes milliseconds. */
const knownRanges = new Map<string, readonly Range[]>();
const MAX_KNOWN_RANGES = 2_000;

/**
 * Finds the ranges of characters, in order, that the source of a character or class matches.
 *
 * @param source a character or class that holds no strings
 * @param flags some of `i` and `s`, and at most one of `u` and `v`
 */
export function findRanges(source: string, flags: string): readonly Range[] {
  const key = `${flags}/${source}`;
  let ranges = knownRanges.get(key);
  if (ranges === undefined) {
    if (knownRanges.size >= MAX_KNOWN_RANGES) knownRanges.clear();
    knownRanges.set(key, ranges = searchRanges(source, flags));
  }
  return ranges;
}

function searchRanges(source: string, flags: string): readonly Range[] {
  // One character that means itself.
  if (source.length === 1 && !/[\\^$.*+?()[\]{}|]/.test(source)) return findSame(source, flags);
  return findIn(/[uv]/.test(flags) ? POINT_BLOCKS : UNIT_BLOCKS, source, flags);
}

/** Finds what is the same as a character: only what has another case can be, but for the case. */
function findSame(character: string, flags: string): readonly Range[] {
  const value = character.charCodeAt(0);
  const own: Range = [value, value];
  if (!flags.includes("i")) return [own];
  const same = [...findIn([[0, 0x7f]], character, flags), ...findCased(character, flags)];
  return same.some(([first, last]) => first <= value && value <= last) ? same : [own];
}

function findIn(blocks: readonly Range[], source: string, flags: string): Range[] {
  const expression = new RegExp(`(?:${source})+`, `g${flags}`);
  const ranges: [number, number][] = [];
  for (const block of blocks) {
    const [first] = block;
    const width = first > 0xffff ? 2 : 1;
    for (const match of writeBlock(block).matchAll(expression)) {
      const from = first + match.index / width;
      addRange(ranges, from, from + match[0].length / width - 1);
    }
  }
  return ranges;
}

/** Adds a range past all others, to the last if it is next to it. */
function addRange(ranges: [number, number][], first: number, last: number): void {
  const previous = ranges.at(-1);
  if (previous !== undefined && previous[1] === first - 1) previous[1] = last;
  else ranges.push([first, last]);
}

/** Finds characters past ASCII among those that have another case. */
function findCased(source: string, flags: string): Range[] {
  const ranges: [number, number][] = [];
  for (const [match] of cased().matchAll(new RegExp(source, `g${flags}`))) {
    addRange(ranges, match.charCodeAt(0), match.charCodeAt(0));
  }
  return ranges;
}

let knownCased: string | undefined;

/** Returns all characters of the basic plane past ASCII that have another case, in order. */
function cased(): string {
  return knownCased ??= [...writeBlock([0, 0xd7ff]) + writeBlock([0xe000, 0xffff])]
    .filter((one) => one > "\x7f" && (one.toLowerCase() !== one || one.toUpperCase() !== one))
    .join("");
}

/** All code units, and all code points; halves of characters so that they do not become characters. */
const UNIT_BLOCKS: readonly Range[] = [[0, 0xffff]];
const POINT_BLOCKS: readonly Range[] = [
  [0, 0xd7ff],
  [0xd800, 0xdbff],
  [0xdc00, 0xdfff],
  [0xe000, 0xffff],
  ...Array.from(
    { length: 16 },
    (_, at): Range => [(at + 1) * 0x10000, (at + 1) * 0x10000 + 0xffff],
  ),
];

/** Kept, as writing all blocks takes longer than searching them. */
const knownBlocks = new Map<string, string>();

/** Writes all characters of a range. */
function writeBlock([first, last]: Range): string {
  const key = `${first}-${last}`;
  let block = knownBlocks.get(key) ?? "";
  if (block !== "") return block;
  for (let point = first; point <= last; point++) block += String.fromCodePoint(point);
  knownBlocks.set(key, block);
  return block;
}

/** Tells whether a class, as it can be with flag `v`, may match a string that is not one character. */
export function holdsStrings(
  node: CharacterElement | AST.CharacterClassElement | AST.ClassIntersection | AST.ClassSubtraction,
): boolean {
  switch (node.type) {
    case "CharacterSet":
      return node.kind === "property" && node.strings;
    case "CharacterClass":
      return node.unicodeSets && node.elements.some(holdsStrings);
    case "ClassStringDisjunction":
      return node.alternatives.some(({ elements }) => elements.length !== 1);
    case "ExpressionCharacterClass":
      return holdsStrings(node.expression);
    case "ClassIntersection":
    case "ClassSubtraction":
      return holdsStrings(node.left) || holdsStrings(node.right);
    case "Character":
    case "CharacterClassRange":
      return false;
  }
}

/** All characters in groups, each of which is in or out of each of some sets as a whole. */
export interface CharacterGroups {
  /** The number of groups. */
  readonly size: number;
  /** For each set the numbers of its groups. */
  readonly members: readonly (readonly number[])[];
  /** Finds the group of a character. */
  groupOf(character: number): number;
}

/** Sorts all characters into the fewest groups that tell `sets` apart. */
export function createGroups(sets: readonly (readonly Range[])[]): CharacterGroups {
  const changes = new Map<number, number[]>([[0, []]]);
  const change = (at: number, id: number) => {
    const ids = changes.get(at);
    if (ids === undefined) changes.set(at, [id]);
    else ids.push(id);
  };
  sets.forEach((ranges, id) => {
    for (const [first, last] of ranges) {
      change(first, id);
      change(last + 1, id);
    }
  });
  const starts = Float64Array.from(changes.keys()).sort();
  const bits = sets.map((_, id) => 1n << BigInt(id));
  const groups = new Map<bigint, number>();
  const members: number[][] = sets.map(() => []);
  const open = new Set<number>();
  let key = 0n;
  const groupAt = Array.from(starts, (at) => {
    for (const id of changes.get(at)!) {
      key ^= bits[id];
      if (!open.delete(id)) open.add(id);
    }
    let group = groups.get(key);
    if (group === undefined) {
      groups.set(key, group = groups.size);
      for (const id of open) members[id].push(group);
    }
    return group;
  });
  return {
    size: groups.size,
    members,
    groupOf(character) {
      let [low, high] = [0, starts.length];
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (starts[middle] <= character) low = middle;
        else high = middle;
      }
      return groupAt[low];
    },
  };
}
