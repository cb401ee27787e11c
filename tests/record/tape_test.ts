import { assert, assertEquals, assertRejects, assertStringIncludes } from "jsr:@std/assert@^1";
import { dirname, join } from "jsr:@std/path@^1";
import type { Coordinator } from "../../learn/coordinator.ts";
import { replayChat, ReplayError } from "../../learn/chat/replay.ts";
import type { Exchange } from "../../learn/chat/exchanges.ts";
import type { Chat } from "../../learn/chat/client.ts";
import { type LearnOptions, learnRules } from "../../pipeline.ts";
import { readTape, readTrace, redact, withTrace } from "../../trace.ts";
import {
  answering,
  askAll,
  asking,
  askingSynthesizer,
  base,
  chat,
  idOf,
  sound,
  wrong,
} from "./asking.ts";
import { few, inFolder, propose, stepsOf, types } from "../pipeline/fixture.ts";

Deno.test("steps name exchanges in the order of asking, the tape has them in the order of their ends", () =>
  inFolder(async (storage) => {
    const slow = answering(async (content) => {
      const wait = { card: 30, fee: 15 }[content] ?? 0;
      await new Promise((resolve) => setTimeout(resolve, wait));
      return sound(content);
    });
    const learned = await withTrace(learnRules, { storage })(few, {
      ...base,
      synthesizer: askingSynthesizer(slow),
    });
    const { trace, path, tape } = learned;
    const labels = ["card", "fee", "rate"];
    assertEquals(stepsOf(trace, "synthesis")[0].exchanges, labels.map(idOf));
    assertEquals(trace.run.learner.model, "small");
    assertEquals(tape, join(dirname(path), "few.run-1.exchanges.jsonl"));
    const exchanges = await readTape(tape!);
    assertEquals(exchanges.map(({ messages: [{ content }] }) => content), ["rate", "fee", "card"]);
    assertEquals(await readTrace(path), trace);
  }));

Deno.test("a run that asks no model has no tape", () =>
  inFolder(async (storage) => {
    const { tape, trace } = await withTrace(learnRules, { storage })(few, base);
    assertEquals([tape, trace.run.learner.model], [undefined, undefined]);
    const left = [...Deno.readDirSync(storage)].map(({ name }) => name).sort();
    assertEquals(left, ["few.run-1.trace.json", "few.trace.json"]);
  }));

Deno.test("each step that asked names its exchanges, and no other step does", () =>
  inFolder(async (storage) => {
    const coordinator = asking(chat, {
      critique: () => ({ analysis: "thin", advice: [] }),
      guide: () => ({ guidance: "go on" }),
      audit: () => [],
    });
    const { trace } = await withTrace(learnRules, { storage })(few, {
      ...base,
      ...wrong,
      coordinator,
      maxIterations: 1,
    });
    const named = trace.steps.map((step) => [
      step.type,
      "exchanges" in step ? step.exchanges : undefined,
    ]);
    assertEquals(named, [
      ["synthesis", ["card", "fee", "rate"].map(idOf)],
      ["critique", [idOf("critique")]],
      ["iteration", [idOf("guide"), idOf("patch 1")]],
      ["audit", [idOf("audit")]],
      ["final", undefined],
    ]);
  }));

Deno.test("a coordinator that asks and has nothing to say, or says stop, is in the record", () =>
  inFolder(async (storage) => {
    const coordinator = asking(chat, {
      guide: () => ({ stop: true, guidance: "good as it is" }),
      audit: () => undefined,
    });
    const { trace, stop } = await withTrace(learnRules, { storage })(few, {
      ...base,
      ...wrong,
      coordinator,
    });
    assertEquals([types(trace), stop], [
      ["synthesis", "critique", "audit", "final"],
      "coordinator",
    ]);
    const [critique] = stepsOf(trace, "critique");
    assertEquals([critique.analysis, critique.exchanges], ["good as it is", [idOf("guide")]]);
    const [audit] = stepsOf(trace, "audit");
    assertEquals([audit.verdict, audit.exchanges], ["none", [idOf("audit")]]);
  }));

Deno.test("failed calls are on the tape, and the step that they led to names them", () =>
  inFolder(async (storage) => {
    const failing = answering((content) =>
      content === "patch 1" ? new TypeError("no answer") : sound(content)
    );
    const { trace, tape } = await withTrace(learnRules, { storage })(few, {
      ...base,
      synthesizer: askingSynthesizer(failing, { also: () => ({ added: [propose("card")] }) }),
      patience: 1,
    });
    const [{ verdict, error, exchanges }] = stepsOf(trace, "iteration");
    assertEquals([verdict, error, exchanges], [
      "failed",
      { name: "TypeError", message: "no answer" },
      [idOf("patch 1")],
    ]);
    const last = (await readTape(tape!)).at(-1)!;
    assertEquals([last.outcome, last.error?.message], ["failed", "no answer"]);
  }));

Deno.test("a run that a call ends leaves a failure that names the calls, and the tape", () =>
  inFolder(async (storage) => {
    const failing = answering((content) =>
      content === "fee" ? new TypeError("no answer") : sound(content)
    );
    const run = withTrace(learnRules, { storage })(few, {
      ...base,
      synthesizer: askingSynthesizer(failing),
    });
    await assertRejects(() => run, TypeError, "no answer");
    const trace = await readTrace(join(storage, "few.trace.json"));
    const [{ stage, error, exchanges }] = stepsOf(trace, "failure");
    assertEquals([trace.run.status, stage, error.message], ["failed", "synthesis", "no answer"]);
    assertEquals(exchanges, ["card", "fee", "rate"].map(idOf));
    const tape = await readTape(join(storage, "few.run-1.exchanges.jsonl"));
    const outcomes = tape.map(({ messages: [{ content }], outcome }) => `${content} ${outcome}`);
    assertEquals(outcomes.sort(), ["card parsed", "fee failed", "rate parsed"]);
  }));

Deno.test("a run that is given up while it asks is aborted, and the call is on the tape", () =>
  inFolder(async (storage) => {
    const controller = new AbortController();
    const hanging = answering((content) => {
      if (content !== "patch 1") return sound(content);
      controller.abort();
      return Promise.reject(controller.signal.reason);
    });
    const run = withTrace(learnRules, { storage })(few, {
      ...base,
      synthesizer: askingSynthesizer(hanging, { also: () => ({ added: [propose("card")] }) }),
      signal: controller.signal,
    });
    await assertRejects(() => run, DOMException);
    const trace = await readTrace(join(storage, "few.trace.json"));
    const [{ stage, exchanges }] = stepsOf(trace, "failure");
    assertEquals([trace.run.status, stage, exchanges], [
      "aborted",
      "iteration 1",
      [idOf("patch 1")],
    ]);
    const tape = await readTape(join(storage, "few.run-1.exchanges.jsonl"));
    assertEquals(tape.at(-1)?.error?.name, "AbortError");
  }));

Deno.test("the tape has the texts of exchanges, the trace has none of them", () =>
  inFolder(async (storage) => {
    const [{ text }] = few.examples;
    const quoting = answering(() => JSON.stringify(propose("card", `${text}|card`)));
    const synthesizer = askingSynthesizer(quoting, {
      also: () => ({ error: { name: "Error", message: `cannot place "${text}"` } }),
    });
    const options = { ...base, synthesizer, maxIterations: 0 };
    const { trace, path } = await withTrace(learnRules, { storage })(few, options);
    const [{ error }] = stepsOf(trace, "synthesis");
    assert(error !== undefined && !error.message.includes(text), error?.message);
    const rest = Deno.readTextFileSync(path).replaceAll(JSON.stringify(`${text}|card`), "");
    const withoutRules = rest.slice(rest.indexOf('"steps"'));
    assertEquals(redact(withoutRules, few.examples), withoutRules);
  }));

Deno.test({
  name: "a run that is killed leaves the exchanges so far, and its trace can be read",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (storage) => {
      const child = new URL("../fixtures/killed_asking.ts", import.meta.url).href;
      const args = ["run", "-A", "--no-check", child, storage];
      const { signal, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
      assertEquals(signal, "SIGKILL", new TextDecoder().decode(stderr));
      const left = await readTape(join(storage, "few.run-1.exchanges.jsonl"));
      assertEquals(left.map(({ messages: [{ content }] }) => content), [
        "card",
        "fee",
        "rate",
        "patch 1",
      ]);
      const trace = await readTrace(join(storage, "few.run-1.trace.jsonl"));
      assertEquals([trace.run.status, types(trace)], ["running", ["synthesis"]]);
    }),
});

Deno.test("the caller's sink gets each exchange once it is on the tape, before its step", () =>
  inFolder(async (storage) => {
    const told: string[] = [];
    const path = join(storage, "few.run-1.exchanges.jsonl");
    await withTrace(learnRules, { storage })(few, {
      ...base,
      synthesizer: askingSynthesizer(chat),
      maxIterations: 0,
      onExchange: ({ id }) => {
        assertStringIncludes(Deno.readTextFileSync(path), id);
        told.push(id);
      },
      onStep: ({ step }) => told.push(step.type),
    });
    assertEquals(told, [...["card", "fee", "rate"].map(idOf), "synthesis", "final"]);
  }));

Deno.test("a coordinator that asks and says nothing but stop has a step of its own for that", () =>
  inFolder(async (storage) => {
    const coordinator = asking(chat, { guide: () => ({ stop: true }) });
    const { trace } = await withTrace(learnRules, { storage })(few, {
      ...base,
      ...wrong,
      coordinator,
    });
    assertEquals(types(trace), ["synthesis", "critique", "final"]);
    const [critique] = stepsOf(trace, "critique");
    assertEquals([critique.analysis, critique.exchanges], ["", [idOf("guide")]]);
  }));

Deno.test("a run replayed from its tape gives the same digest, failed calls included", () =>
  inFolder(async (storage) => {
    const failing = answering((content) =>
      content === "patch 1" ? new TypeError("no answer") : sound(content)
    );
    const run = (chat: Chat, id: string) =>
      withTrace(learnRules, { storage })(few, {
        ...base,
        generateId: () => id,
        synthesizer: askingSynthesizer(chat, { also: () => ({ added: [propose("card")] }) }),
        coordinator: asking(chat, { critique: () => ({ analysis: "thin", advice: [] }) }),
      });
    const first = await run(failing, "run-1");
    const tape = await readTape(first.tape!);
    const again = await run(replayChat(tape), "run-2");
    assertEquals(again.trace.digest, first.trace.digest);
    const strip = ({ at: _, took: __, ...rest }: Exchange) => rest;
    assertEquals((await readTape(again.tape!)).map(strip), tape.map(strip));
  }));

Deno.test("a request that is not on the tape ends the run, whether synthesizer or coordinator makes it", async () => {
  await inFolder(async (storage) => {
    const learn = (options: LearnOptions) => withTrace(learnRules, { storage })(few, options);
    const { tape } = await learn({ ...base, synthesizer: askingSynthesizer(chat) });
    const exchanges = await readTape(tape!);
    const made = () => replayChat(exchanges);
    const short = { also: () => ({ added: [propose("card")] }) };
    const swallow = (chat: Chat): Coordinator => ({
      name: "swallowing",
      async guide({ task }) {
        await askAll(chat, task, "guide", ["guide"]).catch(() => {});
        return undefined;
      },
    });
    const others: LearnOptions[] = [
      { synthesizer: askingSynthesizer(replayChat(exchanges.slice(1))) },
      { synthesizer: askingSynthesizer(made(), short) },
      {
        synthesizer: askingSynthesizer(chat, short),
        coordinator: asking(made(), { critique: () => undefined }),
      },
      { synthesizer: askingSynthesizer(chat, short), coordinator: swallow(made()) },
    ];
    for (const [place, options] of others.entries()) {
      const generateId = () => `other-${place}`;
      await assertRejects(
        () => learn({ ...base, ...options, generateId }),
        ReplayError,
        "Cannot replay the request",
      );
    }
  });
});

Deno.test("a torn tape is read as far as it goes, and a missing one is an error in one line", () =>
  inFolder(async (storage) => {
    const { tape } = await withTrace(learnRules, { storage })(few, {
      ...base,
      synthesizer: askingSynthesizer(chat),
    });
    const bytes = Deno.readFileSync(tape!);
    Deno.writeFileSync(tape!, bytes.subarray(0, bytes.length - 10));
    assertEquals((await readTape(tape!)).length, 2);
    await assertRejects(
      () => readTape(join(storage, "none.jsonl")),
      Error,
      "there is no such file",
    );
    await assertRejects(() => readTape(storage), Error, "Cannot read tape");
  }));
