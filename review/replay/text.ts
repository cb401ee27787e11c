/**
 * Receipts as text.
 *
 * @module
 */
import { bold, dim, green, red, yellow } from "jsr:@std/fmt@^1/colors";
import { abbreviate } from "../../learn/text/digest.ts";
import { showText } from "../../learn/text/quoting.ts";
import { layOut } from "../../print/layout.ts";
import { count, formatCount } from "../../print/phrases.ts";
import { fitTable, textColumn } from "../../print/table.ts";
import { wrap } from "../../print/text.ts";
import type { FormatOptions } from "../../script/terminal.ts";
import type { Copy } from "../history/reading.ts";
import type { Receipt } from "./receipt.ts";
import type { Resumption } from "./resume.ts";

const WORDS = { same: "same", different: "not the same", unknown: "cannot tell" } as const;
const paints = { same: green, different: red, unknown: yellow };

/**
 * Formats a receipt as a sentence, in lines of at most `width` columns.
 *
 * @throws {RangeError} if `width` is not a whole number from 20 to 1000
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { formatReceipt } from "./text.ts";
 *
 * const text = formatReceipt({
 *   verdict: "different",
 *   cause: "data",
 *   detail: "690 examples, 691 in the run",
 *   steps: { same: 0, of: 8 },
 *   digests: { recorded: `sha256:${"0".repeat(64)}` },
 * });
 * assertEquals(text, "not the same: data. 690 examples, 691 in the run\n");
 * ```
 */
export function formatReceipt(receipt: Receipt, options: FormatOptions = {}): string {
  return layOut(options, (width) => {
    const { verdict } = receipt;
    const word = WORDS[verdict];
    const [first, ...rest] = wrap(`${word}: ${describeReceipt(receipt)}`, width);
    // Painted after the lines are broken, as colours have no width.
    return [first.replace(word, (word) => bold(paints[verdict](word))), ...rest];
  });
}

/**
 * Formats what became of a run that was to be taken up: how far it was, and where its record is; or why it
 * was not, as a receipt.
 *
 * @throws {RangeError} if `width` is not a whole number from 20 to 1000
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { formatResumption } from "./text.ts";
 *
 * const text = formatResumption({
 *   verdict: "unknown",
 *   cause: "learner",
 *   detail: "The synthesizer asks a model, and no tape is given",
 *   steps: { same: 0, of: 2 },
 * }, { width: 40 });
 * assertEquals(text, "cannot tell: learner. The synthesizer\nasks a model, and no tape is given\n");
 * ```
 */
export function formatResumption(resumption: Resumption, options: FormatOptions = {}): string {
  const { verdict, steps, trace, path, tape } = resumption;
  if (verdict !== "same" || trace === undefined) return formatReceipt(resumption, options);
  const recorded = steps.of === 0
    // The rules that a run begins with are in its first step.
    ? `from the start, without rules to begin with${
      trace.run.playbook?.entries.length ? " but those of its playbook" : ""
    }`
    : `after ${count(steps.of, "step")}, all the same`;
  const whole = `now ${count(trace.steps.length, "step")}, digest ${abbreviate(trace.digest)}`;
  const files = Object.entries({ trace: path, tape })
    .flatMap(([name, path]) => path === undefined ? [] : `${name}: ${showText(path)}\n`);
  return layOut(options, (width) => wrap(`taken up ${recorded}; ${whole}`, width)) + files.join("");
}

/** Says what was found, without the verdict. */
function describeReceipt(receipt: Receipt): string {
  const { verdict, cause, detail, digests } = receipt;
  const computed = describeComputed(receipt);
  if (verdict === "same") return `${computed}, digest ${abbreviate(digests?.recorded ?? "")}`;
  const found = `${cause}. ${showText(detail)}`;
  return receipt.steps.same === 0 && receipt.exchanges === undefined
    ? found
    : `${found}; the same: ${computed}`;
}

function describeComputed({ steps, exchanges }: Receipt): string {
  const amount = ({ of }: { readonly of: number }, done: number, noun: string) =>
    `${formatCount(done)} of ${count(of, noun)}`;
  return [
    amount(steps, steps.same, "step"),
    ...(exchanges === undefined ? [] : [
      `${amount(exchanges, exchanges.answered, "exchange")} from the tape`,
    ]),
  ].join(", ");
}

/** The receipt of a run in a folder, or of a file there that is not a run. */
export interface FiledReceipt extends Receipt {
  /** Name of the file in the folder. */
  readonly file: string;
}

/** How many runs of a folder are the same, are not, and of how many it cannot be told. */
export type ReceiptCounts = Readonly<Record<Receipt["verdict"], number>>;

/** What a folder of runs is computed again to. */
export interface FolderReceipts {
  /** By the name of the file. */
  readonly runs: readonly FiledReceipt[];
  /** Files that hold the same as another one. */
  readonly copies: readonly Copy[];
  /** How many runs are the same, or not. */
  readonly counts: ReceiptCounts;
}

/**
 * Counts receipts by their verdicts.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { countVerdicts } from "./text.ts";
 *
 * const receipt = { verdict: "same", detail: "", steps: { same: 8, of: 8 } } as const;
 * assertEquals(countVerdicts([receipt, receipt]), { same: 2, different: 0, unknown: 0 });
 * ```
 */
export function countVerdicts(receipts: readonly Receipt[]): ReceiptCounts {
  const of = (verdict: Receipt["verdict"]) =>
    receipts.filter((receipt) => receipt.verdict === verdict).length;
  return { same: of("same"), different: of("different"), unknown: of("unknown") };
}

/**
 * Formats the receipts of a folder: a line for each, cut to fit, then how many are the same.
 *
 * @throws {RangeError} if `width` is not a whole number from 20 to 1000
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { formatReceipts } from "./text.ts";
 *
 * assertEquals(formatReceipts([]), "no runs\n");
 * ```
 */
export function formatReceipts(
  receipts: readonly FiledReceipt[],
  options: FormatOptions = {},
): string {
  return layOut(options, (width) => {
    if (receipts.length === 0) return ["no runs"];
    const file = textColumn<FiledReceipt>("file", ({ file }) => showText(file));
    const verdict = textColumn<FiledReceipt>(
      "verdict",
      ({ verdict }) => WORDS[verdict],
      (text, { verdict }) => paints[verdict](text),
    );
    const found = textColumn<FiledReceipt>("found", describeReceipt);
    const counts = countVerdicts(receipts);
    const summary = (["same", "different", "unknown"] as const)
      .filter((verdict) => counts[verdict] > 0)
      .map((verdict) => `${formatCount(counts[verdict])} ${WORDS[verdict]}`);
    const table = fitTable(receipts, [[verdict, file, found], [verdict, file]], found, width);
    // Without room for it in the line, what was found comes below.
    const isNarrow = !table.heading.includes(found.heading);
    const narrow = fitTable(receipts, [[verdict, file]], file, width);
    const rows = receipts.flatMap((receipt) =>
      !isNarrow ? [table.format(receipt).trimEnd()] : [
        narrow.format(receipt).trimEnd(),
        ...wrap(describeReceipt(receipt), width - 2).map((line) => `  ${dim(line)}`),
      ]
    );
    return [
      bold((isNarrow ? narrow : table).heading.trimEnd()),
      ...rows,
      "",
      ...wrap(`${count(receipts.length, "run")}: ${summary.join(", ")}`, width).map(dim),
    ];
  });
}
