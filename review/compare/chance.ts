/**
 * Whether a loss of F1 may be chance.
 *
 * @module
 */
import type { Scores } from "../../learn/score/scoring.ts";
import { count, formatCount } from "../../print/phrases.ts";
import type { KnownScores } from "../../trace.ts";
import { leastDiffering } from "../significance.ts";
import type { DataComparison } from "./comparison.ts";
import { phraseP } from "./data_section.ts";
import { phraseGain } from "./sections.ts";

/** Probability below which a test speaks against chance. */
const LEVEL = 0.05;

/**
 * Says why a loss on examples that both rule sets ran on may be chance: neither McNemar's test nor the
 * interval of the difference in F1 speaks against it. `undefined` if one of them does.
 */
export function doubtData({ mcnemar, f1, before, after }: DataComparison): string | undefined {
  const { gained, lost, pValue } = mcnemar;
  if (lost > gained && pValue <= LEVEL) return undefined;
  // Resamples of few examples that differ are too much alike to be evidence.
  if (f1.high < 0 && loseAtMost(before, after) >= leastDiffering(1)) return undefined;
  const points = (value: number) => phraseGain(value).text.replace("±", "");
  return `exact only before ${formatCount(lost)}, only after ${formatCount(gained)}, ` +
    `p = ${phraseP(pValue)}; ${100 * f1.level} % interval ` +
    `${points(f1.low)} to ${points(f1.high)} points`;
}

/**
 * Says why a loss between recorded scores may be chance, of which it is not known which examples differ: so
 * few make it that no test could speak against chance, even if no example was gained. `undefined` if more do,
 * or their number is not known.
 *
 * @param noun what is counted: an example or a span
 */
export function doubtScores(
  before: KnownScores,
  after: KnownScores,
  noun: string,
): string | undefined {
  const [one, other] = [before, after].map(({ tp, fp }) => ({ tp, fp }));
  if (!isCounted(one) || !isCounted(other)) return undefined;
  const [lost, least] = [loseAtMost(one, other), leastDiffering(1)];
  if (lost >= least) return undefined;
  return `${lost === 1 ? "" : "at most "}${count(lost, noun)} ${
    lost === 1 ? "makes" : "make"
  } the difference, and it takes ${least} to tell it from chance`;
}

function isCounted(
  scores: Partial<Pick<Scores, "tp" | "fp">>,
): scores is Pick<Scores, "tp" | "fp"> {
  return scores.tp !== undefined && scores.fp !== undefined;
}

/**
 * Returns how many examples (or spans) got worse at most, if none got better. Each lost one is one true positive
 * less, one false positive more, or both. If others got better, more got worse, and both together say less
 * against chance than this many that all speak for one side.
 */
function loseAtMost(
  before: Pick<Scores, "tp" | "fp">,
  after: Pick<Scores, "tp" | "fp">,
): number {
  return Math.max(0, before.tp - after.tp) + Math.max(0, after.fp - before.fp);
}
