/**
 * What an export did and what an audit found, as text.
 *
 * @module
 */
import { showText } from "../../learn/text/quoting.ts";
import { count, formatCount } from "../../print/phrases.ts";
import type { DatasetAudit } from "./auditing.ts";
import { describeLine } from "./checking.ts";
import type { DatasetExport } from "./exporting.ts";
import type { RowProof } from "./proving.ts";
import { type Tally, tally } from "./summary.ts";

/** How many problems are told. */
const TOLD = 50;

/** Formats what an export did. */
export function formatExport({ summary, stages }: DatasetExport, out: string): string {
  const { rows, quarantine, unwritten, evidence, skipped } = summary;
  const isWhole = stages.every(({ status }) => status === "skipped");
  const drifts = stages.flatMap(({ stage, drifts }) =>
    drifts.map(({ of, p }) => `${stage}: ${of} (p = ${p.toExponential(1)})`)
  );
  const parts: [string, readonly string[]][] = [
    ["rows", list(rows)],
    ["left out", list(quarantine)],
    ["no form for", list(unwritten)],
    ["judged", list(evidence)],
    ["files skipped", list(tally(skipped, ({ reason }) => reason))],
    ["stages", stages.map(({ stage, status }) => `${status} ${stage}`)],
    ["drift", drifts],
  ];
  const total = Object.values(rows).reduce((sum, amount) => sum + amount, 0);
  const head = `${count(total, "row")} of ${count(summary.sources, "run")} in ${showText(out)}` +
    (isWhole ? ", as they were: nothing has changed" : "");
  const lines = parts.filter(([, items]) => items.length > 0).flatMap(([name, items]) =>
    items.map((item, place) => `  ${(place === 0 ? name : "").padEnd(14)}${item}`)
  );
  return `${[head, ...lines].join("\n")}\n`;
}

function list(amounts: Tally): string[] {
  return Object.entries(amounts).map(([name, amount]) =>
    `${formatCount(amount)} ${showText(name)}`
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
