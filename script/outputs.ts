/**
 * Files that scripts write, which never take the place of what is read.
 *
 * @module
 */
import { dirname, resolve } from "jsr:@std/path@^1";
import { requirePermission, UsageError } from "./script.ts";
import { replaceFile } from "../record/files.ts";
import type { Trace } from "../trace.ts";

/**
 * Makes sure that a page may be written, beside its place and then renamed; see {@linkcode refuseInputs}.
 *
 * @throws {UsageError} where `output` is one of `inputs`
 * @throws {Deno.errors.NotCapable} where a permission is missing
 */
export async function requireOutput(
  option: string,
  output: string,
  inputs: readonly string[],
): Promise<void> {
  await requirePermission("read", dirname(output));
  await requirePermission("write", dirname(output));
  await refuseInputs(option, output, inputs);
}

/**
 * Refuses to write to a file that is read, under whatever name: a trace may be the only one of its run.
 *
 * @param option the option that names the output, or what it is
 * @throws {UsageError} where `output` is one of `inputs`
 */
export async function refuseInputs(
  option: string,
  output: string,
  inputs: readonly string[],
): Promise<void> {
  const taken = await Promise.all(inputs.filter((path) => path !== "-").map(namesOf));
  const names = await namesOf(output);
  if (taken.flat().some((name) => names.includes(name))) {
    throw new UsageError(
      `${option} is ${output}, which is read from: expected another file`,
    );
  }
}

/**
 * Writes a page by a temporary file and a rename: the path holds all of it, or what was there before.
 *
 * @param trace what the page is of; its name is in that of the temporary file
 * @throws {Error} where it cannot be written, naming the path
 */
export async function writePage(output: string, trace: Trace, page: string): Promise<void> {
  replaceFile(await followLink(output), trace, new TextEncoder().encode(page), "page");
}

/** The file that a link leads to, so that the link stays; any other path as it is. */
async function followLink(path: string): Promise<string> {
  try {
    const isLink = (await Deno.lstat(path)).isSymlink && (await Deno.stat(path)).isFile;
    return isLink ? await Deno.realPath(path) : path;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return path;
    throw error;
  }
}

/** Where a path leads, with and without links followed. */
async function namesOf(path: string): Promise<string[]> {
  const name = resolve(path);
  const { state } = await Deno.permissions.query({ name: "read", path });
  if (state !== "granted") return [name];
  try {
    return [name, await Deno.realPath(path)];
  } catch {
    // What is wrong with it is told where it is read or written; most outputs are not there yet.
    return [name];
  }
}
