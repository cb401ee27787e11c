/**
 * Postings lists: for each key the texts that hold it.
 *
 * @module
 */
import type { Sliced } from "../text/slices.ts";

/** Keys, ascending, and for each the positions of the texts that hold it, ascending. */
export interface Postings {
  readonly keys: readonly number[];
  readonly texts: readonly Int32Array[];
}

/** Items, keys and numbers to sort between two pauses. */
const ITEMS = 64;
const KEYS = 4_096;
const PIECE = 1 << 18;

/**
 * Collects the keys that at least `minSupport` texts hold. `visit` emits the keys of one text,
 * given its item, in any order and any number of times; keys are integers from 0 with key × number
 * of texts below 2^53.
 *
 * @throws {RangeError} if a key is too large for the number of texts
 */
export function* collectPostings<T>(
  items: readonly T[],
  minSupport: number,
  visit: (item: T, emit: (key: number) => void) => void,
): Sliced<Postings> {
  const count = items.length;
  // Key and text in one number: sorting typed arrays is far faster than a map of lists.
  let packed = new Float64Array(1 << 12);
  let length = 0;
  for (let text = 0; text < count; text++) {
    if (text % ITEMS === 0) yield 0.4 * text / count;
    visit(items[text], (key) => {
      if (length === packed.length) packed = new Float64Array(packed.buffer.transfer(length * 16));
      packed[length++] = key * count + text;
    });
  }
  packed = yield* sortNumbers(packed.subarray(0, length));
  if (length > 0 && packed[length - 1] > Number.MAX_SAFE_INTEGER) {
    throw new RangeError(`Cannot index ${count} texts: they have too many different words`);
  }
  const keys: number[] = [];
  const texts: Int32Array[] = [];
  const found = new Int32Array(count);
  for (let at = 0, round = 0; at < length; round++) {
    if (round % KEYS === 0) yield 0.8 + 0.2 * at / length;
    const key = Math.floor(packed[at] / count);
    const next = (key + 1) * count;
    let size = 0;
    for (; at < length && packed[at] < next; at++) {
      const text = packed[at] - key * count;
      if (size === 0 || found[size - 1] !== text) found[size++] = text;
    }
    if (size >= minSupport) {
      keys.push(key);
      texts.push(found.slice(0, size));
    }
  }
  return { keys, texts };
}

/** Sorts numbers by sorting pieces, which are then merged two by two. Uses `numbers` as working space. */
function* sortNumbers(numbers: Float64Array<ArrayBuffer>): Sliced<Float64Array<ArrayBuffer>> {
  const { length } = numbers;
  for (let start = 0; start < length; start += PIECE) {
    yield 0.4 + 0.2 * start / length;
    numbers.subarray(start, start + PIECE).sort();
  }
  let from = numbers;
  let to = length > PIECE ? new Float64Array(length) : numbers;
  for (let size = PIECE; size < length; size *= 2) {
    for (let start = 0; start < length; start += 2 * size) {
      const middle = Math.min(start + size, length);
      const end = Math.min(middle + size, length);
      for (let one = start, other = middle, at = start; at < end;) {
        yield 0.6 + 0.2 * at / length;
        for (const pause = Math.min(end, at + PIECE); at < pause; at++) {
          const isFirst = other === end || one < middle && from[one] <= from[other];
          to[at] = isFirst ? from[one++] : from[other++];
        }
      }
    }
    [from, to] = [to, from];
  }
  return from;
}

/** Keeps the keys whose texts meet a condition. */
export function filterPostings(
  { keys, texts }: Postings,
  isKept: (texts: Int32Array) => boolean,
): Postings {
  const kept = keys.map((_, index) => isKept(texts[index]));
  return {
    keys: keys.filter((_, index) => kept[index]),
    texts: texts.filter((_, index) => kept[index]),
  };
}

/** Returns the texts that are in both of two ascending lists. */
export function intersect(one: Int32Array, other: Int32Array): Int32Array {
  const both = new Int32Array(Math.min(one.length, other.length));
  let size = 0;
  for (let place = 0, at = 0; place < one.length; place++) {
    const text = one[place];
    while (other[at] < text) at++;
    if (other[at] === text) both[size++] = text;
  }
  return both.slice(0, size);
}
