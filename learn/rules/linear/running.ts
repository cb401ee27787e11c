/**
 * Runs programs on texts.
 *
 * @module
 */
import type { Span } from "../../data/examples.ts";
import type { CharacterGroups } from "../character_sets.ts";
import type { Program } from "./program.ts";

/** A number of steps that runs share; what they would find after the last is not found. */
export interface Budget {
  left: number;
}

const [READ, CHOOSE, START, END, WORD, LOOK, GROUP_START, GROUP_END, FORGET, MATCH, FAIL] = Array(
  11,
)
  .keys();
const CODES = {
  read: READ,
  choose: CHOOSE,
  start: START,
  end: END,
  word: WORD,
  look: LOOK,
  groupStart: GROUP_START,
  groupEnd: GROUP_END,
  forget: FORGET,
  match: MATCH,
  fail: FAIL,
} as const;

/** For each group of characters, and then the end of the text, whether something can read it. */
type Readable = Uint8Array;

/** A program with what its instructions need at hand. */
export interface Linked {
  /** Different for each program of a pattern. */
  readonly id: number;
  readonly entry: number;
  readonly isBackward: boolean;
  readonly hasGroup: boolean;
  readonly codes: Uint8Array;
  readonly next: Int32Array;
  /** Of an instruction that reads or asks for a word or the end of a line. */
  readonly sets: readonly (Readable | undefined)[];
  readonly negates: readonly boolean[];
  readonly insides: readonly (Linked | undefined)[];
  /** The number of a choice among those of the program. */
  readonly choices: Int32Array;
  readonly choiceCount: number;
  /** What an instruction can go on with. */
  readable(at: number): Readable;
  /** The alternatives of a choice that can go on with a group of characters. */
  viable(at: number, group: number): readonly number[];
}

/** Prepares a program for running. */
export function link(program: Program, alphabet: CharacterGroups, nextId: () => number): Linked {
  const { instructions, entry, isBackward, hasGroup } = program;
  const width = alphabet.size + 1;
  const readSets = alphabet.members.map((members) => {
    const set = new Uint8Array(width);
    for (const group of members) set[group] = 1;
    return set;
  });
  const choices = new Int32Array(instructions.length);
  let choiceCount = 0;
  instructions.forEach(({ kind }, at) => {
    if (kind === "choose") choices[at] = choiceCount++;
  });
  const knownReadable: Readable[] = [];
  const knownViable: (readonly number[])[] = [];
  const readable = (at: number) => knownReadable[at] ??= findReadable(at);

  // Instructions are written from the end on: in their order, what follows is known, but for loops.
  instructions.forEach((one, at) => {
    if (one.kind === "choose" && one.among.every((other) => other < at)) readable(at);
  });

  function findReadable(at: number): Readable {
    let one = instructions[at];
    while (one.kind !== "read" && "next" in one) one = instructions[one.next];
    switch (one.kind) {
      case "read":
        return readSets[one.set];
      case "match":
        return new Uint8Array(width).fill(1);
      case "fail":
        return new Uint8Array(width);
      case "choose": {
        const all = new Uint8Array(width);
        for (const other of one.among) readable(other).forEach((is, group) => all[group] |= is);
        return all;
      }
    }
  }

  return {
    id: nextId(),
    entry,
    isBackward,
    hasGroup,
    codes: Uint8Array.from(instructions, ({ kind }) => CODES[kind]),
    next: Int32Array.from(instructions, (one) => "next" in one ? one.next : -1),
    sets: instructions.map((one) => {
      if (one.kind === "read" || one.kind === "word") return readSets[one.set];
      const isEdge = one.kind === "start" || one.kind === "end";
      return isEdge && one.lineEnds !== undefined ? readSets[one.lineEnds] : undefined;
    }),
    negates: instructions.map((one) => "negate" in one && one.negate),
    insides: instructions.map((one) =>
      one.kind === "look" ? link(one.inside, alphabet, nextId) : undefined
    ),
    choices,
    choiceCount,
    readable,
    viable(at, group) {
      const key = choices[at] * width + group;
      let list = knownViable[key];
      if (list === undefined) {
        const one = instructions[at];
        const among = one.kind === "choose" ? one.among : [];
        knownViable[key] = list = among.filter((other) => readable(other)[group] === 1);
      }
      return list;
    },
  };
}

/** What a program has found, by index of characters. */
export interface Found extends Span {
  readonly group?: Span;
}

/**
 * Returns a function that finds the first match of a program that begins at a place or after it, but before
 * another, which is by default after the end.
 *
 * @param text the characters of the text, each as the number of its group
 * @param edge the number of groups, which stands for an end of the text
 */
export function createRun(
  text: Uint16Array,
  edge: number,
  budget: Budget,
): (main: Linked, from: number, until?: number) => Found | undefined {
  const places = text.length + 1;
  const failed: Marks[] = [];
  const held: Marks[] = [];
  /** Choices to go back to: instruction, alternative, place, group, length of the path. */
  let stack = new Int32Array(16 * FRAME);
  let depth = 0;
  /** The choices that led to where a run is, each with its place. */
  let path = new Int32Array(64);
  let length = 0;
  let groupStart = -1;
  let groupEnd = -1;

  return (main: Linked, from: number, until = places): Found | undefined => {
    const readable = main.readable(main.entry);
    for (let start = from; start < until && budget.left > 0; start++) {
      if (readable[start < text.length ? text[start] : edge] === 0) continue;
      groupStart = groupEnd = -1;
      const end = run(main, start, false);
      if (end < 0) continue;
      const group = groupEnd < 0 ? undefined : { start: groupStart, end: groupEnd };
      return { start, end, group };
    }
    return undefined;
  };

  /** Returns a bit for each choice of a program and place. */
  function marksOf(known: Marks[], { id, choiceCount }: Linked): Marks {
    return known[id] ??= new Array(Math.ceil(choiceCount * places / (8 * BLOCK)));
  }

  /** Runs a program from a place, or the inside of a lookaround; returns where it ends, or -1. */
  function run(program: Linked, start: number, isInside: boolean): number {
    const { codes, next, sets, negates, insides, choices, choiceCount, isBackward } = program;
    const step = isBackward ? -1 : 1;
    const ahead = isBackward ? -1 : 0;
    const [base, begin] = [depth, length];
    const tried = marksOf(failed, program);
    // How a lookaround came to hold does not matter, unless the group is in it.
    const won = isInside && !program.hasGroup ? marksOf(held, program) : undefined;
    let at = program.entry;
    let place = start;
    for (;;) {
      // Not enough is left: nothing more is found.
      if (--budget.left < 0) {
        depth = base;
        length = begin;
        return -1;
      }
      let holds = false;
      const here = place + ahead;
      switch (codes[at]) {
        case READ:
          if (sets[at]![text[here] ?? edge] === 1) {
            place += step;
            holds = true;
          }
          break;
        case CHOOSE: {
          const among = program.viable(at, text[here] ?? edge);
          if (among.length === 0) break;
          const key = place * choiceCount + choices[at];
          if (isMarked(tried, key)) {
            if (won === undefined || !isMarked(won, key)) break;
            return succeed(tried, won, base, begin, place);
          }
          mark(tried, key);
          remember(key);
          if (among.length > 1) push(at, 1, place);
          at = among[0];
          continue;
        }
        case START:
          holds = place === 0 || sets[at] !== undefined && sets[at]![text[place - 1]] === 1;
          break;
        case END:
          holds = place === text.length || sets[at] !== undefined && sets[at]![text[place]] === 1;
          break;
        case WORD: {
          const word = sets[at]!;
          const before = place > 0 && word[text[place - 1]] === 1;
          const after = place < text.length && word[text[place]] === 1;
          holds = (before !== after) !== negates[at];
          break;
        }
        case LOOK: {
          const [oldStart, oldEnd] = [groupStart, groupEnd];
          holds = (run(insides[at]!, place, true) >= 0) !== negates[at];
          if (negates[at] || !holds) [groupStart, groupEnd] = [oldStart, oldEnd];
          break;
        }
        case GROUP_START:
          groupStart = place;
          holds = true;
          break;
        case GROUP_END:
          groupEnd = place;
          holds = true;
          break;
        case FORGET:
          groupStart = groupEnd = -1;
          holds = true;
          break;
        case MATCH:
          return succeed(tried, won, base, begin, place);
      }
      if (holds) {
        at = next[at];
        continue;
      }
      if (depth === base) {
        length = begin;
        return -1;
      }
      // Goes back to the last choice.
      const top = depth - FRAME;
      const choice = stack[top];
      const index = stack[top + 1];
      place = stack[top + 2];
      groupStart = stack[top + 3];
      groupEnd = stack[top + 4];
      length = stack[top + 5];
      const group = text[place + ahead] ?? edge;
      const among = program.viable(choice, group);
      if (index + 1 < among.length) stack[top + 1] = index + 1;
      else depth = top;
      at = among[index];
    }
  }

  function push(at: number, index: number, place: number): void {
    if (depth + FRAME > stack.length) stack = grow(stack);
    stack[depth] = at;
    stack[depth + 1] = index;
    stack[depth + 2] = place;
    stack[depth + 3] = groupStart;
    stack[depth + 4] = groupEnd;
    stack[depth + 5] = length;
    depth += FRAME;
  }

  function remember(key: number): void {
    if (length === path.length) path = grow(path);
    path[length++] = key;
  }

  /** Leaves a run: the choices that led to its end have not failed. */
  function succeed(
    tried: Marks,
    won: Marks | undefined,
    base: number,
    begin: number,
    place: number,
  ): number {
    for (let one = begin; one < length; one++) {
      if (won === undefined) unmark(tried, path[one]);
      else mark(won, path[one]);
    }
    depth = base;
    length = begin;
    return place;
  }
}

const FRAME = 6;

/** Bits, in blocks that are made when one is set: a run from few places sees little of the text. */
type Marks = (Uint8Array | undefined)[];
const BLOCK = 2_048;

function isMarked(marks: Marks, key: number): boolean {
  const block = marks[key >>> 14];
  return block !== undefined && (block[(key >>> 3) & (BLOCK - 1)] & (1 << (key & 7))) !== 0;
}

function mark(marks: Marks, key: number): void {
  const block = marks[key >>> 14] ??= new Uint8Array(BLOCK);
  block[(key >>> 3) & (BLOCK - 1)] |= 1 << (key & 7);
}

/** Takes back a mark that is set. */
function unmark(marks: Marks, key: number): void {
  marks[key >>> 14]![(key >>> 3) & (BLOCK - 1)] &= ~(1 << (key & 7));
}

function grow(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length);
  larger.set(array);
  return larger;
}
