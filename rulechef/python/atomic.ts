/**
 * Writes atomic groups and possessive repetitions, of which only the first way to match is tried, without
 * them.
 *
 * What nothing can be gained by giving back from stays as it is: `\d++\.` is `\d+\.`. Else a lookahead rules
 * out other ways, `\d+(?!\d)`, or fixes the first way, which a reference then reads: `(?=(a|ab))\1`.
 *
 * @module
 */
import { Firsts, unwrap } from "./first.ts";
import {
  captures,
  childrenOf,
  hasNode,
  mapChildren,
  type PatternNode,
  type PythonEngine,
  type RepeatNode,
  widthOf,
} from "./nodes.ts";

/**
 * Returns a pattern without atomic groups. Groups that are added have numbers below 0.
 *
 * @param isFolded whether case is ignored in the whole pattern
 * @throws {SyntaxError} if an atomic group is in a lookbehind, and cannot be said there
 */
export function removeAtomics(
  body: PatternNode,
  engine: PythonEngine,
  isFolded: boolean,
): PatternNode {
  if (!hasNode(body, ({ type }) => type === "atomic")) return body;
  return new Remover(body, engine).remove(body, { isFolded, isBehind: false });
}

/** What is matched after a part, up to the end of the pattern or lookahead. */
type Follow =
  | {
    readonly node: PatternNode;
    readonly isFolded: boolean;
    /** Whether it may fail to match, if that is not plain from the part. */
    readonly mayFail?: boolean;
    readonly next: Follow;
  }
  | undefined;

interface Context {
  readonly isFolded: boolean;
  readonly isBehind: boolean;
  readonly follow?: Follow;
}

/** The largest part that is written a second time, in nodes. */
const MAX_COPIED = 24;
/** The most alternatives whose firsts are compared with one another. */
const MAX_COMPARED = 30;

class Remover {
  readonly #firsts: Firsts;
  /** Whether what a group has captured decides on anything. */
  readonly #refers: boolean;
  #added = 0;

  constructor(body: PatternNode, engine: PythonEngine) {
    this.#firsts = new Firsts(engine);
    this.#refers = hasNode(body, ({ type }) => type === "reference");
  }

  remove(node: PatternNode, context: Context): PatternNode {
    switch (node.type) {
      case "atomic":
        return this.#removeAtomic(node.body, context);
      case "sequence":
        return this.#removeEach(node.nodes, context);
      case "group":
        return { ...node, body: this.remove(node.body, foldedBy(node.modifiers, context)) };
      case "look":
        return {
          ...node,
          body: this.remove(node.body, { ...context, isBehind: node.behind, follow: undefined }),
        };
      case "repeat": {
        return { ...node, body: this.remove(node.body, inRounds(node, context)) };
      }
      default:
        return mapChildren(node, (child) => this.remove(child, context));
    }
  }

  #removeEach(nodes: readonly PatternNode[], context: Context): PatternNode {
    const follows = followsOf(nodes, context.isFolded, context.follow);
    const removed = nodes.map((one, place) => {
      return this.remove(one, { ...context, follow: follows[place] });
    });
    return { type: "sequence", nodes: removed };
  }

  /** Returns a part of which only the first way to match is tried. */
  #removeAtomic(node: PatternNode, context: Context): PatternNode {
    if (this.#hasOneWay(node)) return this.remove(node, context);
    if (context.isBehind) {
      throw new SyntaxError(
        "there is an atomic group in a lookbehind, which JavaScript does not have",
      );
    }
    switch (node.type) {
      case "group":
        return {
          ...node,
          body: flatten(this.#removeAtomic(node.body, foldedBy(node.modifiers, context))),
        };
      case "atomic":
        return this.#removeAtomic(node.body, context);
      case "sequence":
        return this.#removeFromSequence(node.nodes, context);
      case "choice":
        return this.#removeFromChoice(node.alternatives, context) ?? this.#fix(node, context);
      case "repeat":
        return this.#removeFromRepeat(node, context) ?? this.#fix(node, context);
      default:
        return this.remove(node, context);
    }
  }

  /** Tells whether all ways to match a part end at the same place, and nothing else about them matters. */
  #hasOneWay(node: PatternNode): boolean {
    const { min, max } = widthOf(node);
    return min === max && (!this.#refers || !captures(node));
  }

  /** Takes the parts of a sequence one by one, up to one that something inside the sequence can need back. */
  #removeFromSequence(nodes: readonly PatternNode[], context: Context): PatternNode {
    const inner = followsOf(nodes, context.isFolded, undefined);
    const outer = followsOf(nodes, context.isFolded, context.follow);
    const removed: PatternNode[] = [];
    for (const [place, one] of nodes.entries()) {
      const isSettled = place === nodes.length - 1 || one.type === "atomic" ||
        this.#hasOneWay(one) || this.#isSettled(one, { ...context, follow: inner[place] });
      if (!isSettled) {
        removed.push(this.#fix({ type: "sequence", nodes: nodes.slice(place) }, context));
        break;
      }
      const after = { ...context, follow: outer[place] };
      const repeat = unwrap(one);
      // What is after a lazy repetition in the sequence decides how far it goes.
      const isLazy = repeat.type === "repeat" && repeat.lazy && place < nodes.length - 1;
      removed.push(isLazy ? this.remove(one, after) : this.#removeAtomic(one, after));
    }
    return { type: "sequence", nodes: removed };
  }

  /** Rules out for each alternative that one before it matches, unless they begin with other characters. */
  #removeFromChoice(
    alternatives: readonly PatternNode[],
    context: Context,
  ): PatternNode | undefined {
    if (alternatives.length > MAX_COMPARED || this.#refersInside(alternatives)) return undefined;
    const guards = alternatives.map((one, place) =>
      alternatives.slice(0, place)
        .filter((before) => !this.#firsts.areApart(before, one, context.isFolded))
    );
    if (guards.flat().reduce((sum, guard) => sum + sizeOf(guard), 0) > MAX_COPIED) return undefined;
    return choose(alternatives.map((one, place) => {
      const part = this.#removeAtomic(one, context);
      if (guards[place].length === 0) return part;
      const none = this.#rulesOut({ type: "choice", alternatives: guards[place] }, context);
      return { type: "sequence", nodes: [none, part] };
    }));
  }

  #removeFromRepeat(node: RepeatNode, context: Context): PatternNode | undefined {
    const { body, min, max, lazy } = node;
    if (max === 0 || !lazy && this.#isSettled(node, context)) return this.remove(node, context);
    const isOne = this.#hasOneWay(body);
    const canCopy = !captures(body) && isOne;
    if (lazy) {
      return canCopy ? this.remove({ ...node, max: min, lazy: false }, context) : undefined;
    }
    if (min === max && canCopy) return this.remove(node, context);
    const mustFix = sizeOf(body) > MAX_COPIED || widthOf(body).min === 0 ||
      this.#refersInside([body]) || !isOne && min > 1 ||
      Number.isFinite(max) && max > 1 && !canCopy;
    if (mustFix) return undefined;
    const none = this.#rulesOut(body, context);
    const round = this.#removeAtomic(body, inRounds(node, context));
    if (max === Infinity) return { type: "sequence", nodes: [{ ...node, body: round }, none] };
    if (max === 1) return choose([round, none]);
    const full: PatternNode = { ...node, body: round, min: max };
    const less: PatternNode = { ...node, body: round, max: max - 1 };
    return choose([full, { type: "sequence", nodes: [less, none] }]);
  }

  /** Tells whether nothing is gained by another count of a repeated set: what follows then does not match. */
  #isSettled(node: PatternNode, { isFolded, follow }: Context): boolean {
    const inner = unwrap(node);
    if (inner.type !== "repeat") return false;
    const set = unwrap(inner.body);
    if (set.type !== "set") return false;
    const from = { set, isFolded };
    for (let at = follow; at !== undefined; at = at.next) {
      const start = this.#firsts.starts(at.node, from, at.isFolded, inner.min > 0);
      if (start.reads) break;
      if (!start.passes) return true;
    }
    for (let at = follow; at !== undefined; at = at.next) {
      if (at.mayFail || !neverFails(at.node)) return false;
    }
    return !inner.lazy;
  }

  /** Fixes the first way to match in a lookahead, and reads that. */
  #fix(node: PatternNode, context: Context): PatternNode {
    const number = -(++this.#added);
    const inner = this.remove(node, { ...context, follow: undefined });
    const look: PatternNode = {
      type: "look",
      behind: false,
      negate: false,
      body: { type: "group", number, body: inner },
    };
    return {
      type: "group",
      body: { type: "sequence", nodes: [look, { type: "reference", number }] },
    };
  }

  /** Returns a lookahead that holds where a part does not match. */
  #rulesOut(node: PatternNode, context: Context): PatternNode {
    const body = unwrap(withoutCaptures(this.remove(node, { ...context, follow: undefined })));
    return { type: "look", behind: false, negate: true, body };
  }

  #refersInside(nodes: readonly PatternNode[]): boolean {
    return this.#refers &&
      nodes.some((one) => captures(one) || hasNode(one, ({ type }) => type === "reference"));
  }
}

/** Returns what follows each part of a sequence. */
function followsOf(nodes: readonly PatternNode[], isFolded: boolean, follow: Follow): Follow[] {
  const follows: Follow[] = [];
  for (const node of nodes.toReversed()) {
    follows.push(follow);
    follow = { node, isFolded, next: follow };
  }
  return follows.reverse();
}

/** Returns the context of one round of a repetition, which others may follow. */
function inRounds(node: RepeatNode, context: Context): Context {
  const { isFolded, follow } = context;
  const again = { node: { ...node, min: 0 }, isFolded, mayFail: node.min > 1, next: follow };
  return node.max > 1 ? { ...context, follow: again } : context;
}

function foldedBy(modifiers: string | undefined, context: Context): Context {
  return modifiers === undefined ? context : { ...context, isFolded: modifiers === "i" };
}

/** Returns the only part of a sequence. */
function flatten(node: PatternNode): PatternNode {
  return node.type === "sequence" && node.nodes.length === 1 ? flatten(node.nodes[0]) : node;
}

function choose(alternatives: readonly PatternNode[]): PatternNode {
  return { type: "group", body: { type: "choice", alternatives: alternatives.map(unwrap) } };
}

/** Tells whether a part matches at every place. */
function neverFails(node: PatternNode): boolean {
  switch (node.type) {
    case "repeat":
      return node.min === 0 || neverFails(node.body);
    case "group":
    case "atomic":
      return neverFails(node.body);
    case "sequence":
      return node.nodes.every(neverFails);
    case "choice":
      return node.alternatives.some(neverFails);
    default:
      return false;
  }
}

function sizeOf(node: PatternNode): number {
  return 1 + childrenOf(node).reduce((sum, child) => sum + sizeOf(child), 0);
}

/** Returns a part whose groups do not capture, but for those that were added. */
function withoutCaptures(node: PatternNode): PatternNode {
  const plain: PatternNode = node.type === "group" && (node.number ?? 0) > 0
    ? { type: "group", modifiers: node.modifiers, body: node.body }
    : node;
  return mapChildren(plain, withoutCaptures);
}
