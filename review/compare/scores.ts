/**
 * The scores that runs recorded, and whether two of them were measured on the same examples.
 *
 * @module
 */
import type { Trace } from "../../trace.ts";
import type { ScorePair } from "./comparison.ts";
import { compareScores, endScores, groundsOf } from "../scores.ts";

const SPLITS = ["dev", "train", "all", "test"] as const;

/** Both runs' scores, split by split. */
export function pairScores(before: Trace, after: Trace): ScorePair[] {
  const [was, is] = [endScores(before.steps), endScores(after.steps)];
  const grounds = [groundsOf(before.run), groundsOf(after.run)] as const;
  return SPLITS.flatMap((on): ScorePair[] => {
    const [one, other] = [was[on], is[on]];
    if (one === undefined && other === undefined) return [];
    const sides = { on, ...(one && { before: one }), ...(other && { after: other }) };
    if (one === undefined || other === undefined) {
      return [{ ...sides, why: `only the run ${one === undefined ? "after" : "before"} has them` }];
    }
    const gained = compareScores(on, one, other, ...grounds);
    return [typeof gained === "string" ? { ...sides, why: gained } : { ...sides, points: gained }];
  });
}
