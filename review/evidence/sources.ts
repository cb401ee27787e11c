/**
 * The runs of a folder with all that their evidence is judged by: trace, data, tape. What cannot be used is
 * told with its reason.
 *
 * @module
 */
import { join } from "jsr:@std/path@^1";
import type { Exchange } from "../../learn/chat/exchanges.ts";
import type { Dataset } from "../../learn/data/dataset.ts";
import { findRunDefect } from "../../learn/rules/running.ts";
import { compareCodeUnits } from "../../learn/text/folding.ts";
import { readBytes } from "../../learn/text/reading.ts";
import { decodeTrace } from "../../record/files.ts";
import { recordPaths } from "../../record/journal.ts";
import { decisionOfTrace } from "../../record/rule_set.ts";
import { count } from "../../print/phrases.ts";
import { listNames } from "../../system/files.ts";
import { parseTrace, readTape, type Trace, verifyTape } from "../../trace.ts";
import { describeError, findFile, leaveOutCopies, listTraces } from "../history/reading.ts";
import { SOURCE } from "../history/summary.ts";
import type { DatasetFiles } from "../replay/dataset_files.ts";
import type { EvidenceSource, SkippedFile, SkipReason } from "./format.ts";

/** What a folder holds. */
export interface EvidenceFolder {
  /** The runs, each once, by the names of their files. */
  readonly sources: readonly EvidenceSource[];
  /** Files that give no evidence, or less than they could, by name. */
  readonly skipped: readonly SkippedFile[];
}

/** How the runs of a folder are read. */
export interface SourceOptions {
  /** Called with how many of how many traces were read. */
  readonly onProgress?: (done: number, all: number) => void;
  /** The names of the files that count; by default all. */
  readonly only?: ReadonlySet<string>;
}

/** A trace that could be read. */
interface ReadTrace extends Pick<Trace, "run" | "digest"> {
  readonly file: string;
  readonly trace: Trace;
}

/**
 * Reads the runs of a folder. Each is read for itself: what else is in the folder changes nothing of it. Of runs
 * with the same digest, which have the same evidence, the first that has a tape counts, else the first.
 *
 * @param data the files of examples that they may have learned from; a run's are those with its digest
 * @throws {Error} if the folder cannot be read
 */
export async function readSources(
  folder: string,
  data: DatasetFiles,
  options: SourceOptions = {},
): Promise<EvidenceFolder> {
  const { onProgress, only } = options;
  const skipped: SkippedFile[] = [];
  const skip = (
    file: string,
    reason: SkipReason,
    detail: string,
    run?: SkippedFile["run"],
  ) => {
    skipped.push({ path: join(folder, file), reason, detail, ...(run && { run }) });
  };
  const isMeant = (name: string) => only === undefined || only.has(name);
  const names = (await listTraces(folder)).filter(isMeant);
  const read: ReadTrace[] = [];
  for (const [place, file] of names.entries()) {
    onProgress?.(place, names.length);
    try {
      const { path } = findFile(folder, file, false);
      const trace = parseTrace(decodeTrace(await readBytes(path, SOURCE), SOURCE), SOURCE);
      read.push({ file, trace, run: trace.run, digest: trace.digest });
    } catch (error) {
      skip(file, "broken-trace", describeError(error));
    }
  }
  const tapes = new Set(
    (await listNames(folder)).filter((name) => /\.exchanges\.jsonl$/.test(name) && isMeant(name)),
  );
  const tapeOf = ({ run }: Pick<Trace, "run">) => recordPaths("", run).tape;
  const { files, copies } = leaveOutCopies(read);
  for (const { file, of } of copies) skip(file, "copy", `it holds the run of ${of}`);
  const sources: EvidenceSource[] = [];
  for (const same of Map.groupBy(files, ({ digest }) => digest).values()) {
    const chosen = same.find((one) => tapes.has(tapeOf(one))) ?? same[0];
    for (const { file } of same) {
      if (file !== chosen.file) skip(file, "copy", `it is the same run as ${chosen.file}`);
    }
    const { trace, file } = chosen;
    const found = await findData(trace, data);
    if (typeof found === "string") {
      const { digest: dataset } = trace.run.dataset;
      skip(
        file,
        "no-data",
        found,
        dataset === undefined ? undefined : { trace: trace.digest, dataset },
      );
      continue;
    }
    const problem = explainUnrunnable(trace);
    if (problem !== undefined) {
      skip(file, "cannot-run", problem);
      continue;
    }
    const name = tapeOf(trace);
    const tape = await readProved(trace, folder, name, tapes.has(name));
    if (tape.problem !== undefined) skip(tapes.has(name) ? name : file, ...tape.problem);
    sources.push({ path: join(folder, file), trace, data: found, tape: tape.exchanges });
  }
  const taken = new Set(read.map(tapeOf));
  for (const name of tapes) {
    if (!taken.has(name)) skip(name, "tape-without-trace", "no trace of its run can be read here");
  }
  return { sources: sortByPath(sources), skipped: sortByPath(skipped) };
}

/** Returns why the rules of a run cannot be run here; `undefined` if they can. Reading a trace runs none. */
function explainUnrunnable(trace: Trace): string | undefined {
  try {
    decisionOfTrace(trace);
  } catch (error) {
    if (error instanceof RangeError) return describeError(error);
    throw error;
  }
  for (const rule of Object.values(trace.rules)) {
    const defect = findRunDefect(rule, { linear: true });
    // Without its detail: that quotes the pattern, which may be a protected text.
    if (defect !== undefined) return `rule ${rule.id} cannot run: ${defect.code}`;
  }
  return undefined;
}

/** Finds the examples of a run; returns why there are none in words. */
async function findData(trace: Trace, data: DatasetFiles): Promise<Dataset | string> {
  if (trace.run.dataset.digest === undefined) return "its log does not say which examples it had";
  try {
    return await data.findProved(trace) ?? "no file has the examples that it learned from";
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError) {
      return `no file can be read as examples of its task: ${describeError(error)}`;
    }
    throw error;
  }
}

/** The exchanges of a run, and why some or all are not there. */
interface ProvedTape {
  readonly exchanges: readonly Exchange[];
  readonly problem?: readonly [SkipReason, string];
}

/** Reads the exchanges of a run, and checks that they are those that its trace names. */
async function readProved(
  trace: Trace,
  folder: string,
  name: string,
  isThere: boolean,
): Promise<ProvedTape> {
  if (!isThere) {
    const asked = trace.steps.some((step) => "exchanges" in step && step.exchanges !== undefined);
    if (!asked) return { exchanges: [] };
    return { exchanges: [], problem: ["no-tape", "its exchanges with a model are not here"] };
  }
  try {
    findFile(folder, name, false);
    const exchanges = await readTape(join(folder, name));
    const { unnamed } = verifyTape(trace, exchanges);
    if (unnamed === 0) return { exchanges };
    const detail = `no step names ${count(unnamed, "exchange")} of it`;
    return { exchanges, problem: ["without-step", detail] };
  } catch (error) {
    return { exchanges: [], problem: ["broken-tape", describeError(error)] };
  }
}

function sortByPath<T extends { readonly path: string }>(items: readonly T[]): T[] {
  return items.toSorted((a, b) => compareCodeUnits(a.path, b.path));
}
