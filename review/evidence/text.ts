/**
 * The evidence of a folder as text.
 *
 * @module
 */
import { bold, cyan, dim, green, red, yellow } from "jsr:@std/fmt@^1/colors";
import { showText } from "../../learn/text/quoting.ts";
import { count, formatCount, formatPercent } from "../../print/phrases.ts";
import { fitTable, numberColumn, textColumn } from "../../print/table.ts";
import { layOut } from "../../print/layout.ts";
import { wrap } from "../../print/text.ts";
import type { FormatOptions } from "../../script/terminal.ts";
import { type EvidenceCount, type EvidenceIndex, JUDGEMENTS, sumOf } from "./counting.ts";
import type { Evidence, Judgement } from "./format.ts";

const PAINTS: Readonly<Record<Judgement, (text: string) => string>> = {
  accepted: green,
  partially_accepted: cyan,
  rejected: red,
  needs_human_review: yellow,
};

/**
 * Formats counts of evidence for a terminal.
 *
 * @throws {RangeError} if the width is out of its range
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readDataset, readTrace } from "../../mod.ts";
 * import { countEvidence, formatIndex, judgeAll } from "../evidence.ts";
 *
 * const path = "examples/banking.trace.json";
 * const [trace, data] = [await readTrace(path), await readDataset("examples/banking.jsonl")];
 * const index = countEvidence(judgeAll([{ path, trace, data, tape: [] }]), []);
 * assertEquals(formatIndex(index).startsWith("1 run · "), true);
 * ```
 */
export function formatIndex(index: EvidenceIndex, options: FormatOptions = {}): string {
  return layOut(options, (width) => listIndex(index, width));
}

function listIndex(index: EvidenceIndex, width: number): string[] {
  const { judge, runs, counts, skipped } = index;
  const head = `${count(runs.length, "run")} · ${
    count(sumOf(counts), "proposal")
  } judged by ${judge}`;
  const kinds: readonly Evidence["kind"][] = ["rule", "reply"];
  const parts = [
    wrap(head, width).map(bold),
    ...kinds.map((kind) => formatKind(counts.filter((one) => one.kind === kind), kind, width)),
    formatSkipped(skipped, width),
  ];
  return parts.filter((lines) => lines.length > 0)
    .flatMap((lines, place) => place === 0 ? lines : ["", ...lines]);
}

/** A row of the table: a judgement in all, or one of its reasons. */
interface CountRow extends Pick<EvidenceCount, "judgement" | "count"> {
  readonly name: string;
  readonly isReason: boolean;
}

function formatKind(
  counts: readonly EvidenceCount[],
  kind: Evidence["kind"],
  width: number,
): string[] {
  const all = sumOf(counts);
  if (all === 0) return [];
  const rows = JUDGEMENTS.flatMap((judgement): CountRow[] => {
    const reasons = counts.filter((one) => one.judgement === judgement);
    if (reasons.length === 0) return [];
    return [
      { judgement, name: judgement, count: sumOf(reasons), isReason: false },
      ...reasons.map(({ reason, count }) => ({ judgement, name: reason, count, isReason: true })),
    ];
  });
  const name = textColumn<CountRow>(
    kind === "rule" ? "rules" : "replies",
    ({ name, isReason }) => isReason ? `  ${name}` : name,
    (text, { judgement, isReason }) => isReason ? text : PAINTS[judgement](text),
  );
  const amount = numberColumn<CountRow>("count", (row) => formatCount(row.count));
  const share = numberColumn<CountRow>("%", (row) => formatPercent(row.count / all));
  const table = fitTable(rows, [[name, amount, share], [name, amount]], name, width);
  return [bold(table.heading.trimEnd()), ...rows.map((row) => table.format(row).trimEnd())];
}

function formatSkipped(skipped: EvidenceIndex["skipped"], width: number): string[] {
  const copies = skipped.filter(({ reason }) => reason === "copy");
  const others = skipped.filter(({ reason }) => reason !== "copy");
  const heading = `left out, in whole or in part: ${count(others.length, "file")}`;
  return [
    ...(others.length === 0 ? [] : wrap(heading, width).map(yellow)),
    ...others.flatMap(({ path, reason, detail }) => [
      ...wrap(showText(path), width - 2).map((line) => `  ${line}`),
      ...wrap(`${reason}: ${showText(detail)}`, width - 4).map((line) => `    ${dim(line)}`),
    ]),
    ...(copies.length === 0 ? [] : wrap(
      `${count(copies.length, "file")} with a run that another one has`,
      width,
    ).map(dim)),
  ];
}
