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
import { ANY_CAPITAL, ANY_DIGIT, type Literal } from "../literals/sequences.ts";

/** Finds groups of literals in texts. */
export interface Scanner {
  /** Looks for all literals in a text. The result is valid until the next text. */
  scan(text: string): Scan;
}

/** What a scanner has found in a text. */
export interface Scan {
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
): Scanner {
  const trie = createTrie(groups, new Set(placed));
  const { symbols, edges, literals, byGroup, digits, capitals } = trie;
  const hasKinds = [digits, capitals].some((kind) => Object.keys(kind).length > 0);
  const { failures, outputs } = linkEndings(trie);
  const { ascii, others } = symbols;
  const boundary = others.get(BOUNDARY) ?? 0;
  /** Where the first symbol of a text, or one after which no literal goes on, leads to. */
  const first = Int32Array.from({ length: symbols.count + 1 }, (_, one) => findEdge(edges, 0, one));

  let round = 0;
  const found: number[] = [];
  const foundIn = new Float64Array(groups.length);
  /** The places of groups with several literals, and the texts that they are of. */
  const joined: (readonly number[])[] = new Array(groups.length);
  const joinedIn = new Float64Array(groups.length);
  const scan: Scan = {
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
      const { table } = edges;
      let node = 0;
      let inWord = 0;
      for (let at = 0; at < text.length; at++) {
        const unit = text.charCodeAt(at);
        if (hasKinds) reportKinds(unit, at, inWord);
        const code = unit < 0x80 ? ascii[unit] : codeOf(unit, symbols);
        if ((code & 1) !== inWord) {
          inWord ^= 1;
          node = step(table, node, boundary);
          if (outputs[node] !== 0) report(outputs[node], text, at);
        }
        node = step(table, node, code >> 1);
        if (outputs[node] !== 0) report(outputs[node], text, at + 1);
      }
      if (inWord === 1) report(outputs[step(table, node, boundary)], text, text.length);
      return scan;
    },
  };

  function step(table: Int32Array, node: number, symbol: number): number {
    // Of 0, no literal has the symbol.
    if (symbol === 0) return 0;
    const mask = table.length - 1;
    for (; node !== 0; node = failures[node]) {
      for (let slot = hash(node, symbol) & mask;; slot = (slot + 4) & mask) {
        const next = table[slot + 2];
        if (next === 0) break;
        if (table[slot] === node && table[slot + 1] === symbol) return next;
      }
    }
    return first[symbol];
  }

  /** Notes the literals that are only any digit or capital. */
  function reportKinds(unit: number, at: number, inWord: number): void {
    if (unit > 0x5a && unit < 0x80) return;
    const kind = isAny(ANY_DIGIT, unit) ? digits : isAny(ANY_CAPITAL, unit) ? capitals : undefined;
    if (kind === undefined) return;
    if (kind.anywhere !== undefined) note(kind.anywhere, at);
    if (inWord === 0 && kind.afterOther !== undefined) note(kind.afterOther, at);
  }

  /** Notes the literals that end at a node, and at its endings. */
  function report(node: number, text: string, end: number): void {
    for (; node !== 0; node = outputs[failures[node]]) {
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

/** The literals that are any character of a kind: anywhere, or only after what is not part of a word. */
interface Kind {
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

/** The nodes of a trie by number, that of the root being 0. */
interface TrieNodes {
  readonly parents: number[];
  /** The symbol that leads to each. */
  readonly symbols: number[];
  readonly depths: number[];
}

/** The edges of a trie, open addressing: four numbers each, which are node, symbol, next node and 0. */
interface Edges {
  table: Int32Array;
  count: number;
}

/** Returns the node that a symbol leads to, or 0. */
function findEdge({ table }: Edges, node: number, symbol: number): number {
  const mask = table.length - 1;
  for (let slot = hash(node, symbol) & mask;; slot = (slot + 4) & mask) {
    const next = table[slot + 2];
    if (next === 0 || table[slot] === node && table[slot + 1] === symbol) return next;
  }
}

function hash(node: number, symbol: number): number {
  const mixed = Math.imul(node, 0x9e3779b1) ^ Math.imul(symbol, 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) << 2;
}

function addEdge(edges: Edges, node: number, symbol: number, next: number): void {
  if (8 * edges.count >= edges.table.length) {
    const { table } = edges;
    edges.table = new Int32Array(2 * table.length);
    edges.count = 0;
    for (let slot = 0; slot < table.length; slot += 4) {
      if (table[slot + 2] !== 0) addEdge(edges, table[slot], table[slot + 1], table[slot + 2]);
    }
  }
  edges.count++;
  const mask = edges.table.length - 1;
  let slot = hash(node, symbol) & mask;
  while (edges.table[slot + 2] !== 0) slot = (slot + 4) & mask;
  edges.table[slot] = node;
  edges.table[slot + 1] = symbol;
  edges.table[slot + 2] = next;
}

/** A trie of literals, and what is known of them. */
interface Trie {
  readonly symbols: Symbols;
  readonly nodes: TrieNodes;
  readonly edges: Edges;
  /** The literals that end at each node: one, or also those with any digit or capital after it. */
  readonly literals: readonly (readonly FoundLiteral[] | undefined)[];
  /** The literals of each group. */
  readonly byGroup: readonly (readonly FoundLiteral[])[];
  /** The literals that are any digit. */
  readonly digits: Kind;
  /** The literals that are any capital. */
  readonly capitals: Kind;
}

function createTrie(groups: readonly (readonly Literal[])[], placed: ReadonlySet<number>): Trie {
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
  const nodes: TrieNodes = { parents: [0], symbols: [0], depths: [0] };
  const edges: Edges = { table: new Int32Array(64), count: 0 };
  const literals: (FoundLiteral[] | undefined)[] = [undefined];
  const digits: Kind = {};
  const capitals: Kind = {};
  const byGroup = groups.map((group, id) =>
    group.map((symbols) => {
      const found = findLiteral(symbols);
      found.groups.push(id);
      found.isPlaced ||= placed.has(id);
      return found;
    })
  );
  return { symbols, nodes, edges, literals, byGroup, digits, capitals };

  function findLiteral(literal: Literal): FoundLiteral {
    const last = literal.at(-1)!;
    const next = last === ANY_DIGIT || last === ANY_CAPITAL ? last : 0;
    const before = next === 0 ? literal : literal.slice(0, -1);
    const length = before.reduce((sum, symbol) => sum + (symbol === BOUNDARY ? 0 : 1), 0);
    const create = () => ({ groups: [], length, next, isPlaced: false, places: [], round: 0 });
    if (length === 0) {
      const kind = next === ANY_DIGIT ? digits : capitals;
      return before.length === 0 ? kind.anywhere ??= create() : kind.afterOther ??= create();
    }
    const list = literals[nodeOf(before)] ??= [];
    const known = list.find((one) => one.next === next);
    return known ?? list[list.push(create()) - 1];
  }

  function nodeOf(literal: Literal): number {
    let node = 0;
    for (const symbol of literal) {
      const number = numberOf(symbol);
      let next = findEdge(edges, node, number);
      if (next === 0) {
        next = nodes.parents.push(node) - 1;
        nodes.symbols.push(number);
        nodes.depths.push(nodes.depths[node] + 1);
        literals.push(undefined);
        addEdge(edges, node, number, next);
      }
      node = next;
    }
    return node;
  }
}

/** Finds for each node its longest ending that begins a literal, and the nearest that is one: itself or an ending. */
function linkEndings({ nodes, edges, literals }: Trie) {
  const { parents, symbols, depths } = nodes;
  const failures = new Int32Array(parents.length);
  const outputs = new Int32Array(parents.length);
  // Endings are less deep.
  const order = [...parents.keys()].sort((a, b) => depths[a] - depths[b]);
  for (const node of order) {
    if (depths[node] > 1) {
      let ending = failures[parents[node]];
      while (ending !== 0 && findEdge(edges, ending, symbols[node]) === 0) {
        ending = failures[ending];
      }
      failures[node] = findEdge(edges, ending, symbols[node]);
    }
    outputs[node] = literals[node] === undefined ? outputs[failures[node]] : node;
  }
  return { failures, outputs };
}
