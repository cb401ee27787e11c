/**
 * The parts of a regular expression of Python.
 *
 * @module
 */

/** A part of a pattern. */
export type PatternNode =
  | CharacterSet
  | { readonly type: "sequence"; readonly nodes: readonly PatternNode[] }
  | { readonly type: "choice"; readonly alternatives: readonly PatternNode[] }
  | GroupNode
  | {
    readonly type: "look";
    readonly behind: boolean;
    readonly negate: boolean;
    readonly body: PatternNode;
  }
  | RepeatNode
  | AtomicNode
  | ConditionNode
  | { readonly type: "boundary"; readonly negate: boolean; readonly scope: Scope }
  | { readonly type: "anchor"; readonly at: Anchor }
  | { readonly type: "reference"; readonly number: number; readonly name?: string };

/**
 * One character of a set: a literal is a range of one character, a `.` the complement of `\n`, or of
 * nothing if it matches `\n` as well.
 */
export interface CharacterSet {
  readonly type: "set";
  readonly negate: boolean;
  readonly items: readonly ClassItem[];
}

/** A group, which captures if it has a number; `modifiers` are those of JavaScript, such as `-i`. */
export interface GroupNode {
  readonly type: "group";
  readonly number?: number;
  readonly name?: string;
  readonly modifiers?: string;
  readonly body: PatternNode;
}

/** A part that is repeated `min` to `max` times; `lazy` if fewer times are tried first. */
export interface RepeatNode {
  readonly type: "repeat";
  readonly body: PatternNode;
  readonly min: number;
  readonly max: number;
  readonly lazy: boolean;
}

/**
 * A part of which only the first way to match is tried, as `(?>…)`; a possessive repetition is one around
 * a repetition. JavaScript does not have it.
 */
export interface AtomicNode {
  readonly type: "atomic";
  readonly body: PatternNode;
}

/** `yes` if the group of a number has matched, else `no`. JavaScript does not have it. */
export interface ConditionNode {
  readonly type: "condition";
  readonly number: number;
  readonly yes: PatternNode;
  readonly no: PatternNode;
}

/** The engines of Python: that of the package `regex`, in its version 0, and that of the module `re`. */
export type PythonEngine = "regex" | "re";
/** All of them, the one that RuleChef runs first. */
export const PYTHON_ENGINES = ["regex", "re"] as const;

/** Which characters `\d`, `\s`, `\w` and `\b` mean: those of ASCII, or of an engine of Python. */
export type Scope = "ascii" | PythonEngine;

/** Code points from `first` to `last`, or a category such as `\d`. */
export type ClassItem =
  | { readonly first: number; readonly last: number }
  | { readonly category: "d" | "s" | "w"; readonly negate: boolean; readonly scope: Scope };

/** `text-end` is `\Z`; `end` is `$`, which also matches before a final line feed. */
export type Anchor = "start" | "line-start" | "end" | "line-end" | "text-end";

/** Returns the parts directly inside a part. */
export function childrenOf(node: PatternNode): readonly PatternNode[] {
  switch (node.type) {
    case "sequence":
      return node.nodes;
    case "choice":
      return node.alternatives;
    case "group":
    case "look":
    case "repeat":
    case "atomic":
      return [node.body];
    case "condition":
      return [node.yes, node.no];
    case "set":
    case "boundary":
    case "anchor":
    case "reference":
      return [];
  }
}

/** Returns the least and the largest number of characters that a part matches. */
export function widthOf(node: PatternNode): { min: number; max: number } {
  switch (node.type) {
    case "set":
      return { min: 1, max: 1 };
    case "sequence": {
      const widths = node.nodes.map(widthOf);
      const sum = (side: "min" | "max") => widths.reduce((total, width) => total + width[side], 0);
      return { min: sum("min"), max: sum("max") };
    }
    case "choice":
    case "condition": {
      const widths = childrenOf(node).map(widthOf);
      return {
        min: Math.min(...widths.map(({ min }) => min)),
        max: Math.max(...widths.map(({ max }) => max)),
      };
    }
    case "group":
    case "atomic":
      return widthOf(node.body);
    case "repeat": {
      const { min, max } = widthOf(node.body);
      return { min: min * node.min, max: max === 0 || node.max === 0 ? 0 : max * node.max };
    }
    case "reference":
      return { min: 0, max: Infinity };
    case "look":
    case "boundary":
    case "anchor":
      return { min: 0, max: 0 };
  }
}

/** Returns a part with other parts directly inside it: `change` is called with each, and its place. */
export function mapChildren(
  node: PatternNode,
  change: (child: PatternNode, place: number) => PatternNode,
): PatternNode {
  switch (node.type) {
    case "sequence":
      return { ...node, nodes: node.nodes.map(change) };
    case "choice":
      return { ...node, alternatives: node.alternatives.map(change) };
    case "group":
    case "look":
    case "repeat":
    case "atomic":
      return { ...node, body: change(node.body, 0) };
    case "condition":
      return { ...node, yes: change(node.yes, 0), no: change(node.no, 1) };
    case "set":
    case "boundary":
    case "anchor":
    case "reference":
      return node;
  }
}

/** Tells whether a part, or one inside it, is as `is` wants it. */
export function hasNode(node: PatternNode, is: (node: PatternNode) => boolean): boolean {
  return is(node) || childrenOf(node).some((child) => hasNode(child, is));
}

/** Tells whether a part captures: a group with a number is in it. */
export function captures(node: PatternNode): boolean {
  return hasNode(node, (one) => one.type === "group" && one.number !== undefined);
}
