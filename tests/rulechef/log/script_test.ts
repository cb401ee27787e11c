import { assert, assertEquals, assertMatch, assertStringIncludes } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { formatRuleLife, formatTrace } from "../../../print.ts";
import { importRuleChefLog } from "../../../rulechef/log/import.ts";
import { parseRuleChef } from "../../../rulechef/rule_set.ts";
import { readTape, readTrace, verifyTape } from "../../../trace.ts";
import { executeScript } from "../../script/process.ts";
import {
  decisionLine,
  line,
  type LoggedRule,
  patchLine,
  proposed,
  synthesisLine,
} from "./fixture.ts";

const script = "review/rulechef_log.ts";

const card: LoggedRule = { id: "c1", name: "card_any", content: "(?i)\\bcard\\b", label: "card" };
const rate: LoggedRule = { id: "r1", name: "rate_any", content: "(?i)\\brates?\\b", label: "rate" };
const late: LoggedRule = { id: "l1", name: "late", content: "(?i)\\blate\\b", label: "card" };
const log = [
  synthesisLine("card", [card]),
  synthesisLine("rate", [rate]),
  line("trigger_decision", "", {}),
  patchLine([card, rate], [late]),
  decisionLine(1, true, [late], [0.794, 0.9, 0.644, 1]),
  "oops",
].join("\n") + "\n";

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    await Deno.writeTextFile(join(folder, "run.training.jsonl"), log);
    await Deno.writeTextFile(
      join(folder, "final.json"),
      JSON.stringify([card, rate].map(proposed)),
    );
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the script writes a trace of each run, lists what is open, and counts the lines", () =>
  inFolder(async (folder) => {
    const { code, stdout, stderr } = await executeScript(script, ["run.training.jsonl"], folder);
    assertEquals([code, stderr], [0, ""]);
    const [first, second, last, end] = stdout.split("\n");
    assertMatch(first, /^trace: runs\/cards\.20261120T\d{6}-[0-9a-f]{6}\.trace\.json$/);
    assertEquals([second, last, end], [
      "  unknown at step 1: which rules were returned",
      "6 lines: 4 of 1 run; 1 of other calls, 1 not JSON",
      "",
    ]);
    const own = await Deno.readTextFile(join(folder, first.slice("trace: ".length)));
    assertEquals(await Deno.readTextFile(join(folder, "runs/cards.trace.json")), own);
    // The standard input gives the same trace, and lines that are not of a log are counted.
    const again = await executeScript(script, ["-"], folder, { input: `${log}{}\n[]\n` });
    const counted = "8 lines: 4 of 1 run; 1 of other calls, 2 not of a training log, 1 not JSON";
    assertEquals(again.stdout.split("\n"), [first, second, counted, end]);
    assertEquals(await Deno.readTextFile(join(folder, "runs/cards.trace.json")), own);
  }));

Deno.test("the trace is printed like any other: the patch that was accepted and lowered F1", async () => {
  const returned = parseRuleChef(JSON.stringify([card, rate].map(proposed)));
  const { runs: [{ trace }] } = await importRuleChefLog(new Blob([log]).stream(), { returned });
  const text = formatTrace(trace, { width: 100 });
  assertStringIncludes(text, "→ iteration 1 patched late (accepted, -15.0 F1, +10.0 precision)");
  assertStringIncludes(text, "→ went back to the rules of step 0 (+15.0 F1)");
  assertStringIncludes(text, "· from a log of RuleChef");
  assertStringIncludes(text, "stopped (unknown): the log does not say why");
  const [late] = Object.values(trace.rules).filter(({ name }) => name === "late");
  const life = formatRuleLife(trace, late.id);
  assertStringIncludes(life, "went with the return to the rules of step 0");
});

Deno.test("returned rules settle how the run ended", () =>
  inFolder(async (folder) => {
    const args = ["run.training.jsonl", "--rules", "final.json", "--storage", "there/below"];
    const { code, stdout } = await executeScript(script, args, folder);
    assertEquals(code, 0);
    assert(!stdout.includes("which rules were returned"));
    const { run, steps } = await readTrace(join(folder, "there/below/cards.trace.json"));
    assertEquals([run.status, steps.at(-1)?.type], ["completed", "final"]);
  }));

Deno.test("returned rules that no step had are a contradiction at their step", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(
      join(folder, "other.json"),
      JSON.stringify([{ ...card, content: "x" }]),
    );
    const args = ["run.training.jsonl", "--rules", "other.json"];
    const { code, stdout } = await executeScript(script, args, folder);
    assertEquals(code, 0);
    assertMatch(
      stdout,
      /contradiction at step 2, the returned rules: .* have another "card_any" and lack /,
    );
  }));

Deno.test("the script needs to read its inputs, to read and write its storage, and nothing else", () =>
  inFolder(async (folder) => {
    const args = ["run.training.jsonl", "--rules", "final.json"];
    const flags = ["--allow-read=run.training.jsonl,final.json,runs", "--allow-write=runs"];
    const { code, stderr } = await executeScript(script, args, folder, { flags });
    assertEquals([code, stderr], [0, ""]);
    const lacking = [
      ["--allow-read=run.training.jsonl", ["--allow-read=final.json,runs", "--allow-write=runs"]],
      ["--allow-read=final.json", ["--allow-read=run.training.jsonl,runs", "--allow-write=runs"]],
      ["--allow-write=runs", ["--allow-read"]],
    ] as const;
    await Promise.all(lacking.map(async ([flag, flags]) => {
      const output = await executeScript(script, args, folder, { flags });
      assertEquals([output.code, output.stdout], [1, ""]);
      assertEquals(output.stderr.trim().split("\n").length, 1);
      assertStringIncludes(output.stderr, flag);
    }));
  }));

const badCalls = [
  ["no log", [], 2, "expected one LOG (or -), got 0"],
  ["two logs", ["a", "b"], 2, "expected one LOG (or -), got 2"],
  ["an unknown option", ["a", "--fast"], 2, "--fast"],
  ["both inputs standard", ["-", "--rules", "-"], 2, "only one input can be the standard input"],
  ["a tape of the standard input", ["-", "--tape"], 2, "--tape reads LOG twice"],
  ["a tape of what can be read once", ["/dev/null", "--tape"], 1, '"/dev/null" is not a file'],
  [
    "a log that is not there",
    ["gone.jsonl"],
    1,
    'Cannot read "gone.jsonl": there is no such file',
  ],
  ["a folder for a log", ["."], 1, "it is a folder"],
  ["a log without a run", ["final.json"], 1, '"final.json" holds no run of RuleChef'],
  ["no storage", ["run.training.jsonl", "--storage", ""], 2, "--storage is empty"],
  [
    "a file for storage",
    ["run.training.jsonl", "--storage", "final.json"],
    1,
    'Cannot write to "final.json": "final.json" is a file, expected a folder',
  ],
  ["a log for rules", ["run.training.jsonl", "--rules", "run.training.jsonl"], 1, "line 2"],
] as const;

Deno.test("a run that breaks a rule of the record is named, and the others are written", () =>
  inFolder(async (folder) => {
    // Runs without a time have that of the clock, and no trace can have that of this one.
    await Deno.writeTextFile(
      join(folder, "late.js"),
      "const { Date: OldDate } = globalThis;\n" +
        "globalThis.Date = class extends OldDate {\n" +
        '  constructor(...time) { super(...time.length > 0 ? time : ["+012026-01-01T00:00:00Z"]); }\n' +
        "};\n",
    );
    const timeless = log.replaceAll(/"timestamp":"[^"]*"/g, '"timestamp":""');
    await Deno.writeTextFile(join(folder, "three.jsonl"), log + timeless + log);
    const flags = ["-A", "--preload=late.js"];
    const { code, stdout, stderr } = await executeScript(script, ["three.jsonl"], folder, {
      flags,
    });
    assertEquals(code, 1, stderr);
    const [message, note, end] = stderr.split("\n");
    assertEquals([message, end], ["rulechef_log.ts: 1 of 3 runs could not be written", ""]);
    assertMatch(
      note,
      /^the run that begins at line 7 does not make a valid trace: field run\./,
    );
    assertEquals(stdout.match(/^trace: /gm)?.length, 2);
    for (const [, path] of stdout.matchAll(/^trace: (.*)$/gm)) await readTrace(join(folder, path));
  }));

Deno.test("--tape writes the exchanges that a trace names, and --data the examples", () =>
  inFolder(async (folder) => {
    const rows = [{ text: "my card", label: "card" }, { text: "the rate", label: "rate" }];
    const data = Array.from({ length: 10 }, () => rows).flat();
    const path = join(folder, "data.jsonl");
    await Deno.writeTextFile(path, data.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const args = ["run.training.jsonl", "--tape", "--data", "data.jsonl"];
    for (const _ of [1, 2]) {
      const { code, stdout, stderr } = await executeScript(script, args, folder);
      assertEquals([code, stderr], [0, ""]);
      assertMatch(stdout, /^ {2}tape: runs\/cards\..*\.exchanges\.jsonl, 3 exchanges$/m);
      const trace = await readTrace(join(folder, "runs/cards.trace.json"));
      const tape = join(folder, `runs/cards.${trace.run.id}.exchanges.jsonl`);
      assertEquals(verifyTape(trace, await readTape(tape)).proved, 3);
      assertEquals(trace.run.dataset.digest !== undefined, true);
      const names = [...Deno.readDirSync(join(folder, "runs"))].map(({ name }) => name);
      assertEquals(names.length, 3, names.join());
    }
    // A log of two runs, of which one tape cannot be written.
    const twice = log + log.replaceAll("cards", "others");
    await Deno.writeTextFile(join(folder, "twice.training.jsonl"), twice);
    const again = ["twice.training.jsonl", "--tape", "--storage", "full"];
    const [, taken] = (await executeScript(script, again, folder)).stdout.match(/tape: (\S+),/)!;
    await Deno.remove(join(folder, "full"), { recursive: true });
    await Deno.mkdir(join(folder, taken), { recursive: true });
    const { code, stdout: none, stderr } = await executeScript(script, again, folder);
    assertEquals([code, none, [...Deno.readDirSync(join(folder, "full"))].length], [1, "", 1]);
    assertMatch(stderr, /^rulechef_log\.ts: Cannot write the tape "full\/cards\..*": .*\n$/);
    await Deno.writeTextFile(path, JSON.stringify(rows[0]));
    const { stdout } = await executeScript(script, args, folder);
    assertMatch(
      stdout,
      /^ {2}the examples are not those of the run: they are 1 example, the run had 20$/m,
    );
  }));

Deno.test("bad arguments and inputs are reported in one line", () =>
  inFolder(async (folder) => {
    const outputs = badCalls.map(([, args]) => executeScript(script, args, folder));
    for (const [place, { code, stderr }] of (await Promise.all(outputs)).entries()) {
      const [what, , expected, message] = badCalls[place];
      assertEquals([code, stderr.trim().split("\n").length], [expected, 1], `${what}: ${stderr}`);
      assertStringIncludes(stderr, message);
      assert(!stderr.includes("    at "), what);
    }
  }));

Deno.test("--help prints the usage, and reads nothing", () =>
  inFolder(async (folder) => {
    const { code, stdout } = await executeScript(script, ["--help"], folder, { flags: [] });
    assertEquals(code, 0);
    assertStringIncludes(stdout, "--rules RULES");
  }));
