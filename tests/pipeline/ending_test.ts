import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import type { Patch } from "../../learn/synthesizer.ts";
import { learnRules } from "../../pipeline.ts";
import { readTrace, rulesAt, type Trace, withTrace } from "../../trace.ts";
import {
  all,
  auditing,
  card,
  fail,
  few,
  inFolder,
  learn,
  many,
  rate,
  refitting,
  stepsOf,
  stub,
  types,
} from "./fixture.ts";

Deno.test("an error of the synthesis is thrown as it is, and leaves a failed trace", async () => {
  const thrown = new RangeError("no answer");
  const { error, trace } = await fail({ synthesizer: stub(thrown) });
  assert(error === thrown);
  assertEquals([trace.run.status, types(trace)], ["failed", ["failure"]]);
  const [{ stage, error: recorded }] = stepsOf(trace, "failure");
  assertEquals([stage, recorded], ["synthesis", { name: "RangeError", message: "no answer" }]);
});

Deno.test("an error of the refit is thrown as it is, and leaves all that was learned", async () => {
  const thrown = new Error("no answer");
  const { error, trace } = await fail({
    synthesizer: refitting(() => {
      throw thrown;
    }),
  }, many);
  assert(error === thrown);
  assertEquals([trace.run.status, types(trace)], ["failed", ["synthesis", "failure"]]);
  assertEquals(rulesAt(trace, 0).length, 3);
});

Deno.test("a synthesis that returns no patch ends the run with an error that says so", async () => {
  const { error, trace } = await fail({ synthesizer: stub(5 as Patch) });
  assert(error instanceof TypeError);
  assertStringIncludes(
    error.message,
    "Not a patch: expected object, received number",
  );
  assertEquals(trace.run.status, "failed");
});

Deno.test("a patch with unknown members is refused", async () => {
  const misspelt = { rules: [card] } as Patch;
  const expected = 'Not a patch: Unrecognized key: "rules"';
  const { error } = await fail({ synthesizer: stub(misspelt) });
  assert(error instanceof TypeError);
  assertStringIncludes(error.message, expected);
  const { trace } = await learn({ synthesizer: stub({ added: [card] }, misspelt), patience: 1 });
  const [{ verdict, error: recorded }] = stepsOf(trace, "iteration");
  assertEquals(verdict, "failed");
  assertStringIncludes(recorded!.message, expected);
});

Deno.test("the options of a record are checked before a run begins", () => {
  for (
    const [options, message] of [
      [{ storage: "" }, "The option storage is empty"],
      [{ storage: 1 }, "The option storage is a number"],
      [{ storage: "runs", nwo: 1 }, 'There is no option "nwo" of a trace'],
    ] as const
  ) {
    assertThrows(
      () => withTrace(learnRules, options as Parameters<typeof withTrace>[1]),
      TypeError,
      message,
    );
  }
});

Deno.test("a run that is aborted before it begins leaves an aborted trace", async () => {
  const reason = new Error("enough");
  const { error, trace } = await fail({
    synthesizer: stub(new Error("asked")),
    signal: AbortSignal.abort(reason),
  });
  assert(error === reason);
  assertEquals([trace.run.status, types(trace)], ["aborted", ["failure"]]);
});

/** A run that does not end soon by itself. */
const endless = {
  maxIterations: 5_000,
  patience: Infinity,
  synthesizer: stub({ added: [card] }),
};

Deno.test("a run that a timer aborts rejects with the reason, and leaves what it did", async () => {
  const controller = new AbortController();
  const reason = { any: "value" };
  const { error, trace } = await fail({
    ...endless,
    signal: controller.signal,
    onStep: ({ step }) => {
      if (step.type === "iteration" && step.iteration === 3) {
        setTimeout(() => controller.abort(reason), 5);
      }
    },
  });
  assert(error === reason);
  assertEquals(trace.run.status, "aborted");
  const count = trace.steps.length;
  assert(count > 4);
  assertEquals(types(trace), [
    "synthesis",
    ...Array.from({ length: count - 2 }, () => "iteration" as const),
    "failure",
  ]);
  // JSON has no infinity, so the limit is left out.
  assertEquals(trace.run.config.patience, undefined);
});

Deno.test("a run can be aborted from within onProgress, at any stage", async () => {
  const stages = ["synthesis", "iteration", "audit", "refit", "final"];
  const after = { synthesis: 0, iteration: 1, audit: 2, refit: 3, final: 4 };
  for (const stage of stages) {
    const controller = new AbortController();
    const { error, trace } = await fail({
      synthesizer: refitting(() => ({}), { added: [card, rate] }),
      coordinator: auditing(() => []),
      patience: 1,
      signal: controller.signal,
      onProgress: (progress) => {
        if (progress.stage === stage) controller.abort();
      },
    }, many);
    assert(error === controller.signal.reason, stage);
    assertEquals(trace.run.status, "aborted");
    assertEquals(trace.steps.length, after[stage as keyof typeof after] + 1, stage);
  }
});

Deno.test("a run that is aborted inside the synthesizer rejects with the reason, whatever error follows", async () => {
  for (const method of ["synthesize", "patch", "refit"] as const) {
    const controller = new AbortController();
    const reason = new Error("enough");
    const abort = () => {
      controller.abort(reason);
      throw new TypeError("connection lost");
    };
    const { error, trace } = await fail({
      synthesizer: { ...refitting(() => ({}), { added: [card] }), [method]: abort },
      patience: 1,
      signal: controller.signal,
    }, many);
    assert(error === reason, method);
    assertEquals([trace.run.status, types(trace).at(-1)], ["aborted", "failure"]);
  }
});

Deno.test("a synthesizer receives the signal", async () => {
  const { signal } = new AbortController();
  let received: AbortSignal | undefined;
  await learn({
    signal,
    synthesizer: {
      ...stub({}),
      synthesize(task) {
        received = task.signal;
        return { added: all };
      },
    },
  });
  assert(received === signal);
});

Deno.test("an error of a sink ends the run, and is thrown as it is", async () => {
  const thrown = new Error("sink");
  const { error, trace } = await fail({
    synthesizer: stub({ added: [card] }, { added: [rate] }),
    onStep: ({ step }) => {
      if (step.type === "iteration") throw thrown;
    },
  });
  assert(error === thrown);
  assertEquals([trace.run.status, types(trace)], ["failed", ["synthesis", "iteration", "failure"]]);
});

Deno.test("a storage path that is a file stops the run before anything is asked", () =>
  inFolder(async (folder) => {
    const storage = join(folder, "file");
    Deno.writeTextFileSync(storage, "mine");
    const asked = stub(new Error("asked"));
    await assertRejects(
      () => withTrace(learnRules, { storage })(few, { synthesizer: asked }),
      Error,
      "is a file, expected a folder",
    );
    assertEquals(Deno.readTextFileSync(storage), "mine");
  }));

Deno.test("runs of one data set, one after the other and at the same time, each keep their record", () =>
  inFolder(async (storage) => {
    const learn = withTrace(learnRules, { storage });
    const first = await learn(many);
    const together = await Promise.all([learn(many), learn(many, { seed: 1 })]);
    const all = [first, ...together];
    assertEquals(new Set(all.map(({ path }) => path)).size, 3);
    for (const { path, trace } of all) assertEquals(await readTrace(path), trace);
    const latest = await readTrace(join(storage, "many.trace.json"));
    assert(together.some(({ trace }) => trace.run.id === latest.run.id));
    assertEquals([...Deno.readDirSync(storage)].length, 4);
  }));

const pausedRun = new URL("../fixtures/paused_run.ts", import.meta.url).href;

/** Starts a run in another process, and kills it once it has reported `count` steps. */
async function killAfter(count: number, storage: string): Promise<Trace> {
  const id = `killed-${count}`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "-A", pausedRun, storage, id],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reports = child.stdout.getReader();
  const answers = child.stdin.getWriter();
  // The run itself is reported first.
  for (let seen = -1; seen < count;) {
    const { value, done } = await reports.read();
    assert(!done, `the run ended after ${seen} steps`);
    seen += value.length;
    if (seen < count) await answers.write(new Uint8Array(1));
  }
  child.kill("SIGKILL");
  await child.status;
  reports.releaseLock();
  await child.stdout.cancel();
  await answers.abort().catch(() => {});
  return await readTrace(join(storage, `banking.${id}.trace.jsonl`));
}

Deno.test("a run killed after any step leaves all that it did", () =>
  inFolder(async (storage) => {
    const whole = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "-A", pausedRun, storage, "whole"],
      stdin: "null",
    });
    assert((await whole.output()).success);
    const { steps } = await readTrace(join(storage, "banking.whole.trace.json"));
    assert(steps.length > 4);
    const digests = steps.map(({ digest }) => digest);
    for (let from = 0; from <= steps.length; from += 2) {
      const counts = [from, from + 1].filter((count) => count <= steps.length);
      const left = await Promise.all(counts.map((count) => killAfter(count, storage)));
      for (const [place, count] of counts.entries()) {
        assertEquals(left[place].run.status, "running");
        assertEquals(left[place].steps.map(({ digest }) => digest), digests.slice(0, count));
      }
    }
    // The latest record still is that of the run that was not killed.
    assertEquals((await readTrace(join(storage, "banking.trace.json"))).run.id, "whole");
  }));
