/**
 * Renders a trace as a page: one HTML file that opens from disk and loads nothing. It tells the story,
 * draws the scores over the steps and the lives of the rules, lists the final rules to search and sort,
 * the failures, the refusals and what a model said, and checks the digests of the record that it holds.
 *
 *     deno run --allow-read=runs,. --allow-write=. review/report.ts runs/banking.trace.json -o banking.html
 *
 * @module
 */
import { parseArgs } from "node:util";
import { parseUsage, requirePermission, runScript, write } from "../script/script.ts";
import { isScript, readArgs } from "../system/process.ts";
import { readTrace } from "../trace.ts";
import { requireOutput, writePage } from "../script/outputs.ts";
import { renderReport } from "./report/page.ts";

export type { PageLink, PageOptions } from "./markup.ts";
export { renderReport };

const usage = `Draw the trace of a learning run as a page: one HTML file that loads nothing.

  deno run --allow-read=FILE review/report.ts FILE > PAGE
  deno run --allow-read=FILE,FOLDER --allow-write=FOLDER review/report.ts FILE -o PAGE

FILE is a .trace.json, the .trace.jsonl of a run that is still going on or was killed, or - for the
standard input. FOLDER is the folder of PAGE: a temporary file is written there and then renamed.

  -o, --output PAGE  the file to write (default: the standard output)
  --help             this text
`;

function parseArguments(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      output: { type: "string", short: "o" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.output === "") throw new TypeError("--output is empty, expected the name of a file");
  if (!values.help && positionals.length !== 1) {
    throw new TypeError(`expected one FILE (or -), got ${positionals.length}`);
  }
  return { ...values, path: positionals[0] };
}

async function main(args: string[]): Promise<void> {
  const { path, output, help } = parseUsage(() => parseArguments(args));
  if (help) return write(usage);
  await requirePermission("read", path);
  if (output !== undefined) await requireOutput("--output", output, [path]);
  const trace = await readTrace(path);
  const page = renderReport(trace);
  if (output === undefined) return write(page);
  writePage(output, trace, page);
}

if (isScript("report", import.meta.main, import.meta.url)) {
  await runScript("report.ts", () => main(readArgs()));
}
