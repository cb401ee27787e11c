/**
 * Renders a trace as a page: one HTML file that opens from disk and loads nothing. It tells the story,
 * draws the scores over the steps and the lives of the rules, lists the final rules to search and sort,
 * the failures, the refusals and what a model said, and checks the digests of the record that it holds.
 *
 *     deno run --allow-read=runs,. --allow-write=. review/report.ts runs/banking.trace.json -o banking.html
 *
 * @module
 */
import { readExamples } from "../learn/data/dataset.ts";
import { readInput } from "../learn/text/reading.ts";
import { parseArgs } from "../script/arguments.ts";
import { fieldOptions, fieldUsage, parseFields } from "../script/fields.ts";
import { parseUsage, requirePermission, runScript, write } from "../script/script.ts";
import { isScript, readArgs } from "../system/process.ts";
import { readTape, readTrace, type Trace } from "../trace.ts";
import type { Blame } from "./blame/format.ts";
import { requireOutput, writeOutput } from "../script/outputs.ts";
import { parseBlame } from "./blame/reading.ts";
import { renderReport } from "./report/page.ts";

export type { PageLink, PageOptions } from "./markup.ts";
export type { ReportData } from "./report/failures/errors.ts";
export type { ReportOptions } from "./report/page.ts";
export { renderReport };

const usage = `Draw the trace of a learning run as a page: one HTML file that loads nothing.

  deno run --allow-read=FILE review/report.ts FILE > PAGE
  deno run --allow-read=FILE,FOLDER --allow-write=FOLDER review/report.ts FILE -o PAGE
  deno run --allow-read review/report.ts FILE --data TEST.jsonl > PAGE
  deno run --allow-read review/report.ts FILE --blame BLAME --forks FORK... > PAGE

FILE is a .trace.json, the .trace.jsonl of a run that is still going on or was killed, or - for the
standard input. FOLDER is the folder of PAGE: a temporary file is written there and then renamed.

  --data FILE         also show what the rules get wrong on these examples, with their texts: JSON
                      Lines, JSON or CSV
${fieldUsage}  --tape FILE         also show the exchanges of the run with a model: its .exchanges.jsonl
  --blame BLAME       also show what is to blame for the predictions of the run: its .blame.json
  --forks FORK...     also show runs that were made from this one: their traces, after FILE
  -o, --output PAGE   the file to write (default: the standard output)
  --help              this text

A page holds the trace, which has no texts of examples. With --data or --tape it does, and says so.
`;

function parseArguments(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      output: { type: "string", short: "o" },
      data: { type: "string" },
      ...fieldOptions,
      tape: { type: "string" },
      blame: { type: "string" },
      forks: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", default: false },
    },
  });
  for (const name of ["output", "data", "tape", "blame"] as const) {
    if (values[name] === "") {
      throw new TypeError(`--${name} is empty, expected the name of a file`);
    }
  }
  if (values.forks.includes("")) {
    throw new TypeError("--forks is empty, expected the name of a file");
  }
  const { fields } = parseFields(values);
  if (fields !== undefined && values.data === undefined) {
    throw new TypeError("--text-column, --label-column and --field need --data");
  }
  const [path, ...more] = positionals;
  // A shell writes several names for a pattern, of which parseArgs takes the first.
  if (!values.help && (path === undefined || values.forks.length === 0 && more.length > 0)) {
    throw new TypeError(`expected one FILE (or -), got ${positionals.length}`);
  }
  if (path === "-" && values.data === "-") {
    throw new TypeError("only one of FILE and --data can be the standard input");
  }
  return { ...values, fields, path, forks: [...values.forks, ...more] };
}

async function main(args: string[]): Promise<void> {
  const { path, data, fields, tape, blame, forks: paths, output, help } = parseUsage(() =>
    parseArguments(args)
  );
  if (help) return write(usage);
  const inputs = [path, data, tape, blame, ...paths].filter((input) => input !== undefined);
  for (const input of inputs) await requirePermission("read", input);
  if (output !== undefined) await requireOutput("--output", output, inputs);
  const trace = await readTrace(path);
  const forks: Trace[] = [];
  for (const fork of paths) forks.push(await readTrace(fork));
  const page = renderReport(trace, {
    forks,
    ...(data !== undefined && {
      data: await readExamples(data, { task: trace.run.dataset.task, fields }),
    }),
    ...(tape !== undefined && { tape: await readTape(tape) }),
    ...(blame !== undefined && { blame: await readBlame(blame) }),
  });
  if (output === undefined) return write(page);
  writeOutput(output, page);
}

async function readBlame(path: string): Promise<Blame> {
  const { text, source } = await readInput(path);
  return parseBlame(text, source);
}

if (isScript("report", import.meta.main, import.meta.url)) {
  await runScript("report.ts", () => main(readArgs()));
}
