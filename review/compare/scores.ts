/**
 * Both runs' scores, split by split.
 *
 * @module
 */
import type { Trace } from "../../trace.ts";
import type { ScorePair } from "./comparison.ts";
import { compareScores, endScores, groundsOf } from "../scores.ts";

const SPLITS = ["test", "dev", "train", "all"] as const;

/** Pairs the scores that two runs ended with, for each split that one of them has scores on. */
export function pairScores(before: Trace, after: Trace): ScorePair[] {
  const [was, is] = [endScores(before.steps), endScores(after.steps)];
  const grounds = [groundsOf(before.run), groundsOf(after.run)] as const;
  return SPLITS.flatMap((on): ScorePair[] => {
    const [one, other] = [was[on], is[on]];
    if (one === undefined && other === undefined) return [];
    const sides = { on, ...(one && { before: one }), ...(other && { after: other }) };
    if (one === undefined || other === undefined) {
      const side = one === undefined ? "after" : "before";
      return [{ ...sides, why: `only the run ${side} has scores` }];
    }
    const gained = compareScores(on, one, other, ...grounds);
    return [typeof gained === "string" ? { ...sides, why: gained } : { ...sides, points: gained }];
  });
}
