/**
 * How bad the findings of a comparison are.
 *
 * - `alert`: the same inputs gave another output; F1 fell by more than `alertDrop`; the run after did
 *   not finish, or is below a minimum
 * - `warn`: the same inputs gave another output, but a model was asked or another version of the
 *   software learned; F1 fell by more than `warnDrop`; no F1 was measured alike; the run before did not
 *   finish; the data or the task differ
 *
 * F1 counts on `--data`, on the test examples and on dev, if both runs were measured on the same ones and
 * neither learned from them. A loss that may be chance is one degree less bad: a `warn`, or a `note`.
 *
 * @module
 */
import { count } from "../../print/phrases.ts";
import type { Run, Trace } from "../../trace.ts";
import { doubtData, doubtScores } from "./chance.ts";
import type { Comparison, Finding, Severity, Thresholds } from "./comparison.ts";
import { isSame } from "../../learn/text/json.ts";
import { groundsOf } from "../scores.ts";

/** The results that findings are drawn from. */
type Findable = Pick<Comparison, "before" | "after" | "parting" | "scores" | "data" | "identical">;

/** Lists what a comparison found, but for the minimums; none for identical runs. */
export function judgeSeverity(
  before: Trace,
  after: Trace,
  evidence: Findable,
  thresholds: Thresholds,
): Finding[] {
  if (evidence.identical) return [];
  const findings = [
    ...judgeDeterminism(before, after, evidence),
    ...judgeStatus("after", evidence.after.status, "alert"),
    ...judgeStatus("before", evidence.before.status, "warn"),
    ...judgeDrops(evidence, thresholds),
    ...judgeData(before.run, after.run),
  ];
  return findings;
}

const RANKS = ["alert", "warn", "note"] as const;

/** Sorts findings, the worst first; those that are as bad stay in their order. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => RANKS.indexOf(a.severity) - RANKS.indexOf(b.severity));
}

/** Returns the severity of all findings together. */
export function worstOf(findings: readonly Finding[]): Severity {
  const has = (severity: Finding["severity"]) => findings.some((one) => one.severity === severity);
  if (has("alert")) return "alert";
  return has("warn") ? "warn" : "ok";
}

function judgeDeterminism(
  { run }: Trace,
  { run: { software } }: Trace,
  { before, after, parting }: Findable,
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

/** Severities that a loss of F1 gets if it may be chance. */
const DOUBTED = { alert: "warn", warn: "note" } as const;

function judgeDrops(
  { before, after, scores, data }: Findable,
  { warnDrop, alertDrop }: Thresholds,
): Finding[] {
  if (before.task !== after.task) return [];
  // What a run learned from tells nothing of other texts.
  const judged = data === undefined || data.learnedFrom.length > 0 ? [] : [{
    on: `the ${count(data.examples, "example")} of ${data.name}`,
    points: data.f1.points,
    doubt: doubtData(data),
  }];
  const noun = before.task === "classification" ? "example" : "span";
  const recorded = scores.filter(({ on }) => on === "test" || on === "dev")
    .flatMap(({ on, points, before, after }) =>
      points === undefined ? [] : [{ on, points, doubt: doubtScores(before!, after!, noun) }]
    );
  const known = [...judged, ...recorded];
  if (known.length === 0) {
    const text = "no F1 was measured on the same examples in both runs, which neither learned from";
    return [{ severity: "warn", code: "scores", text }];
  }
  return known.flatMap(({ on, points, doubt }): Finding[] => {
    const drop = -points;
    const [severity, limit] = drop > alertDrop + GRAIN
      ? ["alert", alertDrop] as const
      : ["warn", warnDrop] as const;
    if (drop <= limit + GRAIN) return [];
    const fell = `F1 on ${on} fell by ${formatDrop(drop, limit)} points, more than ${limit}`;
    if (doubt === undefined) return [{ severity, code: "drop", text: fell }];
    return [{
      severity: DOUBTED[severity],
      code: "drop",
      text: `${fell}, which may be chance: ${doubt}`,
    }];
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
