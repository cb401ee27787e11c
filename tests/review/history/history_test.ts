import { assert, assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { displayWidth } from "../../../print/text.ts";
import type { Run, Trace } from "../../../record/schema.ts";
import { formatHistory, readHistory } from "../../../review/history.ts";
import type { History } from "../../../review/history/runs.ts";
import { learnRules } from "../../../pipeline.ts";
import { renderTrace, withTrace } from "../../../trace.ts";
import { all, card, few, many, rate, silent, stub } from "../../pipeline/fixture.ts";
import {
  bodies,
  completed,
  failed,
  makeScores,
  makeTrace,
  run,
  running,
} from "../../print/print_fixture.ts";

/** Calls `use` with a folder that holds `files`. */
async function inFolder(
  files: Readonly<Record<string, string | Uint8Array>>,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(files)) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await Deno.writeFile(join(folder, name), bytes);
    }
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const rules = Object.values(completed.rules);

/** A run of the fixture at some time, with so many of 200 test examples right. */
function runAt(day: number, tp: number, changes: Partial<Run> = {}): Trace {
  const id = `run-${day}`;
  const startedAt = `2026-01-${String(day).padStart(2, "0")}T03:04:05.000Z`;
  const final = bodies[13];
  assert(final.type === "final");
  const scores = { ...final.scores, test: makeScores("test", tp, 10, 200 - tp) };
  const steps = bodies.with(13, { ...final, scores });
  return makeTrace({ ...run, id, startedAt, ...changes }, rules, steps);
}

/** The files of a folder: each trace under the name that it would be written to. */
const files = (...traces: readonly Trace[]) =>
  Object.fromEntries(
    traces.map((trace) => [
      `${trace.run.dataset.name}.${trace.run.id}.trace.json`,
      renderTrace(trace),
    ]),
  );

/** The journal of a run that was killed. */
const journalOf = ({ run, steps, rules }: Trace) =>
  [
    { version: 1, run },
    ...steps.map((step, place) => ({ step, rules: place === 0 ? Object.values(rules) : [] })),
  ].map((line) => `${JSON.stringify(line)}\n`).join("");

const idsOf = ({ runs }: History) => runs.map(({ run }) => run);

Deno.test("runs are listed by data set, date and id, with the change since the one before", () => {
  const other = { ...run.dataset, name: "arts" };
  const traces = [
    runAt(3, 180),
    runAt(1, 150),
    runAt(2, 160),
    runAt(2, 170, { id: "run-20" }),
    runAt(9, 120, { dataset: other }),
  ];
  return inFolder(files(...traces), async (folder) => {
    const history = await readHistory(folder);
    assertEquals(idsOf(history), ["run-9", "run-1", "run-2", "run-20", "run-3"]);
    assertEquals([history.problems, history.copies], [[], []]);
    const f1 = (tp: number) => makeScores("test", tp, 10, 200 - tp).f1;
    assertEquals(history.runs.map(({ change }) => change), [
      undefined,
      undefined,
      { since: "run-1", on: "test", points: 100 * (f1(160) - f1(150)) },
      { since: "run-2", on: "test", points: 100 * (f1(170) - f1(160)) },
      { since: "run-20", on: "test", points: 100 * (f1(180) - f1(170)) },
    ]);
    const [{ rules, status, synthesizer, scores }] = history.runs;
    assertEquals([rules, status, synthesizer], [4, "completed", "patterns"]);
    assertEquals([scores.dev?.on, scores.all?.on, scores.test?.on], ["dev", "all", "test"]);
  });
});

Deno.test("the copy of the newest run is not a second row, and the list says that it was left out", async () => {
  const storage = await Deno.makeTempDir();
  try {
    const learn = withTrace(learnRules, { storage });
    await learn(many, { synthesizer: stub({ added: [card] }), coordinator: silent() });
    await learn(many, { synthesizer: stub({ added: all }), coordinator: silent() });
    await learn(few, { synthesizer: stub({ added: [rate] }), coordinator: silent() });
    const history = await readHistory(storage);
    assertEquals(history.runs.map(({ dataset }) => dataset), ["few", "many", "many"]);
    assertEquals(history.copies.map(({ file }) => file), ["few.trace.json", "many.trace.json"]);
    assert(history.copies.every(({ of }) => history.runs.some(({ file }) => file === of)));
    assertStringIncludes(formatHistory(history), "few.trace.json, many.trace.json");
    // Without its original, a copy is all there is of the run.
    await Deno.remove(join(storage, history.copies[0].of));
    const left = await readHistory(storage);
    assertEquals(left.runs[0].file, "few.trace.json");
    assertEquals(left.copies.map(({ file }) => file), ["many.trace.json"]);
  } finally {
    await Deno.remove(storage, { recursive: true });
  }
});

Deno.test("a copy is listed if its original is broken", () => {
  const trace = runAt(1, 150);
  const [[original, text]] = Object.entries(files(trace));
  const content = { [original]: text.slice(0, 500), "banking.trace.json": text };
  return inFolder(content, async (folder) => {
    const { runs, problems, copies } = await readHistory(folder);
    assertEquals(runs.map(({ file }) => file), ["banking.trace.json"]);
    assertEquals([problems.length, problems[0].file, copies], [1, original, []]);
  });
});

Deno.test("failed, running and killed runs are listed with their status and scores", () => {
  const content = {
    ...files(failed),
    "banking.killed.trace.jsonl": `${
      journalOf({ ...running, run: { ...running.run, id: "killed" } })
    }{"step":{"index":3,"ty`,
  };
  return inFolder(content, async (folder) => {
    const { runs, problems } = await readHistory(folder);
    assertEquals(problems, []);
    // Six first rules, one added and one put in the place of another.
    assertEquals(runs.map(({ status, rules }) => [status, rules]), [["failed", 7], ["running", 7]]);
    assertEquals(runs.map(({ change }) => change), [undefined, undefined]);
    assertEquals(runs.map(({ scores }) => scores.dev?.tp), [28, 28]);
  });
});

Deno.test("a journal beside the trace of its run is left out", () => {
  const trace = runAt(1, 150);
  const content = { ...files(trace), "banking.run-1.trace.jsonl": journalOf(trace) };
  return inFolder(content, async (folder) => {
    const { runs, copies } = await readHistory(folder);
    assertEquals(runs.map(({ file, status }) => [file, status]), [[
      "banking.run-1.trace.json",
      "completed",
    ]]);
    assertEquals(copies, [{ file: "banking.run-1.trace.jsonl", of: "banking.run-1.trace.json" }]);
  });
});

Deno.test("files that cannot be listed are named with the reason, and the rest is listed", () => {
  const text = renderTrace(runAt(1, 150));
  const content = {
    ...files(runAt(2, 150)),
    "empty.trace.json": "",
    "empty.trace.jsonl": "",
    "half.trace.json": text.slice(0, text.length / 2),
    "list.trace.json": "[]",
    "newer.trace.json": text.replace(/"version":\d/, '"version":4'),
    "changed.trace.json": text.replace('"reason":"subsumed"', '"reason":"budget"'),
    "misshapen.trace.json": text.replace('"reason":"subsumed"', '"reason":"whim"'),
    "started.trace.json": text.replace('"patience":3', '"patience":4'),
    "unended.trace.json": text.replace('"status":"completed"', '"status":"failed"'),
    "raised.trace.json": text.replace('"tp":150', '"tp":151'),
    "renamed.trace.json": text.replace('"name":"rate"', '"name":"rat"'),
    "binary.trace.json": new Uint8Array([0xff, 0xfe, 0x00]),
    "torn.trace.jsonl": '{"version":1,"run":',
    "banking.run-9.exchanges.jsonl": "no trace",
    "notes.json": "no trace",
  };
  return inFolder(content, async (folder) => {
    await Deno.mkdir(join(folder, "folder.trace.json"));
    await Deno.symlink(join(folder, "nowhere"), join(folder, "dangling.trace.json"));
    await Deno.symlink("loop.trace.json", join(folder, "loop.trace.json"));
    await Deno.symlink("banking.run-2.trace.json", join(folder, "latest.trace.json"));
    const history = await readHistory(folder);
    assertEquals(idsOf(history), ["run-2"]);
    assertEquals(history.copies, [{ file: "latest.trace.json", of: "banking.run-2.trace.json" }]);
    const reasons = new Map(history.problems.map(({ file, reason }) => [file, reason]));
    const expected = {
      "binary.trace.json": "line 1 is not valid UTF-8",
      "changed.trace.json": "step 11 does not fit its digest",
      "dangling.trace.json": "it leads nowhere",
      "empty.trace.json": "it is empty",
      "empty.trace.jsonl": "it is empty",
      "folder.trace.json": "it is a folder",
      "half.trace.json": "the text ends",
      "list.trace.json": 'expected "format": "ruletrace"',
      "loop.trace.json": "",
      "misshapen.trace.json": "step 11: field dropped",
      "newer.trace.json": "it is format version 4",
      "raised.trace.json": "step 13 does not fit its digest",
      "renamed.trace.json": "its digest does not fit its rules",
      "started.trace.json": "its digest does not fit its rules and steps",
      "torn.trace.jsonl": "",
      "unended.trace.json": "the run is failed, but ends in a final step",
    };
    assertEquals([...reasons.keys()], Object.keys(expected));
    for (const [file, part] of Object.entries(expected)) {
      const reason = reasons.get(file)!;
      assertStringIncludes(reason, part);
      assert(reason !== "" && !reason.includes("\n") && !reason.includes(folder), reason);
    }
    const shown = formatHistory(history);
    for (const file of reasons.keys()) assertStringIncludes(shown, file);
  });
});

Deno.test("a file that is too large for a list is named but not read", () =>
  inFolder({}, async (folder) => {
    // Nothing is written: the file is a hole.
    const file = await Deno.open(join(folder, "huge.trace.json"), { write: true, create: true });
    await file.truncate(200 * 2 ** 20);
    file.close();
    const { problems } = await readHistory(folder);
    assertEquals(problems, [{
      file: "huge.trace.json",
      reason: "it has 200 MiB, and a list reads at most 128",
    }]);
  }));

Deno.test("no change is given between runs that were measured on different examples", () => {
  const digest = `sha256:${"1".repeat(64)}`;
  const tested = (of: string) => ({ config: { test: { examples: 200, digest: of } } });
  const traces = [
    runAt(1, 150, tested("a")),
    runAt(2, 160, { ...tested("b") }),
    runAt(3, 170, { ...tested("c"), dataset: { ...run.dataset, digest } }),
  ];
  return inFolder(files(...traces), async (folder) => {
    const { runs } = await readHistory(folder);
    assertEquals(runs[1].change, { since: "run-1", on: "dev", points: 0 });
    assertEquals(runs[2].change, { since: "run-2", why: "the data differ" });
  });
});

Deno.test("an empty folder is listed as such, and a missing one is an error", () =>
  inFolder({}, async (folder) => {
    assertEquals(formatHistory(await readHistory(folder)), "no runs\n");
    let message = "";
    try {
      await readHistory(join(folder, "nowhere"));
    } catch (error) {
      message = (error as Error).message;
    }
    assertStringIncludes(message, "Cannot read the folder");
    assertStringIncludes(message, "nowhere");
  }));

Deno.test("progress goes from none to all of the files that are read", () =>
  inFolder(
    files(...Array.from({ length: 30 }, (_, day) => runAt(day + 1, 100))),
    async (folder) => {
      const told: [number, number][] = [];
      await readHistory(folder, { onProgress: (done, all) => told.push([done, all]) });
      assertEquals(told, [[0, 30], [25, 30]]);
    },
  ));

Deno.test("a history fits its width and shows no control character as it is", () => {
  const hostile = runAt(1, 150, {
    learner: { synthesizer: "\u001b[2J<b>", coordinator: "x", model: "日本語".repeat(30) },
    dataset: { ...run.dataset, name: "a".repeat(100) },
  });
  const content = {
    ...files(hostile, runAt(2, 150), runAt(3, 160), failed),
    "\u001b.trace.json": "",
  };
  return inFolder(content, async (folder) => {
    const history = await readHistory(folder);
    for (const width of [20, 40, 60, 80, 120, 200]) {
      for (const line of formatHistory(history, { width }).split("\n")) {
        assert(displayWidth(line) <= width, `${width}: ${line}`);
        // deno-lint-ignore no-control-regex -- that is what must not be there
        assert(!/[\u0000-\u001f]/.test(line), line);
      }
    }
  });
});

Deno.test("a history of runs is shown as a table", () =>
  inFolder(files(runAt(1, 150), runAt(2, 160), failed), async (folder) => {
    const shown = formatHistory(await readHistory(folder), { width: 110 });
    assertEquals(
      shown,
      `data set  date (UTC)        run           synthesizer  rules  dev F1  test F1          Δ  status
banking   2025-01-02 03:04  20250102-abc  patterns         7    77.8                      failed
banking   2026-01-01 03:04  run-1         patterns         4    80.6     83.3             completed
banking   2026-01-02 03:04  run-2         patterns         4    80.6     86.5  +3.2 test  completed

Δ: points of F1 gained since the completed run before it on the same data set; –: not measured on the same
examples, or not in the same way
only the digests of what is shown are checked; print.ts FILE verifies the whole trace
`,
    );
  }));

Deno.test("a change has its sign and one decimal, and a change of nothing has both signs", () =>
  inFolder(
    files(...[150, 160, 160, 150].map((tp, place) => runAt(place + 1, tp))),
    async (folder) => {
      const shown = formatHistory(await readHistory(folder), { width: 110 });
      assertEquals(shown.match(/\S+(?= test )/g), ["+3.2", "±0.0", "-3.2"]);
    },
  ));
