/**
 * Folders that cannot take a trace, and clocks that no trace can follow.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertRejects } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { type LearnOptions, learnRules } from "../../pipeline.ts";
import { readTrace, TraceWriteError, withTrace, writeTrace } from "../../trace.ts";
import { few, inFolder } from "../pipeline/fixture.ts";
import { executeScript } from "../script/process.ts";
import { askingSynthesizer, base, chat } from "./asking.ts";
import { scriptedLearner } from "./generate_run.ts";
import { dataset, journal, listed, own, script } from "./trace_fixture.ts";

const ignore = Deno.build.os === "windows";
const hostile = "runs\u001b]0;x\u0007\u009b31m\n";

/** What is in the way of the folder, and what the error says of it. */
const obstacles: [string, (path: string) => void, string][] = [
  [
    "a link that leads nowhere",
    (path) => Deno.symlinkSync("none", path),
    "is a link that leads nowhere, expected a folder",
  ],
  ["a file", (path) => Deno.writeTextFileSync(path, ""), "is a file, expected a folder"],
  [
    "a link to itself",
    (path) => Deno.symlinkSync("storage", path),
    "too many symbolic links encountered",
  ],
];
for (const [what, lay, reason] of obstacles) {
  Deno.test({
    name: `${what} as the storage is an error in one line, before learning`,
    ignore,
    fn: () =>
      inFolder(async (folder) => {
        const storage = join(folder, "storage");
        lay(storage);
        let steps = 0;
        const learn = withTrace(scriptedLearner(script), { storage });
        const error = await assertRejects(() => learn(dataset, { onStep: () => steps++ }), Error);
        assertEquals(steps, 0);
        const begin = `Cannot write the journal "${join(storage, journal)}": `;
        assertEquals(error.message.slice(0, begin.length), begin);
        assert(error.message.endsWith(reason) && !error.message.includes("\n"), error.message);
      }),
  });
}

Deno.test({
  name: "a link that leads nowhere above the storage is named",
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      Deno.symlinkSync("none", join(folder, "link"));
      const storage = join(folder, "link", "runs", "today");
      await assertRejects(
        () => withTrace(scriptedLearner(script), { storage })(dataset),
        Error,
        `"${join(folder, "link")}" is a link that leads nowhere, expected a folder`,
      );
    }),
});

Deno.test("a storage that was removed during the run is made anew for the trace", () =>
  inFolder(async (folder) => {
    const storage = join(folder, "runs");
    const learn = withTrace(scriptedLearner(script), { storage });
    const onStep = () => {
      if (listed(folder).length > 0) Deno.removeSync(storage, { recursive: true });
    };
    const { path, trace } = await learn(dataset, { onStep });
    assertEquals(await readTrace(path), trace);
  }));

Deno.test("a tape that was removed during the run is an error that names the trace", () =>
  inFolder(async (folder) => {
    const storage = join(folder, "runs");
    const options = { ...base, synthesizer: askingSynthesizer(chat) };
    const onStep = () => {
      if (listed(folder).length > 0) Deno.removeSync(storage, { recursive: true });
    };
    const error = await assertRejects(
      () => withTrace(learnRules, { storage })(few, { ...options, onStep }),
      TraceWriteError,
    );
    const [path, tape] = ["trace.json", "exchanges.jsonl"].map((end) =>
      join(storage, `few.run-1.${end}`)
    );
    const message = `The tape "${tape}" was removed during the run; the trace "${path}" is written`;
    assertEquals([error.message, error.path], [message, path]);
    assertEquals(await readTrace(path), error.trace);
  }));

Deno.test({
  name: "a link to a folder is a storage",
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      const storage = join(folder, "storage");
      Deno.mkdirSync(join(folder, "real"));
      Deno.symlinkSync("real", storage);
      const { path } = await withTrace(scriptedLearner(script), { storage })(dataset);
      assertEquals((await readTrace(path)).run.id, script.run.id);
    }),
});

// deno-lint-ignore no-control-regex -- these are the characters to find
const steering = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

Deno.test({
  name: "a storage path with escapes keeps the trace, and no message or output has them",
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      const storage = join(folder, hostile);
      const learn = withTrace(scriptedLearner(script), { storage });
      const onStep = () => Deno.mkdirSync(join(storage, own), { recursive: true });
      const { message } = await assertRejects(() => learn(dataset, { onStep }), TraceWriteError);
      assert(!steering.test(message) && !message.includes("\n"), message);
      Deno.removeSync(storage, { recursive: true });
      const lines = few.examples.map((example) => JSON.stringify(example)).join("\n");
      Deno.writeTextFileSync(join(folder, "few.jsonl"), lines);
      for (const more of [[], ["--json"]]) {
        const args = ["few.jsonl", "--storage", hostile, ...more];
        const { code, stdout, stderr } = await executeScript("pipeline.ts", args, folder);
        assertEquals([code, stderr], [0, ""]);
        assert(!steering.test(stdout), JSON.stringify(stdout));
      }
      assertEquals(listed(storage).length, 3);
      Deno.writeTextFileSync(join(folder, "file"), "");
      for (const storage of [`file/${hostile}`, "file"]) {
        const args = ["few.jsonl", "--storage", storage];
        const { code, stderr } = await executeScript("pipeline.ts", args, folder);
        assertEquals(code, 1);
        assertMatch(stderr, /^pipeline\.ts: Cannot write the journal [^\n]*\n$/);
        assert(!steering.test(stderr.trimEnd()), JSON.stringify(stderr));
      }
    }),
});

/** Clocks by what they do, from the first time of the run on. */
const clocks: [string, string[]][] = [
  ["stands still", ["2026-01-02T03:04:06Z"]],
  ["goes back", ["2026-01-02T03:04:08Z", "2026-01-02T03:04:07Z", "2020-01-01T00:00:00Z"]],
  ["passes the year 9999", ["2026-01-02T03:04:06Z", "+010000-01-01T00:00:00Z"]],
  ["stops", ["2026-01-02T03:04:06Z", "never"]],
  ["is behind the start of the run", ["1999-01-01T00:00:00Z"]],
];
for (const [what, times] of clocks) {
  Deno.test(`a clock that ${what} gives a trace that reads, with times in order`, () =>
    inFolder(async (storage) => {
      let call = 0;
      const now = () => new Date(times[Math.min(call++, times.length - 1)]);
      const { path, trace } = await withTrace(scriptedLearner(script), { storage, now })(dataset);
      assertEquals(await readTrace(path), trace);
      assertEquals(trace.steps.length, script.reports.length);
      const { startedAt, finishedAt } = trace.run;
      const found = [startedAt, ...trace.steps.map(({ at }) => at), finishedAt!];
      assertEquals(found.map(Date.parse), found.map(Date.parse).sort((a, b) => a - b));
      assert(trace.steps.every(({ took }) => took >= 0));
    }));
}

for (const first of ["+010000-01-01T00:00:00Z", "-000001-01-01T00:00:00Z", "never"]) {
  Deno.test(`a clock that begins with the time ${first} is an error before learning`, () =>
    inFolder(async (storage) => {
      const now = () => new Date(first);
      await assertRejects(
        () => withTrace(scriptedLearner(script), { storage, now })(dataset),
        RangeError,
        "expected a year from 0000 to 9999",
      );
      assertEquals(listed(storage), []);
      const options: LearnOptions = { now };
      const error = await assertRejects(
        () => withTrace(learnRules, { storage })(few, options),
        RangeError,
        "expected a year from 0000 to 9999",
      );
      assert(!error.message.includes("\n"));
      assertEquals(listed(storage), []);
    }));
}

for (
  const [what, permissions, flags] of [
    ["write", { read: ["."], write: ["unwritten.json"] }, "--allow-write=."],
    ["read", { read: ["examples", "unwritten.json"], write: ["."] }, "--allow-read=."],
    ["any", { read: ["examples", "unwritten.json"] }, "--allow-read=. --allow-write=."],
  ] as [string, Deno.PermissionOptions, string][]
) {
  Deno.test({
    name:
      `without permission to ${what} in its folder, a trace is an error that names no other file`,
    permissions,
    async fn() {
      const trace = await readTrace("examples/banking.trace.json");
      const error = await assertRejects(() => writeTrace("unwritten.json", trace));
      assert(error instanceof Deno.errors.NotCapable);
      assertEquals(
        error.message,
        'Cannot write trace "unwritten.json": a temporary file beside it is written first: ' +
          `run with ${flags}`,
      );
    },
  });
}

Deno.test("a trace in a folder that is missing, or is a file, is an error in words", () =>
  inFolder(async (folder) => {
    const trace = await readTrace("examples/banking.trace.json");
    await Deno.writeTextFile(join(folder, "file"), "");
    const reasons = {
      none: "there is no such folder",
      file: "what it is to be in is not a folder",
    };
    for (const [name, reason] of Object.entries(reasons)) {
      const { message } = await assertRejects(
        () => writeTrace(join(folder, name, "a"), trace),
        Error,
      );
      assert(message.endsWith(`"${join(folder, name, "a")}": ${reason}`), message);
    }
  }));
