import { assert, assertEquals, assertRejects, assertThrows } from "jsr:@std/assert@^1";
import { fileURLToPath } from "node:url";
import type { Chat } from "../../../learn/chat/client.ts";
import { type Exchange, exchangeId } from "../../../learn/chat/exchanges.ts";
import { replayChat } from "../../../learn/chat/replay.ts";
import { responseDigest } from "../../../learn/chat/response.ts";
import { learnRules } from "../../../pipeline.ts";
import { nameExchanges } from "../../../record/verify/tape_proof.ts";
import {
  type AskedFields,
  parseTrace,
  readTape,
  readTrace,
  renderTrace,
  type Step,
  TapeError,
  type Trace,
  TraceError,
  verifyTape,
  verifyTrace,
  withTrace,
} from "../../../trace.ts";
import { few, inFolder, propose, stepsOf } from "../../pipeline/fixture.ts";
import { answering, askAll, askingSynthesizer, base, idOf, sound } from "../asking.ts";
import { asVersion2, chain, forge } from "../forging.ts";

const path = (name: string) => fileURLToPath(new URL(`../../fixtures/v3.${name}`, import.meta.url));
const trace: Trace = await readTrace(path("trace.json"));
const tape: readonly Exchange[] = await readTape(path("exchanges.jsonl"));
const guides = tape.flatMap(({ purpose }, place) => purpose === "guide" ? [place] : []);
const failed = tape.findIndex(({ outcome }) => outcome === "failed");

const edit = (place: number, change: Partial<Exchange>) =>
  tape.with(place, { ...tape[place], ...change });
const askedOf = (step: Step) => step as AskedFields;

function refuse(changed: readonly Exchange[], message: string, place: number, step?: number): void {
  const error = assertThrows(() => verifyTape(trace, changed), TapeError, message);
  assertEquals([error.exchange, error.step], [tape[place].id, step]);
  assert(step === undefined || error.message.startsWith(`step ${step}: exchange sha256:`));
}

Deno.test("a tape is proved by the digest of each of its responses, and of no other", () => {
  assertEquals(verifyTape(trace, tape), { proved: 11, unproved: 0, unnamed: 0 });
  for (const [place, { id, response }] of tape.entries()) {
    if (response === undefined) continue;
    const steps = trace.steps.filter((step) => askedOf(step).exchanges?.includes(id));
    const before = tape.slice(0, place).filter((exchange) => exchange.id === id).length;
    refuse(
      edit(place, { response: `${response} ` }),
      "has another reply",
      place,
      steps[before].index,
    );
  }
});

Deno.test("a tape that lacks an exchange, or has others in their places, is refused with step and exchange", () => {
  const lost = assertThrows(() => verifyTape(trace, tape.toSpliced(1, 1)), TapeError);
  assertEquals([lost.step, lost.exchange], [0, tape[1].id]);
  assert(lost.message.startsWith("step 0: the tape does not have exchange sha256:"), lost.message);
  const [first, second] = guides;
  const swapped = tape.with(first, tape[second]).with(second, tape[first]);
  refuse(swapped, "has another reply", first, 2);
  const error = { name: "Error", message: "no answer" };
  refuse(edit(0, { response: undefined, error }), "has no reply on the tape", 0, 0);
  refuse(edit(failed, { response: "{}", error: undefined }), "has another reply", failed, 2);
  refuse(edit(0, { model: "large" }), "has another request on the tape", 0, 0);
  const stray = { ...tape[0], id: idOf("stray") };
  const unnamed = assertThrows(() => verifyTape(trace, [...tape, stray]), TapeError);
  assertEquals([unnamed.step, unnamed.exchange], [undefined, stray.id]);
});

Deno.test("exchanges that no step names are counted, wherever they are on the tape", () => {
  const { response: _, ...cut } = { ...tape[0], error: { name: "AbortError", message: "enough" } };
  const messages = [{ role: "user" as const, content: "stray" }];
  const stray = { ...tape[0], messages, id: exchangeId({ model: "small" }, { messages }) };
  const taken = [cut, ...tape.slice(0, 5), stray, ...tape.slice(5), tape[0]];
  assertEquals(verifyTape(trace, taken), { proved: 11, unproved: 0, unnamed: 3 });
  const killed = chain({
    ...trace,
    run: { ...trace.run, status: "running", finishedAt: undefined },
    steps: trace.steps.slice(0, 1),
  });
  assertEquals(verifyTape(killed, tape), { proved: 3, unproved: 0, unnamed: 8 });
});

Deno.test("a trace of version 2 proves no reply, and still names what a tape lacks", () => {
  const older = asVersion2(trace);
  verifyTrace(older);
  assertEquals(verifyTape(older, edit(0, { response: "other" })), {
    proved: 0,
    unproved: 11,
    unnamed: 0,
  });
  assertThrows(() => verifyTape(older, tape.slice(1)), TapeError, "step 0: the tape does not have");
  const aborted = { ...tape[0], response: undefined, error: { name: "AbortError", message: "" } };
  const [{ exchange }] = nameExchanges(older, [aborted, ...tape]);
  assertEquals(exchange, tape[0]);
  // As it is read and written again, it stays what it is.
  const text = renderTrace(older);
  assertEquals(renderTrace(parseTrace(text)), text);
  assertEquals(renderTrace(parseTrace(text.replace('"version":2', '"version":1'))), text);
  const newer = text.replace('"version":2', '"version":3');
  const error = assertThrows(() => parseTrace(newer), TraceError, "has no digests of their");
  assertEquals(error.step, 0);
});

Deno.test("a journal proves its replies by its version", () => {
  const { run: { finishedAt: _, ...run }, steps } = trace;
  const write = (version: number, [step]: readonly Step[]) => {
    const rules = (step as Step & { added: string[] }).added.map((id) => trace.rules[id]);
    return `${JSON.stringify({ version, run })}\n${JSON.stringify({ step, rules })}\n`;
  };
  const old = asVersion2(trace).steps;
  assertEquals(parseTrace(write(3, steps)).version, 3);
  assertEquals(parseTrace(write(2, old)).version, 2);
  assertEquals(parseTrace(write(1, old)).version, 2);
  assertThrows(() => parseTrace(write(3, old)), TraceError, "step 0 names exchanges, but has no");
  assertThrows(() => parseTrace(write(2, steps)), TraceError, "format version 2 does not have");
});

Deno.test("the digest of a response that was changed in a trace names its step", () => {
  for (const { index, ...step } of trace.steps) {
    const { responses } = step as AskedFields;
    if (responses === undefined) continue;
    const change = { responses: responses.with(0, responseDigest("another")) };
    const steps = trace.steps.with(index, { ...trace.steps[index], ...change } as Step);
    const error = assertThrows(() => verifyTrace({ ...trace, steps }), TraceError);
    assertEquals(error.step, index);
    // With its digests made anew, it no longer fits the tape.
    const forged = forge(index, change, trace);
    assertThrows(() => verifyTape(forged, tape), TapeError, `step ${index}: exchange`);
  }
});

Deno.test("replies that come in another order, and the same request asked twice, keep their responses apart", async () => {
  const waits: Record<string, number> = { card: 20, fee: 10 };
  const slow = answering(async (content) => {
    const wait = waits[content] ?? 0;
    waits[content] = 0;
    await new Promise((resolve) => setTimeout(resolve, wait));
    return JSON.stringify({ ...JSON.parse(sound(content)), wait });
  });
  const run = async (model: Chat) => {
    const exchanges: Exchange[] = [];
    const { trace } = await withTrace(learnRules)(few, {
      ...base,
      synthesizer: {
        ...askingSynthesizer(model),
        async synthesize(task) {
          const asked = ["card", "fee", "card", "rate"];
          const replies = await askAll(model, task, "synthesis", asked);
          return { added: replies.toSpliced(2, 1).map((text) => propose(JSON.parse(text).label)) };
        },
      },
      onExchange: (exchange) => exchanges.push(exchange),
    });
    return { trace, exchanges };
  };
  const { trace, exchanges } = await run(slow);
  const [{ exchanges: named, responses }] = stepsOf(trace, "synthesis");
  assertEquals(named, ["card", "fee", "card", "rate"].map(idOf));
  const reply = (label: string, wait: number) =>
    responseDigest(JSON.stringify({ ...JSON.parse(sound(label)), wait }));
  // Of two calls with the same request, nobody can tell which one ended first.
  assertEquals(responses, [
    reply("card", 0),
    reply("fee", 10),
    reply("card", 20),
    reply("rate", 0),
  ]);
  assertEquals(verifyTape(trace, exchanges), { proved: 4, unproved: 0, unnamed: 0 });
  const again = await run(replayChat(exchanges));
  assertEquals(again.trace.digest, trace.digest);
});

Deno.test("a run that fails while calls are under way names them without a response", () =>
  inFolder(async (storage) => {
    let open = () => {};
    const hanging = answering((content) => {
      if (content === "card") return new Promise((resolve) => open = () => resolve(sound("card")));
      return content === "fee" ? new TypeError("no answer") : sound(content);
    });
    const learn = withTrace(learnRules, { storage });
    const synthesizer = askingSynthesizer(hanging);
    await assertRejects(() => learn(few, { ...base, synthesizer }), TypeError, "no answer");
    const { path, tape } = { path: `${storage}/few.trace.json`, tape: "few.run-1.exchanges.jsonl" };
    const trace = await readTrace(path);
    const [{ exchanges, responses }] = stepsOf(trace, "failure");
    assertEquals(exchanges, ["card", "fee", "rate"].map(idOf));
    assertEquals(responses?.slice(0, 2), [null, null]);
    const left = await readTape(`${storage}/${tape}`);
    const { proved, unproved, unnamed } = verifyTape(trace, left);
    assertEquals(proved + unproved + unnamed, left.length);
    // What comes of it later is not the failure of a tape.
    const late = { ...left[0], id: idOf("card"), response: sound("card"), error: undefined };
    const messages = [{ role: "user" as const, content: "card" }];
    verifyTape(trace, [...left, { ...late, messages }]);
    open();
  }));

Deno.test("a response with half a character has a digest of its own", async () => {
  const halves = answering((content) => content === "card" ? "\ud83d" : sound(content));
  const exchanges: Exchange[] = [];
  const { trace } = await withTrace(learnRules)(few, {
    ...base,
    coordinator: {
      name: "asking",
      async critique({ task }) {
        await askAll(halves, task, "critique", ["card"]);
        return undefined;
      },
    },
    margin: 1e6,
    maxIterations: 1,
    onExchange: (exchange) => exchanges.push(exchange),
  });
  assertEquals(verifyTape(trace, exchanges).unproved, 0);
  for (const response of ["\ufffd", "\ud83e", '"\\ud83d"']) {
    const changed = exchanges.map((one) => ({ ...one, response }));
    assertThrows(() => verifyTape(trace, changed), TapeError, "has another reply");
  }
});

Deno.test("a learner that reports exchanges without the digests of their responses is refused", async () => {
  const [{ exchanges }] = stepsOf(trace, "synthesis");
  const { index: _, at: __, took: ___, digest: ____, ...step } = trace.steps[0];
  const rules = Object.values(trace.rules);
  const learn = withTrace((_: unknown, { onStart, onStep }: typeof base = {}) => {
    onStart?.(trace.run);
    onStep?.({ step: { ...step, exchanges, responses: undefined } as never, rules });
    return Promise.resolve();
  });
  const message =
    "The learner reported a step that does not hold: step 0 names exchanges, but has no";
  await assertRejects(() => learn({}), TraceError, message);
});
