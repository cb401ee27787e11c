/**
 * What a gate makes of a comparison: minimums of F1, and whether the run after is worse, fine, or could not be
 * compared.
 *
 * @module
 */
import { count, formatCount, formatPercent, listFew, showName } from "../../print/phrases.ts";
import { compareCodeUnits } from "../../learn/text/folding.ts";
import type { Trace } from "../../trace.ts";
import type {
  Comparison,
  DataComparison,
  Finding,
  Gate,
  LowLabel,
  MinimumCheck,
  Thresholds,
} from "./comparison.ts";

/** Differences below this share are rounding. */
const GRAIN = 1e-11;

/** Checks whether the run after reaches the minimums that were asked for, in the order F1, labels. */
export function checkMinimums(
  after: Trace,
  { scores, data }: Pick<Comparison, "scores" | "data">,
  { minF1, minLabelF1 }: Thresholds,
): MinimumCheck[] {
  const checks: MinimumCheck[] = [];
  if (minF1 !== undefined) checks.push(checkF1(minF1, scores, data));
  if (minLabelF1 !== undefined) checks.push(checkLabelF1(minLabelF1, after, data));
  return checks;
}

/** Says why examples do not tell how the run after does on other texts. */
const LEARNED = "the run after learned from these examples";

function checkF1(
  least: number,
  scores: Comparison["scores"],
  data: DataComparison | undefined,
): MinimumCheck {
  const of = "f1";
  if (data !== undefined) {
    if (data.learnedFrom.includes("after")) return { of, least, on: "data", why: LEARNED };
    const { f1 } = data.after;
    return { of, least, on: "data", f1, reached: f1 >= least / 100 - GRAIN };
  }
  const pair = (["test", "dev"] as const)
    .map((on) => ({ on, f1: scores.find((one) => one.on === on)?.after?.f1 }))
    .find(({ f1 }) => f1 !== undefined);
  if (pair?.f1 === undefined) {
    return { of, least, why: "the run after has no F1 on examples that it did not learn from" };
  }
  return { of, least, ...pair, reached: pair.f1 >= least / 100 - GRAIN };
}

function checkLabelF1(
  least: number,
  after: Trace,
  data: DataComparison | undefined,
): MinimumCheck {
  const of = "labels";
  if (data === undefined) {
    const why = "traces hold no scores of labels, and no examples were given";
    return { of, least, why };
  }
  if (data.learnedFrom.includes("after")) return { of, least, on: "data", why: LEARNED };
  const seen = data.labels.flatMap(({ label, after }): LowLabel[] => {
    const support = after === undefined ? 0 : after.tp + after.fn;
    return support === 0 ? [] : [{ label, f1: after!.f1, support }];
  });
  const low = seen.filter(({ f1 }) => f1 < least / 100 - GRAIN)
    .sort((one, other) => one.f1 - other.f1 || compareCodeUnits(one.label, other.label));
  const names = new Set(seen.map(({ label }) => label));
  const unseen = after.run.dataset.labels.filter((label) => !names.has(label)).sort();
  return { of, least, on: "data", low, unseen, reached: low.length === 0 };
}

/** How many labels one finding names. */
const NAMED = 5;

/** Lists the minimums that are not reached, or of which that cannot be said; and labels that are not measured. */
export function judgeMinimums(
  checks: readonly MinimumCheck[],
  data: DataComparison | undefined,
): Finding[] {
  const nameOf = ({ on }: MinimumCheck) =>
    on === "data" ? `the ${count(data!.examples, "example")} of ${data!.name}` : on;
  const noun = data?.match === undefined ? "label" : "type";
  return checks.flatMap((check): Finding[] => {
    const { of, least, reached, why, f1, low = [], unseen = [] } = check;
    if (reached === undefined) {
      const what = of === "f1" ? "F1" : `the F1 of each ${noun}`;
      const text = `whether ${what} reaches ${least} cannot be said: ${why}`;
      return [{ severity: "alert", code: "unmeasured", text }];
    }
    const findings: Finding[] = [];
    if (!reached) {
      const text = of === "f1"
        ? `F1 on ${nameOf(check)} is ${formatBelow(f1!, least)}, less than ${least}`
        : `F1 of ${count(low.length, noun)} on ${nameOf(check)} is less than ${least}: ` +
          listLabels(low, least);
      findings.push({ severity: "alert", code: "minimum", text });
    }
    if (unseen.length > 0) {
      const named = listFew(unseen, ", ", showName, NAMED);
      const text = `no example of ${data!.name} has ${count(unseen.length, noun)} of the run ` +
        `after, so their F1 was not held to ${least}: ${named}`;
      findings.push({ severity: "note", code: "unmeasured", text });
    }
    return findings;
  });
}

function listLabels(low: readonly LowLabel[], least: number): string {
  const phrase = ({ label, f1, support }: LowLabel) =>
    `${showName(label)} ${formatBelow(f1, least)} (support ${formatCount(support)})`;
  return listFew(low, ", ", phrase, NAMED);
}

/** Formats a share as per cent, with as many decimals as tell it from the minimum that it is below. */
function formatBelow(share: number, least: number): string {
  const shown = formatPercent(share);
  if (Number(shown) < least) return shown;
  const decimals = [2, 3, 4, 5, 6, 7, 8].find((many) =>
    Number((100 * share).toFixed(many)) < least
  );
  return (100 * share).toFixed(decimals ?? 9);
}

/** Findings that make the run after worse, if they are bad enough, whatever else could not be compared. */
const WORSE: ReadonlySet<Finding["code"]> = new Set(["drop", "determinism", "chance", "minimum"]);
/** Findings without which there is nothing to judge by. */
const INCOMPARABLE: ReadonlySet<Finding["code"]> = new Set(["scores", "task"]);

/** Tells whether a finding says that something could not be compared. */
export function isIncomparable({ code, severity }: Finding): boolean {
  return INCOMPARABLE.has(code) || code === "unmeasured" && severity === "alert";
}

/** Tells whether a finding is bad enough to fail by what was asked for. */
export function isFailing(finding: Finding, failOn: Thresholds["failOn"]): boolean {
  const { code, severity } = finding;
  // A minimum was asked for by itself.
  if (code === "minimum") return true;
  if (code === "unmeasured") return severity === "alert";
  if (failOn === "never") return false;
  return isIncomparable(finding) || severity === "alert" || severity === failOn;
}

/**
 * Returns what a gate makes of findings: `worse` if F1 fell, is too low, or the same inputs gave another output;
 * else `incomparable` if there was nothing to judge by; else `worse` if a run did not finish, or the data differ
 * and that was asked for.
 */
export function judgeGate(findings: readonly Finding[], failOn: Thresholds["failOn"]): Gate {
  const failing = findings.filter((finding) => isFailing(finding, failOn));
  if (failing.some(({ code }) => WORSE.has(code))) return "worse";
  if (failing.some(isIncomparable)) return "incomparable";
  return failing.length > 0 ? "worse" : "fine";
}
