import { assert, assertEquals, assertRejects, assertThrows } from "jsr:@std/assert@^1";
import * as z from "npm:zod@^4";
import { type Chat, createChat, type Message } from "../../../learn/chat/client.ts";
import { ChatError, type Reply } from "../../../learn/chat/response.ts";
import { replayChat, ReplayError } from "../../../learn/chat/replay.ts";
import {
  createRecorder,
  Exchange,
  exchangeId,
  type ExchangeRequest,
  type ExchangeSink,
  formatExchange,
  parseTape,
  type Reading,
} from "../../../learn/chat/exchanges.ts";
import {
  type Answer,
  completion,
  json,
  refuse,
  reply,
  serveBytes,
  serveChat,
} from "./chat_server.ts";

const schema = z.strictObject({ stop: z.boolean() }).meta({ title: "guidance-1" });
const request: ExchangeRequest = {
  purpose: "guide",
  prompt: "guide-1",
  messages: [
    { role: "system", content: "You watch over rules." },
    { role: "user", content: "F1 is 0.8.\nWhat next?" },
  ],
  metadata: { label: "__proto__" },
};

const requestId = exchangeId({ model: "small" }, request);

const parse = ({ text }: Reply): Reading<unknown> => ({
  outcome: "parsed",
  value: JSON.parse(text),
});

/** A clock that goes on by 5 ms at each look. */
function clock(): () => Date {
  let time = Date.parse("2026-01-01T00:00:00Z");
  return () => new Date(time += 5);
}

/** A sink that keeps the exchanges. */
function sinkTo(tape: Exchange[]): ExchangeSink {
  return { asked: () => {}, exchanged: (exchange) => tape.push(exchange) };
}

/** Runs with a recorder of a chat whose server gives these answers; returns the tape. */
async function record(
  answers: readonly Answer[],
  run: (ask: ReturnType<typeof createRecorder>, chat: Chat) => Promise<void>,
): Promise<Exchange[]> {
  const tape: Exchange[] = [];
  await using server = serveChat(...answers);
  const chat = createChat({
    baseUrl: server.baseUrl,
    model: "small",
    apiKey: "sk-0123456789",
    retries: 0,
  });
  await run(createRecorder(chat, sinkTo(tape), { now: clock() }), chat);
  return tape;
}

/** A tape with the given contents of one user message each, and their replies. */
function tapeOf(...pairs: readonly (readonly [content: string, response: string])[]): Exchange[] {
  return pairs.map(([content, response]) => {
    const messages: Message[] = [{ role: "user", content }];
    return {
      id: exchangeId({ model: "small" }, { messages }),
      purpose: "patch",
      prompt: "patch-1",
      model: "small",
      messages,
      response,
      finishReason: "stop",
      outcome: "parsed",
      metadata: {},
      took: 1,
    };
  });
}

const say = (content: string): Message[] => [{ role: "user", content }];

Deno.test("an exchange holds the request, the reply and what came of it", async () => {
  const tape = await record([reply('{"stop":true}')], async (ask) => {
    const asked = await ask({ ...request, schema }, parse);
    assertEquals(asked.outcome, "parsed");
  });
  assertEquals(tape, [{
    id: exchangeId({ model: "small" }, { messages: request.messages, schema }),
    purpose: "guide",
    prompt: "guide-1",
    model: "small",
    messages: [...request.messages],
    schema: "guidance-1",
    response: '{"stop":true}',
    finishReason: "stop",
    usage: { promptTokens: 7, completionTokens: 3 },
    outcome: "parsed",
    metadata: { label: "__proto__" },
    at: "2026-01-01T00:00:00.005Z",
    took: 5,
  }]);
});

Deno.test("what was mended or refused says why", async () => {
  const tape = await record([reply("```[]```"), reply("no")], async (ask) => {
    const why = "fenced";
    const mended = await ask(request, () => ({ outcome: "repaired", value: [], why }));
    assertEquals(mended, { id: requestId, outcome: "repaired", value: [], why });
    const refused = await ask(request, () => ({ outcome: "refused", why: "no JSON" }));
    assertEquals(refused, { id: requestId, outcome: "refused", why: "no JSON" });
  });
  assertEquals(tape.map(({ outcome, why }) => [outcome, why]), [
    ["repaired", "fenced"],
    ["refused", "no JSON"],
  ]);
});

Deno.test("a call that fails is on the tape and thrown on", async () => {
  const tape = await record([refuse(500, "for sk-0123456789")], async (ask) => {
    await assertRejects(() => ask(request, parse), ChatError, "status 500");
  });
  const [{ outcome, why, error, response }] = tape;
  assertEquals([outcome, error?.code, error?.status, response], [
    "failed",
    "status",
    500,
    undefined,
  ]);
  assertEquals(why, error?.message);
  assert(!tape.map(formatExchange).join("").includes("0123456789"));
});

Deno.test("a call whose connection is reset is on the tape", async () => {
  await using server = serveBytes(undefined);
  const chat = createChat({ baseUrl: server.baseUrl, model: "small", retries: 0 });
  const tape: Exchange[] = [];
  const ask = createRecorder(chat, sinkTo(tape));
  await assertRejects(() => ask(request, parse), ChatError);
  assertEquals(tape.map(({ outcome, error }) => [outcome, error?.code]), [["failed", "network"]]);
});

Deno.test("a call that is given up is on the tape", async () => {
  const tape = await record([reply("yes")], async (ask) => {
    await assertRejects(() => ask({ ...request, signal: AbortSignal.abort() }, parse));
  });
  assertEquals(tape.map(({ outcome, error }) => [outcome, error?.name]), [[
    "failed",
    "AbortError",
  ]]);
});

Deno.test("where the reading throws, the exchange holds the reply", async () => {
  const tape = await record([reply("{")], async (ask) => {
    await assertRejects(() => ask(request, parse), SyntaxError);
  });
  assertEquals([tape[0].outcome, tape[0].response, tape[0].error], ["failed", "{", undefined]);
});

Deno.test("a reply that is cut off is read, and is on the tape with the error", async () => {
  const cut = json(completion("[1, 2", { finish_reason: "length" }));
  const tape = await record([cut], async (ask) => {
    const asked = await ask(request, ({ text, finishReason }) => {
      assertEquals([text, finishReason], ["[1, 2", "length"]);
      return { outcome: "repaired", value: [1], why: "cut off" };
    });
    assertEquals(asked.outcome, "repaired");
  });
  assertEquals([tape[0].outcome, tape[0].error?.code], ["repaired", "length"]);
});

Deno.test("what the sink throws is thrown on, and nothing reported twice", async () => {
  let count = 0;
  const chat = replayChat(tapeOf(["Say yes.", "yes"]));
  const ask = createRecorder(chat, {
    asked: () => {},
    exchanged: () => {
      count++;
      throw new Error("disk full");
    },
  });
  const reading: Reading<number> = { outcome: "parsed", value: 1 };
  const run = () => ask({ ...request, messages: say("Say yes.") }, () => reading);
  await assertRejects(run, Error, "disk full");
  assertEquals(count, 1);
});

Deno.test("a sink is told of each call when it begins, with the id of its exchange", async () => {
  const told: string[] = [];
  const chat = replayChat(tapeOf(["Say yes.", "yes"], ["Say no.", "no"]));
  const ask = createRecorder(chat, {
    asked: (id) => told.push(`asked ${id}`),
    exchanged: ({ id }) => told.push(`exchanged ${id}`),
  });
  const reading: Reading<number> = { outcome: "parsed", value: 1 };
  const contents = ["Say yes.", "Say no."];
  const asked = contents.map((content) =>
    ask({ ...request, messages: say(content) }, () => reading)
  );
  const ids = contents.map((content) => exchangeId({ model: "small" }, { messages: say(content) }));
  assertEquals(told, ids.map((id) => `asked ${id}`));
  await Promise.all(asked);
  assertEquals(told.slice(2), ids.map((id) => `exchanged ${id}`));
});

Deno.test("a recorder without a sink asks all the same", async () => {
  const ask = createRecorder(replayChat(tapeOf(["Say yes.", '"yes"'])), undefined);
  const { outcome } = await ask({ ...request, messages: say("Say yes.") }, parse);
  assertEquals(outcome, "parsed");
});

Deno.test("an exchange keeps the messages as they were sent", async () => {
  const messages = say("[");
  const tape = await record([reply("[]")], async (ask) => {
    await ask({ ...request, messages }, (reply) => {
      messages.push({ role: "assistant", content: reply.text });
      return parse(reply);
    });
  });
  assertEquals(tape[0].messages, say("["));
});

Deno.test("lone surrogates in a message are replaced, in the id and on the tape", async () => {
  const tape = await record([reply("[]")], async (ask) => {
    await ask({ ...request, messages: say("a\ud800") }, parse);
  });
  assertEquals(tape[0].messages, say("a\ufffd"));
  assertEquals(parseTape(tape.map(formatExchange).join(""), "the tape").exchanges, tape);
  assertEquals((await replayChat(tape)(say("a\ud800"))).text, "[]");
});

Deno.test("an id depends on model, parameters, messages and schema", () => {
  const chat = { model: "small", parameters: { temperature: 0 } };
  const id = exchangeId(chat, { ...request, schema });
  assertEquals(exchangeId({ ...chat }, { messages: [...request.messages], schema }), id);
  const others = [
    exchangeId({ ...chat, model: "large" }, { ...request, schema }),
    exchangeId({ ...chat, parameters: { temperature: 1 } }, { ...request, schema }),
    exchangeId({ model: "small" }, { ...request, schema }),
    exchangeId(chat, request),
    exchangeId(chat, { ...request, schema, messages: request.messages.slice(1) }),
  ];
  assertEquals(new Set([id, ...others]).size, 6);
});

Deno.test("an id is the same in every version", () => {
  assertEquals(
    exchangeId({ model: "small" }, { messages: say("Say yes."), schema }),
    "sha256:1b0d5182b83a8065b11c012efda4a762176d03115747f9dafba4c1899f7f323f",
  );
});

Deno.test("a tape is read as it was written", () => {
  const tape = tapeOf(["Say \u2028 yes.\n", "ja"], ["é\ud83d\ude00", "non"]);
  const text = tape.map(formatExchange).join("");
  assertEquals(parseTape(text, "the tape"), { exchanges: tape, torn: 0 });
  assertEquals(parseTape(new TextEncoder().encode(text), "the tape").exchanges, tape);
});

Deno.test("byte order marks, CRLF, blank lines and a missing last line feed are accepted", () => {
  const tape = tapeOf(["a", "1"], ["b", "2"]);
  const text = `\ufeff${tape.map(formatExchange).join("\n").replaceAll("\n", "\r\n").trimEnd()}`;
  assertEquals(parseTape(text, "the tape"), { exchanges: tape, torn: 0 });
  assertEquals(parseTape("", "the tape"), { exchanges: [], torn: 0 });
});

Deno.test("a torn last line is dropped and counted, wherever it was torn", () => {
  const tape = tapeOf(["a", "1"], ["é\ud83d\ude00", "2"]);
  const bytes = new TextEncoder().encode(tape.map(formatExchange).join(""));
  const second = bytes.indexOf(0x0a) + 1;
  for (let end = second + 1; end < bytes.length - 1; end++) {
    const read = parseTape(bytes.subarray(0, end), "the tape");
    assertEquals(read, { exchanges: [tape[0]], torn: 1 });
  }
});

Deno.test("any other line that cannot be read is an error that names it", () => {
  const [line] = tapeOf(["a", "1"]).map(formatExchange);
  const bad = (text: string, error: typeof TypeError | typeof SyntaxError, message: string) => {
    assertThrows(() => parseTape(line + text, "x.jsonl"), error, `Cannot read x.jsonl: ${message}`);
  };
  bad(`{"id":\n${line}`, SyntaxError, "line 2, column 7: expected a value");
  bad('{"id":\n', SyntaxError, "line 2, column 7: expected a value");
  bad(`\n${"[".repeat(70)}\n`, SyntaxError, "line 3, column 65: nested deeper than 64");
  bad("{}\n", TypeError, "line 2: id: expected string");
  bad("{}", TypeError, "line 2: id: expected string");
  bad(line.replace('"patch"', '"joke"'), TypeError, "line 2: purpose: Invalid option");
  bad(line.replace('"user"', '"tool"'), TypeError, "line 2: messages.0.role: Invalid option");
  bad(line.replace('"1"', "1"), TypeError, "line 2: response: expected string");
  bad(line.replace('"response":"1",', ""), TypeError, "line 2: expected a response or an error");
  bad(line.replace('"a"', '"b"'), TypeError, "line 2: its id is sha256:");
});

Deno.test("a last line without line feed that is not UTF-8 was torn", () => {
  const [line] = tapeOf(["a", "é"]).map(formatExchange);
  const latin1 = Uint8Array.from(line.trimEnd(), (character) => character.charCodeAt(0));
  assertEquals(parseTape(latin1, "the tape"), { exchanges: [], torn: 1 });
});

Deno.test("bytes that are not UTF-8 are an error that names the line", () => {
  const bytes = new Uint8Array([...new TextEncoder().encode("\n"), 0xff, 0x0a]);
  assertThrows(
    () => parseTape(bytes, "x.jsonl"),
    SyntaxError,
    "x.jsonl: line 2 is not valid UTF-8",
  );
});

Deno.test("fields of a later version are passed over", () => {
  const [exchange] = tapeOf(["a", "1"]);
  const line = formatExchange({ ...exchange, cost: 3 } as Exchange);
  assertEquals(parseTape(line, "the tape").exchanges, [exchange]);
});

Deno.test("a tape that was replayed is the same tape, but for its times", async () => {
  const answers = [
    reply('{"stop":true}'),
    refuse(500, "busy"),
    json(completion("[1,", { finish_reason: "length" })),
    reply("{"),
    json({ choices: [] }),
  ];
  const run = async (ask: ReturnType<typeof createRecorder>) => {
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

Deno.test("an exchange that was given up fails again as given up", async () => {
  const tape = await record([reply("yes")], async (ask) => {
    await assertRejects(() => ask({ ...request, signal: AbortSignal.abort() }, parse));
  });
  const again = await assertRejects(() => replayChat(tape)(request.messages), DOMException);
  assertEquals(again.name, "AbortError");
});

Deno.test("repeats of a request are answered in their order, then there is an error", async () => {
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

Deno.test("after a request that is not on the tape nothing is answered", async () => {
  const chat = replayChat(tapeOf(["a", "1"]));
  const first = await assertRejects(() => chat(say("b")), ReplayError);
  assertEquals(await assertRejects(() => chat(say("a"))), first);
});

Deno.test("a replay listens to its signal", async () => {
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
  Deno.test(`a request with ${name} is told apart from the nearest on the tape`, async () => {
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

Deno.test("an empty tape needs a model, and answers nothing", async () => {
  assertThrows(() => replayChat([]), RangeError, "it is empty, and no model is named");
  const chat = replayChat([], { model: "small" });
  await assertRejects(() => chat(say("a")), ReplayError, "the tape is empty");
});

Deno.test("the exchange schema takes all that a recorder makes", async () => {
  const tape = await record([reply("[]"), refuse(404, "no such model")], async (ask) => {
    await ask(request, parse);
    await ask(request, parse).catch(() => {});
  });
  for (const exchange of tape) assertEquals(Exchange.parse(exchange), exchange);
});

Deno.test("the time that reading a reply takes is not that of the call", async () => {
  let time = 0;
  const chat = Object.assign(() => {
    time += 10;
    return Promise.resolve({ text: "{}", finishReason: "stop", took: 10 });
  }, { model: "small" });
  const tape: Exchange[] = [];
  await createRecorder(chat, sinkTo(tape), { now: () => new Date(time) })(request, (reply) => {
    time += 1_000;
    return parse(reply);
  });
  assertEquals(tape.map(({ took }) => took), [10]);
});
