/**
 * Replaying as a script: arguments, files, exit codes.
 *
 * @module
 */
import { dirname, join } from "jsr:@std/path@^1";
import type { FieldNames } from "../../learn/data/fields.ts";
import { quote, showText } from "../../learn/text/quoting.ts";
import { checkEndpoint, explainRefusal, type ModelRequest } from "../../pipeline/model.ts";
import type { LearnOptions, Progress } from "../../pipeline.ts";
import { phraseProgress } from "../../pipeline/script.ts";
import { INTERRUPTED, listenForInterrupt } from "../../script/interrupting.ts";
import { exists, recordPaths } from "../../record/journal.ts";
import { parseArgs } from "../../script/arguments.ts";
import { fieldOptions, fieldUsage, parseFields } from "../../script/fields.ts";
import { parseUsage, requirePermission, UsageError, write } from "../../script/script.ts";
import {
  createProgressLine,
  MAX_WIDTH,
  MIN_WIDTH,
  parseWidth,
  terminal,
  toJson,
} from "../../script/terminal.ts";
import { readFile, statOrNothing } from "../../system/files.ts";
import { exit } from "../../system/process.ts";
import { readTape, readTrace, type Trace, TraceError } from "../../trace.ts";
import { readFolder } from "../history/reading.ts";
import { DatasetFiles } from "./dataset_files.ts";
import { findTape, openModels } from "./given.ts";
import type { Receipt } from "./receipt.ts";
import { type Discrepancy, explainRecord, replayRun } from "./replay_run.ts";
import type { Given } from "./rerun.ts";
import { resumeRun } from "./resume.ts";
import {
  countVerdicts,
  type FiledReceipt,
  type FolderReceipts,
  formatReceipt,
  formatReceipts,
  formatResumption,
} from "./text.ts";

const usage = `Compute a run again, and tell whether it is the same; if not, why.

  deno run --allow-read review/replay.ts TRACE --data FILE [--test FILE] [options]
  deno run --allow-read review/replay.ts FOLDER --data FILE [--test FILE] [options]
  deno run --allow-read --allow-write=FOLDER review/replay.ts TRACE --data FILE --resume [options]

TRACE is a .trace.json file, or the .trace.jsonl of a run that is going on or was killed; - is the
standard input. Of a FOLDER, each run is replayed, with a line for each. Rules, scores and verdicts
are learned again and compared step by step; replies of a model come from the tape of the run.

  --data FILE         the examples of the run: JSON Lines, JSON or CSV. May be given several times:
                      a run gets the file with its digest, else the file named as its data set is
  --test FILE         the test set of the run, if it had one. May be given several times
  --corrections FILE  the corrections of the run, if it had some
  --tape FILE         the tape of the run (default: the one beside its trace)
  --resume            take up a run that was killed or aborted: learn it to its end, and write its
                      trace into the folder of TRACE. Only what the tape does not answer is asked
                      of a model
  --model NAME        the model to ask, which must be that of the run; needs --allow-net=HOST
  --base-url URL      its endpoint, and that of the second model of the run, if it had one. The key
                      is read from OPENAI_API_KEY, if --allow-env=OPENAI_API_KEY is given
${fieldUsage}  --json              JSON instead of text
  --width N           columns, ${MIN_WIDTH} to ${MAX_WIDTH} (default: the terminal's, or 100)
  --help              this text

What is not the same is put down to: data, test, options, learner, reply-missing, reply-changed,
software, code (two replays agree, and not with the record), nondeterminism (two replays differ) or
record (it was changed). The exit code is 0 if the run is the same, or was taken up to its end; 1 if
it is not the same, and for errors; 2 if it cannot be told (no test set, no tape, an unknown learner,
a run that was cut short), and for bad arguments. Of a folder, 1 comes before 2.
`;

interface ReplayRequest {
  readonly path: string;
  readonly data: readonly string[];
  readonly test: readonly string[];
  readonly fields?: FieldNames;
  readonly tape?: string;
  readonly resume: boolean;
  readonly corrections?: string;
  readonly model?: ModelRequest;
  readonly json: boolean;
  readonly layout: ReturnType<typeof parseWidth>;
}

/** Returns what the arguments ask for; nothing for help. */
function parseRequest(args: string[]): ReplayRequest | undefined {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      data: { type: "string", multiple: true },
      test: { type: "string", multiple: true },
      corrections: text,
      tape: text,
      resume: flag,
      model: text,
      "base-url": text,
      ...fieldOptions,
      json: flag,
      width: text,
      help: flag,
    },
  });
  const { data = [], test = [], corrections, tape, resume, json, width, help } = values;
  if (help) return undefined;
  if (positionals.length !== 1) {
    throw new TypeError(`expected one trace or one folder, got ${positionals.length}`);
  }
  const [path] = positionals;
  if (data.length === 0) throw new TypeError("--data is missing: name the examples of the run");
  if ([path, ...data, ...test, corrections, tape].includes("")) {
    throw new TypeError("a path is empty");
  }
  if ([path, ...data, ...test, corrections].filter((path) => path === "-").length > 1) {
    throw new TypeError("only one input can be the standard input");
  }
  if (resume && path === "-") {
    throw new TypeError("--resume needs the file of the run, got the standard input");
  }
  return {
    path,
    data,
    test,
    ...parseFields(values),
    corrections,
    tape,
    resume,
    model: parseModel(values),
    json,
    layout: parseWidth(width),
  };
}

/** Returns the model to ask, if one is named. */
function parseModel(
  { resume, model, "base-url": baseUrl }: {
    readonly resume: boolean;
    readonly model?: string;
    readonly "base-url"?: string;
  },
): ModelRequest | undefined {
  if (model === undefined && baseUrl !== undefined) {
    throw new TypeError("--base-url needs --model");
  }
  if (model === undefined) return undefined;
  if (!resume) throw new TypeError("--model is for --resume: a replay asks no model");
  checkEndpoint({ model, baseUrl });
  return { model, baseUrl };
}

/** Runs the script, and returns its exit code. */
export async function runReplay(args: string[]): Promise<number> {
  const request = parseUsage(() => parseRequest(args));
  if (request === undefined) {
    write(usage);
    return 0;
  }
  const { path, data, test, corrections, tape, resume } = request;
  for (const input of [path, ...data, ...test, corrections, tape]) {
    if (input !== undefined) await requirePermission("read", input);
  }
  const isFolder = path !== "-" && statOrNothing(path)?.isDirectory() === true;
  if (!isFolder) return await (resume ? resumeFile(request) : replayFile(request));
  const stray = tape !== undefined ? "--tape" : resume ? "--resume" : undefined;
  if (stray !== undefined) throw new UsageError(`${stray} is for one trace, got a folder`);
  return await replayFolder(request);
}

const EXITS = { same: 0, different: 1, unknown: 2 } as const;

async function replayFile({ path, json, layout, ...request }: ReplayRequest): Promise<number> {
  const progress = createProgressLine();
  const onProgress = progress &&
    ((state: Progress) => progress.show((since) => phraseProgress(state, since)));
  const receipt = await replay(path, new DatasetFiles(request), { ...request, onProgress });
  progress?.clear();
  write(json ? toJson(receipt) : formatReceipt(receipt, { ...terminal(), ...layout }));
  return EXITS[receipt.verdict];
}

async function replayFolder({ path, json, layout, ...request }: ReplayRequest): Promise<number> {
  const files = new DatasetFiles({ ...request, isOfMany: true });
  const progress = createProgressLine();
  const { files: runs, problems, copies } = await readFolder(path);
  // Only what a list shows was checked: a file that claims to be a copy may be another record.
  const others = [];
  for (const { file, of } of copies) {
    const isTrace = file.endsWith(".json");
    if (isTrace && !await isEqual(join(path, file), join(path, of))) others.push({ file });
  }
  const names = [...runs, ...problems, ...others].map(({ file }) => file).sort();
  const receipts: FiledReceipt[] = [];
  for (const [place, file] of names.entries()) {
    progress?.show([`replaying ${place + 1} of ${names.length}`, showText(file)]);
    receipts.push({ file, ...await replay(join(path, file), files) });
  }
  progress?.clear();
  const counts = countVerdicts(receipts);
  const all: FolderReceipts = { runs: receipts, copies, counts };
  write(
    json ? toJson(all) : formatReceipts(receipts, { ...terminal(), ...layout }),
  );
  return counts.different > 0 ? 1 : counts.unknown > 0 || receipts.length === 0 ? 2 : 0;
}

async function isEqual(one: string, other: string): Promise<boolean> {
  const [bytes, others] = await Promise.all([readFile(one), readFile(other)]);
  return bytes.length === others.length && bytes.every((byte, place) => byte === others[place]);
}

/** Replays the run of a file. A record that was changed so that it cannot be read is one that differs. */
async function replay(
  path: string,
  files: DatasetFiles,
  { tape, onProgress }: { tape?: string } & Pick<LearnOptions, "onProgress"> = {},
): Promise<Receipt> {
  const unread = { steps: { same: 0, of: 0 } };
  let trace: Trace;
  try {
    trace = await readTrace(path);
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    return { ...unread, ...explainRecord(error) };
  }
  const { dataset: { name }, id } = trace.run;
  const found = await gather(path, trace, files, tape);
  return "verdict" in found
    ? { ...unread, run: { dataset: name, id }, digests: { recorded: trace.digest }, ...found }
    : await replayRun(trace, found, { onProgress });
}

/** Returns what a run is to be computed again from, or what is wrong with it. */
async function gather(
  path: string,
  trace: Trace,
  files: DatasetFiles,
  named?: string,
): Promise<Given | Discrepancy> {
  const { data, test } = await files.find(trace);
  if (data === undefined) {
    const detail = `no file of --data has the examples of ${
      quote(trace.run.dataset.name)
    }, or its name`;
    return { verdict: "unknown", cause: "data", detail };
  }
  try {
    const tape = named ?? findTape(trace, path);
    return { data, test, tape: tape === undefined ? undefined : await readTape(tape) };
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
    return { verdict: "different", cause: "reply-changed", detail: error.message };
  }
}

/** Takes up a run that was cut short. */
async function resumeFile(
  { path, json, layout, model, ...request }: ReplayRequest,
): Promise<number> {
  const storage = dirname(path);
  for (const name of ["read", "write"] as const) await requirePermission(name, storage);
  const trace = await readTrace(path);
  const found = await gather(path, trace, new DatasetFiles(request), request.tape);
  if ("verdict" in found) throw new Error(`Cannot take up the run: ${found.detail}`);
  const models = model && await openModels(trace, model);
  const progress = createProgressLine();
  const { signal, stop } = listenForInterrupt(progress);
  try {
    const { trace: whole, ...resumed } = await resumeRun(trace, { ...found, ...models }, {
      storage,
      signal,
      onProgress: progress && ((state) => progress.show((since) => phraseProgress(state, since))),
    });
    progress?.clear();
    write(
      json ? toJson(resumed) : formatResumption({ ...resumed, trace: whole }, {
        ...terminal(),
        ...layout,
      }),
    );
    return EXITS[resumed.verdict];
  } catch (error) {
    progress?.clear();
    if (error !== signal.reason) throw explainRefusal(error);
    const { journal } = recordPaths(storage, trace.run);
    const note = exists(journal) ? `journal: ${showText(journal)}\n` : "";
    write(`replay.ts: aborted; the run can be taken up once more\n${note}`, "stderr");
    exit(INTERRUPTED);
  } finally {
    stop();
  }
}
