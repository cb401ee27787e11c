import { assert, assertEquals, assertRejects, assertStringIncludes } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import {
  readTrace,
  renderTrace,
  type Run,
  type StepBody,
  type StepReport,
  verifyTrace,
  withTrace,
} from "../../trace.ts";
import {
  createClock,
  generateScript,
  type LearnerOptions,
  scriptedLearner,
} from "./generate_run.ts";
import { inFolder } from "../pipeline/fixture.ts";
import { dataset, failing, journal, listed, own, script } from "./trace_fixture.ts";

Deno.test("a run leaves its own trace and a copy as the latest, and no journal", () =>
  inFolder(async (storage) => {
    const nested = join(storage, "a", "b");
    const learn = withTrace(scriptedLearner(script), { storage: nested });
    const { trace, path, rules } = await learn(dataset);
    assertEquals(listed(nested), [own, "words.trace.json"]);
    assertEquals(path, join(nested, own));
    assertEquals(await readTrace(path), trace);
    assertEquals(
      Deno.readTextFileSync(path),
      Deno.readTextFileSync(join(nested, "words.trace.json")),
    );
    assertEquals(rules, script.sets.at(-1));
    assertEquals(trace.run.status, "completed");
  }));

Deno.test("every generated run gives a trace that reads, verifies and renders the same", () =>
  inFolder(async (storage) => {
    for (let seed = 0; seed < 100; seed++) {
      const learn = withTrace(scriptedLearner(generateScript(seed)), {
        storage,
        now: createClock(),
        flush: "end",
      });
      const { trace, path } = await learn(dataset);
      verifyTrace(trace);
      const read = await readTrace(path);
      assertEquals(read, trace);
      assertEquals(renderTrace(read), Deno.readTextFileSync(path));
    }
  }));

Deno.test("the digest does not depend on clocks, ids or software", () =>
  inFolder(async (storage) => {
    const record = async (id: string, now: () => Date, runtime: string) => {
      const run: Run = {
        ...script.run,
        id,
        software: { ruletrace: "0", runtime },
        startedAt: now().toISOString(),
      };
      return (await withTrace(scriptedLearner({ ...script, run }), { storage, now })(dataset))
        .trace;
    };
    const first = await record("one", createClock(), "deno 1");
    const second = await record("two", createClock("2031-05-06T07:08:09.000Z", 1_234), "deno 2");
    assertEquals(first.digest, second.digest);
    assert(first.steps[0].at !== second.steps[0].at);
  }));

Deno.test("steps are timed by the clock given, and never take less than nothing", () =>
  inFolder(async (storage) => {
    const learn = withTrace(scriptedLearner(script), { storage, now: createClock(undefined, 250) });
    const { trace } = await learn(dataset);
    assertEquals(trace.steps[0].at, "2026-01-02T03:04:06.500Z");
    assert(trace.steps.every((step, index) => step.took === 250 && step.index === index));
    const run = { ...script.run, id: "back" };
    const backwards = createClock(undefined, -250);
    const odd = await withTrace(scriptedLearner({ ...script, run }), { storage, now: backwards })(
      dataset,
    );
    assert(odd.trace.steps.every((step) => step.took === 0));
  }));

Deno.test("the caller's own sinks get the very same reports, each once it is recorded", () =>
  inFolder(async (storage) => {
    const runs: Run[] = [];
    const reports: StepReport[] = [];
    const options = {
      lines: 0,
      onStart(run: Run) {
        runs.push(run);
      },
      onStep(report: StepReport) {
        reports.push(report);
        const lines = Deno.readTextFileSync(join(storage, journal)).trimEnd().split("\n");
        assertEquals(lines.length, reports.length + 1);
        this.lines++;
      },
    };
    await withTrace(scriptedLearner(script), { storage })(dataset, options);
    assert(runs.length === 1 && runs[0] === script.run);
    assert(reports.every((report, index) => report === script.reports[index]));
    assertEquals([reports.length, options.lines], [script.reports.length, script.reports.length]);
  }));

Deno.test("a learner that throws leaves a trace that ends in a failure, and its error is thrown on", () =>
  inFolder(async (storage) => {
    const thrown = new RangeError("no more memory");
    const learn = withTrace(failing(2, thrown), { storage });
    const error = await assertRejects(() => learn(dataset), RangeError);
    assert(error === thrown && !("suppressed" in error));
    assertEquals(listed(storage), [own, "words.trace.json"]);
    const trace = await readTrace(join(storage, own));
    const { type, stage, error: recorded } = trace.steps[2] as Extract<
      StepBody,
      { type: "failure" }
    >;
    const last = script.reports[1].step;
    const expected = last.type === "iteration" ? "after iteration 1" : `after ${last.type}`;
    assertEquals([trace.run.status, type, stage], ["failed", "failure", expected]);
    assertEquals(recorded, { name: "RangeError", message: "no more memory" });
  }));

Deno.test("a learner that fails before its first step failed in synthesis", () =>
  inFolder(async (storage) => {
    await withTrace(failing(0, "a string"), { storage })(dataset).catch((error) =>
      assertEquals(error, "a string")
    );
    const { steps } = await readTrace(join(storage, own));
    const { stage, error } = steps[0] as Extract<StepBody, { type: "failure" }>;
    assertEquals([stage, error], ["synthesis", { name: "string", message: "a string" }]);
  }));

Deno.test("a failure after the final step is recorded after it", () =>
  inFolder(async (storage) => {
    const all = script.reports.length;
    await assertRejects(
      () => withTrace(failing(all, new Error("late")), { storage })(dataset),
      Error,
      "late",
    );
    const { steps, run } = await readTrace(join(storage, own));
    assertEquals(steps.slice(-2).map(({ type }) => type), ["final", "failure"]);
    assertEquals(run.status, "failed");
  }));

Deno.test("an error that quotes an example is recorded with the example's id, and thrown as it is", () =>
  inFolder(async (storage) => {
    const thrown = new Error('cannot label "my card has not arrived yet"');
    await assertRejects(
      () => withTrace(failing(1, thrown), { storage })(dataset),
      Error,
      "my card",
    );
    assert(!Deno.readTextFileSync(join(storage, own)).includes("my card has"));
    assertStringIncludes(Deno.readTextFileSync(join(storage, own)), 'cannot label \\"[e1]\\"');
  }));

Deno.test("a data set that cannot be read leaves an error without its message", () =>
  inFolder(async (storage) => {
    const hostile = Object.defineProperty({}, "examples", {
      get: () => {
        throw new Error("gotcha");
      },
    });
    const learn = withTrace(failing(1, new Error("my card has not arrived yet")), { storage });
    await assertRejects(() => learn(hostile), Error, "my card");
    assertStringIncludes(Deno.readTextFileSync(join(storage, own)), "(withheld");
  }));

Deno.test("an aborted run rejects with the reason and leaves a trace that says aborted", () =>
  inFolder(async (storage) => {
    const controller = new AbortController();
    const reason = new Error("enough");
    let steps = 0;
    const learn = withTrace(scriptedLearner(script), { storage });
    const options = {
      signal: controller.signal,
      onStep: () => {
        if (++steps === 2) controller.abort(reason);
      },
    };
    const error = await assertRejects(() => learn(dataset, options), Error, "enough");
    assert(error === reason);
    const trace = await readTrace(join(storage, own));
    assertEquals([trace.run.status, trace.steps.length], ["aborted", 3]);
  }));

Deno.test("another error while the signal is aborted is a failure", () =>
  inFolder(async (storage) => {
    const learn = withTrace(failing(1, new Error("broken")), { storage });
    await assertRejects(() => learn(dataset, { signal: AbortSignal.abort() }), Error, "broken");
    assertEquals((await readTrace(join(storage, own))).run.status, "failed");
  }));

Deno.test("runs of one data set one after the other keep each its record, and the last is the latest", () =>
  inFolder(async (storage) => {
    const paths: string[] = [];
    for (const id of ["one", "two"]) {
      const run = { ...script.run, id };
      paths.push((await withTrace(scriptedLearner({ ...script, run }), { storage })(dataset)).path);
    }
    assertEquals((await readTrace(paths[0])).run.id, "one");
    assertEquals((await readTrace(paths[1])).run.id, "two");
    assertEquals((await readTrace(join(storage, "words.trace.json"))).run.id, "two");
  }));

Deno.test("runs of one data set at the same time do not touch each other", () =>
  inFolder(async (storage) => {
    const scripts = Array.from({ length: 8 }, (_, seed) => generateScript(seed));
    const done = await Promise.all(
      scripts.map((one) =>
        withTrace(scriptedLearner(one), { storage, now: createClock() })(dataset)
      ),
    );
    for (const { trace, path } of done) assertEquals(await readTrace(path), trace);
    const ids = scripts.map(({ run }) => run.id);
    assertEquals(
      listed(storage),
      [...ids.map((id) => `words.${id}.trace.json`), "words.trace.json"].sort(),
    );
    assert(ids.includes((await readTrace(join(storage, "words.trace.json"))).run.id));
  }));

Deno.test("a run id that was recorded before is refused before learning, and its record stays", () =>
  inFolder(async (storage) => {
    const learn = withTrace(scriptedLearner(script), { storage });
    const { path } = await learn(dataset);
    const before = Deno.readTextFileSync(path);
    await assertRejects(() => learn(dataset), Error, "the run run-11 is recorded there already");
    assertEquals(Deno.readTextFileSync(path), before);
    await Deno.remove(path);
    Deno.writeTextFileSync(join(storage, journal), "of another run");
    await assertRejects(() => learn(dataset), Error, "recorded there already");
    assertEquals(Deno.readTextFileSync(join(storage, journal)), "of another run");
  }));

Deno.test("a storage path that is a file stops the run before learning", () =>
  inFolder(async (storage) => {
    const file = join(storage, "runs");
    Deno.writeTextFileSync(file, "");
    let steps = 0;
    const learn = withTrace(scriptedLearner(script), { storage: file });
    const error = await assertRejects(() => learn(dataset, { onStep: () => void steps++ }), Error);
    assertStringIncludes(error.message, `Cannot write the journal "${join(file, journal)}": `);
    assertStringIncludes(error.message, "is a file, expected a folder");
    assert(!error.message.includes("\n") && error.cause instanceof Error);
    assertEquals(steps, 0);
    const below = withTrace(scriptedLearner(script), { storage: join(file, "deep") });
    await assertRejects(() => below(dataset), Error, "Cannot write the journal");
  }));

Deno.test("a learner that catches the error of a refused report fails all the same", () =>
  inFolder(async (storage) => {
    const swallowing = (_dataset: unknown, options?: LearnerOptions) => {
      for (
        const report of [
          () => options?.onStart?.(script.run),
          () => options?.onStep?.(script.reports[0]),
        ]
      ) {
        try {
          report();
        } catch { /* on purpose */ }
      }
      return Promise.resolve({});
    };
    const file = join(storage, "runs");
    Deno.writeTextFileSync(file, "");
    await assertRejects(
      () => withTrace(swallowing, { storage: file })(dataset),
      Error,
      "expected a folder",
    );
    await assertRejects(
      () => withTrace(swallowing, { storage })(dataset),
      TypeError,
      "without having reported a final step",
    );
    assertEquals((await readTrace(join(storage, own))).run.status, "failed");
  }));

Deno.test("a learner that reports no run is an error, and leaves no file", () =>
  inFolder(async (storage) => {
    const silent = withTrace((_: unknown, _options?: LearnerOptions) => Promise.resolve({}), {
      storage,
    });
    await assertRejects(() => silent(dataset), Error, "it never called onStart");
    const invalid = withTrace(
      (_: unknown, _options?: LearnerOptions) => Promise.reject(new TypeError("no data")),
      { storage },
    );
    await assertRejects(() => invalid(dataset), TypeError, "no data");
    assertEquals(listed(storage), []);
  }));
