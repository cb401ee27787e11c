/**
 * A trace as text: its story in a few lines, its steps as a table, its rules, and the life of one
 * rule.
 *
 *     deno run --allow-read=FILE print.ts FILE [--why RULE | --rules] [--json] [--width N]
 *
 * @example
 * ```ts ignore
 * import { printTrace, readTrace } from "./mod.ts";
 *
 * printTrace(await readTrace("runs/banking.trace.json"));
 * ```
 *
 * @module
 */
import { parseArgs } from "node:util";
import type { Evaluation } from "./learn/score/evaluation.ts";
import type { Refusal, Rule } from "./learn/rules/rule.ts";
import { formatEvaluated } from "./print/evaluation.ts";
import { layOut } from "./print/layout.ts";
import { formatLife } from "./print/life.ts";
import { decideOf, formatRuleList } from "./print/rules.ts";
import { parseUsage, requirePermission, runScript, write } from "./script/script.ts";
import { type FormatOptions, parseWidth, terminal, toJson } from "./script/terminal.ts";
import { formatScores } from "./print/scores.ts";
import { formatSteps } from "./print/steps.ts";
import { formatHeader, formatStory } from "./print/story.ts";
import { lastRules } from "./record/fold.ts";
import { explainRule, readTrace, type Trace } from "./trace.ts";

export type { FormatOptions };

/**
 * A trace as text: what was run, the story, the table of steps, the scores at the end. Control and
 * escape characters in it are shown as text. Ends in a line break. Where columns are short, the table
 * gives up time first, then precision and recall, F1 before, the number of rules, Δ, F1.
 *
 * @throws {TraceError} where a step does not fit the rules that the ones before it left
 * @throws {RangeError} where `width` is no whole number from 20 to 1000
 */
export function formatTrace(trace: Trace, options?: FormatOptions): string {
  return layOut(options, (width) => {
    const parts = [
      formatHeader(trace, width),
      formatStory(trace, width),
      trace.steps.length > 0 ? formatSteps(trace, width) : [],
      formatScores(trace, width),
    ].filter((lines) => lines.length > 0);
    return parts.flatMap((lines, place) => place === 0 ? lines : ["", ...lines]);
  });
}

/**
 * The rules that a trace ends with, by label: weight (priority in a decision list), precision,
 * support, name and patterns. Ends in a line break.
 *
 * @throws {RangeError} where `width` is no whole number from 20 to 1000
 */
export function formatRules(trace: Trace, options?: FormatOptions): string {
  const findsSpans = trace.run.dataset.task !== "classification";
  return layOut(options, (width) => {
    const lines = formatRuleList(lastRules(trace), decideOf(trace), width, findsSpans);
    return lines.length === 0 ? ["no rules"] : lines;
  });
}

/**
 * The life of a rule, asked for by id or name: what it matches, which step brought it and for which
 * failures, what became of it; then the same of the rules it came from. Ends in a line break.
 *
 * @throws {TraceError} where no rule is called so, or several are
 * @throws {RangeError} where `width` is no whole number from 20 to 1000
 */
export function formatRuleLife(
  trace: Trace,
  idOrName: string,
  options?: FormatOptions,
): string {
  const life = explainRule(trace, idOrName);
  return layOut(options, (width) => formatLife(trace, life, width));
}

/**
 * Writes {@linkcode formatTrace} to the standard output: as wide as the terminal and in colour on
 * one, 100 columns and plain elsewhere. A reader that has gone away is no error.
 *
 * @throws {RangeError} where `width` is no whole number from 20 to 1000
 */
export function printTrace(trace: Trace, options?: FormatOptions): void {
  write(formatTrace(trace, { ...terminal(), ...options }));
}

/** An evaluation of rules, and what could not be evaluated. */
export interface Evaluated {
  /** The rules, in the order of the evaluation. */
  readonly rules: readonly Rule[];
  readonly evaluation: Evaluation;
  /** Rules of the file that cannot run. */
  readonly refused?: readonly Refusal[];
}

/**
 * How rules do on a data set: the set, each label, each rule with its true and false positives and
 * what the set's F1 gains by it in percentage points. Ends in a line break.
 *
 * @throws {RangeError} where `width` is no whole number from 20 to 1000
 */
export function formatEvaluation(evaluated: Evaluated, options?: FormatOptions): string {
  const { rules, evaluation, refused = [] } = evaluated;
  return layOut(options, (width) => formatEvaluated(rules, evaluation, refused, width));
}

/**
 * Writes {@linkcode formatEvaluation} to the standard output, as {@linkcode printTrace} does.
 *
 * @throws {RangeError} where `width` is no whole number from 20 to 1000
 */
export function printEvaluation(evaluated: Evaluated, options?: FormatOptions): void {
  write(formatEvaluation(evaluated, { ...terminal(), ...options }));
}

const usage = `Print the trace of a learning run: its story, its steps, its scores.

  deno run --allow-read=FILE print.ts FILE [options]

FILE is a .trace.json, the .trace.jsonl of a run that is going on or was killed, or - for the
standard input.

  --why RULE   the life of one rule, by its id or name
  --rules      the rules at the end, by label
  --json       JSON instead of text: the verified trace, or what --why or --rules is about
  --width N    columns, 20 to 1000 (default: the terminal's, or 100)
  --help       this text

Colours only on a terminal, and not where NO_COLOR is set.
`;

function parseArguments(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      why: { type: "string" },
      rules: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      width: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const { width, ...rest } = values;
  const layout = parseWidth(width);
  if (values.why !== undefined && values.rules) {
    throw new TypeError("--why and --rules do not go together");
  }
  if (!values.help && positionals.length !== 1) {
    throw new TypeError(`expected one FILE (or -), got ${positionals.length}`);
  }
  return { ...rest, path: positionals[0], layout };
}

async function main(args: string[]): Promise<void> {
  const { path, why, rules, json, help, layout } = parseUsage(() => parseArguments(args));
  if (help) return write(usage);
  await requirePermission("read", path);
  const trace = await readTrace(path);
  const options = { ...terminal(), ...layout };
  if (why !== undefined) {
    write(json ? toJson(explainRule(trace, why)) : formatRuleLife(trace, why, options));
  } else if (rules) {
    write(json ? toJson(lastRules(trace)) : formatRules(trace, options));
  } else {
    write(json ? toJson(trace) : formatTrace(trace, options));
  }
}

if (import.meta.main) await runScript("print.ts", () => main(Deno.args));
