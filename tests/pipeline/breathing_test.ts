/**
 * The breath of a run: what is told of long work, and that it can be given up anywhere.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertRejects } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { fileURLToPath } from "node:url";
import { type Dataset, type DatasetInput, readDataset } from "../../learn/data/dataset.ts";
import { createPatternSynthesizer } from "../../learn/labels/synthesizer.ts";
import { createSpanSynthesizer } from "../../learn/spans/synthesizer.ts";
import type { Breathe } from "../../learn/text/slices.ts";
import { type LearnOptions, learnRules, type Progress } from "../../pipeline.ts";
import { Breathing } from "../../pipeline/breathing.ts";
import { phraseProgress } from "../../pipeline/script.ts";
import { readTrace, withTrace } from "../../trace.ts";
import { inFolder, many, stub } from "./fixture.ts";

const root = new URL("../../examples/", import.meta.url);
/** The first examples of each label that is shipped, or the first texts with spans. */
async function readFew(name: string, count: number): Promise<Dataset> {
  const dataset = await readDataset(fileURLToPath(new URL(`${name}.jsonl`, root)));
  const step = Math.floor(dataset.examples.length / count);
  const examples = dataset.examples.filter((_, place) => place % step === 0).slice(0, count);
  return { ...dataset, examples } as Dataset;
}
const labelled = await readFew("banking", 50);
const marked = await readFew("restaurant", 20);

/** With a budget, synthesis leaves something to iterate on. */
const base = { maxIterations: 1, maxRules: 30 };

/** Learns with a clock on which time goes by with each look, so that all work pauses often. */
async function learnSlowly(
  dataset: DatasetInput,
  options: LearnOptions,
  { storage, step = 40 }: { readonly storage?: string; readonly step?: number } = {},
) {
  const { now } = performance;
  let time = 0;
  performance.now = () => time += step;
  try {
    return await withTrace(learnRules, { storage })(dataset, { ...base, ...options });
  } finally {
    performance.now = now;
  }
}

Deno.test("work pauses only after a while, and says how far it is, which never falls", async () => {
  const told: Progress[] = [];
  let time = 0;
  const report = (progress: Progress) => void told.push(progress);
  const breathing = new Breathing({ report, elapsed: () => 7, clock: () => time });
  await breathing.begin({ stage: "refit", on: "dev" });
  const breatheAt = async (at: number, done: number, doing = "reading") => {
    time = at;
    await breathing.breathe(done, doing);
  };
  breathing.enter(0, 0.5);
  await breatheAt(100, 0.1);
  await breatheAt(210, 0.2);
  await breatheAt(300, 0.3);
  await breatheAt(450, 0.1, "");
  breathing.enter(0.5, 1);
  await breatheAt(2_000, NaN);
  await breatheAt(4_000, -1);
  await breatheAt(6_000, 0.5);
  await breatheAt(8_000, 2);
  const stage = { stage: "refit", on: "dev" } as const;
  assertEquals(told, [
    { ...stage, elapsed: 7 },
    { ...stage, doing: "reading", done: 0.1, elapsed: 217 },
    { ...stage, done: 0.1, elapsed: 457 },
    { ...stage, doing: "reading", done: 0.5, left: 2_000, elapsed: 2_007 },
    { ...stage, doing: "reading", done: 0.5, left: 4_000, elapsed: 4_007 },
    { ...stage, doing: "reading", done: 0.75, left: 2_000, elapsed: 6_007 },
    { ...stage, doing: "reading", done: 1, left: 0, elapsed: 8_007 },
  ]);
});

Deno.test("progress is phrased with the most important first, and moves with the time", () => {
  const stage = {
    stage: "iteration",
    iteration: 3,
    f1: 0.877,
    on: "dev",
    elapsed: 31_000,
  } as const;
  assertEquals(phraseProgress(stage), ["iteration 3", "dev F1 87.7 %", "31.0 s"]);
  const long = { ...stage, doing: "read\x1bing", done: 0.429, left: 41_000 };
  const [first, doing] = phraseProgress(long);
  assertEquals(first, "iteration 3: 42 %, about 45 s left");
  assert(!doing.includes("\x1b"));
  assertMatch(phraseProgress(long, 2_000).join(), /about 40 s left,.*,33\.0 s$/);
  assertMatch(phraseProgress(long, 60_000)[0], /about 1 s left$/);
  assertMatch(phraseProgress({ ...long, left: 240_000 })[0], /about 4 min left$/);
});

Deno.test("each stage tells rising parts and what it does, and the result is the same without", async () => {
  for (const dataset of [labelled, marked]) {
    const told: Progress[] = [];
    const { signal } = new AbortController();
    const onProgress = (progress: Progress) => void told.push(progress);
    const { trace } = await learnSlowly(dataset, { onProgress, signal });
    const { trace: plain } = await withTrace(learnRules)(dataset, base);
    assertEquals(trace.digest, plain.digest);
    assertEquals([...new Set(told.map(({ stage }) => stage))].slice(0, 2), [
      "synthesis",
      "iteration",
    ]);
    let last = 0;
    for (const { done, doing, left } of told) {
      if (done === undefined) last = 0;
      else {
        assert(done >= last && done <= 1);
        assert(doing !== undefined && /^[a-z ]+$/.test(doing), doing);
        assert(left === undefined || left >= 0);
        last = done;
      }
    }
    const inner = told.filter(({ stage, done }) => stage === "synthesis" && done !== undefined);
    assert(new Set(inner.map(({ doing }) => doing)).size >= 5);
    assert(inner.length > 10, `${inner.length}`);
  }
});

Deno.test("a run that is given up anywhere inside of a stage leaves a record that says so", () =>
  inFolder(async (folder) => {
    let all = 0;
    await learnSlowly(labelled, { onProgress: () => void all++ });
    const places = [
      1,
      2,
      7,
      ...Array.from({ length: 4 }, (_, place) => Math.floor(all * place / 4)),
    ];
    for (const place of new Set(places)) {
      const controller = new AbortController();
      const reason = new Error(`at ${place}`);
      let count = 0;
      const onProgress = () => {
        if (count++ === place) controller.abort(reason);
      };
      const storage = join(folder, `${place}`);
      const error = await assertRejects(() =>
        learnSlowly(labelled, { onProgress, signal: controller.signal }, { storage })
      );
      assert(error === reason);
      assertEquals(count, place + 1);
      const { run, steps } = await readTrace(join(storage, `${labelled.name}.trace.json`));
      const last = steps.at(-1);
      assertEquals([run.status, last?.type], ["aborted", "failure"]);
    }
  }));

Deno.test("an error of onProgress ends the run, even inside of work whose errors are recorded", async () => {
  for (const stage of ["synthesis", "iteration", "audit"]) {
    const thrown = new Error(stage);
    const onProgress = (progress: Progress) => {
      if (progress.stage === stage && progress.done !== undefined) throw thrown;
    };
    const error = await assertRejects(() => learnSlowly(labelled, { onProgress }, { step: 200 }));
    assert(error === thrown, stage);
  }
});

Deno.test("any synthesizer can take breath, and is given up where it does", async () => {
  const controller = new AbortController();
  const told: Progress[] = [];
  const reason = new Error("enough");
  const synthesizer = {
    ...stub({}),
    async synthesize({ breathe }: { readonly breathe?: Breathe }) {
      await breathe?.(0.5, "thinking");
      controller.abort(reason);
      await breathe?.(0.6, "thinking on");
      throw new Error("went on");
    },
  };
  const error = await assertRejects(() =>
    learnSlowly(many, {
      synthesizer,
      signal: controller.signal,
      onProgress: (progress) => void told.push(progress),
    }, { step: 200 })
  );
  assert(error === reason);
  assertEquals(told.map(({ doing }) => doing), [undefined, "thinking", "thinking on"]);
});

Deno.test("the work between two breaths does not grow with the examples", async () => {
  const task = { name: "x", decide: "vote", threshold: 0, margin: 1, seed: 0 } as const;
  for (
    const [all, create] of [[labelled, createPatternSynthesizer], [
      marked,
      createSpanSynthesizer,
    ]] as const
  ) {
    const breaths: number[] = [];
    for (const times of [1, 6]) {
      const examples = Array.from(
        { length: times },
        (_, time) => all.examples.map((one) => ({ ...one, id: `${time}-${one.id}` })),
      ).flat();
      let count = 0;
      const breathe = () => void count++;
      await create().synthesize(
        { ...task, task: all.task, labels: all.labels, breathe },
        examples,
        [],
      );
      breaths.push(count);
    }
    assert(breaths[1] > breaths[0] + 20, breaths.join());
  }
});
