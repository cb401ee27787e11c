/**
 * A folder with a run that asked a model, its tape, its examples and protected texts.
 *
 * @module
 */
import { dirname, join } from "jsr:@std/path@^1";
import { ROW_KINDS } from "../../../review/dataset/format.ts";
import type { DatasetOptions, DatasetPaths } from "../../../review/dataset/options.ts";
import { serveChat } from "../../learn/chat/chat_server.ts";
import { chatWith, few, learn } from "../../learn/llm/run_fixture.ts";
import { createScripted } from "../../learn/llm/scripted_model.ts";

/** How the data sets of most tests are made. */
export const options: DatasetOptions = {
  format: "trl",
  kinds: ROW_KINDS,
  license: "cc-by-4.0",
};

/** A protected text. */
export const SECRET = "a text that nobody may see";

/** Learns a run into `<folder>/runs`, with its examples and protected texts beside. */
export async function prepareRun(folder: string): Promise<DatasetPaths> {
  await using server = serveChat(createScripted());
  const runs = join(folder, "runs");
  await Deno.mkdir(runs);
  await learn(runs, chatWith(server), { maxIterations: 1 });
  // The last run is there once more under the name of its data set.
  await Deno.remove(join(runs, "banking.trace.json"));
  const lines = few.examples.map((example) => JSON.stringify(example));
  await Deno.writeTextFile(join(folder, "train.jsonl"), lines.join("\n"));
  await Deno.writeTextFile(
    join(folder, "test.jsonl"),
    `{"id":"t1","text":"${SECRET}","label":"x"}
`,
  );
  return {
    folder: runs,
    data: [join(folder, "train.jsonl")],
    protect: [join(folder, "test.jsonl")],
  };
}

/** Reads all files of a folder and its folders, by path. */
export async function readAll(folder: string, under = ""): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const { name, isDirectory } of Deno.readDir(join(folder, under))) {
    const path = join(under, name);
    if (isDirectory) { for (const one of await readAll(folder, path)) files.set(...one); }
    else files.set(path, await Deno.readTextFile(join(folder, path)));
  }
  return new Map([...files].sort());
}

/** Writes files into a folder. */
export async function writeFiles(
  folder: string,
  files: ReadonlyMap<string, string>,
): Promise<void> {
  for (const [path, text] of files) {
    await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
    await Deno.writeTextFile(join(folder, path), text);
  }
}

/** A folder that goes with its end. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
