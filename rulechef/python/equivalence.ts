/**
 * Where a regular expression of Python and the same one in JavaScript would find different matches.
 *
 * Both try the ways to match in the same order, and differ in two things. A round of a repetition that
 * reads nothing ends the repetition in Python, and does not count in JavaScript. What a group holds
 * stays in Python until it matches again; in JavaScript each round of a repetition begins with empty
 * groups, and a reference to an empty group matches.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { findDifference } from "./equivalence.ts";
 *
 * const letter = { type: "set", negate: false, items: [{ first: 97, last: 97 }] } as const;
 * const lazy = { type: "repeat", body: letter, min: 0, max: Infinity, lazy: true } as const;
 * assertEquals(findDifference(letter), undefined);
 * assertEquals(findDifference(lazy), "it may match nothing where a longer match begins");
 * ```
 *
 * @module
 */
import { type Node, widthOf } from "./nodes.ts";

/** Why a pattern would not find the same in both, if there is a reason. */
export function findDifference(body: Node): string | undefined {
  if (widthOf(body).min === 0 && !isEmptyLast(body)) {
    // Python looks for a longer match at the place of an empty one, JavaScript goes on.
    return "it may match nothing where a longer match begins";
  }
  return findInNode(body) ?? findReference(body, new Set(findUnsettled(body)), new Set());
}

/**
 * Numbers of the groups that may hold something else in JavaScript, ascending: those that a round of
 * a repetition may leave out, that are in a repetition of what can match nothing, or in a lookbehind
 * (which is matched backwards) or a negative lookahead.
 */
export function findUnsettled(body: Node): number[] {
  const numbers: number[] = [];
  visit(body, false, false);
  return numbers.sort((a, b) => a - b);

  function visit(node: Node, inLoop: boolean, isUnsettled: boolean): void {
    switch (node.type) {
      case "sequence":
        for (const one of node.nodes) visit(one, inLoop, isUnsettled);
        return;
      case "choice":
        for (const one of node.alternatives) visit(one, inLoop, isUnsettled || inLoop);
        return;
      case "group":
        if (node.number !== undefined && isUnsettled) numbers.push(node.number);
        return visit(node.body, inLoop, isUnsettled);
      case "look":
        return visit(node.body, inLoop, isUnsettled || node.negate || node.behind);
      case "repeat": {
        const isOptional = inLoop && node.min === 0;
        const isEmpty = node.min !== node.max && widthOf(node.body).min === 0;
        return visit(node.body, inLoop || node.max > 1, isUnsettled || isOptional || isEmpty);
      }
      case "set":
      case "boundary":
      case "anchor":
      case "reference":
        return;
    }
  }
}

/** Whether a part tries to match nothing only when all else has failed. */
function isEmptyLast(node: Node): boolean {
  switch (node.type) {
    case "sequence":
      return widthOf(node).min > 0 || node.nodes.every(isEmptyLast);
    case "choice": {
      // After the first alternative that may match nothing, none may match something.
      const first = node.alternatives.findIndex((one) => widthOf(one).min === 0);
      if (first === -1) return true;
      const later = node.alternatives.slice(first + 1);
      return isEmptyLast(node.alternatives[first]) && later.every((one) => widthOf(one).max === 0);
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
      return true;
  }
}

/** Looks for repetitions and lookbehinds that differ. */
function findInNode(node: Node): string | undefined {
  switch (node.type) {
    case "sequence":
      return findFirst(node.nodes, findInNode);
    case "choice":
      return findFirst(node.alternatives, findInNode);
    case "group":
      return findInNode(node.body);
    case "look": {
      const { min, max } = widthOf(node.body);
      if (node.behind && min !== max) return "a lookbehind must have a fixed width";
      return findInNode(node.body);
    }
    case "repeat":
      if (node.min !== node.max && widthOf(node.body).min === 0 && !isEmptyLast(node.body)) {
        return "it repeats what may match nothing before it matches something";
      }
      return findInNode(node.body);
    case "set":
    case "boundary":
    case "anchor":
    case "reference":
      return undefined;
  }
}

/**
 * Looks for references to groups that may not have matched.
 *
 * @param defined the groups that have matched before `node`; those that match in it are added
 */
function findReference(
  node: Node,
  unsettled: ReadonlySet<number>,
  defined: Set<number>,
): string | undefined {
  switch (node.type) {
    case "sequence":
      return findFirst(node.nodes, (one) => findReference(one, unsettled, defined));
    case "choice": {
      const branches = node.alternatives.map(() => new Set(defined));
      const found = findFirst(node.alternatives, (one, index) => {
        return findReference(one, unsettled, branches[index]);
      });
      for (const number of branches[0]) {
        if (branches.every((branch) => branch.has(number))) defined.add(number);
      }
      return found;
    }
    case "group": {
      const found = findReference(node.body, unsettled, defined);
      if (node.number !== undefined) defined.add(node.number);
      return found;
    }
    case "look":
      return findReference(node.body, unsettled, node.negate ? new Set(defined) : defined);
    case "repeat":
      return findReference(node.body, unsettled, node.min === 0 ? new Set(defined) : defined);
    case "reference": {
      const isSafe = defined.has(node.number) && !unsettled.has(node.number);
      return isSafe ? undefined : `it refers to group ${node.number}, which may not have matched`;
    }
    case "set":
    case "boundary":
    case "anchor":
      return undefined;
  }
}

function findFirst(
  nodes: readonly Node[],
  find: (node: Node, index: number) => string | undefined,
): string | undefined {
  for (const [index, node] of nodes.entries()) {
    const found = find(node, index);
    if (found !== undefined) return found;
  }
  return undefined;
}
