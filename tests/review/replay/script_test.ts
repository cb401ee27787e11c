import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { formatExchange } from "../../../learn/chat/exchanges.ts";
import type { Dataset } from "../../../learn/data/dataset.ts";
import { displayWidth } from "../../../print/text.ts";
import { formatReceipt, formatReceipts, type Receipt } from "../../../review/replay.ts";
import { runReplay } from "../../../review/replay/script.ts";
import { UsageError } from "../../../script/script.ts";
import { readTape, readTrace, renderTrace, withTrace } from "../../../trace.ts";
import { createChat } from "../../../learn/chat/client.ts";
import { type LearnOptions, learnRules } from "../../../pipeline.ts";
import { type Answer, hang, serveChat } from "../../learn/chat/chat_server.ts";
import { createScripted } from "../../learn/llm/scripted_model.ts";
import { recordPaths } from "../../../record/journal.ts";
import { executeScript } from "../../script/process.ts";
import { chain } from "../../record/forging.ts";
import { FolderReceiptsShape } from "../json_shapes.ts";
import {
  askingLearners,
  banking,
  bankingTest,
  createScriptedChat,
  createScriptedChats,
  record,
} from "./replay_fixture.ts";

const runs = {
  plain: await record(banking, { generateId: () => "plain", maxIterations: 1 }),
  tested: await record(banking, {
    generateId: () => "tested",
    maxIterations: 0,
    test: bankingTest,
  }),
  asked: await record(banking, {
    ...askingLearners(createScriptedChat()),
    generateId: () => "asked",
  }),
};

const toLines = ({ examples }: Dataset) =>
  examples.map((example) => `${JSON.stringify(example)}\n`).join("");

/** Calls `use` with a folder that holds the data, and the runs with their tapes. */
async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "train.jsonl"), toLines(banking));
    await Deno.writeTextFile(join(folder, "test.jsonl"), toLines(bankingTest));
    await Deno.mkdir(join(folder, "runs"));
    for (const { trace, tape } of Object.values(runs)) {
      const paths = recordPaths(join(folder, "runs"), trace.run);
      await Deno.writeTextFile(paths.trace, renderTrace(trace));
      if (tape.length > 0) await Deno.writeTextFile(paths.tape, tape.map(formatExchange).join(""));
    }
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const replay = (folder: string, args: readonly string[], flags = ["--allow-read"]) =>
  executeScript("review/replay.ts", args, folder, { flags });

Deno.test("a run is replayed with its data, and with its tape beside it", () =>
  inFolder(async (folder) => {
    const run = "runs/banking.asked.trace.json";
    const { code, stdout, stderr } = await replay(folder, [run, "--data", "train.jsonl"]);
    const { steps, digest } = runs.asked.trace;
    const { length } = runs.asked.tape;
    const text =
      `same: ${steps.length} of ${steps.length} steps, ${length} of ${length} exchanges ` +
      `from the tape, digest ${digest.slice(0, 19)}…`;
    assertEquals([code, stdout.replaceAll("\n", " ").trim(), stderr], [0, text, ""]);

    const { tape } = recordPaths(join(folder, "runs"), runs.asked.trace.run);
    const changed = (await Deno.readTextFile(tape)).replace('"role":"user"', '"role":"system"');
    await Deno.writeTextFile(join(folder, "changed.jsonl"), changed);
    const args = [run, "--data", "train.jsonl", "--tape", "changed.jsonl"];
    const other = await replay(folder, args);
    assertEquals(other.code, 1);
    assertMatch(
      other.stdout,
      /^not the same: reply-changed\. Cannot read tape "changed\.jsonl": line 1/,
    );
  }));

Deno.test("a folder is replayed run by run, with the worst as its exit code", () =>
  inFolder(async (folder) => {
    const data = ["--data", "train.jsonl"];
    const unknown = await replay(folder, ["runs", ...data]);
    assertEquals(unknown.code, 2);
    assertMatch(unknown.stdout, /^verdict +file +found\nsame +banking\.asked\.trace\.json +\d/);
    assertMatch(unknown.stdout, /cannot tell +banking\.tested\.trace\.json +test\. /);
    assertStringIncludes(unknown.stdout, "\n\n3 runs: 2 same, 1 cannot tell\n");

    // A record that claims to be a copy of another one is not taken at its word.
    const { trace } = runs.plain;
    const [first, ...others] = renderTrace(trace).split('"iteration":1');
    await Deno.writeTextFile(
      join(folder, "runs", "banking.trace.json"),
      [first, ...others].join('"iteration":2'),
    );
    const different = await replay(folder, ["runs", ...data, "--test", "test.jsonl", "--json"]);
    assertEquals(different.code, 1);
    const { counts, runs: receipts } = FolderReceiptsShape.parse(JSON.parse(different.stdout));
    assertEquals(counts, { same: 3, different: 1, unknown: 0 });
    const changed = receipts.find(({ cause }) => cause === "record");
    assertEquals([changed?.file, changed?.step], ["banking.trace.json", 1]);
  }));

Deno.test("of several data sets a run gets that with its digest, else that with its name", () =>
  inFolder(async (folder) => {
    const [changed, ...others] = banking.examples;
    const examples = [{ ...changed, label: banking.labels[1] }, ...others];
    await Deno.writeTextFile(
      join(folder, "banking.jsonl"),
      toLines({ ...banking, examples } as Dataset),
    );
    const run = "runs/banking.plain.trace.json";
    const args = (...files: string[]) => [run, ...files.flatMap((file) => ["--data", file])];
    const by = async (...files: string[]) => (await replay(folder, args(...files))).stdout;
    assertMatch(await by("banking.jsonl", "train.jsonl"), /^same/);
    assertMatch(await by("test.jsonl", "banking.jsonl"), /^not the same: data. as many examples/);
    const none = await replay(folder, args("test.jsonl", "test.jsonl"));
    assertEquals(none.code, 2);
    assertMatch(none.stdout, /^cannot tell: data. no file of --data has/);
  }));

Deno.test("a run that was cut short is taken up, and its files are named", () =>
  inFolder(async (folder) => {
    const { trace } = runs.plain;
    const steps = trace.steps.slice(0, 1);
    const rules = Object.fromEntries(
      Object.entries(trace.rules).filter(([id]) => JSON.stringify(steps).includes(id)),
    );
    const { finishedAt: _, ...run } = trace.run;
    const cut = chain({ ...trace, rules, steps, run: { ...run, id: "cut", status: "running" } });
    const { journal, trace: path } = recordPaths(join(folder, "runs"), cut.run);
    const header = { version: trace.version, run: cut.run };
    const lines = [header, { step: steps[0], rules: Object.values(rules) }];
    await Deno.writeTextFile(journal, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const args = [journal, "--data", "train.jsonl"];
    const cannot = await replay(folder, args);
    assertEquals(cannot.code, 2);
    assertStringIncludes(
      cannot.stdout,
      "cannot tell: interrupted. the record ends after step 0 (synthesis)",
    );
    const flags = ["--allow-read", `--allow-write=${join(folder, "runs")}`];
    const { code, stdout, stderr } = await replay(folder, [...args, "--resume"], flags);
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /^taken up after 1 step, all the same; now \d+ steps, digest sha256:/);
    assertStringIncludes(stdout, `\ntrace: ${path}\n`);
    assertEquals((await readTrace(path)).digest, trace.digest);
  }));

Deno.test("a run that was aborted while a model was asked is taken up with both of its models", () =>
  inFolder(async (folder) => {
    const storage = join(folder, "runs");
    const controller = new AbortController();
    const scripted = createScripted();
    const abort: Answer = (received, closing) => {
      controller.abort();
      return hang(received, closing);
    };
    const open = (baseUrl: string, model: string) => createChat({ baseUrl, model });
    const options = (baseUrl: string): LearnOptions => ({
      ...askingLearners(open(baseUrl, "small"), open(baseUrl, "large")),
      generateId: () => "aborted",
      maxRules: 30,
    });
    const answered = 8;
    {
      await using server = serveChat(...Array(answered).fill(scripted), abort);
      const { signal } = controller;
      const run = withTrace(learnRules, { storage })(banking, {
        ...options(server.baseUrl),
        signal,
      });
      await assertRejects(() => run, DOMException);
    }
    const { trace, tape } = recordPaths(storage, { ...runs.plain.trace.run, id: "aborted" });
    assertEquals((await readTape(tape)).map(({ outcome }) => outcome).at(-1), "failed");
    await using server = serveChat(scripted);
    const { host } = new URL(server.baseUrl);
    const flags = ["--allow-read", `--allow-write=${storage}`, `--allow-net=${host}`];
    const model = ["--model", "small", "--base-url", server.baseUrl];
    const args = [trace, "--data", "train.jsonl", "--resume", "--json"];
    const { code, stdout, stderr } = await replay(folder, [...args, ...model], flags);
    assertEquals([code, stderr], [0, ""]);
    const { digest, verdict } = JSON.parse(stdout);
    const whole = await record(banking, askingLearners(...createScriptedChats()));
    const escalated = whole.tape.filter(({ model }) => model === "large");
    assertEquals(escalated.map(({ purpose, metadata }) => [purpose, metadata.escalated]), [[
      "patch",
      "gate",
    ]]);
    assertEquals([verdict, digest], ["same", whole.trace.digest]);
    assertEquals(server.received.length, whole.tape.length - answered);
    assertEquals((await replay(folder, [trace, "--data", "train.jsonl"])).code, 0);
  }));

Deno.test("wrong arguments are an error in one line, with the exit code 2", async () => {
  const wrong: readonly (readonly [string, ...string[]])[] = [
    ["expected one trace or one folder, got 0"],
    ["--data is missing", "run.trace.json"],
    ["a path is empty", "", "--data", "x"],
    ["only one input can be the standard input", "-", "--data", "-"],
    ["--resume needs the file of the run", "-", "--data", "x", "--resume"],
    ["--model is for --resume", "x", "--data", "y", "--model", "small"],
    ["--model needs --base-url", "x", "--data", "y", "--resume", "--model", "small"],
    ["--base-url needs --model", "x", "--data", "y", "--base-url", "http://localhost"],
    ["--resume is for one trace, got a folder", ".", "--data", "y", "--resume"],
    ["--width is 3", "x", "--data", "y", "--width", "3"],
  ];
  for (const [message, ...args] of wrong) {
    await assertRejects(() => runReplay(args), UsageError, message);
  }
  const { code, stderr } = await replay(".", ["run.trace.json"]);
  assertEquals([code, stderr], [
    2,
    "replay.ts: --data is missing: name the examples of the run (see --help)\n",
  ]);
});

Deno.test("text fits its width, and is coloured only if asked for", () => {
  const receipt: Receipt = {
    run: { dataset: "banking", id: "run-1" },
    verdict: "different",
    cause: "reply-changed",
    step: 2,
    detail:
      "the reply of exchange sha256:0123456789ab… is another one: step 2 (iteration 1): best true",
    steps: { same: 2, of: 12 },
    exchanges: { answered: 1200, of: 1300 },
    digests: { recorded: `sha256:${"0".repeat(64)}` },
  };
  for (const width of [20, 40, 100, 200]) {
    const texts = [
      formatReceipt(receipt, { width }),
      formatReceipts([{ file: "banking.run-1.trace.json", ...receipt }], { width }),
    ];
    for (const line of texts.flatMap((text) => text.split("\n"))) {
      assert(displayWidth(line) <= width, line);
    }
  }
  assertEquals(
    formatReceipt(receipt, { width: 200 }),
    "not the same: reply-changed. the reply of exchange sha256:0123456789ab… is another one: step 2 " +
      "(iteration 1): best true; the same: 2 of 12 steps, 1,200 of 1,300 exchanges from the tape\n",
  );
  const isColored = formatReceipt(receipt, { color: true }).includes("\u001b[31m");
  assertEquals(isColored, !Deno.noColor);
});
