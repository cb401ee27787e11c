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
 * Collects the keys that at least `minSupport` texts hold. `visit` emits the keys of one text,
 * given its item, in any order and any number of times; keys are integers from 0 with key × number
 * of texts below 2^53.
 *
 * @throws {RangeError} if a key is too large for the number of texts
 */
export function collectPostings<T>(
  items: readonly T[],
  minSupport: number,
  visit: (item: T, emit: (key: number) => void) => void,
): Postings {
  const count = items.length;
  // Key and text in one number: sorting typed arrays is far faster than a map of lists.
  let packed = new Float64Array(1 << 12);
  let length = 0;
  items.forEach((item, text) =>
    visit(item, (key) => {
      if (length === packed.length) packed = new Float64Array(packed.buffer.transfer(length * 16));
      packed[length++] = key * count + text;
    })
  );
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
  let at = 0;
  return one.filter((text) => {
    while (other[at] < text) at++;
    return other[at] === text;
  });
}
