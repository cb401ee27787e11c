/**
 * Finds many literals in a text in one pass over it.
 *
 * Aho and Corasick, "Efficient string matching: an aid to bibliographic search" (1975): a trie of the
 * literals, in which a node also knows the node of its longest ending that begins a literal too.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { foldText } from "../../text/folding.ts";
 * import { createScanner } from "./scanning.ts";
 *
 * const scanner = createScanner([[foldText("fee"), foldText("charge")], [foldText("card")]], [0]);
 * const scan = scanner.scan("Is there a fee? No FEE.");
 * assertEquals([...scan.found], [0]);
 * assertEquals(scan.places(0), [11, 19]);
 * ```
 *
 * @module
 */
import { BOUNDARY, foldUnit, isWordUnit } from "../../text/folding.ts";
import { finish, type Sliced } from "../../text/slices.ts";
import { ANY_CAPITAL, ANY_DIGIT, type Literal } from "../literals/sequences.ts";

/** Finds groups of literals in texts. */
export interface LiteralScanner {
  /** Looks for all literals in a text. The result is valid until the next text. */
  scan(text: string): LiteralScan;
}

/** What a scanner has found in a text. */
export interface LiteralScan {
  /** The groups of which the text has a literal, in no particular order. */
  readonly found: readonly number[];
  /** Tells whether the text has a literal of a group. */
  has(group: number): boolean;
  /** Returns where literals of a group begin, ascending, in UTF-16 code units; only of groups with places. */
  places(group: number): readonly number[];
}

/**
 * Creates a scanner. It takes time in proportion to the text, and memory in proportion to the literals.
 *
 * @param groups literals as they stand in folded texts (see {@linkcode foldText}), each with a character
 * @param placed the groups whose places are asked for
 */
export function createScanner(
  groups: readonly (readonly Literal[])[],
  placed: Iterable<number>,
): LiteralScanner {
  return finish(creatingScanner(groups, placed));
}

/** Does what {@linkcode createScanner} does, with pauses. */
export function* creatingScanner(
  groups: readonly (readonly Literal[])[],
  placed: Iterable<number>,
): Sliced<LiteralScanner> {
  const trie = yield* creatingTrie(groups, placed);
  const { symbols, nodes, labels, literals, byGroup, digits, capitals } = trie;
  const hasAny = [digits, capitals].some((any) => Object.keys(any).length > 0);
  const { ascii, others } = symbols;
  const boundary = others.get(BOUNDARY) ?? 0;
  const childrenOf = (node: number) =>
    Int32Array.from({ length: symbols.count + 1 }, (_, one) => findChild(nodes, labels, node, one));
  // Most steps are from the root, or the first of a word.
  const first = childrenOf(0);
  const beginning = first[boundary];
  const second = childrenOf(beginning).map((next, symbol) => next === 0 ? first[symbol] : next);

  let round = 0;
  const found: number[] = [];
  const foundIn = new Float64Array(groups.length);
  /** The places of groups with several literals, and the texts that they are of. */
  const joined: (readonly number[])[] = new Array(groups.length);
  const joinedIn = new Float64Array(groups.length);
  const scan: LiteralScan = {
    found,
    has: (group) => foundIn[group] === round,
    places(group) {
      const list = byGroup[group];
      if (list.length === 1) return list[0].round === round ? list[0].places : [];
      if (joinedIn[group] === round) return joined[group];
      joinedIn[group] = round;
      return joined[group] = joinPlaces(list.filter((literal) => literal.round === round));
    },
  };
  return {
    scan(text) {
      round++;
      found.length = 0;
      let node = 0;
      let inWord = 0;
      for (let at = 0; at < text.length; at++) {
        const unit = text.charCodeAt(at);
        if (hasAny) reportAny(unit, at, inWord);
        const code = unit < 0x80 ? ascii[unit] : codeOf(unit, symbols);
        if ((code & 1) !== inWord) {
          inWord ^= 1;
          node = step(node, boundary);
          if (nodes[node * ROW + OUTPUT] !== 0) report(nodes[node * ROW + OUTPUT], text, at);
        }
        node = step(node, code >> 1);
        if (nodes[node * ROW + OUTPUT] !== 0) report(nodes[node * ROW + OUTPUT], text, at + 1);
      }
      if (inWord === 1) report(nodes[step(node, boundary) * ROW + OUTPUT], text, text.length);
      return scan;
    },
  };

  function step(node: number, symbol: number): number {
    // Of 0, no literal has the symbol.
    if (symbol === 0) return 0;
    for (; node !== 0; node = nodes[node * ROW + FAILURE]) {
      if (node === beginning) return second[symbol];
      const next = findChild(nodes, labels, node, symbol);
      if (next !== 0) return next;
    }
    return first[symbol];
  }

  /** Notes the literals that are only any digit or capital. */
  function reportAny(unit: number, at: number, inWord: number): void {
    if (unit > 0x5a && unit < 0x80) return;
    const any = isAny(ANY_DIGIT, unit) ? digits : isAny(ANY_CAPITAL, unit) ? capitals : undefined;
    if (any === undefined) return;
    if (any.anywhere !== undefined) note(any.anywhere, at);
    // What is not ASCII is not part of a word, and so may come after one.
    if (any.afterOther !== undefined && (inWord === 0 || unit >= 0x80)) note(any.afterOther, at);
  }

  /** Notes the literals that end at a node, and at its endings. */
  function report(node: number, text: string, end: number): void {
    for (; node !== 0; node = nodes[nodes[node * ROW + FAILURE] * ROW + OUTPUT]) {
      const list = literals[node]!;
      for (let index = 0; index < list.length; index++) {
        const literal = list[index];
        if (literal.next !== 0 && !isAny(literal.next, text.charCodeAt(end))) continue;
        note(literal, end - literal.length);
      }
    }
  }

  function note(literal: FoundLiteral, start: number): void {
    if (literal.round !== round) {
      literal.round = round;
      literal.places.length = 0;
      for (const group of literal.groups) {
        if (foundIn[group] === round) continue;
        foundIn[group] = round;
        found.push(group);
      }
    }
    if (literal.isPlaced) literal.places.push(start);
  }
}

/** A literal, and where the last text that has it has it. */
interface FoundLiteral {
  /** The groups that the literal is in. */
  readonly groups: number[];
  /** How many code units it has. */
  readonly length: number;
  /** The symbol of any digit or capital that comes next, or 0. */
  readonly next: number;
  /** Whether its places are asked for. */
  isPlaced: boolean;
  /** Where it begins in the text. */
  readonly places: number[];
  /** The number of the text. */
  round: number;
}

/** The literals that are any character of a kind: anywhere, or after a boundary if it is part of a word. */
interface AnyOf {
  anywhere?: FoundLiteral;
  afterOther?: FoundLiteral;
}

/** Numbers of symbols, from 1; of code units doubled, and one more for a part of a word. */
interface Symbols {
  /** Of ASCII, unfolded. */
  readonly ascii: Int32Array;
  /** Of others, folded, and of the boundary. */
  readonly others: Map<number, number>;
  count: number;
}

/** Returns the places of all literals, ascending. */
function joinPlaces([first, ...rest]: readonly FoundLiteral[]): readonly number[] {
  if (rest.length === 0) return first?.places ?? [];
  const places = rest.reduce((all, one) => all.concat(one.places), first.places);
  return [...new Set(places)].sort((a, b) => a - b);
}

/** Tells whether a code unit is one of any digits or capitals. */
function isAny(symbol: number, unit: number): boolean {
  if (symbol === ANY_DIGIT) return unit >= 0x30 && unit <= 0x39;
  return unit >= 0x41 && unit <= 0x5a || unit >= 0x80;
}

/** Returns the doubled number of a code unit that is not ASCII, and so not part of a word unless it folds to one. */
function codeOf(unit: number, { ascii, others }: Symbols): number {
  const folded = foldUnit(unit);
  return folded < 0x80 ? ascii[folded] : 2 * (others.get(folded) ?? 0);
}

/** A trie of literals, and what is known of them. */
interface Trie {
  readonly symbols: Symbols;
  /**
   * Four numbers for each node: its first child, the one after its last child, its longest ending that begins a
   * literal too, and the first with literals among itself and its endings. The root is 0, which also stands for
   * none; the others are numbered level by level.
   */
  readonly nodes: Int32Array;
  /** The symbols that lead to each node; ascending among children. */
  readonly labels: Uint16Array;
  /** The literals that end at each node: one, or also those with any digit or capital after it. */
  readonly literals: readonly (readonly FoundLiteral[] | undefined)[];
  /** The literals of each group. */
  readonly byGroup: readonly (readonly FoundLiteral[])[];
  /** The literals that are any digit. */
  readonly digits: AnyOf;
  /** The literals that are any capital. */
  readonly capitals: AnyOf;
}

const [ROW, LAST, FAILURE, OUTPUT] = [4, 1, 2, 3];

/** Returns the child that a symbol leads to, or 0. */
function findChild(nodes: Int32Array, labels: Uint16Array, node: number, symbol: number): number {
  let low = nodes[node * ROW];
  let high = nodes[node * ROW + LAST];
  while (high - low > 8) {
    const middle = (low + high) >> 1;
    if (labels[middle] <= symbol) low = middle;
    else high = middle;
  }
  for (; low < high; low++) if (labels[low] === symbol) return low;
  return 0;
}

/** Groups that are read, and nodes that are laid out, between two pauses. */
const [GROUPS, NODES] = [256, 16_384];

function* creatingTrie(
  groups: readonly (readonly Literal[])[],
  placed: Iterable<number>,
): Sliced<Trie> {
  const symbols: Symbols = { ascii: new Int32Array(0x80), others: new Map(), count: 0 };
  for (let unit = 0; unit < 0x80; unit++) if (isWordUnit(foldUnit(unit))) symbols.ascii[unit] = 1;
  const numberOf = (symbol: number) => {
    const known = symbol < 0x80 ? symbols.ascii[symbol] >> 1 : symbols.others.get(symbol) ?? 0;
    if (known !== 0) return known;
    const count = ++symbols.count;
    if (symbol >= 0x80) symbols.others.set(symbol, count);
    else {
      for (let unit = 0; unit < 0x80; unit++) {
        if (foldUnit(unit) === symbol) symbols.ascii[unit] |= 2 * count;
      }
    }
    return count;
  };
  /** Literals by the numbers of their symbols, as code units. */
  const byKey = new Map<string, FoundLiteral[]>();
  const digits: AnyOf = {};
  const capitals: AnyOf = {};
  const findLiteral = (literal: Literal): FoundLiteral => {
    const last = literal.at(-1)!;
    const next = last === ANY_DIGIT || last === ANY_CAPITAL ? last : 0;
    const before = next === 0 ? literal : literal.slice(0, -1);
    const length = before.reduce((sum, symbol) => sum + (symbol === BOUNDARY ? 0 : 1), 0);
    const create = () => ({ groups: [], length, next, isPlaced: false, places: [], round: 0 });
    if (length === 0) {
      const any = next === ANY_DIGIT ? digits : capitals;
      return before.length === 0 ? any.anywhere ??= create() : any.afterOther ??= create();
    }
    const key = String.fromCharCode(...before.map(numberOf));
    const list = byKey.get(key) ?? [];
    byKey.set(key, list);
    return list.find((one) => one.next === next) ?? list[list.push(create()) - 1];
  };
  const isPlaced = new Set(placed);
  const byGroup: FoundLiteral[][] = [];
  for (const [id, group] of groups.entries()) {
    if (id % GROUPS === 0) yield 0.5 * id / groups.length;
    byGroup.push(group.map((literal) => {
      const found = findLiteral(literal);
      found.groups.push(id);
      found.isPlaced ||= isPlaced.has(id);
      return found;
    }));
  }
  const linked = yield* linkingNodes(byKey);
  return { symbols, ...linked, byGroup, digits, capitals };
}

/** Lays out the nodes of a trie. */
function* linkingNodes(
  byKey: ReadonlyMap<string, readonly FoundLiteral[]>,
): Sliced<Pick<Trie, "nodes" | "labels" | "literals">> {
  const keys = [...byKey.keys()].sort();
  /** For each node the first of the keys that begin with it, the one after the last, and its parent. */
  const [starts, ends, parents] = [[0], [keys.length], [0]];
  const links: number[] = [];
  const labels = [0];
  const literals: (readonly FoundLiteral[] | undefined)[] = [];
  for (let node = 0, depth = 0, level = 1; node < starts.length; node++) {
    if (node % NODES === 0) yield 0.5;
    // A level ends where the children of its first node begin.
    if (node === level) [depth, level] = [depth + 1, starts.length];
    const isLiteral = node > 0 && keys[starts[node]].length === depth;
    literals.push(isLiteral ? byKey.get(keys[starts[node]]) : undefined);
    const firstChild = starts.length;
    for (let at = starts[node] + (isLiteral ? 1 : 0); at < ends[node];) {
      const label = keys[at].charCodeAt(depth);
      starts.push(at);
      labels.push(label);
      parents.push(node);
      while (at < ends[node] && keys[at].charCodeAt(depth) === label) at++;
      ends.push(at);
    }
    links.push(firstChild, starts.length, 0, 0);
  }
  const nodes = Int32Array.from(links);
  const allLabels = Uint16Array.from(labels);
  for (let node = 1; node < starts.length; node++) {
    if (node % NODES === 0) yield 0.5 + 0.5 * node / starts.length;
    let ending = parents[node];
    let failure = 0;
    while (ending !== 0 && failure === 0) {
      ending = nodes[ending * ROW + FAILURE];
      failure = findChild(nodes, allLabels, ending, labels[node]);
    }
    nodes[node * ROW + FAILURE] = failure;
    nodes[node * ROW + OUTPUT] = literals[node] === undefined
      ? nodes[failure * ROW + OUTPUT]
      : node;
  }
  return { nodes, labels: allLabels, literals };
}
