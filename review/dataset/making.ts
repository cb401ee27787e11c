/**
 * Makes a data set in memory, stage by stage: what an export writes, and what an audit compares with.
 *
 * @module
 */
import { basename } from "jsr:@std/path@^1";
import { compareCodeUnits } from "../../learn/text/folding.ts";
import { countEach } from "../../learn/text/maps.ts";
import { quote } from "../../learn/text/quoting.ts";
import { toJson } from "../../script/terminal.ts";
import type { Evidence, EvidenceSource, JudgedSource, SkippedFile } from "../evidence/format.ts";
import type { EvidenceFolder } from "../evidence/sources.ts";
import { classOfPrecision } from "../evidence/counting.ts";
import { renderCard } from "./files/card.ts";
import { lineagePath, ROW_FILES } from "./files/checking.ts";
import {
  FORMAT_NAMES,
  formatRow,
  hashBytes,
  joinLines,
  renderLine,
  splitText,
} from "./files/formats.ts";
import { LineageSchema, QuarantinedSchema, renderSchema, rowSchema } from "./files/schemas.ts";
import type { Lineage, QuarantinedRow, TrainingRow } from "./format.ts";
import type { DatasetOptions, DatasetPaths } from "./options.ts";
import { renderDatasetPage } from "./page.ts";
import {
  DATASET_STAGES,
  type DatasetStage,
  receiptPath,
  type StageCounts,
  type StageOutput,
  type StagePlan,
  type StageReceipt,
} from "./receipts.ts";
import { leaveOut, type MadeRows } from "./rows/lineage.ts";
import type { DatasetSummary, SplitRow } from "./summary/format.ts";
import { formatSummary } from "./summary/markdown.ts";
import { summariseDataset } from "./summary/summarising.ts";

/** A file of rows as it is written, for the second check. */
export interface WrittenRows {
  /** Its path in the folder of the data set. */
  readonly path: string;
  /** Its lines, without line feeds. */
  readonly lines: readonly string[];
  /** What proves each of them. */
  readonly lineage: readonly Lineage[];
}

/** What is wrong with a line. */
export interface FileProblem {
  /** The path of its file in the folder of the data set. */
  readonly path: string;
  /** Its number, from 1; missing if it is the file as a whole. */
  readonly line?: number;
  /** What is wrong, without texts of examples. */
  readonly problem: string;
}

/** What the stages are done by. */
export interface DatasetMakers {
  /** Reads the runs of a folder, of which only the files with these paths count. */
  readonly readSources: (
    paths: DatasetPaths,
    runs: readonly string[],
    options: DatasetOptions,
  ) => Promise<EvidenceFolder>;
  /** Judges the proposals of a run. */
  readonly judge: (source: EvidenceSource) => readonly Evidence[];
  /** Makes rows of judged runs. */
  readonly makeRows: (
    judged: readonly JudgedSource[],
    paths: DatasetPaths,
    options: DatasetOptions,
  ) => Promise<MadeRows>;
  /** Leaves rows out that must not be written. */
  readonly guardRows: (
    rows: readonly TrainingRow[],
    sources: readonly EvidenceSource[],
    paths: DatasetPaths,
    options: DatasetOptions,
  ) => Promise<MadeRows>;
  /** Tells for each row whether it is to train or to test with. */
  readonly splitRows: (
    rows: readonly TrainingRow[],
    sources: readonly EvidenceSource[],
    split: NonNullable<DatasetOptions["split"]>,
  ) => readonly ("train" | "test")[];
  /** Looks for what should have been left out in lines as they are written. */
  readonly recheck: (
    files: readonly WrittenRows[],
    paths: DatasetPaths,
    options: DatasetOptions,
  ) => Promise<readonly FileProblem[]>;
}

/** A file of a data set. */
export interface DatasetFile {
  /** Its path in the folder of the data set. */
  readonly path: string;
  /** Its text. */
  readonly text: string;
  /** How many rows it has, for files of lines. */
  readonly rows?: number;
}

/** A data set that was made and is not written. */
export interface MadeDataset {
  /** Its files, receipts included, in the order in which they are put in place: all receipts but the first at the end. */
  readonly files: readonly DatasetFile[];
  /** A receipt for each stage. */
  readonly receipts: Readonly<Record<DatasetStage, StageReceipt>>;
  /** What is in it. */
  readonly summary: DatasetSummary;
}

/** The counts of an index that tell drift: one verdict decides on many rules, so that reasons come in heaps. */
export const PRECISION = "precision on held-out examples";

/** The file of evidence. */
export const EVIDENCE_FILE = "evidence.jsonl";
/** The file of the page. */
export const PAGE_FILE = "page.html";
/** The file of the summary. */
export const SUMMARY_FILE = "summary.json";

/**
 * Makes a data set.
 *
 * @param runs the traces and tapes that count
 * @param plans what each stage is to do
 * @param known the text of the file of evidence, if it is known that judging would give the same
 * @throws {Error} if a stage fails, naming it
 */
export async function makeDataset(
  paths: DatasetPaths,
  runs: readonly string[],
  options: DatasetOptions,
  plans: Readonly<Record<DatasetStage, StagePlan>>,
  makers: DatasetMakers,
  known?: string,
): Promise<MadeDataset> {
  const receipts: Partial<Record<DatasetStage, StageReceipt>> = {};
  const note = (stage: DatasetStage, outputs: readonly StageOutput[], counts: StageCounts) => {
    receipts[stage] = { ...plans[stage], outputs, counts };
  };
  const { judged, skipped, file: index, counts } = await runStage("index", async () => {
    const folder = await makers.readSources(paths, runs, options);
    return indexEvidence(folder, makers.judge, known);
  });
  note("index", [outputOf(index)], counts);
  const made = await runStage("rows", async () => {
    const { rows, quarantined } = await makers.makeRows(judged, paths, options);
    const made = { rows, quarantined: [...listWithoutData(skipped, options), ...quarantined] };
    note("rows", [digestRows(made)], countRows(made));
    return made;
  });
  const sources = judged.map(({ source }) => source);
  const guarded = await runStage("firewall", async () => {
    const guarded = await makers.guardRows(made.rows, sources, paths, options);
    note("firewall", [digestRows(guarded)], countRows(guarded));
    return guarded;
  });
  return await runStage("export", () => {
    const quarantined = [...made.quarantined, ...guarded.quarantined];
    const sides = options.split && makers.splitRows(guarded.rows, sources, options.split);
    const split = guarded.rows.map((row, place) => ({
      row,
      ...(sides && { split: sides[place] }),
    }));
    const [unwritten = [], rows = []] = [false, true].map((has) =>
      split.filter(({ row }) => (formatRow(row, options.format) !== undefined) === has)
    );
    const written = writeRows(rows, options);
    const summary = summariseDataset({
      ...{ judged, skipped, rows, quarantined, options },
      unwritten: unwritten.map(({ row }) => row),
    });
    const ordered = DATASET_STAGES.map((stage) => plans[stage]);
    const left = quarantined.map((row) => renderLine(QuarantinedSchema.parse(row)));
    const files: DatasetFile[] = [
      ...written.flatMap(({ path, lines, lineage }) => [
        lineFile(path, lines),
        lineFile(lineagePath(path), lineage.map(renderLine)),
      ]),
      lineFile("quarantine.jsonl", left),
      ...renderSchemas(summary),
      { path: "README.md", text: renderCard(summary, ordered) },
      { path: SUMMARY_FILE, text: toJson(summary) },
      { path: "summary.md", text: formatSummary(summary) },
      ...options.html ? [{ path: PAGE_FILE, text: renderDatasetPage(summary, written) }] : [],
    ];
    note("export", files.map(outputOf), { rows: tally(rows.map(fileOf)) });
    const done = receipts as MadeDataset["receipts"];
    const [first, ...others] = DATASET_STAGES.map((stage) => ({
      path: receiptPath(stage),
      text: toJson(done[stage]),
    }));
    // With a receipt, a folder is one that an export wrote, though it may be cut short.
    return { files: [first, index, ...files, ...others], receipts: done, summary };
  });
}

/** Lists the kinds of rows that there are none of, for each run whose examples are not given. */
function listWithoutData(
  skipped: readonly SkippedFile[],
  { kinds }: DatasetOptions,
): QuarantinedRow[] {
  return skipped.flatMap(({ run, detail }) =>
    run === undefined ? [] : kinds.map((kind) => leaveOut(kind, "no-data", [run], detail))
  );
}

/** What the first stage makes. */
interface IndexedEvidence {
  readonly judged: readonly JudgedSource[];
  readonly skipped: readonly SkippedFile[];
  /** The file of evidence. */
  readonly file: DatasetFile;
  readonly counts: StageCounts;
}

/** Judges the runs of a folder, unless it is known what that gives. */
function indexEvidence(
  { sources, skipped: found }: EvidenceFolder,
  judge: DatasetMakers["judge"],
  known: string | undefined,
): IndexedEvidence {
  const skipped = found.map(leaveFolders);
  if (sources.length === 0) throw new Error(explainNone(skipped));
  const evidence = known === undefined
    ? sources.flatMap((source) => judge(source))
    : splitText(known).map((line) => JSON.parse(line) as Evidence);
  const counts = {
    judgements: tally(evidence.map(({ kind, judgement }) => `${kind} ${judgement}`)),
    reasons: tally(evidence.map(({ kind, reason }) => `${kind} ${reason}`)),
    [PRECISION]: tally(
      evidence.flatMap((one) => one.kind === "rule" ? classOfPrecision(one) ?? [] : []),
    ),
    skipped: tally(skipped.map(({ reason }) => reason)),
  };
  const byTrace = Map.groupBy(evidence, ({ trace }) => trace);
  const judged = sources.map((source): JudgedSource => {
    return { source, evidence: byTrace.get(source.trace.digest) ?? [] };
  });
  return { judged, skipped, file: lineFile(EVIDENCE_FILE, evidence.map(renderLine)), counts };
}

/** Leaves folders out of what is said of a file, as a data set does not know how paths were written. */
function leaveFolders({ path, detail, ...rest }: SkippedFile): SkippedFile {
  const short = detail.replace(/^Cannot read tape ".*?": /, "")
    .replace(/"[^"]*[\\/]([^"\\/]*)"/g, '"$1"');
  return { ...rest, path: basename(path), detail: short };
}

/** Says why there are no runs. */
function explainNone([first]: readonly SkippedFile[]): string {
  if (first === undefined) return "there is no trace in the folder of the runs";
  return `no run can be judged: ${quote(first.path, Infinity)} is ${first.reason}, ${first.detail}`;
}

/** Runs a stage. */
async function runStage<T>(stage: DatasetStage, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Stage ${stage} failed: ${message}`, { cause });
  }
}

/** Renders rows by kind and split, each with its lineage. */
function writeRows(rows: readonly SplitRow[], { format }: DatasetOptions): WrittenRows[] {
  const byFile = Map.groupBy(rows, fileOf);
  // The hub reads no empty file.
  return [...ROW_FILES.keys()].filter((path) => byFile.has(path)).map((path) => {
    const of = byFile.get(path)!.map(({ row }) => row);
    const lines = of.map((row) => renderLine(formatRow(row, format)));
    return { path, lines, lineage: of.map((row, place) => traceRow(row, lines[place])) };
  });
}

/** Names the file of a row. */
function fileOf({ row: { kind }, split }: SplitRow): string {
  return `${kind}${split === undefined ? "" : `.${split}`}.jsonl`;
}

/** Returns what proves a row. */
function traceRow(row: TrainingRow, line: string): Lineage {
  const { kind, variant, sources, shown, tainted } = row;
  const ids = shown.map(({ id }) => id);
  return LineageSchema.parse({ row: hashBytes(line), kind, variant, sources, shown: ids, tainted });
}

function renderSchemas({ kinds, options: { format } }: DatasetSummary): DatasetFile[] {
  const schemas = kinds.map(({ kind }) => ({
    path: `${kind}.schema.json`,
    text: renderSchema(rowSchema(kind, format)!, `A row of ${kind}, for ${FORMAT_NAMES[format]}`),
  }));
  const lineage = renderSchema(LineageSchema, "What proves a row");
  return [...schemas, { path: "lineage.schema.json", text: lineage }];
}

function lineFile(path: string, lines: readonly string[]): DatasetFile {
  return { path, text: joinLines(lines), rows: lines.length };
}

function outputOf({ path, text, rows }: DatasetFile): StageOutput {
  return { path, sha256: hashBytes(text), ...(rows === undefined ? {} : { rows }) };
}

/** Returns the digest of rows that are never written, as some must not be. */
function digestRows({ rows, quarantined }: MadeRows): StageOutput {
  const text = joinLines([...rows, ...quarantined].map(renderLine));
  return { sha256: hashBytes(text), rows: rows.length };
}

function countRows({ rows, quarantined }: MadeRows): StageCounts {
  return {
    kinds: tally(rows.map(({ kind }) => kind)),
    quarantine: tally(quarantined.map(({ kind, reason }) => `${kind} ${reason}`)),
  };
}

/** Counts categories, in the order of their names. */
function tally(categories: readonly string[]): StageCounts[string] {
  const counts = [...countEach(categories)];
  return Object.fromEntries(counts.sort(([a], [b]) => compareCodeUnits(a, b)));
}
