/**
 * An engine that finds what V8 finds, in time linear in the text.
 *
 * It chooses in the order in which V8 does, and goes back if a choice leads nowhere. But it remembers
 * the places of the text from which an instruction has failed, and does not try them again: so it
 * takes at most one step for each instruction and place. See Davis, Servant and Lee, "Using selective memoization to
 * defeat regular expression denial of service" (2021), and Barrière and Pit-Claudel, "Linear matching
 * of JavaScript regular expressions" (2024). Only backreferences cannot be run so.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createLinear } from "./linear.ts";
 *
 * const linear = createLinear(String.raw`(\w+\s?)*!(?! sic)`, "i");
 * const next = linear.scan(`oh no! ${"a".repeat(1_000)}`, 0);
 * assertEquals(next(0), { start: 0, end: 6 });
 * assertEquals(next(6), undefined);
 * ```
 *
 * @module
 */
import type { Span } from "../data/examples.ts";
import { type CharacterGroups, createGroups, type Range } from "./character_sets.ts";
import { writeProgram } from "./linear/program.ts";
import { type Budget, createRun, link, type Linked } from "./linear/running.ts";
import { parsePattern } from "./syntax.ts";

/** Offsets of a match, and of the requested group if it took part. */
export interface ExpressionMatch extends Span {
  readonly group?: Span;
}

/** A pattern as an engine runs it. */
export interface Engine {
  /**
   * Returns a function that finds the first match that begins at `from` or after it, or exactly at `from` if
   * `isExact`. `^`, `\b` and lookbehinds see what is before `from`.
   *
   * @param group the group to locate as well, or 0 for no group
   */
  scan(
    text: string,
    group: number,
    budget?: Budget,
  ): (from: number, isExact?: boolean) => ExpressionMatch | undefined;
}

/**
 * Makes a pattern ready to run in linear time.
 *
 * Refuses backreferences, classes that hold strings, and over 10,000 parts, counts multiplied out.
 *
 * @param pattern a pattern that `new RegExp(pattern, flags)` accepts
 * @throws {SyntaxError} if the engine lacks something, which the message names
 */
export function createLinear(pattern: string, flags: string): Engine {
  const ast = parsePattern(pattern, flags);
  const byPoint = /[uv]/.test(flags);
  const compiled: Compiled[] = [];
  const compile = (group: number) => compiled[group] ??= createCompiled(group);
  compile(0);
  return {
    scan(text, group, budget = { left: Infinity }) {
      const { main, alphabet, groupOf } = compile(group);
      const { groups, toIndex, toOffset } = readText(text, groupOf, byPoint);
      const run = createRun(groups, alphabet.size, budget);
      return (from, isExact = false) => {
        const index = toIndex(from);
        const found = run(main, index, isExact ? index + 1 : undefined);
        if (found === undefined) return undefined;
        const span = { start: toOffset(found.start), end: toOffset(found.end) };
        if (found.group === undefined) return span;
        const { start, end } = found.group;
        return { ...span, group: { start: toOffset(start), end: toOffset(end) } };
      };
    },
  };

  function createCompiled(group: number): Compiled {
    const sets: (readonly Range[])[] = [];
    const main = writeProgram(ast, flags, group, (ranges) => {
      const known = sets.indexOf(ranges);
      return known >= 0 ? known : sets.push(ranges) - 1;
    });
    const alphabet = createGroups(sets);
    let count = 0;
    const known = new Int32Array(0x180).fill(-1);
    const groupOf = (character: number) => {
      if (character >= known.length) return alphabet.groupOf(character);
      const group = known[character];
      return group < 0 ? known[character] = alphabet.groupOf(character) : group;
    };
    return { main: link(main, alphabet, () => count++), alphabet, groupOf };
  }
}

interface Compiled {
  readonly main: Linked;
  readonly alphabet: CharacterGroups;
  /** Returns the group of a character; quick for common ones. */
  groupOf(character: number): number;
}

/** A text as groups of characters; half surrogates and characters by their index. */
interface ReadText {
  readonly groups: Uint16Array;
  toIndex(offset: number): number;
  toOffset(index: number): number;
}

function readText(
  text: string,
  groupOf: (character: number) => number,
  byPoint: boolean,
): ReadText {
  const same = (offset: number) => offset;
  if (!byPoint || !/[\ud800-\udbff][\udc00-\udfff]/.test(text)) {
    const groups = new Uint16Array(text.length);
    for (let at = 0; at < text.length; at++) groups[at] = groupOf(text.charCodeAt(at));
    return { groups, toIndex: same, toOffset: same };
  }
  const offsets = new Uint32Array(text.length + 1);
  const indexes = new Uint32Array(text.length + 1);
  const groups = new Uint16Array(text.length);
  let count = 0;
  for (let at = 0; at < text.length; count++) {
    const point = text.codePointAt(at)!;
    groups[count] = groupOf(point);
    offsets[count] = at;
    indexes[at] = count;
    at += point > 0xffff ? 2 : 1;
    // The middle of a character counts as its end.
    indexes[at - 1] = Math.max(indexes[at - 1], point > 0xffff ? count + 1 : count);
  }
  offsets[count] = text.length;
  indexes[text.length] = count;
  return {
    groups: groups.subarray(0, count),
    toIndex: (offset) => indexes[offset],
    toOffset: (index) => offsets[index],
  };
}
