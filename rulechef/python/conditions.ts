/**
 * Writes conditions, such as `(")?\w+(?(1)")`, as alternatives: in each, it is known whether the group
 * has matched. A reference to a group is one as well: in Python it fails if the group has not matched, in
 * JavaScript it then matches nothing.
 *
 * @module
 */
import { childrenOf, hasNode, mapChildren, type PatternNode } from "./nodes.ts";

/** The most conditions and references: each is looked for in all of the pattern. */
const MAX_CONDITIONS = 30;

/**
 * Returns a pattern without conditions, whose references are to groups that have matched.
 *
 * @throws {SyntaxError} if it cannot be told from a place in the pattern whether a group has matched there
 */
export function removeConditions(body: PatternNode): PatternNode {
  let count = 0;
  const ask = (node: PatternNode): PatternNode => {
    if (isCondition(node) || node.type === "reference") count++;
    if (node.type !== "reference") return mapChildren(node, ask);
    return { type: "condition", number: node.number, yes: node, no: NEVER };
  };
  const asked = ask(body);
  if (count > MAX_CONDITIONS) throw new SyntaxError(`it has over ${MAX_CONDITIONS} references`);
  return count === 0 ? body : settle(asked, { inLoop: false, known: new Set() });
}

/** Where a part is. */
interface Surroundings {
  /** Whether the part is in a loop. */
  readonly inLoop: boolean;
  /** The groups that may have matched before. */
  readonly known: ReadonlySet<number>;
}

/** A way to match a part, and whether the group then has matched. */
interface Way {
  readonly node: PatternNode;
  readonly isMatched: boolean;
}

const EMPTY: PatternNode = { type: "sequence", nodes: [] };
/** Never matches. */
const NEVER: PatternNode = { type: "look", behind: false, negate: true, body: EMPTY };

function isCondition(node: PatternNode): boolean {
  return node.type === "condition";
}

/** Settles the conditions of a part, outer sequences first: those on groups of the same sequence. */
function settle(node: PatternNode, place: Surroundings): PatternNode {
  if (node.type === "condition" && !place.known.has(node.number)) return settle(node.no, place);
  if (node.type === "condition") {
    const what = node.yes.type === "reference" ? "it refers to" : "it has a condition on";
    throw new SyntaxError(`${what} group ${node.number}, which may not have matched`);
  }
  if (!hasNode(node, isCondition)) return node;
  if (node.type === "sequence") return settleSequence(node.nodes, place);
  const isLoop = node.type === "repeat" && node.max > 1;
  const inner = isLoop ? { inLoop: true, known: addGroups(place.known, [node]) } : place;
  return mapChildren(node, (child) => settle(child, inner));
}

function settleSequence(nodes: readonly PatternNode[], place: Surroundings): PatternNode {
  const asked = new Set(nodes.flatMap(asksOf));
  for (const [index, one] of nodes.entries()) {
    const rest = nodes.slice(index + 1);
    const number = groupsOf(one).find((group) =>
      asked.has(group) && rest.some((later) => asksOf(later).includes(group))
    );
    if (number === undefined) continue;
    const ways = listWays(one, number);
    // A round of a loop may find the group as the round before left it.
    if (ways === undefined || place.inLoop && ways.some(({ isMatched }) => !isMatched)) continue;
    const count = 1 + rest.findLastIndex((later) => asksOf(later).includes(number));
    const variants = ways.map(({ node, isMatched }): PatternNode => {
      const answered = rest.slice(0, count).map((later) => answer(later, number, isMatched));
      return { type: "sequence", nodes: [node, ...answered] };
    });
    const body = variants.length === 1 && variants[0].type === "sequence"
      ? variants[0].nodes
      : [{ type: "group", body: { type: "choice", alternatives: variants } } as const];
    const all = [...nodes.slice(0, index), ...body, ...rest.slice(count)];
    requireSameGroups(nodes, all);
    return settleSequence(all, place);
  }
  const settled = nodes.map((one, index) => {
    return settle(one, { ...place, known: addGroups(place.known, nodes.slice(0, index)) });
  });
  return { type: "sequence", nodes: settled };
}

function addGroups(known: ReadonlySet<number>, nodes: readonly PatternNode[]): Set<number> {
  return new Set([...known, ...nodes.flatMap(groupsOf)]);
}

/** Returns the numbers of the groups that the conditions of a part are on. */
function asksOf(node: PatternNode): number[] {
  const own = node.type === "condition" ? [node.number] : [];
  return [...own, ...childrenOf(node).flatMap(asksOf)];
}

/** Returns the numbers of the groups in a part. */
function groupsOf(node: PatternNode): number[] {
  const own = node.type === "group" && node.number !== undefined ? [node.number] : [];
  return [...own, ...childrenOf(node).flatMap(groupsOf)];
}

/** Lists the ways to match a part, in the order in which they are tried; undefined if they are not that clear. */
function listWays(node: PatternNode, number: number): Way[] | undefined {
  if (alwaysMatches(node, number)) return [{ node, isMatched: true }];
  if (!groupsOf(node).includes(number)) return [{ node, isMatched: false }];
  if (node.type === "repeat" && node.min === 0 && node.max === 1) {
    const ways = listWays(node.body, number);
    const none = { node: EMPTY, isMatched: false };
    return ways && (node.lazy ? [none, ...ways] : [...ways, none]);
  }
  const choice = node.type === "group" && node.number === undefined && !node.modifiers
    ? node.body
    : node;
  if (choice.type !== "choice") return undefined;
  const ways = choice.alternatives.map((one) => listWays(one, number));
  return ways.every((one) => one !== undefined) ? ways.flat() : undefined;
}

/** Tells whether a group has matched once a part has. */
function alwaysMatches(node: PatternNode, number: number): boolean {
  switch (node.type) {
    case "group":
      return node.number === number || alwaysMatches(node.body, number);
    case "atomic":
      return alwaysMatches(node.body, number);
    case "sequence":
      return node.nodes.some((one) => alwaysMatches(one, number));
    case "choice":
      return node.alternatives.every((one) => alwaysMatches(one, number));
    case "look":
      return !node.negate && alwaysMatches(node.body, number);
    case "repeat":
      return node.min > 0 && alwaysMatches(node.body, number);
    default:
      return false;
  }
}

function answer(node: PatternNode, number: number, isMatched: boolean): PatternNode {
  if (node.type === "condition" && node.number === number) {
    const branch = isMatched ? node.yes : node.no;
    const answered = answer(branch, number, isMatched);
    return branch.type === "choice" ? { type: "group", body: answered } : answered;
  }
  return mapChildren(node, (child) => answer(child, number, isMatched));
}

/** @throws {SyntaxError} if a group is there twice, or no more */
function requireSameGroups(before: readonly PatternNode[], after: readonly PatternNode[]): void {
  const sort = (nodes: readonly PatternNode[]) =>
    nodes.flatMap(groupsOf).sort((a, b) => a - b).join();
  if (sort(before) === sort(after)) return;
  throw new SyntaxError("what a group captures depends on a condition or a reference");
}
