/**
 * Postings lists: for each key the texts that hold it.
 *
 * @module
 */

/** Keys, ascending, and for each the positions of the texts that hold it, ascending. */
export interface Postings {
  readonly keys: readonly number[];
  readonly texts: readonly Int32Array[];
}

/**
 * Collects the keys that at least `minSupport` of `count` texts hold. `visit` emits the keys of
 * one text, in any order and any number of times; keys are integers from 0 with key × count below 2^53.
 *
 * @throws {RangeError} if a key is too large for that many texts
 */
export function collectPostings(
  count: number,
  minSupport: number,
  visit: (text: number, emit: (key: number) => void) => void,
): Postings {
  // Key and text in one number: sorting typed arrays is far faster than a map of lists.
  let packed = new Float64Array(1 << 12);
  let length = 0;
  for (let text = 0; text < count; text++) {
    visit(text, (key) => {
      if (length === packed.length) {
        const larger = new Float64Array(length * 2);
        larger.set(packed);
        packed = larger;
      }
      packed[length++] = key * count + text;
    });
  }
  packed = packed.subarray(0, length).sort();
  if (length > 0 && packed[length - 1] > Number.MAX_SAFE_INTEGER) {
    throw new RangeError(`Cannot index ${count} texts: they have too many different words`);
  }
  const keys: number[] = [];
  const texts: Int32Array[] = [];
  const found = new Int32Array(count);
  for (let at = 0; at < length;) {
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

/** Returns the texts that are in both of two ascending lists. */
export function intersect(one: Int32Array, other: Int32Array): Int32Array {
  const shared = new Int32Array(Math.min(one.length, other.length));
  let size = 0;
  for (let i = 0, j = 0; i < one.length && j < other.length;) {
    if (one[i] < other[j]) i++;
    else if (one[i] > other[j]) j++;
    else {
      shared[size++] = one[i++];
      j++;
    }
  }
  return shared.slice(0, size);
}
