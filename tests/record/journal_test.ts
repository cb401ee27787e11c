import { assert, assertEquals, assertRejects, assertThrows } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { parseTrace, readTrace, type Trace, TraceError, withTrace } from "../../trace.ts";
import { createClock, generateScript, scriptedLearner } from "./generate_run.ts";

/** A run and its journal as it was after the last step. */
async function recordRun(seed: number): Promise<{ trace: Trace; journal: string }> {
  const storage = await Deno.makeTempDir();
  try {
    const script = generateScript(seed);
    const file = join(storage, `words.run-${seed}.trace.jsonl`);
    let journal = "";
    const learn = withTrace(scriptedLearner(script), {
      storage,
      now: createClock(),
      flush: "end",
    });
    const { trace } = await learn({ examples: [] }, {
      onStep: () => void (journal = Deno.readTextFileSync(file)),
    });
    return { trace, journal };
  } finally {
    await Deno.remove(storage, { recursive: true });
  }
}

/** Checks that a trace holds the first `count` steps of another, as after a kill. */
function assertIsPrefix(left: Trace, whole: Trace, count: number): void {
  assertEquals(left.steps, whole.steps.slice(0, count));
  assertEquals(left.run.status, "running");
  for (const [id, rule] of Object.entries(left.rules)) assertEquals(rule, whole.rules[id]);
}

Deno.test("a journal has a line for the run and one for each step", async () => {
  const { trace, journal } = await recordRun(1);
  const lines = journal.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.length, trace.steps.length + 1);
  assertEquals(lines[0].run.id, trace.run.id);
  lines.slice(1).forEach(({ step }, index) => assertEquals(step, trace.steps[index]));
  const rules = lines.slice(1).flatMap((line) => line.rules);
  assertEquals(rules, Object.values(trace.rules));
});

Deno.test("a journal cut after any step gives the trace up to that step", async () => {
  for (let seed = 0; seed < 25; seed++) {
    const { trace, journal } = await recordRun(seed);
    const lines = journal.split("\n");
    for (let count = 0; count <= trace.steps.length; count++) {
      const left = parseTrace(lines.slice(0, count + 1).join("\n") + "\n");
      assertIsPrefix(left, trace, count);
    }
    assertEquals(parseTrace(journal).digest, trace.digest);
  }
});

Deno.test("a journal torn at any byte loses the torn line only", async () => {
  const { trace, journal } = await recordRun(3);
  const bytes = new TextEncoder().encode(journal);
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "torn.jsonl");
    const header = bytes.indexOf(0x0a) + 1;
    let lines = 0;
    for (let length = header; length <= bytes.length; length++) {
      if (bytes[length - 1] === 0x0a) lines++;
      if (length % 61 !== 0 && bytes[length - 1] < 0x80) continue;
      await Deno.writeFile(path, bytes.subarray(0, length));
      assertIsPrefix(await readTrace(path), trace, lines - 1);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a last line that is not JSON is dropped, an earlier one is named", async () => {
  const { trace, journal } = await recordRun(2);
  const lines = journal.trimEnd().split("\n");
  const torn = lines.with(-1, lines[lines.length - 1].slice(0, 40)).join("\n") + "\n";
  assertIsPrefix(parseTrace(torn), trace, trace.steps.length - 1);
  const broken = lines.with(2, lines[2].slice(0, 40)).join("\n") + "\n";
  assertThrows(() => parseTrace(broken), SyntaxError, "line 3, column 41");
});

Deno.test("a journal without a whole first line is refused", async () => {
  const { journal } = await recordRun(2);
  const header = journal.indexOf("\n");
  for (const length of [0, 1, 30, header]) {
    assertThrows(
      () => parseTrace(journal.slice(0, length), 'trace "x"'),
      Error,
      "Cannot read trace",
    );
  }
});

Deno.test("a journal with an invalid step is refused with the step named", async () => {
  const { journal } = await recordRun(2);
  const lines = journal.trimEnd().split("\n");
  const read = (changed: string[]) => parseTrace(changed.join("\n") + "\n", 'trace "x"');
  const refuse = (changed: string[], message: string, step: number) =>
    assertEquals(assertThrows(() => read(changed), TraceError, message).step, step);
  refuse(lines.with(2, lines[2].replace('"took":', '"took":-')), "step 1: field took", 1);
  refuse(lines.with(1, lines[1].replace(/"tp":(\d)/, '"tp":1$1')), "does not fit its digest", 0);
  refuse(lines.toSpliced(2, 1), "out of order", 1);
  refuse(lines.with(2, lines[1]), "defines rule", 1);
  refuse(lines.with(1, lines[1].replace('"rules":[', '"rules":[{},')), "field rules[0]", 0);
});

Deno.test("a journal of a newer version or without a valid run is refused", async () => {
  const { journal } = await recordRun(2);
  const newer = journal.replace('{"version":3', '{"version":4');
  assertThrows(() => parseTrace(newer), TraceError, "it is format version 4, and this ruletrace");
  const unnamed = journal.replace('"id":"run-2"', '"id":"../run"');
  assertThrows(() => parseTrace(unnamed), TraceError, "line 1: run: field id");
});

Deno.test({
  name: "a run killed after any step leaves a journal that reads up to that step",
  ignore: Deno.build.os === "windows",
  async fn() {
    const seed = 3;
    const { trace } = await recordRun(seed);
    const child = new URL("../fixtures/killed_run.ts", import.meta.url).href;
    assert(trace.steps.length >= 4);
    const storages = await Promise.all(trace.steps.map(() => Deno.makeTempDir()));
    try {
      await Promise.all(storages.map(async (storage, step) => {
        const args = ["run", "-A", "--no-check", child, storage, `${seed}`, `${step}`];
        const { signal, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
        assertEquals(signal, "SIGKILL", new TextDecoder().decode(stderr));
        assertEquals([...Deno.readDirSync(storage)].map(({ name }) => name), [
          `words.run-${seed}.trace.jsonl`,
        ]);
        const left = await readTrace(join(storage, `words.run-${seed}.trace.jsonl`));
        assertIsPrefix(left, trace, step + 1);
      }));
    } finally {
      for (const storage of storages) await Deno.remove(storage, { recursive: true });
    }
  },
});

Deno.test("a trace is read from standard input; a missing file or a folder is an error in one line", async () => {
  const { journal, trace } = await recordRun(4);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", new URL("../fixtures/read_stdin.ts", import.meta.url).href],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(journal));
  await writer.close();
  const { stdout, stderr } = await child.output();
  const shown = new TextDecoder();
  assertEquals(shown.decode(stdout).trim(), trace.digest, shown.decode(stderr));

  const missing = await assertRejects(() => readTrace("no/such\u001b[31m.json"), Error);
  assertEquals(
    missing.message,
    'Cannot read trace "no/such\\u001b[31m.json": there is no such file',
  );
  await assertRejects(() => readTrace("."), Error, 'Cannot read trace ".": it is a folder');
});
