/**
 * The card of a data set: the README.md that the Hugging Face hub shows, with its settings as YAML at the head
 * (https://huggingface.co/docs/hub/datasets-cards).
 *
 * @module
 */
import { quoteCode } from "../../../learn/text/markdown.ts";
import { renderRows } from "../../../print/markdown.ts";
import { count, formatCount } from "../../../print/phrases.ts";
import type { RowKind } from "../format.ts";
import type { StagePlan } from "../receipts.ts";
import { sumOf } from "../../evidence/counting.ts";
import { phraseJudgement } from "../summary/describing.ts";
import type { DatasetSummary, KindSummary } from "../summary/format.ts";
import { FORMAT_NAMES, renderLine } from "./formats.ts";

/** What each kind of rows is for. */
const PURPOSES: Readonly<Record<RowKind, string>> = {
  sft:
    "the prompts of runs with replies of the model: as they came (`verbatim` in the lineage), or " +
    "with only those of their rules that survived the run (`curated`)",
  teacher: "the prompts of runs, answered with rules of the embedded learner",
  preference:
    "two replies to one request, of which one is better on the examples that the prompt does not show",
  unpaired: "replies that are good or bad by themselves",
  playbook: "a kind of failure with the rules that mended it",
  weak: "texts without labels, with the labels that rules give them and how sure that is",
  hard: "examples that a run had trouble with",
};

const COLUMNS = [
  "accepted",
  "partially_accepted",
  "needs_human_review",
  "rejected",
  undefined,
] as const;

/**
 * Renders the card.
 *
 * @param plans the stages of the export, for what it was made of
 */
export function renderCard(summary: DatasetSummary, plans: readonly StagePlan[]): string {
  const { kinds, rows, runs, quarantine, unwritten, options, version, judge } = summary;
  const total = kinds.reduce((sum, { rows }) => sum + rows, 0);
  const reasons = [...Map.groupBy(quarantine, ({ reason }) => reason)]
    .map(([reason, of]) => [reason, formatCount(sumOf(of)), listKindsOf(of)]);
  const judged = kinds.map(({ kind }) => {
    const of = rows.filter((one) => one.kind === kind);
    return COLUMNS.map((column) =>
      formatCount(sumOf(of.filter(({ judgement }) => judgement === column)))
    );
  });
  return [
    renderSettings(summary, total),
    "# Training data out of traces of rules",
    `${count(total, "row")} out of ${count(runs.length, "run")} that learned text rules, written by
ruletrace ${version} for ${
      FORMAT_NAMES[options.format]
    }. No model and no person judged what they come from: its trace did, with
the examples that its run held out (${judge}). \`summary.md\` tells more, of biases too.`,
    "## Rows",
    renderRows(
      ["kind", "rows", "what it is"],
      kinds.map(({ kind, rows }) => [kind, formatCount(rows), PURPOSES[kind]]),
    ).join("\n"),
    "How what they come from is judged; of two answers, the better one:",
    renderRows(
      ["kind", ...COLUMNS.map(phraseJudgement)],
      kinds.map(({ kind }, place) => [kind, ...judged[place]]),
    ).join("\n"),
    `The n-th line of a \`.lineage.jsonl\` file proves the n-th line of the file beside it: by the digest of the row, of
the trace, the step, the examples and the response that it comes from. ${tellTaint(summary)}
\`<kind>.schema.json\` describes rows, \`lineage.schema.json\` what proves them.`,
    "## What is left out",
    `No row shows a text of the protected files: not exactly, not but for case, spaces and punctuation, and not nearly
(Jaccard of character 5-grams of .8 or more). \`quarantine.jsonl\` lists what is left out, without texts.`,
    ...(reasons.length === 0 ? [] : [renderRows(["reason", "rows", "kinds"], reasons).join("\n")]),
    ...(unwritten.length === 0 ? [] : [`This format has no form for ${listKindsOf(unwritten)}.`]),
    "## How it was made",
    tellPlans(plans),
    `Receipts in \`receipts/\` have the digests of all inputs and outputs. If the inputs are where they were, the first of
these makes the data set again and compares every byte; the second proves one row:`,
    `    deno run -A review/dataset.ts --audit FOLDER
    deno run -A review/dataset.ts --audit FOLDER --row ${
      kinds.flatMap(filesOf)[0]?.[0] ?? "sft"
    }:1`,
  ].join("\n\n") + "\n";
}

/** Lists the files of the rows of a kind, without their extension, and their splits. */
function filesOf({ kind, train, test }: KindSummary): (readonly [stem: string, split: string])[] {
  // The hub calls train what is not split.
  if (train === undefined) return [[kind, "train"]];
  return Object.entries({ train, test }).filter(([, rows = 0]) => rows > 0)
    .map(([split]) => [`${kind}.${split}`, split]);
}

function listKindsOf(items: readonly { readonly kind: RowKind; readonly count: number }[]): string {
  return items.map(({ kind, count }) => `${formatCount(count)} of ${kind}`).join(", ");
}

function renderSettings(summary: DatasetSummary, total: number): string {
  const { kinds, options: { license } } = summary;
  const configs = kinds.flatMap((kind) => [
    `  - config_name: ${kind.kind}`,
    "    data_files:",
    ...filesOf(kind).flatMap(([stem, split]) => [
      `      - split: ${split}`,
      `        path: ${stem}.jsonl`,
    ]),
  ]);
  const isChat = kinds.some(({ kind }) =>
    kind !== "playbook" && kind !== "weak" && kind !== "hard"
  );
  return [
    "---",
    // YAML reads a JSON string as it is written.
    ...(license === undefined ? [] : [`license: ${renderLine(license)}`]),
    "task_categories:",
    `  - text-${isChat ? "generation" : "classification"}`,
    "tags:",
    "  - ruletrace",
    "size_categories:",
    `  - ${sizeOf(total)}`,
    ...(configs.length === 0 ? [] : ["configs:", ...configs]),
    "---",
  ].join("\n");
}

/** Returns the hub's name of a size. */
function sizeOf(rows: number): string {
  const steps = ["1K", "10K", "100K", "1M", "10M"];
  const place = steps.findIndex((_, place) => rows < 1_000 * 10 ** place);
  if (place === 0) return "n<1K";
  return place === -1 ? "10M<n<100M" : `${steps[place - 1]}<n<${steps[place]}`;
}

function tellTaint({ kinds }: DatasetSummary): string {
  const tainted = kinds.reduce((sum, kind) => sum + kind.tainted, 0);
  if (tainted === 0) return "Held-out examples decided on no row.";
  return `Held-out examples decided on ${count(tainted, "row")}, which
have \`tainted\` in their lineage: do not test on those examples.`;
}

/** Tells what went in, without paths. */
function tellPlans(plans: readonly StagePlan[]): string {
  const inputs = plans.flatMap(({ inputs }) => inputs);
  return [...Map.groupBy(inputs, ({ kind }) => kind)].map(([kind, files]) => {
    const digests = files.map(({ sha256 }) => `\`${sha256.slice("sha256:".length, 19)}\``);
    const few = digests.slice(0, 3).join(", ");
    const more = digests.length > 3 ? ` and ${formatCount(digests.length - 3)} more` : "";
    return `- ${kind}: ${count(files.length, "file")}, ${few}${more}`;
  }).concat(
    plans.map(({ stage, options }) =>
      `- options of ${stage}: ${quoteCode(JSON.stringify({ ...options, folder: undefined }))}`
    ),
  ).join("\n");
}
