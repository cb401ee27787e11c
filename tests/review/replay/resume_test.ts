import { assert, assertEquals, assertRejects } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import type { Chat } from "../../../learn/chat/client.ts";
import { replayChat, ReplayError } from "../../../learn/chat/replay.ts";
import type { Dataset } from "../../../learn/data/dataset.ts";
import { type LearnOptions, learnRules } from "../../../pipeline.ts";
import { formatResumption, replayRun, resumeRun } from "../../../review/replay.ts";
import {
  FORMAT_VERSION,
  readTape,
  readTrace,
  stepDigest,
  type Trace,
  verifyTape,
  withTrace,
} from "../../../trace.ts";
import { asVersion2, chain } from "../../record/forging.ts";
import {
  askingLearners,
  banking,
  createScriptedChat,
  record,
  restaurant,
} from "./replay_fixture.ts";

/** Records a run that is aborted after `steps` steps, in a folder of its own. */
async function abortAfter(
  steps: number,
  dataset: Dataset,
  options: LearnOptions,
  use: (storage: string, cut: Trace) => Promise<void>,
): Promise<void> {
  const storage = await Deno.makeTempDir();
  const controller = new AbortController();
  let left = steps;
  const abortIfDone = () => left-- === 0 && controller.abort();
  try {
    await withTrace(learnRules, { storage })(dataset, {
      generateId: () => "run-1",
      maxRules: 30,
      ...options,
      signal: controller.signal,
      onStart: abortIfDone,
      onStep: abortIfDone,
    }).catch(() => {});
    await use(storage, await readTrace(join(storage, `${dataset.name}.run-1.trace.json`)));
  } finally {
    await Deno.remove(storage, { recursive: true });
  }
}

/** Puts the files of a run in a folder as they were when it was killed after `steps` steps. */
async function killAfter(
  steps: number,
  dataset: Dataset,
  options: LearnOptions,
  use: (storage: string, cut: Trace) => Promise<void>,
): Promise<void> {
  const [running, storage] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
  const journal = `${dataset.name}.run-1.trace.jsonl`;
  let left = steps;
  const copyIfDone = () => {
    if (left-- !== 0) return;
    for (const name of [...Deno.readDirSync(running)].map(({ name }) => name)) {
      Deno.copyFileSync(join(running, name), join(storage, name));
    }
  };
  try {
    await withTrace(learnRules, { storage: running })(dataset, {
      generateId: () => "run-1",
      maxRules: 30,
      ...options,
      onStart: copyIfDone,
      onStep: copyIfDone,
    });
    await use(storage, await readTrace(join(storage, journal)));
  } finally {
    for (const folder of [running, storage]) await Deno.remove(folder, { recursive: true });
  }
}

const names = (storage: string) => [...Deno.readDirSync(storage)].map(({ name }) => name).sort();

for (
  const [name, dataset, options] of [
    ["labels", banking, {}],
    ["a decision list", banking, { decide: "first", maxRules: 20 }],
    ["spans", restaurant, {}],
  ] as readonly (readonly [string, Dataset, LearnOptions])[]
) {
  Deno.test(`a run on ${name} that was aborted or killed is taken up to the same digest`, async () => {
    const { trace: whole } = await record(dataset, options);
    const last = whole.steps.length - 1;
    for (const [steps, cut] of [[0, abortAfter], [2, killAfter], [last, abortAfter]] as const) {
      await cut(steps, dataset, options, async (storage, cut) => {
        const resumed = await resumeRun(cut, { data: dataset }, { storage });
        assertEquals([resumed.verdict, resumed.detail], ["same", ""]);
        assertEquals(resumed.steps, { same: steps, of: steps });
        // The rules that a run began with are in its first step, so without it there are none.
        const text = formatResumption(resumed);
        assertEquals(text.startsWith("taken up from the start, without rules"), steps === 0);
        assertEquals(resumed.trace?.digest, whole.digest);
        assertEquals(await readTrace(resumed.path!), resumed.trace);
        assertEquals(resumed.trace?.run.status, "completed");
        assertEquals(names(storage), [
          `${dataset.name}.run-1.trace.json`,
          `${dataset.name}.trace.json`,
        ]);
        const kept = cut.steps.slice(0, steps).map(({ at }) => at);
        assertEquals(resumed.trace?.steps.slice(0, steps).map(({ at }) => at), kept);
      });
    }
  });
}

const asked = await record(banking, askingLearners(createScriptedChat()));

/** A chat that replies as in the uninterrupted run, and counts its calls. */
function createSameChat(): Chat & { asked: number } {
  const known = replayChat(asked.tape);
  const ask: Chat = Object.assign((...args: Parameters<Chat>) => {
    chat.asked++;
    return known(...args);
  }, { model: known.model });
  const chat = Object.assign(ask, { asked: 0 });
  return chat;
}

const tapeOf = (storage: string) => join(storage, "banking.run-1.exchanges.jsonl");
const journalOf = (storage: string) => join(storage, "banking.run-1.trace.jsonl");

for (
  const [steps, cut] of [[0, killAfter], [1, abortAfter], [3, killAfter], [5, abortAfter]] as const
) {
  Deno.test(`after ${steps} steps, a model is asked only for what the tape does not answer`, () =>
    cut(steps, banking, askingLearners(createScriptedChat()), async (storage, cut) => {
      const before = names(storage).length > 1 && steps > 0 ? await readTape(tapeOf(storage)) : [];
      const chat = createSameChat();
      const { trace, tape } = await resumeRun(cut, { data: banking, chat }, { storage });
      assertEquals(trace?.digest, asked.trace.digest);
      const after = await readTape(tape!);
      assertEquals(after.slice(0, before.length), before);
      const failed = before.filter(({ outcome }) => outcome === "failed").length;
      assertEquals(after.length, before.length + chat.asked);
      assertEquals(after.length, asked.tape.length + failed);
      assertEquals((await replayRun(trace!, { data: banking, tape: after })).verdict, "same");
      const proof = { proved: asked.tape.length, unproved: 0, unnamed: failed };
      assertEquals(verifyTape(trace!, after), proof);
    }));
}

Deno.test("a run of format version 2 is taken up as one, and proves no reply", () =>
  killAfter(3, banking, askingLearners(createScriptedChat()), async (storage, cut) => {
    const [, ...lines] = (await Deno.readTextFile(journalOf(storage))).trimEnd().split("\n");
    const older = asVersion2(cut);
    const old = older.steps.map((step, place) => ({ ...JSON.parse(lines[place]), step }));
    const journal = [{ version: 2, run: cut.run }, ...old].map((line) => JSON.stringify(line));
    await Deno.writeTextFile(journalOf(storage), `${journal.join("\n")}\n`);
    const chat = createSameChat();
    const { path } = await resumeRun(older, { data: banking, chat }, { storage });
    const trace = await readTrace(path!);
    assertEquals([trace.version, trace.digest], [2, asVersion2(asked.trace).digest]);
    const tape = await readTape(tapeOf(storage));
    assertEquals(verifyTape(trace, tape).unproved, asked.tape.length);
  }));

Deno.test("lines that a kill has torn are written anew, and an exchange without its line feed stays", () =>
  killAfter(3, banking, askingLearners(createScriptedChat()), async (storage, cut) => {
    const tape = await Deno.readTextFile(tapeOf(storage));
    await Deno.writeTextFile(tapeOf(storage), tape.trimEnd());
    await Deno.writeTextFile(journalOf(storage), '{"step":{"ind', { append: true });
    const chat = createSameChat();
    const resumed = await resumeRun(cut, { data: banking, chat }, { storage });
    assertEquals(resumed.trace?.digest, asked.trace.digest);
    const lines = tape.trimEnd().split("\n");
    const after = (await Deno.readTextFile(tapeOf(storage))).trimEnd().split("\n");
    assertEquals(after.slice(0, lines.length), lines);
    assertEquals(chat.asked, asked.tape.length - lines.length);
  }));

Deno.test("another tape answers what the one in the folder does not, and takes nothing from it", () =>
  killAfter(3, banking, askingLearners(createScriptedChat()), async (storage, cut) => {
    const before = await readTape(tapeOf(storage));
    const chat = createSameChat();
    // Without the last exchange that there is, and with one more.
    const tape = asked.tape.toSpliced(before.length - 1, 1).slice(0, before.length);
    const resumed = await resumeRun(cut, { data: banking, tape, chat }, { storage });
    assertEquals(resumed.trace?.digest, asked.trace.digest);
    assertEquals(chat.asked, asked.tape.length - before.length - 1);
    const after = await readTape(tapeOf(storage));
    assertEquals(after.slice(0, before.length), before);
    assertEquals(after.map(({ id }) => id).sort(), asked.tape.map(({ id }) => id).sort());
  }));

Deno.test("a run that is cut short again can be taken up again, with all that was asked meanwhile", () =>
  killAfter(1, banking, askingLearners(createScriptedChat()), async (storage, cut) => {
    const first = createSameChat();
    const controller = new AbortController();
    const answered = (await readTape(tapeOf(storage))).length;
    const failing = Object.assign((...args: Parameters<Chat>) => {
      if (first.asked === 3) controller.abort();
      return first(...args);
    }, { model: first.model });
    const { signal } = controller;
    const given = { data: banking, chat: failing };
    await assertRejects(() => resumeRun(cut, given, { storage, signal }), DOMException);
    const again = await readTrace(journalOf(storage));
    assert(again.steps.length > 1);
    assertEquals(again.steps[0], cut.steps[0]);
    assertEquals((await readTape(tapeOf(storage))).length, answered + first.asked);
    const chat = createSameChat();
    const { trace } = await resumeRun(again, { data: banking, chat }, { storage });
    assertEquals(trace?.digest, asked.trace.digest);
    assertEquals(chat.asked, asked.tape.length - answered - first.asked + 1);
  }));

Deno.test("without a model, a run that needs one keeps its journal and its tape", () =>
  killAfter(2, banking, askingLearners(createScriptedChat()), async (storage, cut) => {
    const before = await Deno.readTextFile(tapeOf(storage));
    await assertRejects(() => resumeRun(cut, { data: banking }, { storage }), ReplayError);
    assertEquals(await Deno.readTextFile(tapeOf(storage)), before);
    assertEquals((await readTrace(journalOf(storage))).steps.slice(0, 2), cut.steps);
  }));

Deno.test("if a recorded step differs, the cause is returned and nothing is written", () =>
  killAfter(2, banking, {}, async (storage) => {
    const [header, first, second] = (await Deno.readTextFile(journalOf(storage))).split("\n");
    const { run } = JSON.parse(header);
    const line = JSON.parse(second);
    line.step.guidance = "Look to the other label.";
    line.step.digest = stepDigest(JSON.parse(first).step.digest, line.step);
    const changed = `${JSON.stringify({ version: FORMAT_VERSION, run })}\n${first}\n${
      JSON.stringify(line)
    }\n`;
    await Deno.writeTextFile(journalOf(storage), changed);
    const cut = await readTrace(journalOf(storage));
    const resumed = await resumeRun(cut, { data: banking }, { storage });
    assertEquals([resumed.verdict, resumed.cause, resumed.step], ["different", "code", 1]);
    assertEquals(resumed.trace, undefined);
    assertEquals(await Deno.readTextFile(journalOf(storage)), changed);
    assertEquals(names(storage), ["banking.run-1.trace.jsonl"]);
    const other = { ...banking, examples: banking.examples.slice(1) } as Dataset;
    assertEquals((await resumeRun(cut, { data: other }, { storage })).cause, "data");
  }));

Deno.test("a journal that grows meanwhile is of a run that is going on", () =>
  killAfter(1, banking, {}, async (storage, cut) => {
    const onProgress = () => Deno.writeTextFileSync(journalOf(storage), "\n", { append: true });
    await assertRejects(
      () => resumeRun(cut, { data: banking }, { storage, onProgress }),
      Error,
      "has changed: the run is going on",
    );
    assertEquals((await readTrace(journalOf(storage))).steps, cut.steps);
  }));

Deno.test("the trace of another run with the same id is not replaced", () =>
  abortAfter(
    1,
    banking,
    { seed: 5 },
    (_, other) =>
      abortAfter(3, banking, {}, async (storage, cut) => {
        const path = join(storage, "banking.run-1.trace.json");
        await assertRejects(
          () => resumeRun(other, { data: banking }, { storage }),
          Error,
          "is of another run, and would be replaced",
        );
        assertEquals(await readTrace(path), cut);
      }),
  ));

Deno.test("a run that is complete, or has another journal, is not taken up", () =>
  killAfter(1, banking, {}, async (storage, cut) => {
    const whole = await record(banking);
    await assertRejects(
      () => resumeRun(whole.trace, { data: banking }, { storage }),
      RangeError,
      "it was not cut short",
    );
    const shorter = { ...cut, steps: [], rules: {} };
    const none = { ...shorter, digest: chain(shorter).digest };
    await assertRejects(
      () => resumeRun(none, { data: banking }, { storage }),
      Error,
      "take up the journal",
    );
    await resumeRun(cut, { data: banking }, { storage });
    await assertRejects(
      () => resumeRun(cut, { data: banking }, { storage }),
      Error,
      "The run is complete already",
    );
  }));
