/**
 * The pipeline as a script: usage, requests, progress and output.
 *
 * @module
 */
import { type DatasetInput, readDataset } from "../learn/data/dataset.ts";
import type { Task } from "../learn/data/examples.ts";
import type { FieldNames } from "../learn/data/fields.ts";
import { measureReadability } from "../learn/rules/reading.ts";
import { printTrace } from "../print.ts";
import { phraseLeft, phraseRefusals, phraseUnfinished } from "../print/phrases.ts";
import { phraseSampled, phraseShortened } from "../print/story.ts";
import { NotedError, parseUsage, requirePermission, write } from "../script/script.ts";
import { escapeControls, showText } from "../learn/text/quoting.ts";
import { exit } from "../system/process.ts";
import { parseFields } from "../script/fields.ts";
import { requireOutput } from "../script/outputs.ts";
import { INTERRUPTED, listenForInterrupt } from "../script/interrupting.ts";
import { createProgressLine } from "../script/terminal.ts";
import { exists, recordPaths } from "../record/journal.ts";
import { rulesOfTrace } from "../record/rule_set.ts";
import { type Recorded, TraceWriteError, withTrace } from "../trace.ts";
import { optionLines, type PipelineArguments, readArguments } from "./arguments.ts";
import { evaluateFile, type EvaluationRequest } from "./evaluating.ts";
import { type InputPaths, phraseLeaked, readInputs } from "./inputs.ts";
import { createLearners, explainRefusal, findModel, type ModelRequest } from "./model.ts";
import type { Progress } from "./breathing.ts";
import { type LearnOptions, resolveOptions } from "./options.ts";
import { predictFile, type PredictionRequest } from "./predict_file.ts";
import { writeRules } from "./rule_files.ts";

/** Learns from a data set and returns rules and scores. */
type Learn = (
  dataset: DatasetInput,
  options?: LearnOptions,
) => Promise<{ rules: readonly unknown[]; scores: object }>;

const usage = `Learn rules from labelled texts or marked spans, and record every step.

  deno run --allow-read --allow-write=runs pipeline.ts FILE [options]
  deno run --allow-read --allow-write=runs --allow-net=HOST --allow-env=OPENAI_API_KEY \\
    pipeline.ts FILE --model NAME --base-url URL [options]
  deno run --allow-read pipeline.ts --rules RULES --evaluate FILE [--errors] [options]
  deno run --allow-read pipeline.ts --rules RULES --predict FILE [options]

FILE holds examples as JSON Lines, JSON, or CSV with a header; - is the standard input. An example
is { "text", "label", "id"? } to classify, { "text", "entities": [{ "start", "end", "type" }] } to
find entities, { "text", "spans": [{ "start", "end" }] } to extract spans; a data set that RuleChef
saved is read too. The trace goes to <storage>/<data set>.trace.json.

${optionLines}`;

/** A request to learn. */
interface LearningRequest {
  readonly inputs: InputPaths;
  readonly task?: Task;
  readonly test?: string;
  readonly fields?: FieldNames;
  readonly storage: string;
  readonly name?: string;
  /** The file for the rules. */
  readonly out?: string;
  readonly model?: ModelRequest;
  readonly options: LearnOptions;
  readonly json: boolean;
  /** Whether to do without the playbook. */
  readonly baseline: boolean;
}

/** Returns what the arguments ask for; nothing for help. */
function parseRequest(
  args: string[],
): {
  evaluation?: EvaluationRequest;
  prediction?: PredictionRequest;
  learning?: LearningRequest;
} {
  const all = readArguments(args);
  const { help, rules, evaluate, predict, decide, match, overlaps, default: fallback } = all.values;
  if (help) return {};
  const forSpans = match !== undefined ? "match" : overlaps !== undefined ? "overlaps" : undefined;
  const forLabels = decide === "vote" ? "decide vote" : fallback && "default";
  if (forSpans !== undefined && forLabels !== undefined) {
    throw new TypeError(`--${forSpans} is for spans, and --${forLabels} for labels`);
  }
  if (predict !== undefined) return { prediction: parsePrediction(all, predict) };
  return evaluate === undefined && (rules === undefined || all.positionals.length > 0)
    ? { learning: parseLearning(all) }
    : { evaluation: parseEvaluation(all) };
}

/** The options that go together with `--predict`, and with `--evaluate`. */
const APPLYING = ["rules", "decide", "overlaps", "threshold", "trust", "text-column", "field"];
const PREDICTING = ["predict", ...APPLYING];
/** The options that only go together with `--evaluate`. */
const ONLY_EVALUATING = ["errors", "max-errors", "format"];
/** The options that only go together with either. */
const ONLY_APPLYING = ["trust"];
const EVALUATING = [
  ...["evaluate", "match", "json", "label-column"],
  ...APPLYING,
  ...ONLY_EVALUATING,
];

function parseEvaluation(all: PipelineArguments): EvaluationRequest {
  const { values: { rules, evaluate, trust }, runOptions } = all;
  if (rules === undefined) throw new TypeError("--evaluate needs --rules");
  if (evaluate === undefined) {
    throw new TypeError("--rules needs a FILE to learn from, --evaluate or --predict");
  }
  checkApplying(all, "evaluate", EVALUATING);
  const { match, ...decision } = runOptions;
  return { rules, evaluate, decision, match, trust, ...fieldsOf(all), ...parseOutput(all) };
}

/** Returns how an evaluation is to be printed, and whether with errors. */
function parseOutput(
  { values: { json = false, format = json ? "json" : "text", errors = false, maxErrors } }:
    PipelineArguments,
): Pick<EvaluationRequest, "format" | "errors" | "maxErrors"> {
  if (json && format !== "json") {
    throw new TypeError(`--json and --format ${format} do not go together`);
  }
  if (maxErrors !== undefined && !errors) throw new TypeError("--max-errors goes with --errors");
  return { format, errors, maxErrors };
}

function parsePrediction(all: PipelineArguments, predict: string): PredictionRequest {
  const { values: { rules, trust }, runOptions: decision } = all;
  if (rules === undefined) throw new TypeError("--predict needs --rules");
  checkApplying(all, "predict", PREDICTING);
  return { rules, predict, decision, trust, ...fieldsOf(all) };
}

/** Refuses what does not go together with an option for which nothing is learned. */
function checkApplying(
  { values, given, positionals }: PipelineArguments,
  option: "evaluate" | "predict",
  known: readonly string[],
): void {
  if (values.rules === "-" && values[option] === "-") {
    throw new TypeError(`RULES and --${option} cannot both be the standard input`);
  }
  const other = given.find((name) => !known.includes(name));
  if (other !== undefined) throw new TypeError(`--${other} and --${option} do not go together`);
  if (positionals.length > 0) {
    throw new TypeError(`--${option} learns nothing: expected no FILE to learn from`);
  }
}

function fieldsOf({ values }: PipelineArguments): { fields?: FieldNames } {
  const { textColumn, labelColumn, field } = values;
  return parseFields({ "text-column": textColumn, "label-column": labelColumn, field });
}

function parseLearning(all: PipelineArguments): LearningRequest {
  const { values, runOptions: options, positionals, given } = all;
  const other = given.find((name) => ONLY_EVALUATING.includes(name));
  if (other !== undefined) throw new TypeError(`--${other} goes with --evaluate`);
  const applying = given.find((name) => ONLY_APPLYING.includes(name));
  if (applying !== undefined) {
    throw new TypeError(`--${applying} goes with --evaluate or --predict`);
  }
  const { task, test, storage = "runs", name, out, match, overlaps, json = false } = values;
  const { rules, lock, corrections, feedback, playbook, noPlaybook = false } = values;
  if (positionals.length !== 1) {
    throw new TypeError(`expected one FILE (or -), got ${positionals.length}`);
  }
  const [path] = positionals;
  if (noPlaybook && playbook === undefined) {
    throw new TypeError("--no-playbook goes with --playbook");
  }
  const inputs = { path, rules, lock, corrections, feedback, playbook };
  if ([...Object.values(inputs), test].filter((input) => input === "-").length > 1) {
    throw new TypeError("only one of FILE, --test and other inputs can be the standard input");
  }
  const isGiven = [rules, lock, noPlaybook ? undefined : playbook].some((file) =>
    file !== undefined
  );
  if (options.incremental && !isGiven) {
    throw new TypeError("--incremental needs --rules, --lock or --playbook");
  }
  const model = findModel(all);
  // The task is known for sure only when the examples are read.
  resolveOptions(options, task ?? (match ?? overlaps ? "ner" : "classification"));
  const baseline = noPlaybook;
  return {
    inputs,
    task,
    test,
    ...fieldsOf(all),
    storage,
    name,
    out,
    model,
    options,
    json,
    baseline,
  };
}

/** Runs the script: learns with `learn`, or evaluates rules, or predicts by them. */
export async function runPipeline(args: string[], learn: Learn): Promise<void> {
  const { evaluation, prediction, learning } = parseUsage(() => parseRequest(args));
  if (evaluation !== undefined) await evaluateFile(evaluation);
  else if (prediction !== undefined) await predictFile(prediction);
  else if (learning !== undefined) await learnFromFile(learning, learn);
  else write(usage);
}

/** Learns with `learn`, records the run, prints its story or its result as JSON. */
async function learnFromFile(
  { inputs, task, test, fields, storage, name, out, model, options, json, baseline }:
    LearningRequest,
  learn: Learn,
): Promise<void> {
  const files = [...Object.values(inputs), test].filter((input) => input !== undefined);
  for (const file of files) await requirePermission("read", file);
  if (out !== undefined) await requireOutput("--out", out, files, "rules");
  await requirePermission("read", storage);
  await requirePermission("write", storage);
  const learners = model === undefined ? {} : await createLearners(model);
  const { dataset, options: given, refused } = await readInputs(inputs, {
    task,
    name,
    fields,
    baseline,
  });
  for (const refusals of phraseRefusals(refused)) write(`pipeline.ts: ${refusals}\n`, "stderr");
  const settings = { ...given, ...options };
  parseUsage(() => resolveOptions(settings, dataset.task));
  const tested = test === undefined
    ? undefined
    : await readDataset(test, { task: dataset.task, fields });
  const leaked = tested && phraseLeaked(dataset, tested);
  if (leaked !== undefined) write(`pipeline.ts: ${leaked}\n`, "stderr");
  if (inputs.feedback !== undefined && model === undefined) {
    write(
      "pipeline.ts: without --model nobody reads the feedback: it is only recorded\n",
      "stderr",
    );
  }
  /** The files of the record, set when the run begins. */
  let paths: ReturnType<typeof recordPaths> | undefined;
  const progress = createProgressLine();
  const { signal, stop } = listenForInterrupt(progress);
  try {
    const result = await withTrace(learn, { storage })(dataset, {
      ...settings,
      ...learners,
      test: tested,
      signal,
      onStart(run) {
        paths = recordPaths(storage, run);
        const sampled = phraseSampled(run);
        if (sampled !== undefined) {
          write(`pipeline.ts: learning from ${sampled} (--sample)\n`, "stderr");
        }
        const shortened = phraseShortened(run);
        if (shortened !== undefined) write(`pipeline.ts: ${shortened}\n`, "stderr");
      },
      onProgress: progress && ((state) => progress.show((since) => phraseProgress(state, since))),
    });
    progress?.clear();
    if (out !== undefined) await writeRules(out, rulesOfTrace(result.trace));
    report(result, json, out);
    const { rules, steps } = result.trace;
    const final = steps.findLast((step) => step.type === "final");
    const unfinished = phraseUnfinished(final?.unfinished, (id) => rules[id].name);
    if (unfinished !== undefined) write(`pipeline.ts: ${unfinished}\n`, "stderr");
  } catch (error) {
    progress?.clear();
    const notes = paths === undefined ? [] : listWritten(paths);
    if (error === signal.reason && !("suppressed" in signal.reason)) {
      write(["pipeline.ts: aborted", ...notes, ""].join("\n"), "stderr");
      exit(INTERRUPTED);
    }
    // Show what was learned even if it could not be written.
    if (error instanceof TraceWriteError && error.result !== undefined && !json) {
      printTrace(error.trace);
    }
    const explained = model?.tape === undefined ? explainRefusal(error) : error;
    const message = explained instanceof Error ? explained.message : String(explained);
    const { suppressed } = (error ?? {}) as { readonly suppressed?: unknown };
    if (suppressed instanceof TraceWriteError) notes.unshift(showText(suppressed.message));
    throw new NotedError(message, notes, { cause: error });
  } finally {
    stop();
  }
}

/** Returns a line for each file that an unfinished run has left. */
function listWritten({ trace, tape }: ReturnType<typeof recordPaths>): string[] {
  return Object.entries({ trace, tape }).filter(([, path]) => exists(path))
    .map(([name, path]) => `${name}: ${showText(path)}`);
}

function report(
  { rules, scores, trace, path, tape }: Awaited<ReturnType<Learn>> & Recorded,
  json: boolean,
  out?: string,
): void {
  if (json) {
    const readability = measureReadability(rulesOfTrace(trace).rules);
    const output = { path, rules: rules.length, scores, readability };
    return write(escapeControls(JSON.stringify(output)) + "\n");
  }
  printTrace(trace);
  const files = Object.entries({ trace: path, tape, rules: out });
  const lines = files.flatMap(([name, path]) =>
    path === undefined ? [] : [`${name}: ${showText(path)}\n`]
  );
  write(`\n${lines.join("")}`);
}

/** Returns the progress of a run in parts of a line, the most important first, some time after it was told. */
export function phraseProgress(progress: Progress, since = 0): string[] {
  const { stage, iteration, f1, on, doing, done, left, elapsed } = progress;
  const name = iteration === undefined ? stage : `${stage} ${iteration}`;
  const rest = left === undefined ? "" : `, ${phraseLeft(left - since)}`;
  return [
    done === undefined ? name : `${name}: ${Math.floor(100 * done)} %${rest}`,
    ...(doing === undefined ? [] : [showText(doing)]),
    ...(f1 === undefined ? [] : [`${on} F1 ${(100 * f1).toFixed(1)} %`]),
    `${((elapsed + since) / 1000).toFixed(1)} s`,
  ];
}
