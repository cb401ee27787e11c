/**
 * Phrases about blame that text and page share.
 *
 * @module
 */
import { count, formatCount } from "../../print/phrases.ts";
import { rateEvidence } from "../significance.ts";
import type { ForkTrial, SeedBlame } from "./format.ts";

/** Phrases the place of a run among those with other seeds. */
export function phrasePlace({ seeds }: Pick<SeedBlame, "seeds">, f1: number): string {
  const all = formatCount(seeds.length + 1);
  const above = seeds.filter((one) => one.f1 > f1).length;
  const same = seeds.filter((one) => one.f1 === f1).length;
  if (same === seeds.length) return `the same with all ${all} seeds`;
  const tied = same === 0 ? "" : `, shared with ${count(same, "other")}`;
  if (above + same === seeds.length) return `the lowest of ${all} seeds${tied}`;
  if (above === 0) return `the highest of ${all} seeds${tied}`;
  return `place ${formatCount(above + 1)} of ${all} seeds from the highest${tied}`;
}

/** Phrases how much a trial says, and why it says nothing if its interval excludes 0. */
export function phraseEvidence(
  { evidence, interval }: Pick<ForkTrial, "evidence" | "interval">,
): string {
  const isFew = evidence === "no evidence" && rateEvidence(interval) !== "no evidence";
  return isFew ? `${evidence}: too few examples` : evidence;
}
