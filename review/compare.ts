/**
 * Compares two runs: what they were given, where they part and why, what became of the rules and the
 * scores. As a script, it also lists the runs of a folder.
 *
 *     deno run --allow-read review/compare.ts BEFORE AFTER [--data FILE] [--min-f1 X] [--fail-on warn]
 *     deno run --allow-read review/compare.ts FOLDER [--json]
 *
 * @module
 */
import { runScript } from "../script/script.ts";
import { isScript, readArgs, setExitCode } from "../system/process.ts";
import { runCompare } from "./compare/script.ts";

export { type CompareOptions, compareTraces } from "./compare/compare_traces.ts";
export type { ExampleCounts as Counts } from "../learn/score/scoring.ts";
export type {
  Comparison,
  DataComparison,
  Difference,
  ExampleReference,
  Finding,
  Gate,
  Incomparable,
  LabelPair,
  LowLabel,
  McNemar,
  MinimumCheck,
  PartedStep,
  Parting,
  PartingReason,
  RuleComparison,
  RulePair,
  RunFacts,
  ScorePair,
  Severity,
  Thresholds,
} from "./compare/comparison.ts";
export type { Readability } from "../learn/rules/reading.ts";
export { formatAnnotations } from "./compare/annotations.ts";
export type { ComparedData } from "./compare/examples.ts";
export { formatComparisonMarkdown } from "./compare/markdown.ts";
export type { ComparisonPageOptions } from "./compare/page.ts";
export { renderComparison } from "./compare/page.ts";
export type { PageLink, PageOptions } from "./markup.ts";
export { formatComparison } from "./compare/text.ts";
export { bootstrapF1, type Interval, testMcNemar } from "./significance.ts";

if (isScript("compare", import.meta.main, import.meta.url)) {
  await runScript("compare.ts", async () => setExitCode(await runCompare(readArgs())), 2);
}
