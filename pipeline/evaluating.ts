/**
 * Evaluation of the rules of a file, by the script.
 *
 * @module
 */
import { readExamples } from "../learn/data/dataset.ts";
import type { FieldNames } from "../learn/data/fields.ts";
import type { DecisionOptions } from "../learn/rules/decisions.ts";
import { measureReadability, type Readability } from "../learn/rules/reading.ts";
import type { Refusal } from "../learn/rules/rule.ts";
import type { RuleSet } from "../learn/rules/rule_set.ts";
import type { AnswerCoverage } from "../learn/score/coverage.ts";
import { findErrors, type RuleErrors } from "../learn/score/errors.ts";
import { evaluatingRules, type Evaluation } from "../learn/score/evaluation.ts";
import type { RuleScores } from "../learn/score/scoring.ts";
import type { Task } from "../learn/data/examples.ts";
import type { Match } from "../learn/score/matches.ts";
import { escapeControls } from "../learn/text/quoting.ts";
import { type Breathe, inSlices } from "../learn/text/slices.ts";
import { formatMarkdown, printEvaluation } from "../print.ts";
import { phraseUnfinished } from "../print/phrases.ts";
import { requirePermission, UsageError, write } from "../script/script.ts";
import { createProgressLine } from "../script/terminal.ts";
import { requireTrust } from "./predicting.ts";
import { readRules } from "./rule_files.ts";

/** Rules and examples to evaluate, and options that override those in the rules' file. */
export interface EvaluationRequest {
  /** Path of the rules. */
  readonly rules: string;
  /** Path of the examples. */
  readonly evaluate: string;
  readonly decision: Partial<DecisionOptions>;
  readonly match?: Match;
  /** A trust of answers to measure the coverage at as well. */
  readonly trust?: number;
  /** What the fields of the examples are called. */
  readonly fields?: FieldNames;
  /** How to print the evaluation. */
  readonly format: EvaluationFormat;
  /** Whether to show what the rules get wrong. */
  readonly errors: boolean;
  /** The most errors of a pair of labels. */
  readonly maxErrors?: number;
}

/** A format of an evaluation: text for a terminal, JSON or Markdown. */
export type EvaluationFormat = "text" | "json" | "markdown";

/** What `--evaluate` prints with `--json`, in one line. */
export interface EvaluationJson extends Omit<Evaluation, "rules" | "coverage"> {
  /** Scores of each rule, in the order of the file. */
  readonly rules: readonly NamedRuleScores[];
  /** How many answers stay, and are right, by the trust that is asked for. */
  readonly coverage?: Omit<AnswerCoverage, "rules">;
  /** What the rules cost to read. */
  readonly readability: Readability;
  /** Rules of the file that cannot run. */
  readonly refused: readonly Refusal[];
  /** What the rules get wrong, with the texts; with `--errors` only. */
  readonly errors?: RuleErrors;
}

/** Scores of a rule, with its name and label. */
export interface NamedRuleScores extends RuleScores {
  /** Name of the rule. */
  readonly name: string;
  /** Its label. */
  readonly label: string;
  /** How far it can be trusted, 0 to 1; missing by vote. `coverage.basis` says on which examples that was measured. */
  readonly trust?: number;
}

/** The most errors of a pair that people are shown, unless they ask for another number. */
const FEW_ERRORS = 5;

/** Milliseconds before the first word of progress, and between two. */
const TOLD = 450;

/** Scores the rules of a file on the examples of another, and prints the evaluation. */
export async function evaluateFile(request: EvaluationRequest): Promise<void> {
  await requirePermission("read", request.rules);
  await requirePermission("read", request.evaluate);
  const set = await readRules(request.rules);
  checkDecision(request, set.task);
  const { match = set.match, format, maxErrors, fields } = request;
  const { dataset, lineOf } = await readExamples(request.evaluate, { task: set.task, fields });
  const { confidence } = set;
  const decision = { ...set.decision, ...request.decision };
  const { trust } = request;
  if (trust !== undefined) requireTrust({ ...set, decision });
  const options = { ...decision, match, confidence, trust };
  const evaluating = evaluatingRules(set.rules, dataset, options);
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
  const limit = maxErrors ?? (format === "json" ? Infinity : FEW_ERRORS);
  const errors = request.errors
    ? findErrors(set.rules, dataset, { ...options, lineOf, limit })
    : undefined;
  const names = new Map(set.rules.map(({ id, name }) => [id, name]));
  const unfinished = phraseUnfinished(evaluation.unfinished, (id) => names.get(id)!);
  if (unfinished !== undefined) write(`pipeline.ts: ${unfinished}\n`, "stderr");
  const evaluated = { ...set, evaluation, errors };
  switch (format) {
    case "text":
      return printEvaluation(evaluated);
    case "markdown":
      return write(formatMarkdown(evaluated));
    case "json":
      // JSON leaves some control characters as they are, which act on a terminal.
      return write(escapeControls(JSON.stringify(toOutput(set, evaluation, errors))) + "\n");
  }
}

function toOutput(
  { rules, refused }: Pick<RuleSet, "rules" | "refused">,
  evaluation: Evaluation,
  errors: RuleErrors | undefined,
): EvaluationJson {
  const { rules: trusts, ...coverage } = evaluation.coverage ?? {};
  const named = evaluation.rules.map((scores, place) => {
    const { name, label } = rules[place];
    const trust = trusts?.[place];
    return { name, label, ...scores, ...(trust !== undefined && { trust }) };
  });
  const readability = measureReadability(rules);
  return {
    ...evaluation,
    rules: named,
    ...(evaluation.coverage && { coverage: coverage as Omit<AnswerCoverage, "rules"> }),
    readability,
    refused,
    ...(errors && { errors }),
  };
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
