/**
 * What an export gives: the text for an engine, and the rules that the engine cannot run.
 *
 * @module
 */
import type { Rule } from "../learn/rules/rule.ts";

/** A rule that an engine cannot run with equal answers. */
export interface UnsaidRule {
  /** The rule. */
  readonly rule: Rule;
  /** The reason in a few words. */
  readonly reason: string;
}

/** Rules written for an engine. */
export interface RuleExport {
  /** The program, statement or document. */
  readonly text: string;
  /** The rules that are not in it, in the order given: without them, other answers are possible. */
  readonly refused: readonly UnsaidRule[];
}
