/**
 * The pipeline as a script: arguments, progress, and what it prints.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { type DatasetInput, DatasetName, readDataset } from "../learn/data/dataset.ts";
import type { DecisionOptions } from "../learn/rules/decisions.ts";
import type { Task } from "../learn/data/examples.ts";
import { printTrace } from "../print.ts";
import { NotedError, parseUsage, requirePermission, write } from "../script/script.ts";
import { showText } from "../learn/text/quoting.ts";
import { createProgressLine } from "../script/terminal.ts";
import { recordPaths } from "../record/journal.ts";
import { type Recorded, TraceWriteError, withTrace } from "../trace.ts";
import { evaluateFile, type EvaluationRequest } from "./evaluating.ts";
import { createLearners, explainRefusal, type ModelRequest, parseModel } from "./model.ts";
import { type LearnOptions, type Progress, resolveOptions } from "./options.ts";

/** Learns from a data set and returns rules and scores. */
type Learn = (
  dataset: DatasetInput,
  options?: LearnOptions,
) => Promise<{ rules: readonly unknown[]; scores: object }>;

const usage = `Learn rules from labelled texts or marked spans, and record every step.

  deno run --allow-read --allow-write=runs pipeline.ts FILE [options]
  deno run --allow-read --allow-write=runs --allow-net=HOST --allow-env=OPENAI_API_KEY \\
    pipeline.ts FILE --model NAME --base-url URL [options]
  deno run --allow-read pipeline.ts --rules RULES --evaluate FILE [options]

FILE holds examples as JSON Lines, JSON, or CSV with a header; - is the standard input. An example
is { "text", "label", "id"? } to classify, { "text", "entities": [{ "start", "end", "type" }] } to
find entities, { "text", "spans": [{ "start", "end" }] } to extract spans. The trace goes to
<storage>/<data set>.trace.json.

  --task TASK         classification, ner or extraction (default: what the examples have)
  --test FILE         score the rules on these examples once, at the end
  --storage DIR       folder for traces (default: runs)
  --name NAME         name of the data set (default: the file's)
  --seed N            seed of the split (default: 0)
  --holdout X         share of the examples held out to decide by (default: 0.2)
  --decide HOW        vote, by weight, or first, by a decision list (default: vote; spans: first)
  --match HOW         what makes a found span right: exact, text or partial (default: exact)
  --overlaps HOW      a span that overlaps an earlier rule's: drop or keep (default: drop)
  --threshold X       votes a label needs more than, else abstain (default: 0)
  --default majority  the most frequent label where no rule decides (default: none)
  --max-rules N       rules at most (default: as many as help)
  --max-iterations N  patches at most (default: 20)
  --patience N        patches that may fail in a row (default: 2)
  --target X          F1 at which to stop (default: none)
  --tolerance X       F1 that a patch may cost if precision rises (default: 0.005)
  --margin X          lead in votes under which a right decision is a failure (default: 1)
  --no-refit          do not learn once more on all examples at the end
  --model NAME        have this language model write the rules, at --base-url
  --base-url URL      its endpoint, which speaks the chat-completions protocol (OpenAI, Groq,
                      Together, Ollama, vLLM, llama.cpp). The key is read from OPENAI_API_KEY where
                      --allow-env=OPENAI_API_KEY is given; without it, none is sent
  --agentic           have it guide and audit the run as well
  --max-examples N    examples at most that one prompt shows
  --concurrency N     calls at a time (default: 4)
  --timeout S         seconds for one try of a call (default: 120)
  --tape FILE         ask no endpoint: answer from the tape of a run, beside its trace. With the
                      options of that run, the trace gets the same digest
  --json              print { path, rules, scores } instead of the story
  --rules RULES       with --evaluate: a trace, or a rule set of RuleChef as JSON
  --evaluate FILE     learn nothing: score the rules on these examples
  --help              this text
`;

const numbers = {
  seed: "seed",
  holdout: "holdout",
  threshold: "threshold",
  "max-rules": "maxRules",
  "max-iterations": "maxIterations",
  patience: "patience",
  target: "target",
  tolerance: "tolerance",
  margin: "margin",
} as const satisfies Record<string, keyof LearnOptions>;

/** What the arguments ask for: one of the two, or help. */
interface Arguments {
  readonly help: boolean;
  readonly json: boolean;
  readonly evaluation?: EvaluationRequest;
  readonly learning?: LearningRequest;
}

function parseArguments(args: string[]): Arguments {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      rules: text,
      evaluate: text,
      task: text,
      test: text,
      storage: text,
      name: text,
      seed: text,
      holdout: text,
      decide: text,
      match: text,
      overlaps: text,
      threshold: text,
      default: text,
      "max-rules": text,
      "max-iterations": text,
      patience: text,
      target: text,
      tolerance: text,
      margin: text,
      "no-refit": flag,
      model: text,
      "base-url": text,
      agentic: flag,
      "max-examples": text,
      concurrency: text,
      timeout: text,
      tape: text,
      json: flag,
      help: flag,
    },
  });
  const options: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(numbers)) {
    const given = values[name as keyof typeof numbers];
    if (given === undefined) continue;
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(given)) {
      throw new TypeError(`--${name} is ${given}, expected a number`);
    }
    options[option] = Number(given);
  }
  const task = oneOf("task", values.task, ["classification", "ner", "extraction"]);
  const decide = oneOf("decide", values.decide, ["vote", "first"]);
  const match = oneOf("match", values.match, ["exact", "text", "partial"]);
  const overlaps = oneOf("overlaps", values.overlaps, ["drop", "keep"]);
  const fallback = oneOf("default", values.default, ["majority"]);
  const { rules, evaluate, help, json } = values;
  if (help) return { help, json };
  const forSpans = match !== undefined ? "match" : overlaps !== undefined ? "overlaps" : undefined;
  const forLabels = decide === "vote" ? "decide vote" : fallback && "default";
  if (forSpans !== undefined && forLabels !== undefined) {
    throw new TypeError(`--${forSpans} is for spans, and --${forLabels} for labels`);
  }
  if (rules !== undefined || evaluate !== undefined) {
    if (rules === undefined || evaluate === undefined) {
      throw new TypeError("--rules and --evaluate go together");
    }
    if (rules === "-" && evaluate === "-") {
      throw new TypeError("RULES and --evaluate cannot both be the standard input");
    }
    const allowed = ["rules", "evaluate", "decide", "match", "overlaps", "threshold", "json"];
    const other = Object.entries(values)
      .find(([name, value]) => value !== undefined && value !== false && !allowed.includes(name));
    if (other) throw new TypeError(`--${other[0]} and --evaluate do not go together`);
    if (positionals.length > 0) {
      throw new TypeError("--evaluate learns nothing: expected no FILE to learn from");
    }
    const { threshold } = options;
    if (typeof threshold === "number" && threshold < 0) {
      throw new TypeError(`--threshold is ${threshold}, expected 0 or more`);
    }
    const given = { decide, overlaps, threshold } as Partial<DecisionOptions>;
    const decision = Object.fromEntries(
      Object.entries(given).filter(([, value]) => value !== undefined),
    );
    return { help, json, evaluation: { rules, evaluate, decision, match, json } };
  }
  if (values["no-refit"]) options.refit = false;
  if (positionals.length !== 1) {
    throw new TypeError(`expected one FILE (or -), got ${positionals.length}`);
  }
  if (positionals[0] === "-" && values.test === "-") {
    throw new TypeError("FILE and --test cannot both be the standard input");
  }
  const model = parseModel(values);
  const { name, test, storage = "runs" } = values;
  if (storage === "") throw new TypeError("--storage is empty, expected a folder");
  if (name !== undefined && !DatasetName.safeParse(name).success) {
    throw new TypeError(`--name is ${name}, expected up to 100 of A-Z a-z 0-9 . _ -`);
  }
  const choices: LearnOptions = { decide, default: fallback, match, overlaps };
  const given = { ...options, ...choices };
  // The task is known for sure only when the examples are read.
  const likely = task ?? (match ?? overlaps ? "ner" : "classification");
  resolveOptions(given, likely);
  return {
    help,
    json,
    learning: { path: positionals[0], task, test, storage, name, model, options: given },
  };
}

/** The value of an option that is one of some words. */
function oneOf<Word extends string>(
  name: string,
  value: string | undefined,
  words: readonly Word[],
): Word | undefined {
  const word = words.find((one) => one === value);
  if (word !== undefined || value === undefined) return word;
  throw new TypeError(`--${name} is ${value}, expected ${words.join(" or ")}`);
}

/** Runs the script: learns with `learn`, or evaluates rules. */
export async function runPipeline(args: string[], learn: Learn): Promise<void> {
  const { help, json, evaluation, learning } = parseUsage(() => parseArguments(args));
  if (help) write(usage);
  else if (evaluation !== undefined) await evaluateFile(evaluation);
  else if (learning !== undefined) await learnFromFile(learning, learn, json);
}

/** What to learn from, and how. */
interface LearningRequest {
  readonly path: string;
  readonly task?: Task;
  readonly test?: string;
  readonly storage: string;
  readonly name?: string;
  readonly model?: ModelRequest;
  readonly options: LearnOptions;
}

/** Learns with `learn`, records the run, prints its story or its result as JSON. */
async function learnFromFile(
  { path, task, test, storage, name, model, options }: LearningRequest,
  learn: Learn,
  json: boolean,
): Promise<void> {
  await requirePermission("read", path);
  if (test !== undefined) await requirePermission("read", test);
  await requirePermission("read", storage);
  await requirePermission("write", storage);
  const learners = model === undefined ? {} : await createLearners(model);
  const dataset = await readDataset(path, { name, task });
  parseUsage(() => resolveOptions(options, dataset.task));
  /** Where the record of the run is, once there is one. */
  let paths: ReturnType<typeof recordPaths> | undefined;
  const controller = new AbortController();
  const interrupt = () => controller.abort(new DOMException("Interrupted", "AbortError"));
  Deno.addSignalListener("SIGINT", interrupt);
  const progress = createProgressLine();
  try {
    const result = await withTrace(learn, { storage })(dataset, {
      ...options,
      ...learners,
      test: test === undefined ? undefined : await readDataset(test, { task: dataset.task }),
      signal: controller.signal,
      onStart: (run) => paths = recordPaths(storage, run),
      onProgress: progress && ((state) => progress.show(phraseProgress(state))),
    });
    progress?.clear();
    report(result, json);
  } catch (error) {
    progress?.clear();
    const notes = paths === undefined ? [] : listWritten(paths);
    if (error === controller.signal.reason && !("suppressed" in controller.signal.reason)) {
      write(["pipeline.ts: aborted", ...notes, ""].join("\n"), Deno.stderr);
      Deno.exit(INTERRUPTED);
    }
    // What was learned is shown even where it could not be written.
    if (error instanceof TraceWriteError && error.result !== undefined && !json) {
      printTrace(error.trace);
    }
    const told = model?.tape === undefined ? await explainRefusal(error) : error;
    const message = told instanceof Error ? told.message : String(told);
    throw new NotedError(message, notes, { cause: error });
  } finally {
    Deno.removeSignalListener("SIGINT", interrupt);
  }
}

/** The exit code of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/** Where the files are that a run which did not come to its end has left. */
function listWritten({ trace, tape }: ReturnType<typeof recordPaths>): string[] {
  return Object.entries({ trace, tape }).filter(([, path]) => exists(path))
    .map(([name, path]) => `${name}: ${showText(path)}`);
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function report(
  { rules, scores, trace, path, tape }: Awaited<ReturnType<Learn>> & Recorded,
  json: boolean,
): void {
  if (json) return write(JSON.stringify({ path, rules: rules.length, scores }) + "\n");
  printTrace(trace);
  write(`\ntrace: ${path}\n${tape === undefined ? "" : `tape: ${tape}\n`}`);
}

/** How far a run is, in one line. */
function phraseProgress({ stage, iteration, f1, on, elapsed }: Progress): string {
  return [
    iteration === undefined ? stage : `${stage} ${iteration}`,
    ...(f1 === undefined ? [] : [`${on} F1 ${(100 * f1).toFixed(1)} %`]),
    `${(elapsed / 1000).toFixed(1)} s`,
  ].join(" · ");
}
