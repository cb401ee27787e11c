import { assert, assertEquals, assertRejects, assertThrows } from "jsr:@std/assert@^1";
import type * as z from "npm:zod@^4";
import {
  createRecorder,
  type Exchange,
  formatExchange,
  parseTape,
  type Recorder,
} from "../../../learn/chat/exchanges.ts";
import { replayChat, ReplayError } from "../../../learn/chat/replay.ts";
import type { Chat, Message } from "../../../learn/chat/client.ts";
import { ChatError, type Reply } from "../../../learn/chat/response.ts";
import { completion, json, refuse, reply } from "./chat_server.ts";
import { parse, record, request, say, schema, sinkTo, tapeOf } from "./exchanges_fixture.ts";

Deno.test("replaying a tape gives the same tape, except for its times", async () => {
  const answers = [
    reply('{"stop":true}'),
    refuse(500, "busy"),
    json(completion("[1,", { finish_reason: "length" })),
    reply("{"),
    json({ choices: [] }),
  ];
  const run = async (ask: Recorder) => {
    for (const label of ["a", "b", "c", "d", "e"]) {
      const messages = say(`Rules for ${label}?`);
      const read = (reply: Reply) =>
        reply.finishReason === "length"
          ? { outcome: "repaired" as const, value: [1], why: "cut off" }
          : parse(reply);
      await ask({ ...request, messages, schema }, read).catch(() => {});
    }
  };
  const tape = await record(answers, run);
  const again: Exchange[] = [];
  await run(createRecorder(replayChat(tape), sinkTo(again)));
  const timeless = (tape: readonly Exchange[]) => tape.map(({ at: _, took: __, ...rest }) => rest);
  assertEquals(timeless(again), timeless(tape));
  assertEquals(tape.map(({ outcome }) => outcome), [
    "parsed",
    "failed",
    "repaired",
    "failed",
    "failed",
  ]);
});

Deno.test("a failed exchange fails again with the same error", async () => {
  let first: ChatError | undefined;
  const tape = await record([refuse(500, "busy")], async (ask) => {
    first = await assertRejects(() => ask(request, parse), ChatError);
  });
  const [read] = parseTape(tape.map(formatExchange).join(""), "the tape").exchanges;
  const again = await assertRejects(() => replayChat([read])(request.messages), ChatError);
  const shape = ({ name, message, code, status }: ChatError) => ({ name, message, code, status });
  assertEquals(shape(again), shape(first!));
});

Deno.test("an exchange that was aborted fails again as aborted", async () => {
  const tape = await record([reply("yes")], async (ask) => {
    await assertRejects(() => ask({ ...request, signal: AbortSignal.abort() }, parse));
  });
  const again = await assertRejects(() => replayChat(tape)(request.messages), DOMException);
  assertEquals(again.name, "AbortError");
});

Deno.test("repeats of a request are answered in their order, and one more is an error", async () => {
  const chat = replayChat(tapeOf(["a", "1"], ["b", "2"], ["a", "3"]));
  const texts = [];
  for (const content of ["a", "a", "b"]) texts.push((await chat(say(content))).text);
  assertEquals(texts, ["1", "3", "2"]);
  await assertRejects(() => chat(say("a")), ReplayError, "2 times, and it is asked once more");
});

Deno.test("requests at the same time are answered in the order of their calls", async () => {
  const chat = replayChat(tapeOf(["a", "1"], ["a", "2"], ["b", "3"]));
  const replies = await Promise.all(["b", "a", "a"].map((content) => chat(say(content))));
  assertEquals(replies.map(({ text }) => text), ["3", "1", "2"]);
});

Deno.test("after a request that is not on the tape, all requests fail", async () => {
  const chat = replayChat(tapeOf(["a", "1"]));
  const first = await assertRejects(() => chat(say("b")), ReplayError);
  assertEquals(await assertRejects(() => chat(say("a"))), first);
});

Deno.test("a replay can be aborted by a signal", async () => {
  const chat = replayChat(tapeOf(["a", "1"]));
  const error = await assertRejects(
    () => chat(say("a"), { signal: AbortSignal.abort() }),
    DOMException,
  );
  assertEquals(error.name, "AbortError");
});

const base = tapeOf(
  ["Rules for refunds.\nExamples:\nmoney back", "1"],
  ["Rules for cards.\nExamples:\nwhere is my card 😀", "2"],
);

for (
  const [name, messages, message] of [
    [
      "another line",
      say("Rules for cards.\nExamples:\nwhere was my card"),
      "nearest is number 2 there (patch, sha256:ID1…); message 1 (user) differs at line 3, " +
      'column 7: the tape has "is my card 😀", the request "was my card"',
    ],
    [
      "half of another character",
      say("Rules for cards.\nExamples:\nwhere is my card 😁"),
      'column 18: the tape has "😀", the request "😁"',
    ],
    [
      "a text that ends before",
      say("Rules for refunds.\nExamples:"),
      String.raw`number 1 there (patch, sha256:ID0…); message 1 (user) differs at line 2, ` +
      String.raw`column 10: the tape has "\nmoney back", the request nothing more`,
    ],
    [
      "a text that goes on",
      say("Rules for refunds.\nExamples:\nmoney back\u001b[2J and a long text of an example"),
      String.raw`the tape has nothing more, the request "\u001b[2J and a long …"`,
    ],
    [
      "more messages",
      [...base[0].messages, { role: "assistant" as const, content: "x" }],
      "the number of messages differs: the tape has 1, the request 2",
    ],
    [
      "another role",
      [{ ...base[0].messages[0], role: "system" as const }],
      "message 1 (system) has the role user on the tape",
    ],
  ] as const
) {
  Deno.test(`a request with ${name} is compared with the nearest on the tape`, async () => {
    const error = await assertRejects(() => replayChat(base)(messages), ReplayError);
    const expected = message.replace(/ID(\d)/, (_, place) => base[Number(place)].id.slice(7, 19));
    assert(
      error.message.startsWith("Cannot replay the request: it is not on the tape: nearest is"),
    );
    assert(error.message.includes(expected), error.message);
  });
}

Deno.test("a request of another model, schema or parameters says so", async () => {
  const ask = (options: Parameters<typeof replayChat>[1], schema?: z.ZodType) => () =>
    replayChat(base, options)(base[0].messages, { schema });
  await assertRejects(
    ask({ model: "large" }),
    ReplayError,
    'the tape has "small", the request "large"',
  );
  await assertRejects(ask({}, schema), ReplayError, 'the tape has none, the request "guidance-1"');
  await assertRejects(ask({ parameters: { seed: 1 } }), ReplayError, "the parameters differ");
});

Deno.test("of a tape with two models each is answered by its own name and parameters", async () => {
  const messages = say("Rules?");
  const ask = async (model: string, parameters?: Chat["parameters"]) => {
    const chat = () => Promise.resolve({ text: model, finishReason: "stop", took: 1 });
    const named = Object.assign(chat, { model, ...(parameters && { parameters }) });
    const tape: Exchange[] = [];
    const read = ({ text }: Reply) => ({ outcome: "parsed" as const, value: text });
    await createRecorder(named, sinkTo(tape))({ ...request, messages }, read);
    return tape;
  };
  const tape = [...await ask("small", { seed: 1 }), ...await ask("large")];
  for (const model of ["large", "small"]) {
    const chat = replayChat(tape, { model });
    assertEquals((await chat(messages)).text, model);
    assertEquals(chat.parameters, model === "small" ? { seed: 1 } : undefined);
  }
});

Deno.test("an empty tape needs a model, and answers nothing", async () => {
  assertThrows(() => replayChat([]), RangeError, "it is empty, and no model is named");
  const chat = replayChat([], { model: "small" });
  await assertRejects(() => chat(say("a")), ReplayError, "the tape is empty");
});

Deno.test("what a tape does not answer is asked of another chat, if there is one", async () => {
  const asked: string[] = [];
  const otherwise = Object.assign((messages: readonly Message[]) => {
    asked.push(messages[0].content);
    return Promise.resolve({ text: "live", finishReason: "stop", took: 1 });
  }, { model: "small" });
  const chat = replayChat(tapeOf(["a", "1"]), { otherwise });
  const texts = [];
  for (const content of ["a", "b", "a"]) texts.push((await chat(say(content))).text);
  assertEquals([texts, asked], [["1", "live", "live"], ["b", "a"]]);
  const refused = (chat: Pick<Chat, "model" | "parameters">, message: string) =>
    assertThrows(
      () =>
        replayChat(tapeOf(["a", "1"]), { otherwise: Object.assign(otherwise.bind(null), chat) }),
      RangeError,
      message,
    );
  refused({ model: "large" }, 'the model to ask is "large", and the tape');
  refused({ model: "small", parameters: { seed: 1 } }, "it has other parameters");
});

Deno.test("an aborted call is no answer if the tape has another, or there is a chat to ask", async () => {
  const [aborted] = await record([reply("yes")], async (ask) => {
    await assertRejects(() => ask({ ...request, signal: AbortSignal.abort() }, parse));
  });
  const [answered] = await record([reply("yes")], async (ask) => {
    await ask(request, (reply) => ({ outcome: "parsed", value: reply.text }));
  });
  const taped = await replayChat([aborted, answered])(request.messages);
  assertEquals(taped.text, "yes");
  const otherwise = replayChat([answered]);
  assertEquals((await replayChat([aborted], { otherwise })(request.messages)).text, "yes");
});
