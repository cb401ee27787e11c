/**
 * Finds out whether a regular expression of Python and the same one in JavaScript find different matches.
 *
 * Both try the ways to match in the same order, and differ in two things. A round of a repetition that
 * reads nothing ends the repetition in Python, and does not count in JavaScript. A group keeps its text
 * in Python until it matches again; in JavaScript each round of a repetition begins with empty groups,
 * and a reference to an empty group matches.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { findDifference } from "./equivalence.ts";
 *
 * const letter = { type: "set", negate: false, items: [{ first: 97, last: 97 }] } as const;
 * const lazy = { type: "repeat", body: letter, min: 0, max: Infinity, lazy: true } as const;
 * assertEquals(findDifference(letter, "spans"), undefined);
 * assertEquals(findDifference(lazy, "spans"), "it may match nothing where a longer match begins");
 * assertEquals(findDifference(lazy, "match"), undefined);
 * ```
 *
 * @module
 */
import { childrenOf, hasNode, type PatternNode, widthOf } from "./nodes.ts";

/** What of a pattern must be as in Python: all its matches, or whether there is one. */
export type Finds = "spans" | "match";

/**
 * Returns why a pattern may find something else in JavaScript; undefined if it finds the same.
 *
 * @param body without conditions
 */
export function findDifference(body: PatternNode, finds: Finds): string | undefined {
  if (finds === "spans" && widthOf(body).min === 0 && !isEmptyLast(body)) {
    // Python looks for a longer match at the place of an empty one, JavaScript goes on.
    return "it may match nothing where a longer match begins";
  }
  // The order in which matches are tried does not change whether there is one, unless the rest depends on it.
  const isOrderFree = finds === "match" && !hasNode(body, ({ type }) => type === "reference");
  return (isOrderFree ? findInAtomics(body) : findInNode(body)) ??
    findReference(body, new Set(findUnsettled(body)), new Set());
}

/**
 * Returns the numbers of the groups, ascending, that may hold another text in JavaScript: those that a
 * round of a repetition may leave out, and those in a repetition of a part that can match nothing, in a
 * lookbehind (which is matched backwards) or in a negative lookahead.
 */
export function findUnsettled(body: PatternNode): number[] {
  const numbers: number[] = [];
  visit(body, false, false);
  return numbers.sort((a, b) => a - b);

  function visit(node: PatternNode, inLoop: boolean, isUnsettled: boolean): void {
    if (node.type === "choice") isUnsettled ||= inLoop;
    if (node.type === "group" && node.number !== undefined && isUnsettled) {
      numbers.push(node.number);
    }
    if (node.type === "look") isUnsettled ||= node.negate || node.behind;
    if (node.type === "repeat") {
      const isOptional = inLoop && node.min === 0;
      isUnsettled ||= isOptional || node.min !== node.max && widthOf(node.body).min === 0;
      inLoop ||= node.max > 1;
    }
    for (const child of childrenOf(node)) visit(child, inLoop, isUnsettled);
  }
}

/** Tells whether a part tries to match nothing only after all else has failed. */
function isEmptyLast(node: PatternNode): boolean {
  switch (node.type) {
    case "sequence":
      return widthOf(node).min > 0 || node.nodes.every(isEmptyLast);
    case "choice":
    case "condition": {
      const alternatives = childrenOf(node);
      // No alternative after the first that may match nothing may match something.
      const first = alternatives.findIndex((one) => widthOf(one).min === 0);
      if (first === -1) return true;
      const later = alternatives.slice(first + 1);
      return isEmptyLast(alternatives[first]) && later.every((one) => widthOf(one).max === 0);
    }
    case "group":
      return isEmptyLast(node.body);
    case "repeat": {
      const { min, max } = widthOf(node);
      if (min > 0 || max === 0) return true;
      return !node.lazy && isEmptyLast(node.body);
    }
    case "set":
    case "look":
    case "boundary":
    case "anchor":
    case "reference":
    // There is only one way to match it.
    case "atomic":
      return true;
  }
}

/** Looks for repetitions and lookbehinds that differ. */
function findInNode(node: PatternNode): string | undefined {
  if (node.type === "look" && node.behind) {
    const { min, max } = widthOf(node.body);
    if (min !== max) return "a lookbehind must have a fixed width";
  }
  if (node.type === "repeat" && node.min !== node.max) {
    const canDiffer = widthOf(node.body).min === 0 && !isEmptyLast(node.body);
    if (canDiffer) return "it repeats what may match nothing before it matches something";
  }
  return findFirst(childrenOf(node), findInNode);
}

/** Looks for the same in atomic groups, which keep what they match first. */
function findInAtomics(node: PatternNode): string | undefined {
  if (node.type === "atomic") return findInNode(node.body);
  return findFirst(childrenOf(node), findInAtomics);
}

/**
 * Looks for references to groups that may not have matched.
 *
 * @param defined the groups that have matched before `node`; those that match in it are added
 */
function findReference(
  node: PatternNode,
  unsettled: ReadonlySet<number>,
  defined: Set<number>,
): string | undefined {
  if (node.type === "reference") {
    const isSafe = defined.has(node.number) && !unsettled.has(node.number);
    return isSafe ? undefined : `it refers to group ${node.number}, which may not have matched`;
  }
  if (node.type === "choice") {
    const branches = node.alternatives.map(() => new Set(defined));
    const difference = findFirst(node.alternatives, (one, index) => {
      return findReference(one, unsettled, branches[index]);
    });
    for (const number of branches[0]) {
      if (branches.every((branch) => branch.has(number))) defined.add(number);
    }
    return difference;
  }
  const isOptional = node.type === "look" && node.negate ||
    node.type === "repeat" && node.min === 0;
  const inner = isOptional ? new Set(defined) : defined;
  const difference = findFirst(childrenOf(node), (one) => findReference(one, unsettled, inner));
  if (node.type === "group" && node.number !== undefined) defined.add(node.number);
  return difference;
}

function findFirst(
  nodes: readonly PatternNode[],
  find: (node: PatternNode, index: number) => string | undefined,
): string | undefined {
  return nodes.values().map(find).find((difference) => difference !== undefined);
}
