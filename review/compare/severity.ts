/**
 * How bad what a comparison found is.
 *
 * - `alert`: the same inputs gave another output; F1 fell by more than `alertDrop`; the run after did
 *   not come to its end
 * - `warn`: the same, where a model was asked or another version of the software learned; F1 fell by
 *   more than `warnDrop`; no F1 was measured alike; the run before did not come to its end; the data or
 *   the task differ
 *
 * F1 counts on `--data`, on the test examples and on those that decided (dev, or train where nothing was
 * held out), where both runs were measured on the same ones.
 *
 * @module
 */
import { count } from "../../print/phrases.ts";
import type { Run, Trace } from "../../trace.ts";
import type { Comparison, Finding, Severity, Thresholds } from "./comparison.ts";
import { isSame } from "../../learn/text/json.ts";
import { groundsOf } from "../scores.ts";

/** What findings are drawn from. */
type Found = Pick<Comparison, "before" | "after" | "parting" | "scores" | "data" | "identical">;

/** The findings, the worst first. */
export function judgeSeverity(
  before: Trace,
  after: Trace,
  found: Found,
  thresholds: Thresholds,
): Finding[] {
  if (found.identical) return [];
  const findings = [
    ...judgeDeterminism(before, after, found),
    ...judgeStatus(found),
    ...judgeDrops(found, thresholds, before.run.split.dev.length + after.run.split.dev.length > 0),
    ...judgeData(before, after),
  ];
  const rank = ({ severity }: Finding) => severity === "alert" ? 0 : 1;
  return findings.sort((a, b) => rank(a) - rank(b));
}

/** The severity of all findings together. */
export function worstOf(findings: readonly Finding[]): Severity {
  return findings.some(({ severity }) => severity === "alert")
    ? "alert"
    : findings.length > 0
    ? "warn"
    : "ok";
}

function judgeDeterminism(before: Trace, after: Trace, found: Found): Finding[] {
  // Of an imported run the record does not have all inputs.
  if (before.run.origin !== undefined || found.before.inputs !== found.after.inputs) return [];
  const { parting } = found;
  const sides = [parting?.before, parting?.after];
  // A run that stopped short, or failed, has nothing more to differ in: its status is told instead.
  const isCut = parting !== undefined &&
    sides.some((step) => step === undefined || step.type === "failure");
  if (isCut || parting === undefined) return [];
  const where = `they part at step ${parting.step}`;
  const versions = [before, after].map(({ run }) => run.software.ruletrace);
  if (before.run.learner.model !== undefined) {
    // Other requests that brought the same steps are no other output.
    if (parting.reasons.every(({ what }) => what === "exchanges")) return [];
    const text = `the same inputs gave another output: ${where}; a model need not answer alike`;
    return [{ severity: "warn", code: "chance", text }];
  }
  if (versions[0] !== versions[1]) {
    const text = `the same inputs gave another output in ruletrace ${
      versions.join(" and ")
    }: ${where}`;
    return [{ severity: "warn", code: "chance", text }];
  }
  const text = `the same inputs gave another output: determinism is broken, ${where}`;
  return [{ severity: "alert", code: "determinism", text }];
}

function judgeStatus({ before, after }: Found): Finding[] {
  return [
    ...judgeEnd("after", after.status, "alert"),
    ...judgeEnd("before", before.status, "warn"),
  ];
}

function judgeEnd(side: string, status: Run["status"], severity: Finding["severity"]): Finding[] {
  if (status === "completed") return [];
  if (status === "unknown") {
    const text = `whether the run ${side} came to its end is unknown`;
    return [{ severity: "warn", code: "status", text }];
  }
  const text = `the run ${side} did not come to its end: it is ${status}`;
  return [{ severity, code: "status", text }];
}

/** Differences below this many points are rounding. */
const GRAIN = 1e-9;

function judgeDrops(
  { before, after, scores, data }: Found,
  { warnDrop, alertDrop }: Thresholds,
  isHeldOut: boolean,
): Finding[] {
  const measured = [
    ...(data ? [{ on: `the ${count(data.examples, "example")} of ${data.name}`, ...data.f1 }] : []),
    ...scores.filter(({ on }) => on === "test" || on === (isHeldOut ? "dev" : "train")),
  ];
  if (before.task !== after.task) return [];
  const known = measured.filter(({ points }) => points !== undefined);
  if (known.length === 0) {
    const text =
      "no F1 was measured on the same examples in both runs, so none can be said to fall";
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

/** Two decimals, or as many as tell a drop from the limit that it is over. */
function formatDrop(drop: number, limit: number): string {
  const decimals = [2, 3, 4, 5, 6, 7, 8].find((many) => Number(drop.toFixed(many)) > limit);
  return drop.toFixed(decimals ?? 9);
}

function judgeData(before: Trace, after: Trace): Finding[] {
  const [was, is] = [before.run.dataset, after.run.dataset];
  const findings: Finding[] = [];
  if (was.task !== is.task) {
    const text = `the runs are of different tasks: ${was.task} and ${is.task}`;
    findings.push({ severity: "warn", code: "task", text });
  }
  if (was.digest !== is.digest) {
    const sizes = [was, is].map(({ examples }) =>
      examples === undefined ? "examples unknown" : count(examples, "example")
    );
    const text = `the runs learned from different data: ${sizes.join(" and ")}`;
    findings.push({ severity: "warn", code: "data", text });
  }
  const [one, other] = [before, after].map(({ run }) => groundsOf(run).test);
  if (one !== undefined && other !== undefined && !isSame(one, other)) {
    const text = "the runs were tested on different examples";
    findings.push({ severity: "warn", code: "data", text });
  }
  return findings;
}
