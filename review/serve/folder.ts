/**
 * A folder of runs as a server reads it: never anything outside it, and no file twice for the list.
 *
 * @module
 */
import { join } from "jsr:@std/path@^1";
import { lstatOrNothing, readFile } from "../../system/files.ts";
import { decodeUtf8 } from "../../learn/text/json.ts";
import { abbreviate } from "../../learn/text/digest.ts";
import { showText } from "../../learn/text/quoting.ts";
import { decodeTrace, parseTrace } from "../../record/files.ts";
import { count } from "../../print/phrases.ts";
import type { Trace } from "../../trace.ts";
import type { Blame } from "../blame/format.ts";
import { parseBlame } from "../blame/reading.ts";
import {
  describeError,
  findFile,
  type KeptFile,
  listTraces,
  readFolder,
} from "../history/reading.ts";
import { type History, type HistoryRun, listRuns } from "../history/runs.ts";
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

/** What a folder has about a run besides its trace. */
export interface RunContext {
  /** What is to blame for its predictions, if the folder has a file with that. */
  readonly blame?: Blame;
  /** The runs that were made from it, with the names of their files. */
  readonly forks: readonly { readonly file: string; readonly trace: Trace }[];
  /** The run that it was made from, if the folder has it. */
  readonly parent?: HistoryRun;
  /** What could not be read, and why. */
  readonly notes: readonly string[];
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
  /**
   * Looks for what else there is about a run. What cannot be read is told, and is no error.
   *
   * @throws {Error} if the folder cannot be read
   */
  look(trace: Trace): Promise<RunContext>;
}

/** Milliseconds that a reader of the list is left without an answer. */
const PATIENCE = 1_000;
/** Bytes of forks that are read for one page: some hundred small traces, or five of 3 MB. */
const FORK_BYTES = 16 * 2 ** 20;

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

  async function readConfined(file: string): Promise<Uint8Array> {
    return await readFile(findFile(folder, file, true).path);
  }

  async function list(): Promise<History | Unlisted> {
    // Whoever asks while the folder is being read waits for that.
    listing ??= readAll().finally(() => listing = undefined);
    const { promise, resolve } = Promise.withResolvers<Unlisted>();
    const timer = setTimeout(() => resolve(progress), PATIENCE);
    try {
      return await Promise.race([listing, promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async function readBlame({ run, digest }: Trace): Promise<Pick<RunContext, "blame" | "notes">> {
    const file = `${run.dataset.name}.${run.id}.blame.json`;
    if (lstatOrNothing(join(folder, file)) === undefined) return { notes: [] };
    try {
      const blame = parseBlame(decodeUtf8(await readConfined(file), SOURCE), SOURCE);
      if (blame.run.digest === digest) return { blame, notes: [] };
      throw new Error(`it is of the trace ${abbreviate(blame.run.digest)}`);
    } catch (error) {
      return { notes: [`${file} is not shown: ${describeError(error)}`] };
    }
  }

  async function readForks(
    runs: readonly HistoryRun[],
  ): Promise<Pick<RunContext, "forks" | "notes">> {
    const forks: RunContext["forks"][number][] = [];
    const notes: string[] = [];
    let bytes = 0;
    for (const [place, { file }] of runs.entries()) {
      if (bytes > FORK_BYTES) {
        notes.push(
          `${count(runs.length - place, "more fork")} of this run: see the list of all runs`,
        );
        break;
      }
      try {
        const content = await readConfined(file);
        bytes += content.length;
        forks.push({ file, trace: parseTrace(decodeTrace(content, SOURCE), SOURCE) });
      } catch (error) {
        notes.push(`The fork ${file} is not shown: ${describeError(error)}`);
      }
    }
    return { forks, notes };
  }

  return {
    list,
    async look(trace) {
      const { blame, notes } = await readBlame(trace);
      const found = await list();
      if ("done" in found) {
        const unread = "Forks are not shown yet: the folder is still being read";
        return { ...(blame && { blame }), forks: [], notes: [...notes, unread] };
      }
      const { parent: from } = trace.run;
      const parent = from && found.runs.find(({ digest }) => digest === from.digest);
      // The newest come first, if there is no room for all.
      const made = found.runs.filter(({ parent }) => parent?.digest === trace.digest).toReversed();
      const { forks, notes: unread } = await readForks(made);
      return {
        ...(blame && { blame }),
        ...(parent && { parent }),
        // A file may have changed since it was listed.
        forks: forks.filter(({ trace: { run } }) => run.parent?.digest === trace.digest),
        notes: [...notes, ...unread],
      };
    },
    async read(name) {
      const file = (await listTraces(folder)).find((file) => showText(file) === name);
      if (file === undefined) throw new PageError(404, "The folder has no run of that name.");
      try {
        return parseTrace(decodeTrace(await readConfined(file), SOURCE), SOURCE);
      } catch (error) {
        throw new PageError(422, `${name} cannot be read: ${describeError(error)}.`);
      }
    },
  };
}
