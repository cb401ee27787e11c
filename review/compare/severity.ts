/**
 * How bad the findings of a comparison are.
 *
 * - `alert`: the same inputs gave another output; F1 fell by more than `alertDrop`; the run after did
 *   not finish
 * - `warn`: the same inputs gave another output, but a model was asked or another version of the
 *   software learned; F1 fell by more than `warnDrop`; no F1 was measured alike; the run before did not
 *   finish; the data or the task differ
 *
 * F1 counts on `--data`, on the test examples and on those that decided (dev, or train if nothing was
 * held out), if both runs were measured on the same ones.
 *
 * @module
 */
import { count } from "../../print/phrases.ts";
import type { Run, Trace } from "../../trace.ts";
import type { Comparison, Finding, Severity, Thresholds } from "./comparison.ts";
import { isSame } from "../../learn/text/json.ts";
import { groundsOf } from "../scores.ts";

/** The results that findings are drawn from. */
type Evidence = Pick<Comparison, "before" | "after" | "parting" | "scores" | "data" | "identical">;

/** Lists the findings, the worst first. */
export function judgeSeverity(
  before: Trace,
  after: Trace,
  evidence: Evidence,
  thresholds: Thresholds,
): Finding[] {
  if (evidence.identical) return [];
  const isHeldOut = before.run.split.dev.length + after.run.split.dev.length > 0;
  const findings = [
    ...judgeDeterminism(before, after, evidence),
    ...judgeStatus("after", evidence.after.status, "alert"),
    ...judgeStatus("before", evidence.before.status, "warn"),
    ...judgeDrops(evidence, thresholds, isHeldOut),
    ...judgeData(before.run, after.run),
  ];
  const rank = ({ severity }: Finding) => severity === "alert" ? 0 : 1;
  return findings.sort((a, b) => rank(a) - rank(b));
}

/** Returns the severity of all findings together. */
export function worstOf(findings: readonly Finding[]): Severity {
  if (findings.some(({ severity }) => severity === "alert")) return "alert";
  return findings.length > 0 ? "warn" : "ok";
}

function judgeDeterminism(
  { run }: Trace,
  { run: { software } }: Trace,
  { before, after, parting }: Evidence,
): Finding[] {
  // The record of an imported run does not have all inputs.
  if (run.origin !== undefined || before.inputs !== after.inputs || !parting) return [];
  // A run that stopped short, or failed, has nothing more to differ in: its status is a finding instead.
  const sides = [parting.before, parting.after];
  if (sides.some((step) => step === undefined || step.type === "failure")) return [];
  const where = `the runs part at step ${parting.step}`;
  const what = "the same inputs gave another output";
  if (run.learner.model !== undefined) {
    // Other requests that brought the same steps are not another output.
    if (parting.reasons.every(({ what }) => what === "exchanges")) return [];
    const text = `${what}: ${where}; a model may answer differently each time`;
    return [{ severity: "warn", code: "chance", text }];
  }
  if (run.software.ruletrace !== software.ruletrace) {
    const text =
      `${what} with ruletrace ${run.software.ruletrace} and ${software.ruletrace}: ${where}`;
    return [{ severity: "warn", code: "chance", text }];
  }
  const text = `${what}: determinism is broken, ${where}`;
  return [{ severity: "alert", code: "determinism", text }];
}

function judgeStatus(
  side: string,
  status: Run["status"],
  severity: Finding["severity"],
): Finding[] {
  if (status === "completed") return [];
  if (status === "unknown") {
    const text = `it is unknown whether the run ${side} finished`;
    return [{ severity: "warn", code: "status", text }];
  }
  const text = `the run ${side} did not finish: its status is ${status}`;
  return [{ severity, code: "status", text }];
}

/** Differences below this many points are rounding. */
const GRAIN = 1e-9;

function judgeDrops(
  { before, after, scores, data }: Evidence,
  { warnDrop, alertDrop }: Thresholds,
  isHeldOut: boolean,
): Finding[] {
  if (before.task !== after.task) return [];
  const known = [
    ...(data ? [{ on: `the ${count(data.examples, "example")} of ${data.name}`, ...data.f1 }] : []),
    ...scores.filter(({ on }) => on === "test" || on === (isHeldOut ? "dev" : "train")),
  ].filter(({ points }) => points !== undefined);
  if (known.length === 0) {
    const text = "no F1 was measured on the same examples in both runs, so none can be compared";
    return [{ severity: "warn", code: "scores", text }];
  }
  return known.flatMap(({ on, points = 0 }): Finding[] => {
    const drop = -points;
    const [severity, limit] = drop > alertDrop + GRAIN
      ? ["alert", alertDrop] as const
      : ["warn", warnDrop] as const;
    if (drop <= limit + GRAIN) return [];
    const text = `F1 on ${on} fell by ${formatDrop(drop, limit)} points, more than ${limit}`;
    return [{ severity, code: "drop", text }];
  });
}

/** Formats a drop with two decimals, or as many as tell it from the limit that it is over. */
function formatDrop(drop: number, limit: number): string {
  const decimals = [2, 3, 4, 5, 6, 7, 8].find((many) => Number(drop.toFixed(many)) > limit);
  return drop.toFixed(decimals ?? 9);
}

function judgeData(before: Run, after: Run): Finding[] {
  const [was, is] = [before.dataset, after.dataset];
  const [one, other] = [groundsOf(before).test, groundsOf(after).test];
  const isTestedAlike = one === undefined || other === undefined || isSame(one, other);
  const sizes = [was, is].map(({ examples }) =>
    examples === undefined ? "examples unknown" : count(examples, "example")
  );
  const warn = (code: Finding["code"], text: string): Finding => ({ severity: "warn", code, text });
  return [
    ...was.task === is.task
      ? []
      : [warn("task", `the runs are of different tasks: ${was.task} and ${is.task}`)],
    ...was.digest === is.digest
      ? []
      : [warn("data", `the runs learned from different data: ${sizes.join(" and ")}`)],
    ...isTestedAlike ? [] : [warn("data", "the runs were tested on different examples")],
  ];
}
