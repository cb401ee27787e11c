/**
 * The evidence of a folder of runs.
 *
 * @module
 */
import type { FieldNames } from "../../learn/data/fields.ts";
import { DatasetFiles } from "../replay/dataset_files.ts";
import type { JudgedSource, SkippedFile } from "./format.ts";
import { judgeAll } from "./judging.ts";
import { readSources, type SourceOptions } from "./sources.ts";

/** The runs of a folder, judged. */
export interface JudgedFolder {
  /** The runs, each once, by the names of their files. */
  readonly judged: readonly JudgedSource[];
  /** Files that give no evidence, or less than they could, by name. */
  readonly skipped: readonly SkippedFile[];
}

/** What the runs of a folder are judged by. */
export interface FolderData extends SourceOptions {
  /** Files of examples: a run gets the one with the digest that its trace names. */
  readonly data: readonly string[];
  /** The file of the corrections of the runs that had some. */
  readonly corrections?: string;
  /** What the fields of the examples are called. */
  readonly fields?: FieldNames;
}

/**
 * Reads and judges the runs of a folder.
 *
 * @throws {Error} if the folder cannot be read
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { judgeFolder } from "../evidence.ts";
 *
 * const { judged, skipped } = await judgeFolder("examples", { data: ["examples/banking.jsonl"] });
 * assertEquals(judged.map(({ source }) => source.path), ["examples/banking.trace.json"]);
 * assertEquals(skipped, []);
 * ```
 */
export async function judgeFolder(
  folder: string,
  { data, corrections, fields, ...options }: FolderData,
): Promise<JudgedFolder> {
  const files = new DatasetFiles({ data, test: [], fields, corrections, isOfMany: true });
  const { sources, skipped } = await readSources(folder, files, options);
  return { judged: judgeAll(sources), skipped };
}
