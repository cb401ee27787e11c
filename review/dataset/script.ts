/**
 * Data sets as a script: arguments, files, exit codes.
 *
 * @module
 */
import { parseArgs, parseWhole } from "../../script/arguments.ts";
import { fieldOptions, fieldUsage, parseFields } from "../../script/fields.ts";
import { parseUsage, requirePermission, UsageError, write } from "../../script/script.ts";
import { parseWidth, terminal, toJson } from "../../script/terminal.ts";
import { statOrNothing } from "../../system/files.ts";
import { auditDataset } from "./auditing.ts";
import { exportDataset, readSummary } from "./exporting.ts";
import { ROW_KINDS, type RowKind } from "./format.ts";
import { ROW_FORMATS } from "./files/formats.ts";
import { type DatasetOptions, type DatasetPaths, listFiles } from "./options.ts";
import { proveRow } from "./proving.ts";
import {
  checkSummary,
  type DatasetThresholds,
  parseThresholds,
  thresholdOptions,
  thresholdUsage,
} from "./summary/thresholds.ts";
import { formatAudit, formatExport, formatFailed, formatProof } from "./text.ts";

const usage = `Make training data of the runs of a folder, and prove where each row comes from.

  deno run -A review/dataset.ts FOLDER --data FILE --protect FILE --format FORMAT -o OUT [options]
  deno run -A review/dataset.ts --audit OUT [--row sft:12]

Each proposal of a run is judged by its trace and its data, without a model. Each row comes with a
line of lineage; what is left out is listed in quarantine.jsonl with its reason. The same inputs
give the same bytes; what is there already is not made again.

  --data FILE         examples of the runs: JSON Lines, JSON or CSV. May be given several times: a
                      run gets the file with its digest
  --protect FILE      texts that no row may show, exactly or nearly. May be given several times
  --test FILE         examples that the runs are tested on: protected as well
  --corrections FILE  the corrections of the runs that had some
  --texts FILE        texts without labels, for rows of kind weak
  --format FORMAT     trl, or openai, which has no form for unpaired
  --kinds LIST        only these kinds of rows, such as sft,preference (default: all), of
                      ${ROW_KINDS.join(", ")}
  --split SHARE       share of the rows that are to train on, such as 0.9; the others to test
  --seed N            which rows those are: all of a run are on one side (default: 0)
  --cap N             the most rows of a kind for one request (default: 5)
  --license NAME      the licence of the data, for the card
  --html              write a page of the data set as well: page.html
  -o, --output OUT    the folder of the data set
${thresholdUsage}  --audit OUT         check a data set: its files, rows and inputs; and make it again to compare
  --row FILE:LINE     prove this row only, such as sft:12, or sft.train:12 if there is a split
${fieldUsage}  --json              JSON instead of text
  --width N           columns of the text (default: the terminal's, or 100)
  --help              this text

The exit code is 0 if all holds, 1 if not and for errors, and 2 for bad arguments.
`;

type DatasetRequest =
  | {
    readonly command: "export";
    readonly out: string;
    readonly paths: DatasetPaths;
    readonly options: DatasetOptions;
    readonly thresholds?: DatasetThresholds;
    readonly json: boolean;
    readonly layout: ReturnType<typeof parseWidth>;
  }
  | {
    readonly command: "audit";
    readonly out: string;
    readonly row?: { readonly name: string; readonly line: number };
    readonly thresholds?: DatasetThresholds;
    readonly json: boolean;
  };

/** Options that only make sense without `--audit`. */
const EXPORT_ONLY = [
  "data",
  "protect",
  "test",
  "corrections",
  "texts",
  "format",
  "kinds",
  "split",
  "seed",
  "cap",
  "license",
  "html",
  "output",
] as const;

const text = { type: "string" } as const;
const many = { type: "string", multiple: true } as const;
const flag = { type: "boolean", default: false } as const;

const scriptOptions = {
  data: many,
  protect: many,
  test: many,
  corrections: text,
  texts: text,
  format: text,
  kinds: text,
  split: text,
  seed: text,
  cap: text,
  license: text,
  html: { type: "boolean" },
  output: { type: "string", short: "o" },
  audit: text,
  row: text,
  ...thresholdOptions,
  ...fieldOptions,
  json: flag,
  width: text,
  help: flag,
} as const;

/** Returns what the arguments ask for; nothing for help. */
function parseRequest(args: string[]): DatasetRequest | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: scriptOptions,
  });
  const { data = [], protect = [], test = [], corrections, texts, audit, row, output, json } =
    values;
  if (values.help) return undefined;
  if (
    [...data, ...protect, ...test, corrections, texts, audit, output, ...positionals].includes("")
  ) {
    throw new TypeError("a path is empty");
  }
  const thresholds = parseThresholds(values);
  if (audit !== undefined) {
    if (row !== undefined && thresholds !== undefined) {
      throw new TypeError("--row is about one row, and thresholds are about all");
    }
    const stray = EXPORT_ONLY.find((name) => values[name] !== undefined);
    if (stray !== undefined) throw new TypeError(`--${stray} is not for --audit`);
    if (positionals.length > 0) throw new TypeError("--audit takes no other folder");
    return { command: "audit", out: audit, row: parseRow(row), thresholds, json };
  }
  if (row !== undefined) throw new TypeError("--row needs --audit");
  if (positionals.length !== 1) {
    throw new TypeError(`expected one folder of runs, got ${positionals.length}`);
  }
  if (data.length === 0) throw new TypeError("--data is missing: name the examples of the runs");
  if (protect.length + test.length === 0) {
    throw new TypeError("--protect is missing: name a file of texts that no row may show");
  }
  if (output === undefined) throw new TypeError("--output is missing: name a folder to write to");
  if ([...data, ...protect, ...test, corrections, texts, output, ...positionals].includes("-")) {
    throw new TypeError("- is not for data sets: receipts name files");
  }
  const [folder] = positionals;
  return {
    command: "export",
    out: output,
    paths: {
      folder,
      data,
      protect: [...protect, ...test],
      ...(corrections !== undefined && { corrections }),
      ...(texts !== undefined && { texts }),
    },
    options: parseOptions(values),
    thresholds,
    json,
    layout: parseWidth(values.width),
  };
}

function parseRow(value: string | undefined): { name: string; line: number } | undefined {
  if (value === undefined) return undefined;
  const [, name, line] = /^([a-z]+(?:\.[a-z]+)?):([1-9]\d{0,8})$/.exec(value) ?? [];
  if (name === undefined) throw new TypeError(`--row is ${value}, expected such as sft:12`);
  return { name, line: Number(line) };
}

function parseOptions(
  values:
    & { readonly format?: string; readonly kinds?: string; readonly split?: string }
    & {
      readonly seed?: string;
      readonly cap?: string;
      readonly license?: string;
      readonly html?: boolean;
    }
    & Parameters<typeof parseFields>[0],
): DatasetOptions {
  const { kinds, split, seed, cap, license, html } = values;
  const format = ROW_FORMATS.find((one) => one === values.format);
  if (format === undefined) {
    const found = values.format === undefined ? "missing" : values.format;
    throw new TypeError(`--format is ${found}, expected ${ROW_FORMATS.join(" or ")}`);
  }
  if (seed !== undefined && split === undefined) throw new TypeError("--seed needs --split");
  if (split !== undefined && !(/^0?\.\d{1,6}$/.test(split) && Number(split) > 0)) {
    throw new TypeError(`--split is ${split}, expected a share such as 0.9`);
  }
  if (license !== undefined && !/^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/.test(license)) {
    throw new TypeError("--license is not a name such as cc-by-4.0");
  }
  return {
    format,
    kinds: parseKinds(kinds),
    ...(split !== undefined && {
      split: { share: Number(split), seed: parseWhole("--seed", seed ?? "0", 0) },
    }),
    ...(cap !== undefined && { cap: parseWhole("--cap", cap, 1) }),
    ...(license !== undefined && { license }),
    ...(html && { html }),
    ...parseFields(values),
  };
}

function parseKinds(value: string | undefined): readonly RowKind[] {
  const names = value?.split(",") ?? ROW_KINDS;
  const wrong = names.find((name) => !ROW_KINDS.some((kind) => kind === name));
  if (wrong !== undefined) {
    throw new TypeError(`--kinds is ${value}, expected some of ${ROW_KINDS.join(", ")}`);
  }
  return ROW_KINDS.filter((kind) => names.includes(kind));
}

/**
 * Runs the script, and returns its exit code.
 */
export async function runDataset(
  args: string[],
): Promise<number> {
  const request = parseUsage(() => parseRequest(args));
  if (request === undefined) {
    write(usage);
    return 0;
  }
  const { out, json } = request;
  await requirePermission("read", out);
  if (request.command === "audit") return await runAudit(request);
  const { paths, options, thresholds, layout } = request;
  const inputs = [paths.folder, ...listFiles(paths)];
  for (const input of inputs) await requirePermission("read", input);
  await requirePermission("write", out);
  if (statOrNothing(out)?.isDirectory() === false) {
    throw new UsageError(`--output is ${out}, which is a file: expected a folder`);
  }
  const made = await exportDataset(out, paths, options);
  const failed = thresholds && checkSummary(made.summary, thresholds);
  write(
    json
      ? toJson({ ...made, failed })
      : formatExport(made, out, { ...terminal(), ...layout }) + formatFailed(failed),
  );
  return failed === undefined || failed.length === 0 ? 0 : 1;
}

async function runAudit(
  { out, row, thresholds, json }: Extract<DatasetRequest, { readonly command: "audit" }>,
): Promise<number> {
  if (row !== undefined) {
    const proof = await proveRow(out, row.name, row.line);
    write(json ? toJson(proof) : formatProof(proof));
    return proof.links.every(({ holds }) => holds) ? 0 : 1;
  }
  const audit = await auditDataset(out);
  // What an audit does not hold to be true is not checked further.
  const holds = audit.problems.length === 0;
  const failed = holds && thresholds && checkSummary(await readSummary(out), thresholds) ||
    undefined;
  write(json ? toJson({ ...audit, failed }) : formatAudit(audit) + formatFailed(failed));
  return holds && (failed === undefined || failed.length === 0) ? 0 : 1;
}
