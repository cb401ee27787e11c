/**
 * Makes a data set in memory, stage by stage: what an export writes, and what an audit compares with.
 *
 * @module
 */
import { basename } from "jsr:@std/path@^1";
import { createHash } from "node:crypto";
import { toJson } from "../../script/terminal.ts";
import { VERSION } from "../../trace.ts";
import type { Evidence, EvidenceSource } from "../evidence/format.ts";
import type { EvidenceFolder } from "../evidence/sources.ts";
import { renderCard } from "./card.ts";
import { type Lineage, type QuarantinedRow, ROW_KINDS, type TrainingRow } from "./format.ts";
import { formatRow, hashBytes, joinLines, renderLine, splitText } from "./formats.ts";
import type { DatasetOptions, DatasetPaths } from "./options.ts";
import type { MadeRows } from "./rows/lineage.ts";
import {
  DATASET_STAGES,
  type DatasetStage,
  receiptPath,
  type StageCounts,
  type StageOutput,
  type StagePlan,
  type StageReceipt,
} from "./receipts.ts";
import { LineageSchema, QuarantinedSchema, renderSchema, rowSchema } from "./schemas.ts";
import { type DatasetSummary, tally, tallyEvidence, tallyQuarantine } from "./summary.ts";

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
    sources: readonly EvidenceSource[],
    evidence: readonly Evidence[],
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
  /** Renders further files of a summary. */
  readonly renderPages?: (
    summary: DatasetSummary,
    plans: readonly StagePlan[],
    rows: readonly WrittenRows[],
  ) => readonly DatasetFile[];
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
  /** Its files, receipts included, in the order in which they are put in place: a receipt after what it tells of. */
  readonly files: readonly DatasetFile[];
  /** Its files of rows. */
  readonly written: readonly WrittenRows[];
  /** A receipt for each stage. */
  readonly receipts: Readonly<Record<DatasetStage, StageReceipt>>;
  /** What is in it. */
  readonly summary: DatasetSummary;
  /** The runs that it is made of. */
  readonly sources: readonly EvidenceSource[];
}

/** The file of evidence. */
export const EVIDENCE_FILE = "evidence.jsonl";
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
  const [{ sources, skipped }, evidence, index] = await runStage("index", async () => {
    const found = await makers.readSources(paths, runs, options);
    const named = found.skipped.map((file) => ({ ...file, path: basename(file.path) }));
    const evidence = known === undefined
      ? found.sources.flatMap((source) => makers.judge(source))
      : splitText(known).map((line) => JSON.parse(line) as Evidence);
    const index = lineFile(EVIDENCE_FILE, evidence.map(renderLine));
    note("index", [outputOf(index)], {
      evidence: tallyEvidence(evidence),
      judgements: tally(evidence, ({ judgement }) => judgement),
      skipped: tally(named, ({ reason }) => reason),
    });
    return [{ sources: found.sources, skipped: named }, evidence, index] as const;
  });
  const made = await runStage("rows", async () => {
    const made = await makers.makeRows(sources, evidence, paths, options);
    note("rows", [digestRows(made)], countRows(made));
    return made;
  });
  const guarded = await runStage("firewall", async () => {
    const guarded = await makers.guardRows(made.rows, sources, paths, options);
    note("firewall", [digestRows(guarded)], countRows(guarded));
    return guarded;
  });
  return await runStage("export", () => {
    const { files: rowFiles, written, unwritten } = writeRows(
      guarded.rows,
      sources,
      options,
      makers,
    );
    const quarantined = [...made.quarantined, ...guarded.quarantined];
    const kept = written.flatMap(({ lineage }) => lineage);
    const summary: DatasetSummary = {
      version: VERSION,
      options,
      sources: sources.length,
      evidence: tallyEvidence(evidence),
      rows: Object.fromEntries(written.map(({ path, lines }) => [stemOf(path), lines.length])),
      judgements: tally(
        kept,
        ({ kind, sources: [{ judgement }] }) => judgement && `${kind} ${judgement}`,
      ),
      tainted: kept.filter(({ tainted }) => tainted !== undefined).length,
      quarantine: tallyQuarantine(quarantined),
      unwritten: tally(unwritten, ({ kind }) => kind),
      skipped,
    };
    const ordered = DATASET_STAGES.map((stage) => plans[stage]);
    const files: DatasetFile[] = [
      ...rowFiles,
      lineFile(
        "quarantine.jsonl",
        quarantined.map((row) => renderLine(QuarantinedSchema.parse(row))),
      ),
      ...renderSchemas(written, options),
      { path: "README.md", text: renderCard(summary, ordered) },
      { path: SUMMARY_FILE, text: toJson(summary) },
      ...makers.renderPages?.(summary, ordered, written) ?? [],
    ];
    note("export", files.map(outputOf), { rows: summary.rows, unwritten: summary.unwritten });
    const done = receipts as Readonly<Record<DatasetStage, StageReceipt>>;
    const [first, ...others] = DATASET_STAGES.map((stage) => ({
      path: receiptPath(stage),
      text: toJson(done[stage]),
    }));
    return {
      files: [index, first, ...files, ...others],
      written,
      receipts: done,
      summary,
      sources,
    };
  });
}

/** Runs a stage. */
async function runStage<T>(stage: DatasetStage, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Stage ${stage} failed, and nothing was written: ${message}`, { cause });
  }
}

/** Renders rows by kind and split, each with its lineage. */
function writeRows(
  rows: readonly TrainingRow[],
  sources: readonly EvidenceSource[],
  { format, split }: DatasetOptions,
  makers: DatasetMakers,
): {
  readonly files: DatasetFile[];
  readonly written: WrittenRows[];
  readonly unwritten: readonly TrainingRow[];
} {
  const sides = split && makers.splitRows(rows, sources, split);
  const files: DatasetFile[] = [];
  const written: WrittenRows[] = [];
  const unwritten = rows.filter((row) => formatRow(row, format) === undefined);
  for (const kind of ROW_KINDS) {
    for (const side of split === undefined ? [undefined] : ["train", "test"] as const) {
      const lines: string[] = [];
      const lineage: Lineage[] = [];
      for (const [place, row] of rows.entries()) {
        if (row.kind !== kind || sides?.[place] !== side) continue;
        const content = formatRow(row, format);
        if (content === undefined) continue;
        const line = renderLine(content);
        lines.push(line);
        lineage.push(traceRow(row, line));
      }
      // The hub reads no empty file.
      if (lines.length === 0) continue;
      const stem = side === undefined ? kind : `${kind}.${side}`;
      written.push({ path: `${stem}.jsonl`, lines, lineage });
      files.push(lineFile(`${stem}.jsonl`, lines));
      files.push(lineFile(`${stem}.lineage.jsonl`, lineage.map(renderLine)));
    }
  }
  return { files, written, unwritten };
}

/** Returns what proves a row. */
function traceRow(row: TrainingRow, line: string): Lineage {
  const { kind, variant, sources, shown, tainted } = row;
  const ids = shown.map(({ id }) => id);
  return LineageSchema.parse({ row: hashBytes(line), kind, variant, sources, shown: ids, tainted });
}

function renderSchemas(written: readonly WrittenRows[], { format }: DatasetOptions): DatasetFile[] {
  const found = new Set(written.flatMap(({ lineage }) => lineage.map(({ kind }) => kind)));
  const schemas = ROW_KINDS.filter((kind) => found.has(kind))
    .map((kind) => [kind, rowSchema(kind, format)!] as const);
  return [...schemas, ["lineage", LineageSchema] as const].map(([name, schema]) => {
    const title = name === "lineage" ? "What proves a row" : `A row of ${name}, for ${format}`;
    return { path: `${name}.schema.json`, text: renderSchema(schema, title) };
  });
}

function lineFile(path: string, lines: readonly string[]): DatasetFile {
  return { path, text: joinLines(lines), rows: lines.length };
}

function outputOf({ path, text, rows }: DatasetFile): StageOutput {
  return { path, sha256: hashBytes(text), ...(rows === undefined ? {} : { rows }) };
}

/** Returns the digest of rows that are never written, as some must not be. */
function digestRows({ rows, quarantined }: MadeRows): StageOutput {
  const hash = createHash("sha256");
  for (const row of [...rows, ...quarantined]) hash.update(`${renderLine(row)}\n`);
  return { sha256: `sha256:${hash.digest("hex")}`, rows: rows.length };
}

function countRows({ rows, quarantined }: MadeRows): StageCounts {
  return { kinds: tally(rows, ({ kind }) => kind), quarantine: tallyQuarantine(quarantined) };
}

/** Returns the name of a file of rows without its extension: `sft.train`. */
export function stemOf(path: string): string {
  return path.replace(/\.jsonl$/, "");
}
