import { assert, assertEquals, assertRejects, assertThrows } from "jsr:@std/assert@^1";
import { createChat } from "../../../learn/chat/client.ts";
import { ChatError } from "../../../learn/chat/response.ts";
import { replayChat } from "../../../learn/chat/replay.ts";
import {
  createRecorder,
  type Exchange,
  exchangeId,
  ExchangeSchema,
  formatExchange,
  parseTape,
  type Reading,
} from "../../../learn/chat/exchanges.ts";
import { completion, json, refuse, reply, serveBytes } from "./chat_server.ts";
import { parse, record, request, say, schema, sinkTo, tapeOf } from "./exchanges_fixture.ts";

Deno.test("an exchange has the request, the reply and the outcome", async () => {
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

const requestId = exchangeId({ model: "small" }, request);

Deno.test("an exchange that was repaired or refused says why", async () => {
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

Deno.test("a call that fails is on the tape, and its error is thrown", async () => {
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

Deno.test("a call that is aborted is on the tape", async () => {
  const tape = await record([reply("yes")], async (ask) => {
    await assertRejects(() => ask({ ...request, signal: AbortSignal.abort() }, parse));
  });
  assertEquals(tape.map(({ outcome, error }) => [outcome, error?.name]), [[
    "failed",
    "AbortError",
  ]]);
});

Deno.test("if the reading throws, the exchange has the reply", async () => {
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

Deno.test("an error of the sink is thrown, and nothing is reported twice", async () => {
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

Deno.test("a sink gets the id of each exchange when its call begins", async () => {
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

Deno.test("a recorder works without a sink", async () => {
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

Deno.test("a tape that is read equals the tape that was written", () => {
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

Deno.test("any other line that cannot be read is an error that names the line", () => {
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

Deno.test("a last line without line feed that is not UTF-8 counts as torn", () => {
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

Deno.test("fields of a later version are ignored", () => {
  const [exchange] = tapeOf(["a", "1"]);
  const line = formatExchange({ ...exchange, cost: 3 } as Exchange);
  assertEquals(parseTape(line, "the tape").exchanges, [exchange]);
});

Deno.test("the exchange schema accepts every exchange of a recorder", async () => {
  const tape = await record([reply("[]"), refuse(404, "no such model")], async (ask) => {
    await ask(request, parse);
    await ask(request, parse).catch(() => {});
  });
  for (const exchange of tape) assertEquals(ExchangeSchema.parse(exchange), exchange);
});

Deno.test("the time of a call does not include reading its reply", async () => {
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
