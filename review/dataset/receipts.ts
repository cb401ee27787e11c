/**
 * Receipts of an export: for each stage what went in, what came out, and by which options. Out of what a receipt says,
 * its stage can be done again.
 *
 * They know no clock, and paths only from the folder of the data set on, so that it can be moved together with its
 * inputs. The key of a stage is the digest of its inputs, its options, the version of this package and the key of
 * the stage before it: an equal key asks for equal outputs.
 *
 * @module
 */
import { isAbsolute, join, relative, resolve } from "jsr:@std/path@^1";
import * as z from "npm:zod@^4";
import { createHash } from "node:crypto";
import { Digest, digest } from "../../learn/text/digest.ts";
import { decodeUtf8, parseJson } from "../../learn/text/json.ts";
import { readBytes, readError } from "../../learn/text/reading.ts";
import { quote } from "../../learn/text/quoting.ts";
import { describeProblem, schemaOf } from "../../learn/text/schemas.ts";
import { VERSION } from "../../trace.ts";
import { statOrNothing, streamFile } from "../../system/files.ts";
import { JUDGE } from "../evidence/format.ts";
import { type DatasetOptions, type DatasetPaths, OptionsSchema } from "./options.ts";

/** The stages of an export, in their order. */
export const DATASET_STAGES = ["index", "rows", "firewall", "export"] as const;

/** Runs are read and judged, rows are made, rows are left out, files are written. */
export type DatasetStage = (typeof DATASET_STAGES)[number];

/** A file that a stage reads. */
export interface StageInput {
  /** Its path from the folder of the data set on. */
  readonly path: string;
  /** What it is. */
  readonly kind: "trace" | "tape" | "data" | "corrections" | "texts" | "protected";
  /** `sha256:` and the SHA-256 of its bytes. */
  readonly sha256: string;
}

/** What a stage makes. */
export interface StageOutput {
  /** Its path in the folder of the data set; missing if it is never written. */
  readonly path?: string;
  /** `sha256:` and the SHA-256 of its bytes. */
  readonly sha256: string;
  /** How many rows it has, for files of lines. */
  readonly rows?: number;
}

/** How many there are of each category, by what they are categories of. */
export type StageCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What a stage is to do. */
export interface StagePlan {
  /** Which stage it is. */
  readonly stage: DatasetStage;
  /** Version of this package. */
  readonly version: string;
  /** Digest of the other members of the plan. */
  readonly key: string;
  /** Key of the stage before it. */
  readonly after?: string;
  /** The files that it reads. */
  readonly inputs: readonly StageInput[];
  /** Those of the options that it depends on. */
  readonly options: Readonly<Record<string, z.core.util.JSONType>>;
}

/** What a stage did. */
export interface StageReceipt extends StagePlan {
  /** What it made. */
  readonly outputs: readonly StageOutput[];
  /** What is in it. */
  readonly counts: StageCounts;
}

const ReceiptSchema = schemaOf<StageReceipt>()(z.strictObject({
  stage: z.enum(DATASET_STAGES),
  version: z.string(),
  key: Digest,
  after: Digest.optional(),
  inputs: z.array(z.strictObject({
    path: z.string(),
    kind: z.enum(["trace", "tape", "data", "corrections", "texts", "protected"]),
    sha256: Digest,
  })),
  options: z.record(z.string(), z.json()),
  outputs: z.array(z.strictObject({
    path: z.string().optional(),
    sha256: Digest,
    rows: z.int().min(0).optional(),
  })),
  counts: z.record(z.string(), z.record(z.string(), z.int().min(0))),
}));

/** Returns the path of a receipt in the folder of the data set. */
export function receiptPath(stage: DatasetStage): string {
  return `receipts/${stage}.json`;
}

/**
 * Reads a receipt.
 *
 * @param out the folder of the data set
 * @throws {Error | SyntaxError | TypeError} if it cannot be read or is no receipt of the stage
 */
export async function readReceipt(out: string, stage: DatasetStage): Promise<StageReceipt> {
  const path = join(out, receiptPath(stage));
  const source = `receipt ${quote(path, Infinity)}`;
  const value = parseJson(decodeUtf8(await readBytes(path, source), source), source);
  const { data, error } = ReceiptSchema.safeParse(value);
  if (error !== undefined) {
    throw new TypeError(`Cannot read ${source}: ${describeProblem(error)}`);
  }
  if (data.stage !== stage) {
    throw new TypeError(`Cannot read ${source}: field stage: expected ${quote(stage)}`);
  }
  return data;
}

/** Plans the stages of an export. */
export function planStages(
  inputs: readonly StageInput[],
  folder: string,
  options: DatasetOptions,
): Readonly<Record<DatasetStage, StagePlan>> {
  const { fields, kinds, cap, format, split, license, html } = options;
  const plans: Partial<Record<DatasetStage, StagePlan>> = {};
  let after: string | undefined;
  const add = (
    stage: DatasetStage,
    read: readonly StageInput["kind"][],
    options: Record<string, unknown>,
  ) => {
    const before = after === undefined ? {} : { after };
    const rest = {
      ...before,
      inputs: inputs.filter(({ kind }) => read.includes(kind)),
      // Without members that are undefined.
      options: JSON.parse(JSON.stringify(options)) as StagePlan["options"],
    };
    after = planKey({ stage, version: VERSION, ...rest });
    plans[stage] = { stage, version: VERSION, key: after, ...rest };
  };
  add("index", ["trace", "tape", "data", "corrections"], { judge: JUDGE, folder, fields });
  add("rows", ["texts"], { kinds });
  add("firewall", ["protected"], { cap });
  add("export", [], { format, split, license, html });
  return plans as Readonly<Record<DatasetStage, StagePlan>>;
}

/** Returns the key of a plan. */
export function planKey(
  { stage, version, after, inputs, options }: Omit<StagePlan, "key">,
): string {
  return digest({ stage, version, after, inputs, options });
}

/**
 * Returns the paths and the options that receipts tell of.
 *
 * @param out the folder of the data set
 * @throws {TypeError} if the receipts do not have them, or name an absolute path
 */
export function recallPlan(
  out: string,
  receipts: Readonly<Record<DatasetStage, StageReceipt>>,
): {
  readonly paths: DatasetPaths;
  readonly runs: readonly string[];
  readonly options: DatasetOptions;
} {
  const all = DATASET_STAGES.map((stage) => receipts[stage]);
  const { judge: _, folder, ...options } = Object.assign({}, ...all.map(({ options }) => options));
  const { data, error } = OptionsSchema.safeParse(options);
  if (error !== undefined) {
    throw new TypeError(`Cannot read the options of the receipts: ${describeProblem(error)}`);
  }
  const inputs = all.flatMap(({ inputs }) => inputs);
  const named = [folder, ...inputs.map(({ path }) => path)];
  if (!named.every((path) => typeof path === "string" && !isAbsolute(path))) {
    throw new TypeError(
      "Cannot read the receipts: expected paths from the folder of the data set on",
    );
  }
  const find = (...kinds: StageInput["kind"][]) =>
    inputs.filter(({ kind }) => kinds.includes(kind)).map(({ path }) => join(out, path));
  const [texts] = find("texts");
  const [corrections] = find("corrections");
  const paths = {
    folder: join(out, folder),
    data: find("data"),
    protect: find("protected"),
    ...(corrections === undefined ? {} : { corrections }),
    ...(texts === undefined ? {} : { texts }),
  };
  return { paths, runs: find("trace", "tape"), options: data };
}

/** Returns a path from the folder of the data set on. */
export function pathFrom(out: string, path: string): string {
  return relative(resolve(out), resolve(path));
}

/**
 * Reads the inputs of an export for their digests.
 *
 * @param out the folder of the data set
 * @param runs the traces and tapes
 * @throws {Error} if one cannot be read
 */
export async function hashInputs(
  out: string,
  { data, corrections, protect, texts }: DatasetPaths,
  runs: readonly string[],
): Promise<StageInput[]> {
  const inputs: (readonly [StageInput["kind"], string | undefined])[] = [
    ...runs.map((path) => [/\.trace\.jsonl?$/.test(path) ? "trace" : "tape", path] as const),
    ...data.map((path) => ["data", path] as const),
    ["corrections", corrections],
    ["texts", texts],
    ...protect.map((path) => ["protected", path] as const),
  ];
  const hashed: StageInput[] = [];
  for (const [kind, path] of inputs) {
    if (path === undefined) continue;
    const found = statOrNothing(path);
    if (found !== undefined && !found.isDirectory() && !found.isFile()) {
      // It is read more than once, and might have no end.
      throw new Error(`Cannot read ${quote(path, Infinity)}: it is not a regular file`);
    }
    hashed.push({ path: pathFrom(out, path), kind, sha256: await hashFile(path) });
  }
  return hashed;
}

/**
 * Returns the digest of the bytes of a file.
 *
 * @throws {Error} if it cannot be read
 */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const bytes of streamFile(path)) hash.update(bytes);
  } catch (cause) {
    throw readError(quote(path, Infinity), cause, { path });
  }
  return `sha256:${hash.digest("hex")}`;
}
