/**
 * The scores that a run ended with, and whether those of two runs were measured on the same examples.
 *
 * @module
 */

import type { Split } from "../learn/score/scoring.ts";
import { shortDigest } from "../learn/text/digest.ts";
import { isRecord, isSame } from "../learn/text/json.ts";
import { lastScores } from "../print/standing.ts";
import type { KnownScores, Run, Step } from "../trace.ts";

/** Everything that scores depend on besides the rules: runs that agree in it were measured alike. */
export interface Grounds {
  /** How a predicted span had to match a gold one, if the record says it. */
  readonly match: unknown;
  /** Digest of the data; missing if it is not known which data they were. */
  readonly data: string | undefined;
  /** Stands for the ids held out; missing if it is not known which, as a log does not say. */
  readonly dev: string | undefined;
  /** Digest of the test examples, or whatever the record has of them. */
  readonly test: unknown;
}

/** Returns what the scores of a run were measured by and on. */
export function groundsOf({ dataset, split, config, origin }: Run): Grounds {
  const isKnown = origin === undefined || split.dev.length > 0;
  const dev = isKnown ? shortDigest(split.dev.toSorted(), 32) : undefined;
  const test = isRecord(config.test) ? config.test.digest ?? config.test : config.test;
  return { match: config.match, data: dataset.digest, dev, test };
}

/**
 * Returns the scores that a run ended with, by split. On the examples that decided (dev, or train if
 * nothing was held out) they are those before a refit, after which no example is held out any more.
 */
export function endScores(steps: readonly Step[]): Partial<Record<Split, KnownScores>> {
  const final = steps.findLast((step) => step.type === "final");
  const refit = steps.findLastIndex(({ type }) => type === "refit");
  const decided = lastScores(refit === -1 ? steps : steps.slice(0, refit));
  return { ...(decided?.on && { [decided.on]: decided }), ...final?.scores };
}

/** Says why two runs were not scored alike on a split; `undefined` if they were. */
export function whyIncomparable(on: Split, before: Grounds, after: Grounds): string | undefined {
  if (!isSame(before.match, after.match)) return "spans were matched in different ways";
  if (on === "test") {
    return isSame(before.test, after.test) ? undefined : "the test examples differ";
  }
  if (before.data === undefined || after.data === undefined) return "the data are not known";
  if (before.data !== after.data) return "the data differ";
  if (on === "all") return undefined;
  if (before.dev === undefined || after.dev === undefined) {
    return "the held-out examples are not known";
  }
  return before.dev === after.dev ? undefined : "the held-out examples differ";
}

/** Returns how much F1 gained, in percentage points, or why that cannot be said. */
export function compareScores(
  on: Split,
  before: KnownScores,
  after: KnownScores,
  ...grounds: readonly [Grounds, Grounds]
): number | string {
  const why = whyIncomparable(on, ...grounds);
  if (why !== undefined) return why;
  if (before.examples !== after.examples) return "the numbers of examples differ";
  if (before.f1 === undefined || after.f1 === undefined) return "F1 is not known";
  return 100 * (after.f1 - before.f1);
}
