import { assertEquals, assertMatch, assertStringIncludes } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { formatExchange } from "../../../learn/chat/exchanges.ts";
import { renderReport } from "../../../review/report.ts";
import { parseTrace, renderTrace, type Trace } from "../../../trace.ts";
import { completed as bare, failed as bareFailed } from "../../print/print_fixture.ts";
import { executeScript, type Output } from "../../script/process.ts";
import { exchange } from "./report_fixture.ts";

/** A trace as a reader has it, with its members in the order of the format. */
const read = (trace: Trace) => parseTrace(renderTrace(trace));
const completed = read(bare);
const failed = read(bareFailed);
const page = renderReport(completed);

/** Runs the script, with `trace.json` in its folder. */
async function report(
  args: readonly string[],
  use: (output: Output, folder: string) => Promise<void>,
  permissions: readonly string[] = ["-A"],
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const write = (name: string, text: string) => Deno.writeTextFile(join(folder, name), text);
    await write("trace.json", renderTrace(completed));
    await write("few.jsonl", JSON.stringify({ said: "my statement <b>", label: "fee" }));
    await write("spans.jsonl", JSON.stringify({ text: "my fee", entities: [] }));
    await write("tape.jsonl", formatExchange(exchange));
    const options = { flags: permissions, input: renderTrace(failed) };
    await use(await executeScript("review/report.ts", args, folder, options), folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the script writes a temporary page and renames it, with permission for that folder only", () =>
  report(["trace.json", "-o", "page.html"], async (output, folder) => {
    assertEquals(output, { code: 0, stdout: "", stderr: "" });
    assertEquals(await Deno.readTextFile(join(folder, "page.html")), page);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    const given = ["few.jsonl", "spans.jsonl", "tape.jsonl", "trace.json"];
    assertEquals(names, [...given, "page.html"].sort());
  }, ["--allow-read=.", "--allow-write=."]));

Deno.test("the script reads the standard input and writes to the standard output", () =>
  report(["-"], (output) => {
    assertEquals(output, { code: 0, stdout: renderReport(failed), stderr: "" });
    return Promise.resolve();
  }, []));

for (const output of ["trace.json", "none/../trace.json"]) {
  Deno.test(`the script does not write the page over its trace, as ${output}`, () =>
    report(["trace.json", "-o", output], async ({ code, stderr }, folder) => {
      assertEquals(
        await Deno.readTextFile(join(folder, "trace.json")),
        renderTrace(completed),
      );
      assertEquals([code, stderr.includes("which is an input")], [2, true]);
    }));
}

for (
  const [name, args, permissions, code, message] of [
    ["no file", [], ["-A"], 2, "report.ts: expected one FILE (or -), got 0 (see --help)\n"],
    [
      "data of another task",
      ["trace.json", "--data", "spans.jsonl"],
      ["-A"],
      1,
      'report.ts: Cannot read "spans.jsonl": line 1: "label" is missing',
    ],
    [
      "a page that is a folder",
      ["trace.json", "-o", "."],
      ["-A"],
      1,
      `report.ts: Cannot write page`,
    ],
    ["no permission", ["trace.json", "-o", "a.html"], ["--allow-read=."], 1, "--allow-write=."],
  ] as const
) {
  Deno.test(`the script reports ${name} in one line`, () =>
    report(args, (output) => {
      assertEquals([output.code, output.stdout], [code, ""]);
      assertStringIncludes(output.stderr, message);
      assertEquals(output.stderr.split("\n").length, 2);
      return Promise.resolve();
    }, permissions));
}

Deno.test("the script shows what the rules get wrong on --data, and the exchanges of --tape", () =>
  report(
    ["trace.json", "--data", "few.jsonl", "--field", "said", "--tape", "tape.jsonl"],
    ({ code, stdout, stderr }) => {
      assertEquals([code, stderr], [0, ""]);
      assertStringIncludes(stdout, "the examples of few, and 1 exchange with a model");
      assertStringIncludes(stdout, "my <mark>statement</mark> &lt;b&gt;");
      assertStringIncludes(stdout, "Say &lt;yes&gt;.");
      return Promise.resolve();
    },
    ["--allow-read=."],
  ));

Deno.test("--help says what the script does", () =>
  report(["--help"], ({ code, stdout }) => {
    assertEquals(code, 0);
    assertMatch(stdout, /^Draw the trace of a learning run as a page/);
    return Promise.resolve();
  }, []));
