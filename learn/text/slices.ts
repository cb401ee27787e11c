/**
 * Long work in slices, between which others can be served: a terminal, Ctrl-C, a server.
 *
 * The work is a generator, so that it knows neither clock nor event loop, and its result cannot depend on
 * them: only what runs it decides when to pause.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { finish, inSlices, part, type Sliced } from "./slices.ts";
 *
 * function* sum(numbers: readonly number[]): Sliced<number> {
 *   let sum = 0;
 *   for (const [index, one] of numbers.entries()) {
 *     yield index / numbers.length;
 *     sum += one;
 *   }
 *   return sum;
 * }
 * const told: string[] = [];
 * const work = part("adding", [0.5, 1], sum([1, 2]));
 * assertEquals(await inSlices(work, (done, doing) => void told.push(`${doing} ${done}`)), 3);
 * assertEquals(told, ["adding 0.5", "adding 0.75"]);
 * assertEquals(finish(sum([3, 4])), 7);
 * ```
 *
 * @module
 */

/** What long work does, and how far it is. */
export interface Doing {
  /** The part that is done, 0 to 1. */
  readonly done: number;
  /** What is done now, in a few words. */
  readonly doing: string;
}

/** Long work: yields between its slices how far it is, as a number from 0 to 1 or with what it does. */
export type Sliced<T> = Generator<number | Doing, T, void>;

/**
 * Takes breath between two slices of long work: it may report how far the work is, and lets others run
 * if the last time is long ago. Cheap enough to be called every millisecond.
 *
 * @param done the part that is done, 0 to 1
 * @param doing what is done now, in a few words
 * @returns a promise to wait for, or nothing if the work can go on at once
 * @throws what the work is given up for, by the promise
 */
export type Breathe = (done: number, doing: string) => Promise<void> | void;

/** Does work without a pause. */
export function finish<T>(work: Sliced<T>): T {
  for (;;) {
    const slice = work.next();
    if (slice.done) return slice.value;
  }
}

/** Does work that takes breath between its slices; without a pause if `breathe` is missing. */
export async function inSlices<T>(work: Sliced<T>, breathe: Breathe | undefined): Promise<T> {
  if (breathe === undefined) return finish(work);
  for (;;) {
    const slice = work.next();
    if (slice.done) return slice.value;
    const { done, doing } = typeof slice.value === "number"
      ? { done: slice.value, doing: "" }
      : slice.value;
    const pause = breathe(done, doing);
    if (pause !== undefined) await pause;
  }
}

/**
 * Takes work as the part from one number to another of all work, and says what is done in it, unless the
 * work does. An empty `doing` leaves that to the whole.
 */
export function* part<T>(
  doing: string,
  [from, to]: readonly [from: number, to: number],
  work: Sliced<T>,
): Sliced<T> {
  for (;;) {
    const slice = work.next();
    if (slice.done) return slice.value;
    const inner = typeof slice.value === "number" ? { done: slice.value, doing } : slice.value;
    yield { doing: inner.doing || doing, done: from + (to - from) * inner.done };
  }
}

/** Goes through a list, with a pause after each so many members. */
export function* eachSliced<T>(
  list: readonly T[],
  visit: (member: T, index: number) => void,
  every = 1,
): Sliced<void> {
  for (let index = 0; index < list.length; index++) {
    if (index % every === 0) yield index / list.length;
    visit(list[index], index);
  }
}

/** Members that are sorted or merged between two pauses. */
const PIECE = 2_048;

/** Sorts as `toSorted` does: members that are equal stay in their order. */
export function* sortSliced<T>(
  list: readonly T[],
  compare: (one: T, other: T) => number,
): Sliced<T[]> {
  const { length } = list;
  let from: T[] = [];
  for (let start = 0; start < length; start += PIECE) {
    yield 0.5 * start / length;
    for (const one of list.slice(start, start + PIECE).sort(compare)) from.push(one);
  }
  for (let size = PIECE; size < length; size *= 2) {
    const to: T[] = [];
    for (let start = 0; start < length; start += 2 * size) {
      const middle = Math.min(start + size, length);
      const end = Math.min(middle + size, length);
      for (let one = start, other = middle; to.length < end;) {
        if (to.length % PIECE === 0) yield 0.5 + 0.5 * to.length / length;
        const isFirst = other === end || one < middle && compare(from[one], from[other]) <= 0;
        to.push(isFirst ? from[one++] : from[other++]);
      }
    }
    from = to;
  }
  return from;
}
