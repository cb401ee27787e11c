/**
 * A trace as text: its story in a few lines, its steps as a table, its rules, and the life of one
 * rule.
 *
 *     deno run --allow-read=FILE print.ts FILE [--why RULE | --rules] [--json] [--width N]
 *
 * @module
 */
import type { Refusal, Rule } from "./learn/rules/rule.ts";
import { renderRules } from "./learn/rules/rule_set.ts";
import type { RuleErrors } from "./learn/score/errors.ts";
import type { Evaluation } from "./learn/score/evaluation.ts";
import { nameInput } from "./learn/text/reading.ts";
import { formatEvaluated } from "./print/evaluation.ts";
import { quote, showText } from "./learn/text/quoting.ts";
import { layOut, separate } from "./print/layout.ts";
import { formatLife } from "./print/life.ts";
import { renderEvaluation } from "./print/markdown.ts";
import { count, formatCount } from "./print/phrases.ts";
import { decideOf, formatRuleList } from "./print/rules.ts";
import { formatFeedback } from "./print/corrections.ts";
import { formatScores } from "./print/scores.ts";
import { formatSteps } from "./print/steps.ts";
import { formatHeader, formatStory } from "./print/story.ts";
import { explainRule, findRule, searchRules } from "./record/explain.ts";
import { readTrace } from "./record/files.ts";
import { lastRules } from "./record/fold.ts";
import { rulesOfTrace } from "./record/rule_set.ts";
import { parseArgs } from "./script/arguments.ts";
import { NotedError, parseUsage, requirePermission, runScript, write } from "./script/script.ts";
import { type FormatOptions, parseWidth, terminal, toJson } from "./script/terminal.ts";
import { isScript, readArgs } from "./system/process.ts";
import type { Trace } from "./trace.ts";

export type { FormatOptions };

/**
 * Formats a trace as text: what was run, the story, feedback, the table of steps, the scores at the end and what the
 * rules cost to read. Shows control and escape characters as text. Ends in a line break. If room is short, the table leaves out time
 * first, then precision and recall, the F1 before, the number of rules, Δ, F1.
 *
 * @throws {TraceError} if a step does not fit the rules that the steps before it left
 * @throws {RangeError} unless `width` is a whole number from 20 to 1000
 *
 * @example
 * ```ts
 * import { assertMatch } from "jsr:@std/assert@^1";
 * import { formatTrace, readTrace } from "./mod.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * assertMatch(formatTrace(trace, { width: 80 }), /^→ final \d+ rules/m);
 * ```
 */
export function formatTrace(trace: Trace, options?: FormatOptions): string {
  return layOut(options, (width) =>
    separate([
      formatHeader(trace, width),
      formatStory(trace, width),
      formatFeedback(trace, width),
      trace.steps.length > 0 ? formatSteps(trace, width) : [],
      formatScores(trace, width),
    ]));
}

/**
 * Formats the rules that a trace ends with, by label: weight (priority in a decision list), precision,
 * support, what they say in words, and their names if these say something else. Ends in a line break.
 *
 * @throws {RangeError} unless `width` is a whole number from 20 to 1000
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "jsr:@std/assert@^1";
 * import { formatRules, readTrace, rulesAt } from "./mod.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * const [rule] = rulesAt(trace, trace.steps.length - 1);
 * assertStringIncludes(formatRules(trace), rule.label);
 * ```
 */
export function formatRules(trace: Trace, options?: FormatOptions): string {
  const findsSpans = trace.run.dataset.task !== "classification";
  return layOut(options, (width) => {
    const lines = formatRuleList(lastRules(trace), decideOf(trace), width, findsSpans);
    return lines.length === 0 ? ["no rules"] : lines;
  });
}

/**
 * Formats the life of a rule: its patterns, when each of its alternatives came, the step that added it and for which
 * failures, and what became of it; then the same for the rules it came from. Ends in a line break.
 *
 * @throws {TraceError} unless exactly one rule has the id, name or pattern
 * @throws {RangeError} unless `width` is a whole number from 20 to 1000
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "jsr:@std/assert@^1";
 * import { formatRuleLife, readTrace, rulesAt } from "./mod.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * const [rule] = rulesAt(trace, trace.steps.length - 1);
 * assertStringIncludes(formatRuleLife(trace, rule.id), rule.patterns[0]);
 * ```
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
 * Writes {@linkcode formatTrace} to the standard output: on a terminal in its width and in colour, else in
 * 100 columns and plain. A closed pipe is not an error.
 *
 * @throws {RangeError} unless `width` is a whole number from 20 to 1000
 *
 * @example
 * ```ts
 * import { printTrace, readTrace } from "./mod.ts";
 *
 * printTrace(await readTrace("examples/banking.trace.json"), { width: 80 });
 * ```
 */
export function printTrace(trace: Trace, options?: FormatOptions): void {
  write(formatTrace(trace, { ...terminal(), ...options }));
}

/** An evaluation of rules, and the rules that could not be evaluated. */
export interface Evaluated {
  /** The rules, in the order of the evaluation. */
  readonly rules: readonly Rule[];
  /** Their scores, from `evaluateRules`. */
  readonly evaluation: Evaluation;
  /** What they get wrong, from `findErrors`; with it the scores of each rule are not shown. */
  readonly errors?: RuleErrors;
  /** Rules of the file that cannot run. */
  readonly refused?: readonly Refusal[];
}

/**
 * Formats an evaluation of rules on a data set: what they cost to read, the set, each label, and each rule with its true and false
 * positives and the gain of the set's F1 by it in percentage points. Ends in a line break.
 *
 * @throws {RangeError} unless `width` is a whole number from 20 to 1000
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "jsr:@std/assert@^1";
 * import { createDataset, createRule, evaluateRules, formatEvaluation } from "./mod.ts";
 *
 * const rules = [createRule({ name: "rate", label: "exchange", patterns: ["rate"] })];
 * const dataset = createDataset({
 *   name: "few",
 *   examples: [{ text: "Which rates?", label: "exchange" }, { text: "My card", label: "card" }],
 * });
 * const evaluation = evaluateRules(rules, dataset, { decide: "vote", threshold: 0 });
 * assertStringIncludes(formatEvaluation({ rules, evaluation }), "exchange");
 * ```
 */
export function formatEvaluation(evaluated: Evaluated, options?: FormatOptions): string {
  const { rules, evaluation, errors, refused = [] } = evaluated;
  return layOut(options, (width) => formatEvaluated(rules, evaluation, errors, refused, width));
}

/**
 * Formats an evaluation of rules as Markdown: the set, each label, and what the rules get wrong if that is given.
 * Shows control and escape characters as text, and escapes what means something in Markdown. Ends in a line
 * break.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "jsr:@std/assert@^1";
 * import { createDataset, createRule, evaluateRules } from "./mod.ts";
 * import { findErrors } from "./learn/score/errors.ts";
 * import { formatMarkdown } from "./print.ts";
 *
 * const rules = [createRule({ name: "rate", label: "exchange", patterns: ["rate"] })];
 * const dataset = createDataset({
 *   name: "few",
 *   examples: [{ text: "Which rates?", label: "exchange" }, { text: "My card", label: "card" }],
 * });
 * const options = { decide: "vote", threshold: 0 } as const;
 * const evaluation = evaluateRules(rules, dataset, options);
 * const errors = findErrors(rules, dataset, options);
 * assertStringIncludes(formatMarkdown({ rules, evaluation, errors }), "### card left undecided");
 * ```
 */
export function formatMarkdown(evaluated: Evaluated): string {
  const { rules, evaluation, errors, refused = [] } = evaluated;
  return renderEvaluation(rules, evaluation, errors, refused);
}

/**
 * Writes {@linkcode formatEvaluation} to the standard output, as {@linkcode printTrace} does.
 *
 * @throws {RangeError} unless `width` is a whole number from 20 to 1000
 *
 * @example
 * ```ts
 * import { createDataset, createRule, evaluateRules, printEvaluation } from "./mod.ts";
 *
 * const rules = [createRule({ name: "rate", label: "exchange", patterns: ["rate"] })];
 * const dataset = createDataset({
 *   name: "few",
 *   examples: [{ text: "Which rates?", label: "exchange" }, { text: "My card", label: "card" }],
 * });
 * const evaluation = evaluateRules(rules, dataset, { decide: "vote", threshold: 0 });
 * printEvaluation({ rules, evaluation });
 * ```
 */
export function printEvaluation(evaluated: Evaluated, options?: FormatOptions): void {
  write(formatEvaluation(evaluated, { ...terminal(), ...options }));
}

const usage = `Print the trace of a learning run: its story, its steps, its scores.

  deno run --allow-read=FILE print.ts FILE [options]

FILE is a .trace.json, the .trace.jsonl of a run that is still running or was killed, or - for the
standard input.

  --why RULE   the life of one rule, by its id, name, words or pattern, or a part of them
  --rules      the rules at the end, by label
  --json       JSON instead of text: the verified trace, or the life asked for; with --rules,
               the file of rules that pipeline.ts --rules and createClassifier take
  --width N    columns, 20 to 1000 (default: the terminal's, or 100)
  --help       this text

Colours are used only on a terminal, and not if NO_COLOR is set. With --allow-env=FORCE_COLOR,TERM,
FORCE_COLOR=1 colours what is piped too, and TERM=dumb means no colours.
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

/** The most rules that are listed for one to be chosen. */
const LISTED = 20;

/** Returns the rule that is meant, or lists those that may be. */
function chooseRule(trace: Trace, asked: string): Rule {
  const found = searchRules(trace, asked);
  if (found.length < 2) return found.at(0) ?? findRule(trace, asked);
  const more = found.length - LISTED;
  throw new NotedError(
    `${count(found.length, "rule")} may be meant by ${quote(asked)}, expected one of these`,
    [
      ...found.slice(0, LISTED).map(({ id, name }) => `  ${id}  ${showText(name)}`),
      ...(more > 0 ? [`  … ${formatCount(more)} more`] : []),
    ],
  );
}

async function main(args: string[]): Promise<void> {
  const { path, why, rules, json, help, layout } = parseUsage(() => parseArguments(args));
  if (help) return write(usage);
  await requirePermission("read", path);
  const trace = await readTrace(path);
  const options = { ...terminal(), ...layout };
  if (why !== undefined) {
    const { id } = chooseRule(trace, why);
    write(json ? toJson(explainRule(trace, id)) : formatRuleLife(trace, id, options));
  } else if (rules) {
    write(json ? renderRules(rulesOfTrace(trace, nameInput(path))) : formatRules(trace, options));
  } else {
    write(json ? toJson(trace) : formatTrace(trace, options));
  }
}

if (isScript("print", import.meta.main, import.meta.url)) {
  await runScript("print.ts", () => main(readArgs()));
}
