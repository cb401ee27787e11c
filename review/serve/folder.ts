/**
 * A folder of runs as a server reads it: never anything outside it, and no file twice for the list.
 *
 * @module
 */
import { readFile } from "../../system/files.ts";
import { showText } from "../../learn/text/quoting.ts";
import { decodeTrace, parseTrace } from "../../record/files.ts";
import type { Trace } from "../../trace.ts";
import {
  describeError,
  findFile,
  type KeptFile,
  listTraces,
  readFolder,
} from "../history/reading.ts";
import { type History, listRuns } from "../history/runs.ts";
import { SOURCE } from "../history/summary.ts";

/** How far the first reading of a folder is. */
export interface Unlisted {
  readonly done: number;
  readonly all: number;
}

/** Why a page cannot be shown, in words, with the status of the answer. */
export class PageError extends Error {
  /** Creates an error that a page tells. */
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** A folder of runs. */
export interface RunsFolder {
  /**
   * Lists the runs; after some time that this takes, tells how far it is.
   *
   * @throws {Error} if the folder cannot be read
   */
  list(): Promise<History | Unlisted>;
  /**
   * Reads and verifies a trace.
   *
   * @param name the name of its file as it is shown
   * @throws {PageError} with 404 if the folder has no such file, with 422 if it cannot be read
   * @throws {Error} if the folder cannot be read
   */
  read(name: string): Promise<Trace>;
}

/** Milliseconds that a reader of the list is left without an answer. */
const PATIENCE = 1_000;

/** Opens a folder. Summaries of its runs are kept while it is used, but no traces. */
export function openRuns(folder: string): RunsFolder {
  const kept = new Map<string, KeptFile>();
  let progress: Unlisted = { done: 0, all: 0 };
  let listing: Promise<History> | undefined;

  async function readAll(): Promise<History> {
    const onProgress = (done: number, all: number) => void (progress = { done, all });
    const { files, problems, copies } = await readFolder(folder, {
      kept,
      onProgress,
      isConfined: true,
    });
    return { runs: listRuns(files), problems, copies };
  }

  return {
    async list() {
      // Whoever asks while the folder is being read waits for that.
      listing ??= readAll().finally(() => listing = undefined);
      const { promise, resolve } = Promise.withResolvers<Unlisted>();
      const timer = setTimeout(() => resolve(progress), PATIENCE);
      try {
        return await Promise.race([listing, promise]);
      } finally {
        clearTimeout(timer);
      }
    },
    async read(name) {
      const file = (await listTraces(folder)).find((file) => showText(file) === name);
      if (file === undefined) throw new PageError(404, "The folder has no run of that name.");
      try {
        const { path } = findFile(folder, file, true);
        return parseTrace(decodeTrace(await readFile(path), SOURCE), SOURCE);
      } catch (error) {
        throw new PageError(422, `${name} cannot be read: ${describeError(error)}.`);
      }
    },
  };
}
