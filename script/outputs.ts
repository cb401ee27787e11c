/**
 * Files that scripts write. An output never replaces an input.
 *
 * @module
 */
import { dirname, resolve } from "jsr:@std/path@^1";
import { requirePermission, UsageError } from "./script.ts";
import { lstatOrNothing, realPath, statOrNothing } from "../system/files.ts";
import { isPermitted } from "../system/permissions.ts";
import { shortDigest } from "../learn/text/digest.ts";
import { quote } from "../learn/text/quoting.ts";
import { replaceFile } from "../record/files.ts";

/**
 * Checks that an output may be written, before long work: that its folder is there and may be read and written,
 * and that it is neither a folder nor an input.
 *
 * @param option the option that names the output
 * @param what the name of the output in errors
 * @throws {UsageError} if `output` is one of `inputs`, or `-`, which no script writes to
 * @throws {Error} if its folder is not there, or it is a folder
 * @throws {Deno.errors.NotCapable} if a permission is missing
 */
export async function requireOutput(
  option: string,
  output: string,
  inputs: readonly string[],
  what = "page",
): Promise<void> {
  if (output === "-") {
    throw new UsageError(`${option} is -, expected a file (./- if it is so called)`);
  }
  await requirePermission("read", dirname(output));
  await requirePermission("write", dirname(output));
  refuseInputs(option, output, inputs);
  const problem = !statOrNothing(dirname(output))?.isDirectory()
    ? "there is no such folder"
    : statOrNothing(output)?.isDirectory()
    ? "it is a folder, expected a file"
    : undefined;
  if (problem !== undefined) {
    throw new Error(`Cannot write ${what} ${quote(output, Infinity)}: ${problem}`);
  }
}

/**
 * Refuses to write to an input, under any of its names: a trace may be the only one of its run.
 *
 * @param option the option that names the output, or another name for it
 * @throws {UsageError} if `output` is one of `inputs`
 */
export function refuseInputs(option: string, output: string, inputs: readonly string[]): void {
  const taken = inputs.filter((path) => path !== "-").flatMap(resolveNames);
  const names = resolveNames(output);
  if (taken.some((name) => names.includes(name))) {
    throw new UsageError(`${option} is ${output}, which is an input: expected another file`);
  }
}

/**
 * Writes a file by a temporary file and a rename: the path holds the whole text, or its old content. A link stays, and
 * the file that it leads to is written.
 *
 * @param what the name of the file in errors
 * @throws {Error} if it cannot be written, naming the path
 * @throws {Deno.errors.NotCapable} if a permission is missing
 */
export function writeOutput(path: string, text: string, what = "page"): void {
  const name = `${what}.${shortDigest(text, 12)}`;
  replaceFile(followLink(path), name, new TextEncoder().encode(text), { what, toPipe: true });
}

/** Returns the file that a link leads to, so that the link stays; any other path as it is. */
function followLink(path: string): string {
  const isLink = lstatOrNothing(path)?.isSymbolicLink() && statOrNothing(path)?.isFile();
  return isLink ? realPath(path) : path;
}

/** Returns the absolute path, and the path with links followed if the file can be found. */
function resolveNames(path: string): string[] {
  const name = resolve(path);
  if (!isPermitted({ name: "read", path })) return [name];
  try {
    return [name, realPath(path)];
  } catch {
    // Most outputs do not exist yet; reading or writing the file reports any other error.
    return [name];
  }
}
