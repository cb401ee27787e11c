/**
 * A trace as a page: one HTML file that is opened from disk and loads nothing. It tells the story,
 * draws the scores over the steps and the lives of the rules, lists the rules at the end to search and
 * sort, failures, refusals and what a model said, and checks the digests of the record that it holds.
 *
 *     deno run --allow-read=runs,. --allow-write=. review/report.ts runs/banking.trace.json -o banking.html
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "jsr:@std/assert@^1";
 * import { readTrace } from "../trace.ts";
 * import { renderReport } from "./report.ts";
 *
 * const page = renderReport(await readTrace("examples/banking.trace.json"));
 * assertStringIncludes(page, "<h1>banking</h1>");
 * ```
 *
 * @module
 */
import { parseArgs } from "node:util";
import { parseUsage, requirePermission, runScript, write } from "../script/script.ts";
import { readTrace, type Trace } from "../trace.ts";
import { requireOutput, writePage } from "../script/outputs.ts";
import { renderPage } from "./report/page.ts";

/**
 * The page of a trace, as HTML in one piece. Its Content-Security-Policy allows its own script and
 * style by their hashes and nothing else; whatever the trace says is text in it. The same trace gives
 * the same page. Also runs that failed or are not at their end have one.
 *
 * @throws {TraceError} where a step does not fit the rules that the ones before it left; `readTrace`
 * makes sure of that
 */
export function renderReport(trace: Trace): string {
  return renderPage(trace);
}

const usage = `Draw the trace of a learning run as a page: one HTML file that loads nothing.

  deno run --allow-read=FILE review/report.ts FILE > PAGE
  deno run --allow-read=FILE,FOLDER --allow-write=FOLDER review/report.ts FILE -o PAGE

FILE is a .trace.json, the .trace.jsonl of a run that is going on or was killed, or - for the
standard input. FOLDER is where PAGE goes: it is written beside and then renamed.

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
  await writePage(output, trace, page);
}

if (import.meta.main) await runScript("report.ts", () => main(Deno.args));
