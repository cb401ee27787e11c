/**
 * Reading examples together with the line that each of them stands on.
 *
 * @module
 */
import { basename, extname } from "jsr:@std/path@^1";
import { parseDataset, type Task } from "../../learn/dataset.ts";
import { formatOfExtension, guessFormat, parseDocument } from "../../learn/formats.ts";
import { nameInput, readInput } from "../../learn/reading.ts";
import type { ComparedData } from "./examples.ts";

/**
 * The examples of a file, or of standard input for the path `-`, as `readDataset` takes them.
 *
 * @throws {Error} where it cannot be read or holds no examples of the task, naming it and the line
 */
export async function readComparedData(path: string, task: Task): Promise<ComparedData> {
  const extension = extname(path);
  const source = nameInput(path);
  const known = path === "-" ? undefined : formatOfExtension(extension, source);
  const { text } = await readInput(path);
  const format = known ?? guessFormat(text);
  const { input, place } = parseDocument(text, format, source, task);
  const ownName = path === "-"
    ? "stdin"
    : basename(path, extension).replace(/[^A-Za-z0-9._-]/gu, "-").slice(0, 100);
  const name = typeof input.name === "string" ? undefined : ownName;
  const dataset = parseDataset(text, { name, format, task, source });
  const lineOf = (index: number) => {
    const [, line] = /\bline (\d+)/.exec(place(index)) ?? [];
    return line === undefined ? undefined : Number(line);
  };
  return { dataset, lineOf };
}
