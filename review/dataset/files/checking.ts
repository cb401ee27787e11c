/**
 * Checks files of rows as they are written: each line by its schema, and by the line of lineage beside it.
 *
 * @module
 */
import type * as z from "npm:zod@^4";
import { parseJson } from "../../../learn/text/json.ts";
import { describeProblem } from "../../../learn/text/schemas.ts";
import { type Lineage, ROW_KINDS, type RowKind } from "../format.ts";
import { hashBytes, type RowFormat, splitText } from "./formats.ts";
import type { FileProblem, WrittenRows } from "../making.ts";
import { LineageSchema, rowSchema } from "./schemas.ts";

/** Ends of the names of files of rows, after their kind. */
const SPLIT_ENDS = ["", ".train", ".test"] as const;

/** All files of rows that a data set can have, with their kinds. */
export const ROW_FILES: ReadonlyMap<string, RowKind> = new Map(
  ROW_KINDS.flatMap((kind) => SPLIT_ENDS.map((end) => [`${kind}${end}.jsonl`, kind] as const)),
);

/** Returns the name of a file of rows without its extension: `sft.train`. */
export function stemOf(path: string): string {
  return path.replace(/\.jsonl$/, "");
}

/** Returns the path of the lineage of a file of rows. */
export function lineagePath(path: string): string {
  return `${stemOf(path)}.lineage.jsonl`;
}

/**
 * Reads the files of rows of a data set, and finds what is wrong with their lines.
 *
 * @param texts the texts of its files, by their paths in its folder
 * @returns the files whose lines can all be read, and every problem
 */
export function checkRows(
  texts: ReadonlyMap<string, string>,
  format: RowFormat,
): { readonly written: WrittenRows[]; readonly problems: FileProblem[] } {
  const written: WrittenRows[] = [];
  const problems: FileProblem[] = [];
  for (const [path, kind] of ROW_FILES) {
    const text = texts.get(path);
    const proof = texts.get(lineagePath(path));
    if (text === undefined) {
      if (proof !== undefined) {
        problems.push({ path, problem: "it is missing, its lineage is not" });
      }
      continue;
    }
    if (proof === undefined) {
      problems.push({ path: lineagePath(path), problem: "it is missing" });
      continue;
    }
    const lines = splitText(text);
    const proofs = splitText(proof);
    if (lines.length !== proofs.length) {
      const problem = `it has ${lines.length} lines, and its lineage ${proofs.length}`;
      problems.push({ path, problem });
    }
    const schema = rowSchema(kind, format);
    const lineage: Lineage[] = [];
    for (const [place, line] of lines.entries()) {
      const tell = (path: string) => (problem: string) =>
        void problems.push({ path, line: place + 1, problem });
      if (schema === undefined) tell(path)(`${format} has no form for it`);
      else readLine(line, schema, tell(path));
      if (place >= proofs.length) continue;
      const of = tell(lineagePath(path));
      const read = readLine(proofs[place], LineageSchema, of);
      if (read === undefined) continue;
      lineage.push(read);
      if (read.kind !== kind) of(`it is about a row of ${read.kind}, expected ${kind}`);
      if (read.row !== hashBytes(line)) tell(path)("its digest is not the one in its lineage");
    }
    if (lineage.length === lines.length) written.push({ path, lines, lineage });
  }
  return { written, problems };
}

function readLine<T>(
  line: string,
  schema: z.ZodType<T>,
  tell: (problem: string) => void,
): T | undefined {
  let value: unknown;
  try {
    value = parseJson(line, "it");
  } catch (error) {
    tell((error as Error).message.replace(/^Cannot read it: line 1, /, ""));
    return undefined;
  }
  const { data, error } = schema.safeParse(value);
  if (error !== undefined) tell(describeProblem(error));
  return data;
}

/** Returns a problem as words: `sft.jsonl, line 12: …`. */
export function describeLine({ path, line, problem }: FileProblem): string {
  return `${path}${line === undefined ? "" : `, line ${line}`}: ${problem}`;
}
