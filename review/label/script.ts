/**
 * Labelling as a script: arguments, files, and what is printed.
 *
 * @module
 */
import { type Dataset, readExamples } from "../../learn/data/dataset.ts";
import type { Example } from "../../learn/data/examples.ts";
import type { FieldNames } from "../../learn/data/fields.ts";
import { readCorrected } from "../../pipeline/inputs.ts";
import { writeTexts } from "../../pipeline/predict_file.ts";
import { count, formatCount, formatDuration, phraseLeft } from "../../print/phrases.ts";
import { parseArgs, parseShare, parseWhole } from "../../script/arguments.ts";
import { fieldOptions, fieldUsage, parseFields } from "../../script/fields.ts";
import { INTERRUPTED, listenForInterrupt } from "../../script/interrupting.ts";
import { parseUsage, requirePermission, write } from "../../script/script.ts";
import {
  createProgressLine,
  type FormatOptions,
  parseWidth,
  terminal,
  toJson,
} from "../../script/terminal.ts";
import { exit } from "../../system/process.ts";
import { readTrace, type Trace } from "../../trace.ts";
import { requireOwnData } from "../replay/inputs.ts";
import { rerunData } from "../replay/rerun.ts";
import { planSuspicions, type SuspicionPlan, type Suspicions } from "./suspicious.ts";
import { formatSuspicions, type SuspicionsOutput } from "./text.ts";
import { createLabeller, MIN_CONFIDENCE, phraseUnlabelled, type UnlabelledReason } from "./weak.ts";

/** Examples that are listed as text, by default. */
const LISTED = 20;

const usage =
  `Label texts by the rules of a run, or find those of its examples that are probably mislabelled.

  deno run --allow-read review/label.ts TRACE --data FILE --texts FILE [options]
  deno run --allow-read review/label.ts TRACE --data FILE --suspicious [options]

TRACE is a .trace.json; it or one of the files may be -, for the standard input.

  --data FILE         the examples that the run learned from: JSON Lines, JSON or CSV
  --corrections FILE  its corrections, if it had some
${fieldUsage}  --help              this text

With --texts, a line of JSON for each text whose label is sure enough; how many are not, and why, is
told on the standard error. Examples of the run are left out.

  --texts FILE        texts to label: JSON Lines, JSON, CSV, or plain text with one text a line
  --min-confidence N  how often labels with such a margin must have been correct on the examples
                      that were held out, before the refit, 0 to 1 (default: ${MIN_CONFIDENCE})

With --suspicious, the run learns again without each fifth of its examples, and the rules are asked
about that fifth. In place of a model, the embedded learner learns.

  --partitions N      how often to cut the data into fifths, 1 to 100 (default: 2)
  --limit N           examples to list (default: ${LISTED}, with --json all)
  --json              print the result as JSON
  --width N           columns (default: the terminal's, or 100)
`;

/** What to do with a run. */
interface LabelRequest {
  readonly path: string;
  readonly data: string;
  readonly corrections?: string;
  readonly fields?: FieldNames;
  readonly work:
    | { readonly texts: string; readonly minConfidence?: number }
    | SuspicionRequest;
}

/** How to look for suspicious examples, and to print them. */
interface SuspicionRequest {
  readonly partitions?: number;
  readonly limit?: number;
  readonly json: boolean;
  readonly layout: Pick<FormatOptions, "width">;
}

function parseArguments(args: string[]): LabelRequest | undefined {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      data: text,
      corrections: text,
      ...fieldOptions,
      texts: text,
      "min-confidence": text,
      suspicious: flag,
      partitions: text,
      limit: text,
      json: flag,
      width: text,
      help: flag,
    },
  });
  if (values.help) return undefined;
  if (positionals.length !== 1) {
    throw new TypeError(`expected one TRACE, got ${positionals.length}`);
  }
  const [path] = positionals;
  const { data, corrections, texts, suspicious } = values;
  if (data === undefined) throw new TypeError("--data is missing: name the examples of the run");
  if ((texts === undefined) === (suspicious === undefined)) {
    throw new TypeError("expected either --texts or --suspicious");
  }
  const others = texts === undefined
    ? (["min-confidence"] as const)
    : (["partitions", "limit", "json", "width"] as const);
  const stray = others.find((name) => values[name] !== undefined);
  if (stray !== undefined) {
    throw new TypeError(`--${stray} needs ${texts === undefined ? "--texts" : "--suspicious"}`);
  }
  if ([path, data, corrections, texts].filter((one) => one === "-").length > 1) {
    throw new TypeError("only one of the trace and the files can be the standard input");
  }
  const work = texts !== undefined
    ? { texts, minConfidence: parseShare("--min-confidence", values["min-confidence"]) }
    : {
      ...(values.partitions !== undefined && {
        partitions: parseWhole("--partitions", values.partitions, 1, 100),
      }),
      ...(values.limit !== undefined && {
        limit: parseWhole("--limit", values.limit, 1, 1_000_000),
      }),
      json: values.json ?? false,
      layout: parseWidth(values.width),
    };
  return { path, data, corrections, ...parseFields(values), work };
}

/** Runs the script. */
export async function main(args: string[]): Promise<void> {
  const request = parseUsage(() => parseArguments(args));
  if (request === undefined) return write(usage);
  const { path, data: file, corrections, work } = request;
  for (const one of [path, file, corrections, "texts" in work ? work.texts : undefined]) {
    if (one !== undefined) await requirePermission("read", one);
  }
  const trace = await readTrace(path);
  const data = await readData(trace, request);
  if ("texts" in work) await labelTexts(trace, data.dataset, work, request.fields);
  else await findSuspicious(trace, data, work);
}

/** Examples, and the lines on which they begin, if they are of one file. */
interface LocatedData {
  readonly dataset: Dataset;
  readonly lineOf?: (index: number) => number;
}

async function readData(
  trace: Trace,
  { data, corrections, fields }: LabelRequest,
): Promise<LocatedData> {
  const options = { task: trace.run.dataset.task, fields };
  if (corrections === undefined) return await readExamples(data, options);
  return { dataset: await readCorrected(data, corrections, options) };
}

/** Writes a line for each text that gets a label, and tells how many get none. */
async function labelTexts(
  trace: Trace,
  given: Dataset,
  { texts, minConfidence = MIN_CONFIDENCE }: { texts: string; minConfidence?: number },
  fields: FieldNames | undefined,
): Promise<void> {
  const data = rerunData(trace, { data: given });
  requireOwnData(trace, data);
  const label = createLabeller({ trace, data }, { minConfidence });
  const left = new Map<UnlabelledReason, number>();
  let labelled = 0;
  const isRead = await writeTexts(texts, fields, (text) => {
    const labelling = label(text);
    if ("weak" in labelling) {
      labelled++;
      return labelling.weak;
    }
    left.set(labelling.left, (left.get(labelling.left) ?? 0) + 1);
  });
  if (!isRead) return;
  const counts = [...left].sort(([, a], [, b]) => b - a);
  const all = counts.reduce((sum, [, times]) => sum + times, labelled);
  const parts = counts.map(([reason, times]) =>
    `${formatCount(times)} ${phraseUnlabelled(reason, minConfidence)}`
  );
  note(
    `labelled ${formatCount(labelled)} of ${count(all, "text")}${
      parts.length === 0 ? "" : `; left out: ${parts.join(", ")}`
    }`,
  );
}

/** Says on the standard error what the result does not tell. */
function note(text: string): void {
  write(`label.ts: ${text}\n`, "stderr");
}

/** Milliseconds from which on it is told beforehand how long the work takes. */
const LONG = 5_000;

/** Prints the suspicious examples. */
async function findSuspicious(
  trace: Trace,
  { dataset, lineOf }: LocatedData,
  { partitions, limit, json, layout }: SuspicionRequest,
): Promise<void> {
  const progress = createProgressLine();
  const { signal, stop } = listenForInterrupt(progress);
  const began = performance.now();
  try {
    const plan: SuspicionPlan = planSuspicions(trace, { data: dataset }, {
      partitions,
      signal,
      onTraining: (number) => progress?.show(() => phraseTraining(number, plan.trainings, began)),
    });
    announce(plan);
    const found = await plan.run();
    progress?.clear();
    const result = locate(found, dataset, lineOf);
    if (json) {
      write(toJson({ ...result, suspicious: result.suspicious.slice(0, limit) }));
    } else write(formatSuspicions(result, limit ?? LISTED, { ...terminal(), ...layout }));
  } catch (error) {
    progress?.clear();
    if (error !== signal.reason) throw error;
    note("aborted");
    exit(INTERRUPTED);
  } finally {
    stop();
  }
}

/** Tells what the work takes, if it is long or that is not known, and who learns if the run's learner does not. */
function announce({ trainings, milliseconds, learner }: SuspicionPlan): void {
  if (milliseconds !== undefined && milliseconds < LONG) return;
  const runs = `learns ${count(trainings, "time")} without a part of the examples`;
  const about = milliseconds === undefined ? "" : `, about ${formatDuration(milliseconds)}`;
  const who = learner === "run" ? "" : ", by the embedded learner in place of that of the run";
  note(runs + about + who);
}

function phraseTraining(number: number, trainings: number, began: number): string[] {
  const elapsed = performance.now() - began;
  const left = number === 1 ? [] : [phraseLeft(elapsed / (number - 1) * (trainings - number + 1))];
  return [`learning without part ${number} of ${trainings}`, ...left];
}

/** Adds lines and texts. */
function locate(
  { suspicious, ...found }: Suspicions,
  dataset: Dataset,
  lineOf: LocatedData["lineOf"],
): SuspicionsOutput {
  const examples: readonly Example[] = dataset.examples;
  const places = new Map(examples.map(({ id }, index) => [id, index]));
  return {
    ...found,
    suspicious: suspicious.map(({ id, ...rest }) => {
      const index = places.get(id)!;
      const line = lineOf?.(index);
      return { ...(line !== undefined && { line }), id, text: examples[index].text, ...rest };
    }),
  };
}
