/**
 * Exports a data set: makes what is not there already, checks it once more as it is written, and puts it in place.
 *
 * @module
 */
import { join } from "jsr:@std/path@^1";
import { isSame, parseJson } from "../../learn/text/json.ts";
import { quote } from "../../learn/text/quoting.ts";
import { describeProblem } from "../../learn/text/schemas.ts";
import { readError, readInput } from "../../learn/text/reading.ts";
import { refuseInputs } from "../../script/outputs.ts";
import { listNames, statOrNothing } from "../../system/files.ts";
import { checkRows, describeLine } from "./files/checking.ts";
import { compareCounts } from "../drift.ts";
import { createMakers } from "./makers.ts";
import {
  type DatasetMakers,
  EVIDENCE_FILE,
  type FileProblem,
  type MadeDataset,
  makeDataset,
  PRECISION,
  SUMMARY_FILE,
} from "./making.ts";
import { type DatasetOptions, type DatasetPaths, listFiles, OptionsSchema } from "./options.ts";
import { findStray, placeFiles, requireOwn } from "./files/placing.ts";
import {
  DATASET_STAGES,
  type DatasetStage,
  hashFile,
  hashInputs,
  pathFrom,
  planStages,
  readReceipt,
  receiptPath,
  type StagePlan,
  type StageReceipt,
} from "./receipts.ts";
import type { DatasetSummary } from "./summary/format.ts";

/** What became of a stage. */
export interface StageStatus {
  /** Which stage it is. */
  readonly stage: DatasetStage;
  /** Whether it was run, or its outputs are there already. */
  readonly status: "ran" | "skipped";
  /** What has changed since the export before this with the same options, more than chance does. */
  readonly drifts: readonly StageDrift[];
}

/** Categories that are not shared out as in the export before. */
export interface StageDrift {
  /** What they are categories of. */
  readonly of: string;
  /** How likely chance alone makes them differ so. */
  readonly p: number;
}

/** What an export did. */
export interface DatasetExport {
  /** What is in the data set. */
  readonly summary: DatasetSummary;
  /** What became of each stage. */
  readonly stages: readonly StageStatus[];
}

type Receipts = Partial<Record<DatasetStage, StageReceipt>>;

/**
 * Exports a data set into a folder. What is there stays as it is unless all of the new one is made and checked.
 *
 * @param out the folder, which is made if there is none
 * @throws {TypeError} if an option is not one of those that there are
 * @throws {Error} if a stage fails; if what it makes has changed while its key has not (`alert`); if the check of the
 * written lines finds something, naming the line; or if a file cannot be read or written
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { exportDataset } from "../dataset.ts";
 *
 * const out = await Deno.makeTempDir();
 * const data = ["examples/banking.jsonl"];
 * const paths = { folder: "examples", data, protect: ["examples/banking_test.jsonl"] };
 * const { summary } = await exportDataset(out, paths, { format: "trl", kinds: ["playbook"] });
 * assertEquals(summary.kinds.map(({ kind }) => kind), ["playbook"]);
 * await Deno.remove(out, { recursive: true });
 * ```
 */
export async function exportDataset(
  out: string,
  paths: DatasetPaths,
  given: DatasetOptions,
  makers: DatasetMakers = createMakers(),
): Promise<DatasetExport> {
  // The order of their members must not come into the bytes.
  const { data: options, error } = OptionsSchema.safeParse(given);
  if (error !== undefined) throw new TypeError(`The options do not fit: ${describeProblem(error)}`);
  const runs = await listRuns(paths.folder);
  const inputs = await hashInputs(out, paths, runs);
  const plans = planStages(inputs, pathFrom(out, paths.folder), options);
  const before = await readReceipts(out);
  if (await isWhole(out, plans, before)) {
    const unchanged = { status: "skipped", drifts: [] } as const;
    const stages = DATASET_STAGES.map((stage) => ({ stage, ...unchanged }));
    return { summary: await readSummary(out), stages };
  }
  const isIndexed = await isCurrent(out, plans.index, before.index);
  const known = isIndexed ? (await readInput(join(out, EVIDENCE_FILE))).text : undefined;
  const made = await makeDataset(paths, runs, options, plans, makers, known);
  refuseChange(before, made.receipts);
  const read = [...runs, ...listFiles(paths)];
  for (const { path } of made.files) {
    if (statOrNothing(join(out, path)) !== undefined) refuseInputs("-o", join(out, path), read);
  }
  requireOwn(out, made.files);
  const [problem, ...others] = await checkFiles(made, paths, options, makers);
  if (problem !== undefined) {
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    throw new Error(`The data set is not put in place: ${describeLine(problem)}${more}`);
  }
  await placeFiles(out, made.files);
  const stages = DATASET_STAGES.map((stage) => ({
    stage,
    status: stage === "index" && isIndexed ? "skipped" as const : "ran" as const,
    drifts: stage === "index" ? findDrifts(before.index, made.receipts.index) : [],
  }));
  return { summary: made.summary, stages };
}

/**
 * Lists the traces and tapes of a folder, by name.
 *
 * @throws {Error} if it cannot be read
 */
export async function listRuns(folder: string): Promise<string[]> {
  try {
    return (await listNames(folder)).filter((name) =>
      /\.(trace\.jsonl?|exchanges\.jsonl)$/.test(name)
    )
      .sort().map((name) => join(folder, name))
      // Of a pipe there might be no end.
      .filter((path) => statOrNothing(path)?.isFile());
  } catch (cause) {
    throw readError(`the folder ${quote(folder, Infinity)}`, cause, {
      path: folder,
      expected: "folder",
    });
  }
}

/**
 * Reads the summary of a data set.
 *
 * @throws {Error | SyntaxError} if it cannot be read
 */
export async function readSummary(out: string): Promise<DatasetSummary> {
  const { text, source } = await readInput(join(out, SUMMARY_FILE));
  return parseJson(text, source) as DatasetSummary;
}

/** Checks a data set once more, by the texts of its files. */
async function checkFiles(
  { files }: MadeDataset,
  paths: DatasetPaths,
  options: DatasetOptions,
  makers: DatasetMakers,
): Promise<FileProblem[]> {
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const { written, problems } = checkRows(texts, options.format);
  return [...problems, ...await makers.recheck(written, paths, options)];
}

/** Reads the receipts that are there. One that cannot be read tells nothing, and is replaced. */
async function readReceipts(out: string): Promise<Receipts> {
  const receipts: Receipts = {};
  for (const stage of DATASET_STAGES) {
    if (statOrNothing(join(out, receiptPath(stage))) === undefined) continue;
    try {
      receipts[stage] = await readReceipt(out, stage);
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    }
  }
  return receipts;
}

/** Tells whether a stage need not run: its plan is the same, and what it made is still there. */
async function isCurrent(out: string, plan: StagePlan, before?: StageReceipt): Promise<boolean> {
  if (before?.key !== plan.key) return false;
  for (const { path, sha256 } of before.outputs) {
    if (path === undefined) continue;
    const file = join(out, path);
    if (!statOrNothing(file)?.isFile() || await hashFile(file) !== sha256) return false;
  }
  return true;
}

/** Tells whether the whole data set is there already. */
async function isWhole(
  out: string,
  plans: Readonly<Record<DatasetStage, StagePlan>>,
  before: Receipts,
): Promise<boolean> {
  for (const stage of DATASET_STAGES) {
    if (!await isCurrent(out, plans[stage], before[stage])) return false;
  }
  return findStray(out, before.export!.outputs.map(({ path }) => path ?? "")).length === 0;
}

/** Throws if a stage made something else than before of the same. */
function refuseChange(before: Receipts, after: Readonly<Record<DatasetStage, StageReceipt>>): void {
  for (const stage of DATASET_STAGES) {
    const receipt = before[stage];
    if (receipt === undefined || receipt.key !== after[stage].key) continue;
    const changed = after[stage].outputs.findIndex((output, place) =>
      !isSame(output, receipt.outputs[place])
    );
    if (changed === -1 && receipt.outputs.length === after[stage].outputs.length) continue;
    const { path } = after[stage].outputs[changed] ?? {};
    throw new Error(
      `alert: stage ${stage} makes something else${path === undefined ? "" : ` (${path})`} ` +
        `of the same inputs and options than ${
          receiptPath(stage)
        } says. It is not deterministic, or the ` +
        "receipt was changed; nothing was written. Export to another folder to compare",
    );
  }
}

/** Compares how right the rules were on held-out examples, which hardly differs from seed to seed. */
function findDrifts(before: StageReceipt | undefined, after: StageReceipt): StageDrift[] {
  // Other options are about other runs: that is not drift.
  if (before === undefined || !isSame(before.options, after.options)) return [];
  const [one, other] = [before, after].map(({ counts }) => counts[PRECISION]);
  const drift = one && other && compareCounts(one, other);
  return drift?.isDrift ? [{ of: PRECISION, p: drift.pValue }] : [];
}
