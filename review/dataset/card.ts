/**
 * The card of a data set: the README.md that the Hugging Face hub shows, with its settings as YAML at the head
 * (https://huggingface.co/docs/hub/datasets-cards).
 *
 * @module
 */
import { quoteCode } from "../../learn/text/markdown.ts";
import { count, formatCount } from "../../print/phrases.ts";
import { JUDGE } from "../evidence/format.ts";
import { ROW_KINDS, type RowKind } from "./format.ts";
import type { StagePlan } from "./receipts.ts";
import { type DatasetSummary, rowsOfKind, type Tally } from "./summary.ts";

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

/**
 * Renders the card.
 *
 * @param plans the stages of the export, for what it was made of
 */
export function renderCard(summary: DatasetSummary, plans: readonly StagePlan[]): string {
  const kinds = ROW_KINDS.filter((kind) => rowsOfKind(summary, kind) > 0);
  const total = kinds.reduce((sum, kind) => sum + rowsOfKind(summary, kind), 0);
  return `${renderSettings(summary, kinds, total)}
# Training data out of traces of rules

${count(total, "row")} out of ${
    count(summary.sources, "run")
  } that learned text rules, written by ruletrace
${summary.version} for ${
    summary.options.format === "trl" ? "TRL" : "OpenAI"
  }. No model and no person judged them: \
each is judged by its trace and by the
examples that its run held out (${JUDGE}).

## Rows

${
    table(
      ["kind", "rows", "what it is"],
      kinds.map((kind) => [kind, formatCount(rowsOfKind(summary, kind)), PURPOSES[kind]]),
    )
  }
The n-th line of a \`.lineage.jsonl\` file proves the n-th line of the file beside it: by the digest of the row,
of the trace, the step, the examples and the response that it comes from. ${tellTaint(summary)}
Members of rows are described by \`<kind>.schema.json\`, those of lineage by \`lineage.schema.json\`.

${tabulate("By judgement of what they come from", "kind, judgement", summary.judgements)}
${tabulate("Judged proposals", "what, judgement, reason", summary.evidence)}
## What is left out

No row shows a text of the protected files, exactly, but for case, spaces and punctuation, or nearly (Jaccard of
character 5-grams of .8 or more). \`quarantine.jsonl\` lists the rows that are left out, with reason and lineage
and without texts.

${tabulate(undefined, "kind, reason", summary.quarantine)}
${
    tabulate(
      "Rows that this format has no form for",
      "kind",
      summary.unwritten,
    )
  }
${
    tabulate(
      "Files of runs that give less than they could",
      "reason",
      tallyReasons(summary),
    )
  }
## How it was made

${tellPlans(plans)}

Receipts with digests of all inputs and outputs are in \`receipts/\`. If the inputs are where they were, the first of
these makes the data set again and compares every byte, and the second proves one row:

    deno run -A review/dataset.ts --audit FOLDER
    deno run -A review/dataset.ts --audit FOLDER --row ${exampleRow(summary)}
`;
}

function renderSettings(
  { rows, options: { license } }: DatasetSummary,
  kinds: readonly RowKind[],
  total: number,
): string {
  const files = Object.keys(rows);
  const configs = kinds.map((kind) =>
    [
      `  - config_name: ${kind}`,
      "    data_files:",
      ...files.filter((file) => file.split(".")[0] === kind).flatMap((file) => [
        `      - split: ${file.split(".")[1] ?? "train"}`,
        `        path: ${file}.jsonl`,
      ]),
    ].join("\n")
  );
  return [
    "---",
    // YAML reads a JSON string as it is written.
    ...(license === undefined ? [] : [`license: ${JSON.stringify(license)}`]),
    ...(kinds.some((kind) => kind !== "weak" && kind !== "hard" && kind !== "playbook")
      ? ["task_categories:", "  - text-generation"]
      : ["task_categories:", "  - text-classification"]),
    "tags:",
    "  - ruletrace",
    "  - rules",
    "size_categories:",
    `  - ${sizeOf(total)}`,
    ...(configs.length === 0 ? [] : ["configs:", ...configs]),
    "---",
    "",
  ].join("\n");
}

/** Returns the hub's name of a size. */
function sizeOf(rows: number): string {
  const steps = ["1K", "10K", "100K", "1M", "10M"];
  const place = steps.findIndex((_, place) => rows < 1_000 * 10 ** place);
  if (place === 0) return "n<1K";
  return place === -1 ? "10M<n<100M" : `${steps[place - 1]}<n<${steps[place]}`;
}

function tellTaint({ tainted }: DatasetSummary): string {
  if (tainted === 0) return "No row is\ncalled good by held-out examples.";
  return `${count(tainted, "row")} ${tainted === 1 ? "is" : "are"} called good by
examples that the run held out, which \`tainted\` in the lineage says: do not test on those.`;
}

function tallyReasons({ skipped }: DatasetSummary): Tally {
  const counts: Record<string, number> = {};
  for (const { reason } of skipped) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
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

function exampleRow({ rows }: DatasetSummary): string {
  return `${Object.keys(rows)[0] ?? "sft"}:1`;
}

function tabulate(title: string | undefined, head: string, amounts: Tally): string {
  const rows = Object.entries(amounts);
  if (rows.length === 0) return title === undefined ? "No row is left out.\n" : "";
  const text = table([head, "count"], rows.map(([name, amount]) => [name, formatCount(amount)]));
  return title === undefined ? text : `### ${title}\n\n${text}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return [head, head.map(() => "---"), ...rows].map(line).join("");
}
