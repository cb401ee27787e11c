/**
 * A list whose earlier versions can be restored. Versions share what they have in common, so that it takes
 * no longer to restore one than to read a number, and each costs only what it changed.
 *
 * The list is a tree of nodes with 32 slots each. A change copies the nodes on the way to its slot, unless
 * they were copied since the last version.
 *
 * @module
 */

const BITS = 5;
const WIDTH = 1 << BITS;

/** A node of the tree. Nodes that are not of the current edit belong to versions, and stay as they are. */
interface Node {
  readonly edit: number;
  readonly slots: unknown[];
}

/** A version of a {@linkcode VersionedList}. */
export interface Version<T> {
  /** Unset if the list was never written to. */
  readonly root?: Node;
  /** Number of levels below the root. */
  readonly height: number;
  /** Number of items. */
  readonly size: number;
  /** Never set: it ties the version to its items. */
  readonly items?: T;
}

/** A list of items, some of whose places may be empty. */
export class VersionedList<T extends object> {
  #root?: Node;
  #height = 0;
  #size = 0;
  #edit = 0;

  /** Number of items. */
  get size(): number {
    return this.#size;
  }

  /** Returns the item at a place, `undefined` if there is none. */
  get(place: number): T | undefined {
    if (place >= WIDTH ** (this.#height + 1)) return undefined;
    let node = this.#root;
    for (let level = this.#height; level > 0; level--) {
      node = node?.slots[slotOf(place, level)] as Node | undefined;
    }
    return node?.slots[slotOf(place, 0)] as T | undefined;
  }

  /** Puts an item at a place, or takes the item there out. */
  set(place: number, item: T | undefined): void {
    while (place >= WIDTH ** (this.#height + 1)) {
      this.#root = this.#root && { edit: this.#edit, slots: [this.#root] };
      this.#height++;
    }
    let node = this.#root = this.#own(this.#root);
    for (let level = this.#height; level > 0; level--) {
      const slot = slotOf(place, level);
      const next = this.#own(node.slots[slot] as Node | undefined);
      node.slots[slot] = next;
      node = next;
    }
    const slot = slotOf(place, 0);
    this.#size += Number(item !== undefined) - Number(node.slots[slot] !== undefined);
    node.slots[slot] = item;
  }

  /** Returns the items in the order of their places. */
  items(): T[] {
    return [...changesBetween<T>(undefined, this.#root, this.#height)].map(([, item]) => item!);
  }

  /** Keeps the list as it is now. */
  save(): Version<T> {
    this.#edit++;
    return { root: this.#root, height: this.#height, size: this.#size };
  }

  /** Makes the list what it was at a version of it. */
  restore({ root, height, size }: Version<T>): void {
    this.#edit++;
    this.#root = root;
    this.#height = height;
    this.#size = size;
  }

  /** Returns a node that the current edit may change. */
  #own(node: Node | undefined): Node {
    if (node?.edit === this.#edit) return node;
    return { edit: this.#edit, slots: node === undefined ? [] : node.slots.slice() };
  }
}

/**
 * Yields each item that is not in both versions of a list at the same place: as it is in the one, and in the
 * other. Looks only at what the versions do not share.
 */
export function* differences<T extends object>(
  one: Version<T>,
  other: Version<T>,
): Generator<readonly [T | undefined, T | undefined]> {
  const height = Math.max(one.height, other.height);
  yield* changesBetween(raise(one, height), raise(other, height), height);
}

function* changesBetween<T extends object>(
  one: Node | undefined,
  other: Node | undefined,
  level: number,
): Generator<readonly [T | undefined, T | undefined]> {
  if (one === other) return;
  const length = Math.max(one?.slots.length ?? 0, other?.slots.length ?? 0);
  for (let slot = 0; slot < length; slot++) {
    const [left, right] = [one?.slots[slot], other?.slots[slot]];
    if (left === right) continue;
    if (level === 0) yield [left as T | undefined, right as T | undefined];
    else yield* changesBetween(left as Node | undefined, right as Node | undefined, level - 1);
  }
}

/** Returns the root of a version as it is in a tree of more levels. */
function raise({ root, height }: Version<object>, to: number): Node | undefined {
  let node = root;
  for (let level = height; level < to; level++) node = node && { edit: -1, slots: [node] };
  return node;
}

/** Returns the slot at a level on the way to a place. Places may have more than 32 bits. */
function slotOf(place: number, level: number): number {
  return Math.floor(place / WIDTH ** level) % WIDTH;
}
