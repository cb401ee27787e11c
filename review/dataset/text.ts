/**
 * What an export did and what an audit found, as text.
 *
 * @module
 */
import { showText } from "../../learn/text/quoting.ts";
import { count, formatCount } from "../../print/phrases.ts";
import { wrap } from "../../print/text.ts";
import type { FormatOptions } from "../../script/terminal.ts";
import type { DatasetAudit } from "./auditing.ts";
import { describeLine } from "./files/checking.ts";
import type { DatasetExport } from "./exporting.ts";
import type { RowProof } from "./proving.ts";
import { sumOf } from "../evidence/counting.ts";

/** Columns before what is said of a data set. */
const INDENT = 15;
/** How many problems are told. */
const TOLD = 50;

/** Formats what an export did. */
export function formatExport(
  { summary, stages }: DatasetExport,
  out: string,
  { width = 80 }: FormatOptions = {},
): string {
  const { kinds, quarantine, unwritten, skipped, runs } = summary;
  const isWhole = stages.every(({ status }) => status === "skipped");
  const reasons = [...Map.groupBy(quarantine, ({ reason }) => reason)]
    .map(([reason, of]) => `${formatCount(sumOf(of))} ${reason}`);
  const parts: [string, readonly string[]][] = [
    ["rows", kinds.map(({ kind, rows }) => `${formatCount(rows)} ${kind}`)],
    ["left out", reasons],
    ["no form for", unwritten.map(({ kind, count }) => `${formatCount(count)} ${kind}`)],
    ["files", skipped.map(({ reason, count }) => `${formatCount(count)} ${reason}`)],
    ["stages", stages.map(({ stage, status }) => `${stage} ${status}`)],
  ];
  const total = kinds.reduce((sum, { rows }) => sum + rows, 0);
  return [
    `${count(total, "row")} out of ${count(runs.length, "run")} in ${showText(out)}` +
    (isWhole ? ": nothing has changed" : ""),
    ...parts.filter(([, items]) => items.length > 0)
      .flatMap(([name, items]) =>
        wrap(items.join(", "), width - INDENT)
          .map((line, place) => `  ${(place === 0 ? name : "").padEnd(INDENT - 2)}${line}`)
      ),
    ...describeDrifts(stages).map((drift) => `  ${"drift".padEnd(13)}${drift}`),
    "",
  ].join("\n");
}

/** Tells what is not shared out as in the export before. */
function describeDrifts(stages: DatasetExport["stages"]): string[] {
  return stages.flatMap(({ stage, drifts }) =>
    drifts.map(({ of, p }) =>
      `the ${of} of ${stage} are shared out otherwise than in the export before (p = ${
        p.toExponential(1)
      })`
    )
  );
}

/** Formats what an audit found: a line for each problem. */
export function formatAudit({ checked, isRemade, problems }: DatasetAudit): string {
  const { files, rows, inputs } = checked;
  const looked = `${count(files, "file")}, ${count(rows, "row")} and ${count(inputs, "input")}`;
  if (problems.length === 0) {
    return `holds: ${looked}; made again, all files are the same byte by byte\n`;
  }
  const more = problems.length - TOLD;
  const lines = problems.slice(0, TOLD).map((problem) => `  ${showText(describeLine(problem))}`);
  return [
    `does not hold: ${count(problems.length, "problem")} in ${looked}` +
    (isRemade ? "" : "; it could not be made again"),
    ...lines,
    ...(more > 0 ? [`  … and ${formatCount(more)} more`] : []),
    "",
  ].join("\n");
}

/** Formats the proof of a row: a line for each link. */
export function formatProof({ path, line, lineage, links }: RowProof): string {
  const isProved = links.every(({ holds }) => holds);
  return [
    `${path}, line ${line}: ${isProved ? "proved" : "not proved"}`,
    ...links.map(({ of, holds, detail }) =>
      `  ${holds ? "✓" : "✗"} ${of.padEnd(11)}${showText(detail)}`
    ),
    ...(lineage.tainted === undefined ? [] : [`  tainted: ${showText(lineage.tainted)}`]),
    "",
  ].join("\n");
}

/** Formats what a data set does not hold to. Without thresholds, nothing is told. */
export function formatFailed(failed: readonly string[] | undefined): string {
  if (failed === undefined) return "";
  if (failed.length === 0) return "all thresholds hold\n";
  return failed.map((sentence) => `  ✗ ${showText(sentence)}\n`).join("");
}
