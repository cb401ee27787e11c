/**
 * Evaluation of the rules of a file, by the script.
 *
 * @module
 */
import { readDataset } from "../learn/data/dataset.ts";
import type { FieldNames } from "../learn/data/fields.ts";
import type { DecisionOptions } from "../learn/rules/decisions.ts";
import { evaluatingRules } from "../learn/score/evaluation.ts";
import type { Task } from "../learn/data/examples.ts";
import type { Match } from "../learn/score/matches.ts";
import { escapeControls } from "../learn/text/quoting.ts";
import { type Breathe, inSlices } from "../learn/text/slices.ts";
import { printEvaluation } from "../print.ts";
import { phraseUnfinished } from "../print/phrases.ts";
import { requirePermission, UsageError, write } from "../script/script.ts";
import { createProgressLine } from "../script/terminal.ts";
import { readRules } from "./rule_files.ts";

/** Rules and examples to evaluate, and options that override those in the rules' file. */
export interface EvaluationRequest {
  /** Path of the rules. */
  readonly rules: string;
  /** Path of the examples. */
  readonly evaluate: string;
  readonly decision: Partial<DecisionOptions>;
  readonly match?: Match;
  /** What the fields of the examples are called. */
  readonly fields?: FieldNames;
  /** Whether to print JSON. */
  readonly json: boolean;
}

/** Milliseconds before the first word of progress, and between two. */
const TOLD = 450;

/** Scores the rules of a file on the examples of another, and prints the evaluation. */
export async function evaluateFile(request: EvaluationRequest): Promise<void> {
  await requirePermission("read", request.rules);
  await requirePermission("read", request.evaluate);
  const set = await readRules(request.rules);
  checkDecision(request, set.task);
  const dataset = await readDataset(request.evaluate, { task: set.task, fields: request.fields });
  const { match = set.match } = request;
  const decision = { ...set.decision, ...request.decision };
  const evaluating = evaluatingRules(set.rules, dataset, { ...decision, match });
  const progress = createProgressLine();
  let last = performance.now();
  // Nothing has to be recorded, so that Ctrl-C may end the process, and the work needs no pause.
  const tell: Breathe = (done, doing) => {
    if (performance.now() - last < TOLD) return;
    last = performance.now();
    progress!.show([`evaluation: ${Math.floor(100 * done)} %`, doing]);
  };
  const evaluation = await inSlices(evaluating, progress && tell)
    .finally(() => progress?.clear());
  const names = new Map(set.rules.map(({ id, name }) => [id, name]));
  const unfinished = phraseUnfinished(evaluation.unfinished, (id) => names.get(id)!);
  if (unfinished !== undefined) write(`pipeline.ts: ${unfinished}\n`, "stderr");
  if (!request.json) return printEvaluation({ ...set, evaluation });
  const rules = evaluation.rules.map((scores, place) => {
    const { name, label } = set.rules[place];
    return { name, label, ...scores };
  });
  // JSON leaves some control characters as they are, which act on a terminal.
  write(escapeControls(JSON.stringify({ ...evaluation, rules, refused: set.refused })) + "\n");
}

/**
 * Refuses options that mean nothing for the task of the rules.
 *
 * @throws {UsageError} if there is one
 */
export function checkDecision(
  { decision, match }: Pick<EvaluationRequest, "decision" | "match">,
  task: Task,
): void {
  const { decide, overlaps, threshold } = decision;
  const [others, use] = task === "classification"
    ? [{ match, overlaps }, "for spans, and the rules give labels"]
    : [
      { decide: decide === "vote" ? decide : undefined, threshold },
      "for labels, and the rules find spans",
    ];
  const found = Object.entries(others).find(([, value]) => value !== undefined);
  if (found) throw new UsageError(`--${found[0]} is ${found[1]}, which is ${use}`);
}
