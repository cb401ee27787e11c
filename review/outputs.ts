/**
 * Keeps what a script writes from taking the place of what it reads.
 *
 * @module
 */
import { resolve } from "jsr:@std/path@^1";
import { UsageError } from "../print/script.ts";

/**
 * Refuses to write to a file that is read, under whatever name: a trace may be the only one of its run.
 *
 * @param option the option that names the output
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
