/**
 * Audits a data set: its files against its receipts, its rows against their lineage, and all of it against what its
 * inputs give when it is made again. The last finds those too who bring all digests up to date.
 *
 * @module
 */
import { join } from "jsr:@std/path@^1";
import { decodeUtf8 } from "../../learn/text/json.ts";
import { quote } from "../../learn/text/quoting.ts";
import { readBytes } from "../../learn/text/reading.ts";
import { statOrNothing } from "../../system/files.ts";
import { VERSION } from "../../trace.ts";
import { JUDGE } from "../evidence/format.ts";
import { checkRows } from "./files/checking.ts";
import { hashBytes, splitText } from "./files/formats.ts";
import { createMakers } from "./makers.ts";
import { type DatasetMakers, type FileProblem, type MadeDataset, makeDataset } from "./making.ts";
import { findStray } from "./files/placing.ts";
import {
  DATASET_STAGES,
  type DatasetStage,
  hashFile,
  planKey,
  planStages,
  readReceipt,
  recallPlan,
  receiptPath,
  type StageReceipt,
} from "./receipts.ts";

/** What an audit found. */
export interface DatasetAudit {
  /** How many files of the data set, how many of its rows and how many of its inputs were looked at. */
  readonly checked: { readonly files: number; readonly rows: number; readonly inputs: number };
  /** Whether the data set was made again: not if an input is missing, is another one, or a stage fails. */
  readonly isRemade: boolean;
  /** What is wrong, by file and line; paths are those from the folder of the data set on. */
  readonly problems: readonly FileProblem[];
}

/** The receipts of a data set. */
export type DatasetReceipts = Readonly<Record<DatasetStage, StageReceipt>>;

/**
 * Audits a data set.
 *
 * @param out its folder
 * @throws {Error} if the folder holds no receipt
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { auditDataset, exportDataset } from "../dataset.ts";
 *
 * const out = await Deno.makeTempDir();
 * const data = ["examples/banking.jsonl"];
 * const paths = { folder: "examples", data, protect: ["examples/banking_test.jsonl"] };
 * await exportDataset(out, paths, { format: "trl", kinds: ["playbook"] });
 * assertEquals((await auditDataset(out)).problems, []);
 *
 * await Deno.writeTextFile(`${out}/playbook.jsonl`, "{}\n", { append: true });
 * const { problems } = await auditDataset(out);
 * assertEquals(problems[0].path, "playbook.jsonl");
 * await Deno.remove(out, { recursive: true });
 * ```
 */
export async function auditDataset(
  out: string,
  makers: DatasetMakers = createMakers(),
): Promise<DatasetAudit> {
  const found: FileProblem[] = [];
  const receipts = await readAll(out, found);
  const none = { files: 0, rows: 0, inputs: 0 };
  if (receipts === undefined) return { checked: none, isRemade: false, problems: found };
  checkKeys(receipts, found);
  const texts = await readFiles(out, receipts, found);
  let plan: RecalledPlan;
  try {
    plan = recallPlan(out, receipts);
  } catch (error) {
    found.push({ path: "receipts", problem: (error as Error).message });
    return { checked: { ...none, files: texts.size }, isRemade: false, problems: found };
  }
  const { written, problems } = checkRows(texts, plan.options.format);
  found.push(...problems);
  const inputs = DATASET_STAGES.flatMap((stage) => receipts[stage].inputs);
  const changed = await compareInputs(out, inputs);
  found.push(...changed);
  const isRemade = changed.length === 0 &&
    await compareAgain(out, receipts, plan, makers, found);
  const listed = DATASET_STAGES.flatMap((stage) => receipts[stage].outputs);
  for (const path of findStray(out, listed.map(({ path }) => path ?? ""))) {
    found.push({ path, problem: "no receipt lists it" });
  }
  const rows = written.reduce((sum, { lines }) => sum + lines.length, 0);
  const checked = { files: texts.size + DATASET_STAGES.length, rows, inputs: inputs.length };
  return { checked, isRemade, problems: joinProblems(found) };
}

/** What receipts say of how to make a data set. */
type RecalledPlan = ReturnType<typeof recallPlan>;

/** Reads all receipts; `undefined` if one of them cannot be read. */
async function readAll(
  out: string,
  found: FileProblem[],
): Promise<DatasetReceipts | undefined> {
  const receipts: Partial<Record<DatasetStage, StageReceipt>> = {};
  const isThere = (stage: DatasetStage) =>
    statOrNothing(join(out, receiptPath(stage)))?.isFile() === true;
  if (!DATASET_STAGES.some(isThere)) {
    throw new Error(`Cannot audit ${quote(out, Infinity)}: it holds no receipt of an export`);
  }
  for (const stage of DATASET_STAGES) {
    const path = receiptPath(stage);
    try {
      if (isThere(stage)) receipts[stage] = await readReceipt(out, stage);
      else {found.push({
          path,
          problem: "it is missing: the export was cut short, or it was removed",
        });}
    } catch (error) {
      found.push({
        path,
        problem: (error as Error).message.replace(/^Cannot read .*?\.json": /, ""),
      });
    }
  }
  return found.length > 0 ? undefined : receipts as DatasetReceipts;
}

/** Checks that the key of each stage is that of its plan, and covers the stage before it. */
export function checkKeys(receipts: DatasetReceipts, found: FileProblem[]): void {
  let before: string | undefined;
  for (const stage of DATASET_STAGES) {
    const receipt = receipts[stage];
    const path = receiptPath(stage);
    if (receipt.key !== planKey(receipt)) {
      found.push({ path, problem: "its key is not that of its inputs and options" });
    }
    if (receipt.after !== before) {
      found.push({ path, problem: "it does not follow the stage before it" });
    }
    before = receipt.key;
  }
}

/** Reads the files that receipts list, and compares their digests; returns those in UTF-8. */
async function readFiles(
  out: string,
  receipts: DatasetReceipts,
  found: FileProblem[],
): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const { path, sha256 } of DATASET_STAGES.flatMap((stage) => receipts[stage].outputs)) {
    if (path === undefined) continue;
    const file = join(out, path);
    if (!statOrNothing(file)?.isFile()) {
      found.push({ path, problem: "it is missing" });
      continue;
    }
    const bytes = await readBytes(file, quote(path));
    if (hashBytes(bytes) !== sha256) {
      found.push({ path, problem: "its digest is not the one in its receipt" });
    }
    try {
      texts.set(path, decodeUtf8(bytes, "it"));
    } catch (error) {
      found.push({ path, problem: (error as Error).message });
    }
  }
  return texts;
}

/** Compares inputs with their digests. */
export async function compareInputs(
  out: string,
  inputs: StageReceipt["inputs"],
): Promise<FileProblem[]> {
  const found: FileProblem[] = [];
  for (const { path, kind, sha256 } of inputs) {
    const file = join(out, path);
    if (!statOrNothing(file)?.isFile()) {
      found.push({ path, problem: `this ${kind} file is missing` });
    } else if (await hashFile(file) !== sha256) {
      found.push({ path, problem: `this ${kind} file is another one than the export read` });
    }
  }
  return found;
}

/** Returns whether this version makes what the one of the receipts made. */
function compareVersion(receipts: DatasetReceipts, found: FileProblem[]): boolean {
  const before = found.length;
  for (const stage of DATASET_STAGES) {
    const { version, options: { judge = JUDGE } } = receipts[stage];
    if (version === VERSION && judge === JUDGE) continue;
    const problem =
      `it is of version ${version} with ${judge}, and this is ${VERSION} with ${JUDGE}`;
    found.push({ path: receiptPath(stage), problem });
  }
  return found.length === before;
}

/** Makes a data set again out of its receipts; `undefined`, and a problem that is told, if it cannot be. */
export async function makeAgain(
  receipts: DatasetReceipts,
  { paths, runs, options }: RecalledPlan,
  makers: DatasetMakers,
  found: FileProblem[],
): Promise<MadeDataset | undefined> {
  if (!compareVersion(receipts, found)) return undefined;
  const inputs = DATASET_STAGES.flatMap((stage) => receipts[stage].inputs);
  const plans = planStages(inputs, String(receipts.index.options.folder), options);
  try {
    return await makeDataset(paths, runs, options, plans, makers);
  } catch (error) {
    const problem = `the data set cannot be made again: ${(error as Error).message}`;
    found.push({ path: "receipts", problem });
    return undefined;
  }
}

/** Makes the data set again, and compares every byte; returns whether it could be made. */
async function compareAgain(
  out: string,
  receipts: DatasetReceipts,
  plan: RecalledPlan,
  makers: DatasetMakers,
  found: FileProblem[],
): Promise<boolean> {
  const made = await makeAgain(receipts, plan, makers, found);
  if (made === undefined) return false;
  const files = new Map(made.files.map((file) => [file.path, file]));
  for (const { path, text } of made.files) {
    const file = join(out, path);
    if (!statOrNothing(file)?.isFile()) {
      found.push({ path, problem: "it is missing" });
      continue;
    }
    const bytes = await readBytes(file, quote(path));
    if (hashBytes(bytes) === hashBytes(text)) continue;
    const line = firstDifference(new TextDecoder().decode(bytes), text);
    found.push({ path, line, problem: "it is not what the inputs give" });
  }
  for (const { path } of DATASET_STAGES.flatMap((stage) => receipts[stage].outputs)) {
    if (path !== undefined && !files.has(path)) {
      found.push({ path, problem: "the inputs do not give it" });
    }
  }
  return true;
}

/** Returns the first line in which two texts differ, from 1; 1 if they differ only in bytes that are not text. */
function firstDifference(one: string, other: string): number {
  const [lines, others] = [splitText(one), splitText(other)];
  const place = lines.findIndex((line, place) => line !== others[place]);
  if (place !== -1) return place + 1;
  return lines.length < others.length ? lines.length + 1 : 1;
}

/** Tells each place once, with all that is wrong there; of a file whose lines are told only those. */
function joinProblems(found: readonly FileProblem[]): FileProblem[] {
  const lined = new Set(found.flatMap(({ path, line }) => line === undefined ? [] : [path]));
  const told = found.filter(({ path, line }) => line !== undefined || !lined.has(path));
  const places = Map.groupBy(told, ({ path, line }) => JSON.stringify([path, line ?? null]));
  return [...places.values()].map((same) => ({
    ...same[0],
    problem: [...new Set(same.map(({ problem }) => problem))].join("; "),
  }));
}
