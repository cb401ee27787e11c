import { assert, assertEquals, assertRejects, assertStringIncludes } from "jsr:@std/assert@^1";
import { createRule } from "../../learn/rules/rule.ts";
import { join } from "jsr:@std/path@^1";
import {
  readTrace,
  renderTrace,
  type Run,
  type StepOf,
  type StepReport,
  TraceError,
  TraceWriteError,
  verifyTrace,
  withTrace,
  writeTrace,
} from "../../trace.ts";
import { type LearnerOptions, type Script, scriptedLearner } from "./generate_run.ts";
import { inFolder } from "../pipeline/fixture.ts";
import { dataset, failing, journal, listed, own, script } from "./trace_fixture.ts";

const refused: [string, (script: Script) => Partial<Script>, string][] = [
  [
    "a run without a field",
    ({ run }) => ({ run: { ...run, dataset: undefined } as unknown as Run }),
    "no valid run: field dataset",
  ],
  [
    "a run id that is not a file name",
    ({ run }) => ({ run: { ...run, id: "../x" } }),
    "no valid run: field id",
  ],
  [
    "a hidden setting",
    ({ run }) => ({ run: { ...run, config: JSON.parse('{"__proto__":1}') } }),
    "__proto__",
  ],
  [
    "a step of no known type",
    ({ reports }) => ({
      reports: [
        { step: { type: "magic" } as unknown as StepReport["step"], rules: [] },
        ...reports,
      ],
    }),
    "no valid step 0: field type",
  ],
  [
    "a field that is not finite",
    ({ reports }) => ({
      reports: reports.with(0, {
        ...reports[0],
        step: { ...reports[0].step, proposed: NaN } as StepReport["step"],
      }),
    }),
    "no valid step 0: field proposed",
  ],
  [
    "a step without its rules",
    ({ reports }) => ({ reports: reports.with(0, { ...reports[0], rules: [] }) }),
    "which the trace does not define",
  ],
  [
    "a rule that its step does not use",
    ({ reports }) => ({
      reports: reports.with(-1, {
        ...reports.at(-1)!,
        rules: [createRule({ name: "stray", label: "card", patterns: ["stray"] })],
      }),
    }),
    "without using it",
  ],
  [
    "a rule under an id that is not its own",
    ({ reports }) => ({
      reports: reports.with(-1, {
        ...reports.at(-1)!,
        rules: [{ ...reports[0].rules[0], id: "r000000000000" }],
      }),
    }),
    "rule r000000000000 does not fit its id",
  ],
  [
    "a rule for a label that the data set does not have",
    ({ reports }) => ({
      reports: reports.with(-1, {
        ...reports.at(-1)!,
        rules: [createRule({ name: "stray", label: "nowhere", patterns: ["stray"] })],
      }),
    }),
    "which is not in the data set",
  ],
  [
    "another rule under a known id",
    ({ reports }) => ({
      reports: reports.with(-1, {
        ...reports.at(-1)!,
        rules: [{ ...reports[0].rules[0], patterns: ["x"] }],
      }),
    }),
    "is not the one reported before",
  ],
  [
    "a final set that does not follow",
    ({ reports }) => ({
      reports: reports.with(-1, {
        rules: [],
        step: { ...reports.at(-1)!.step, rules: [] } as StepReport["step"],
      }),
    }),
    "step that does not hold",
  ],
];
for (const [what, change, message] of refused) {
  Deno.test(`a learner that reports ${what} is stopped, and the steps recorded before can be read`, () =>
    inFolder(async (storage) => {
      const bad = { ...script, ...change(script) };
      const error = await assertRejects(
        () => withTrace(scriptedLearner(bad), { storage })(dataset),
        Error,
        message,
      );
      assert(error instanceof TypeError || error instanceof TraceError);
      if (bad.run !== script.run) return assertEquals(listed(storage), []);
      const trace = await readTrace(join(storage, own));
      assertEquals([trace.run.status, trace.steps.at(-1)?.type], ["failed", "failure"]);
    }));
}

Deno.test("half a character in free text is recorded as a replacement character", () =>
  inFolder(async (storage) => {
    const [first, ...rest] = script.reports;
    const critique: StepReport = {
      step: { type: "critique", analysis: "cut \ud83d", advice: [] },
      rules: [],
    };
    const reports = [first, critique, ...rest.filter(({ step }) => step.type !== "restore")];
    const learn = withTrace(scriptedLearner({ ...script, reports }), { storage });
    await learn(dataset).catch(() => {});
    const { steps } = await readTrace(join(storage, own));
    assertEquals((steps[1] as StepOf<"critique">).analysis, "cut \ufffd");
  }));

Deno.test("a report that comes after the run has ended is refused", () =>
  inFolder(async (storage) => {
    let late = () => {};
    const learner = (data: typeof dataset, options?: LearnerOptions) => {
      late = () => options?.onStep?.(script.reports[0]);
      return scriptedLearner(script)(data, options);
    };
    const { trace, path } = await withTrace(learner, { storage })(dataset);
    await assertRejects(() => Promise.resolve().then(late), TypeError, "after its run had ended");
    assertEquals(await readTrace(path), trace);
  }));

Deno.test({
  name: "a full disk is an error after learning, with the result and the trace",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (storage) => {
      await Deno.symlink("/dev/full", join(storage, "words.trace.json"));
      const learn = withTrace(scriptedLearner(script), { storage });
      const error = await assertRejects(
        () => learn(dataset),
        TraceWriteError,
        "no space left on device",
      );
      assertStringIncludes(
        error.message,
        `Cannot write trace "${join(storage, "words.trace.json")}"`,
      );
      assertEquals((error.result as { rules: unknown }).rules, script.sets.at(-1));
      verifyTrace(error.trace);
      assertEquals(await readTrace(join(storage, own)), error.trace);
      assertEquals(listed(storage), [own, "words.trace.json"]);
    }),
});

Deno.test("the journal stays if the trace cannot be written", () =>
  inFolder(async (storage) => {
    const learn = withTrace(scriptedLearner(script), { storage });
    const onStep = () => Deno.mkdirSync(join(storage, own), { recursive: true });
    const error = await assertRejects(
      () => learn(dataset, { onStep }),
      TraceWriteError,
      "it is a folder",
    );
    assertEquals((await readTrace(join(storage, journal))).digest, error.trace.digest);
    assertEquals(listed(storage), [own, journal]);
  }));

Deno.test("if learner and writing both fail, the error of the learner is thrown with the other as a member", () =>
  inFolder(async (storage) => {
    const thrown = new Error("mine");
    const learn = withTrace(failing(1, thrown), { storage });
    const onStep = () => Deno.mkdirSync(join(storage, own), { recursive: true });
    const error = await assertRejects(() => learn(dataset, { onStep }), Error, "mine");
    assert(error === thrown);
    const { suppressed } = error as Error & { suppressed?: unknown };
    assert(suppressed instanceof TraceWriteError && suppressed.result === undefined);
    assertEquals(suppressed.trace.run.status, "failed");
    const run = { ...script.run, id: "second" };
    const text = withTrace((_: unknown, options?: LearnerOptions) => {
      options?.onStart?.(run);
      Deno.mkdirSync(join(storage, "words.second.trace.json"));
      return Promise.reject("a string");
    }, { storage });
    const both = await assertRejects(() => text(dataset), SuppressedError, "learning failed too");
    assertEquals(both.error, "a string");
  }));

Deno.test({
  name: "a journal that cannot grow does not stop the run, and is an error after learning",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (storage) => {
      const child = new URL("../fixtures/full_disk_run.ts", import.meta.url).href;
      // Files of more than 32 KiB fail to grow; the signal that comes with it is passed over.
      const limited = `trap '' XFSZ; ulimit -f 32; exec "$0" run -A --no-check "$1" "$2"`;
      const { stdout, stderr } = await new Deno.Command("bash", {
        args: ["-c", limited, Deno.execPath(), child, storage],
      }).output();
      const shown = new TextDecoder().decode(stdout);
      assert(
        shown.startsWith("true Cannot write the journal"),
        shown + new TextDecoder().decode(stderr),
      );
      assertEquals(
        listed(storage).filter((name) => name.endsWith(".json") || name.endsWith(".tmp")),
        [],
      );
      const left = await readTrace(join(storage, "words.run-1.trace.jsonl"));
      assert(left.steps.length > 0 && left.run.status === "running");
    }),
});

Deno.test("writeTrace replaces a file as a whole and gives the same bytes each time", () =>
  inFolder(async (storage) => {
    const { trace, path } = await withTrace(scriptedLearner(script), { storage })(dataset);
    const copy = join(storage, "copy.json");
    Deno.writeTextFileSync(copy, "x".repeat(1_000_000));
    await writeTrace(copy, trace);
    assertEquals(Deno.readTextFileSync(copy), Deno.readTextFileSync(path));
    assert(renderTrace(trace).endsWith("}\n"));
    const lines = renderTrace(trace).split("\n").length;
    assertEquals(lines, trace.steps.length + Object.keys(trace.rules).length + 11);
    assertEquals(listed(storage).filter((name) => name.endsWith(".tmp")), []);
  }));

Deno.test({
  name: "writeTrace says in one line why it cannot write, and never replaces a device",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (storage) => {
      const { trace } = await withTrace(scriptedLearner(script), { storage })(dataset);
      const full = await assertRejects(() => writeTrace("/dev/full", trace), Error);
      assertStringIncludes(full.message, 'Cannot write trace "/dev/full": no space left on device');
      assert(Deno.statSync("/dev/full").isCharDevice);
      await assertRejects(() => writeTrace(storage, trace), Error, "it is a folder");
      const below = join(storage, "none", "x.json");
      const missing = await assertRejects(
        () => writeTrace(below, trace),
        Error,
        "Cannot write trace",
      );
      assert(!missing.message.includes("\n"));
    }),
});
