import { assert, assertEquals, assertRejects, assertStringIncludes } from "jsr:@std/assert@^1";
import { createChat } from "../../../learn/chat/client.ts";
import { ChatError, MAX_REPLY_BYTES } from "../../../learn/chat/response.ts";
import { type Asking, connect, failure, key, messages, show, withChat } from "./chat_client.ts";
import {
  type Answer,
  completion,
  flood,
  json,
  page,
  refuse,
  reply,
  serveBytes,
} from "./chat_server.ts";

for (
  const [name, answer, code, message] of [
    ["an HTML page", page("<html>hello", "text/html"), "content-type", "an HTML page"],
    [
      "plain text",
      page("yes", "text/plain"),
      "content-type",
      '"text/plain", expected application/json',
    ],
    ["events", page('data: {"choices":[]}\n\n', "text/event-stream"), "streaming", "it streams"],
    [
      "events under the name of JSON",
      page('data: {"a":1}\n\n', "application/json"),
      "streaming",
      "",
    ],
    ["events after a comment", page(": wait\n\n", "application/json"), "streaming", ""],
    ["no content", () => new Response(null, { status: 204 }), "content-type", "is missing"],
    [
      "parts of a content",
      json(completion([{ type: "text", text: "yes" }])),
      "invalid",
      "content is an array, expected a string",
    ],
    [
      "a call of a tool",
      json(completion(null, { finish_reason: "tool_calls" })),
      "empty",
      'for the reason "tool_calls"',
    ],
    ["broken JSON", page('{"choices": [}', "application/json"), "invalid", "line 1, column 14"],
    ["deep JSON", page("[".repeat(1e5), "application/json"), "invalid", "nested deeper than 64"],
    ["nothing", page("", "application/json"), "invalid", "expected a value, but the text ends"],
    ["a list", json([]), "invalid", "it is an array, expected an object"],
    ["no choices", json({ id: "c1" }), "invalid", "choices is missing, expected an array"],
    [
      "an error as if it were fine",
      json({ error: { message: "overloaded" } }),
      "invalid",
      "overloaded",
    ],
    ["empty choices", json({ choices: [] }), "empty", "no choices"],
    ["a choice without message", json({ choices: [null] }), "invalid", "message is missing"],
    ["no text", json(completion(null)), "empty", 'it stopped for the reason "stop"'],
    [
      "an empty text",
      json(completion("", { finish_reason: "content_filter" })),
      "empty",
      "content_filter",
    ],
    ["a number", json(completion(7)), "invalid", "content is a number, expected a string"],
    [
      "a refusal",
      json(completion(null, { message: { content: null, refusal: "I cannot\u001b[2J" } })),
      "empty",
      String.raw`the model declined: "I cannot\u001b[2J"`,
    ],
  ] as const
) {
  Deno.test(`a reply of ${name} is an error of the code ${code}`, async () => {
    await withChat([answer, reply("yes")], {}, async (chat, { received }) => {
      const error = await assertRejects(() => chat(messages), ChatError, message);
      assertEquals(error.code, code);
      assertEquals(received.length, 1);
    });
  });
}

Deno.test("an HTML error page is an error with the status, without the page", async () => {
  const answer = page("<!doctype html><title>Bad gateway</title>", "text/html", 502);
  const error = await failure([answer], { retries: 0 });
  assertEquals(error.message.split(": ").slice(1).join(": "), "status 502: an HTML page");
});

Deno.test("a reply that is not UTF-8 is an error", async () => {
  const answer: Answer = () =>
    new Response(new Uint8Array([0x22, 0xff, 0x22]), {
      headers: { "content-type": "application/json" },
    });
  const error = await failure([answer]);
  assertStringIncludes(error.message, "not valid UTF-8");
});

Deno.test("a reply that is cut off is an error that has its beginning", async () => {
  const answer = json(completion('{"rules": [', { finish_reason: "length" }));
  const error = await failure([answer], { now: () => new Date(0) });
  assertEquals(error.code, "length");
  assertEquals(error.reply, {
    text: '{"rules": [',
    usage: { promptTokens: 7, completionTokens: 3 },
    finishReason: "length",
    took: 0,
  });
});

Deno.test("a reply of 100 MB is refused without reading on", async () => {
  const { answer, sent } = flood(100 * 1024 * 1024);
  const error = await failure([answer, reply("yes")]);
  assertEquals(error.code, "too-large");
  assertStringIncludes(error.message, "longer than 4 MB");
  assert(sent() < 2 * MAX_REPLY_BYTES + 8 * 1024 * 1024, `${sent()} bytes were sent`);
});

async function compress(text: string): Promise<Answer> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  const bytes = await new Response(stream).arrayBuffer();
  const headers = { "content-type": "application/json", "content-encoding": "gzip" };
  return () => new Response(bytes, { headers });
}

Deno.test("a reply of 50 MB that was compressed to some KB is refused as well", async () => {
  const error = await failure([await compress(" ".repeat(50_000_000))]);
  assertEquals(error.code, "too-large");
});

Deno.test("a reply may be compressed, sent byte by byte, and begin with a byte order mark", async () => {
  const text = JSON.stringify(completion("oui, ça"));
  const bytes = [...new TextEncoder().encode(text)].map((byte) => new Uint8Array([byte]));
  const headers = { "content-type": "application/json" };
  const answers: Answer[] = [
    await compress(text),
    () => new Response(ReadableStream.from(bytes), { headers }),
    page(`\ufeff${text}`, "application/json"),
  ];
  for (const answer of answers) {
    await withChat([answer], {}, async (chat) => {
      assertEquals((await chat(messages)).text, "oui, ça");
    });
  }
});

Deno.test("a reply of less than 4 MB is read", async () => {
  const text = "é".repeat(1_500_000);
  await withChat([reply(text)], {}, async (chat) => {
    assertEquals((await chat(messages)).text, text);
  });
});

Deno.test("an error page of 100 MB is an error of its status", async () => {
  const { answer, sent } = flood(100 * 1024 * 1024);
  const wrong: Answer = async (received, closing) => {
    const { body, headers } = await answer(received, closing);
    return new Response(body, { status: 404, headers });
  };
  assertEquals((await failure([wrong])).status, 404);
  assert(sent() < 20 * 1024 * 1024, `${sent()} bytes were sent`);
});

Deno.test("usage that is not a count is left out", async () => {
  for (const usage of [undefined, null, 3, { prompt_tokens: "7", completion_tokens: 3 }]) {
    await withChat([json({ ...completion("yes"), usage })], {}, async (chat) => {
      assertEquals(Object.keys(await chat(messages)), ["text", "finishReason", "took"]);
    });
  }
});

Deno.test("lone surrogates in a reply are replaced", async () => {
  const body = JSON.stringify(completion("a\ud800b"));
  await withChat([page(body, "application/json; charset=utf-8")], {}, async (chat) => {
    assertEquals((await chat(messages)).text, "a\ufffdb");
  });
});

Deno.test("a key that the endpoint repeats is not in an error, cause or reply", async () => {
  const options = { apiKey: key, retries: 0 };
  const says = `the key ${key} (${encodeURIComponent(key)}) is wrong`;
  const escaped = String.raw`sk-test\/0123456789+abc`;
  const answers: Answer[] = [
    refuse(400, says),
    refuse(401, says),
    refuse(500, "x".repeat(190) + says),
    page(says, "text/plain", 403),
    page(`{"error": "${escaped}"}`, "application/json", 404),
    page(`{"error": {"sent": "${escaped}"}}`, "application/json", 404),
    page(" ".repeat(64 * 1024 - 12) + key, "text/plain", 404),
    page(says, `text/${key}`),
    json({ error: says }),
    json(completion(null, { message: { refusal: says } })),
    json(completion(null, { finish_reason: key })),
    json(completion(says, { finish_reason: "length" })),
  ];
  for (const answer of answers) {
    const shown = show(await failure([answer], options)).toLowerCase();
    for (const form of [key, encodeURIComponent(key), "0123456789", "sk-test"]) {
      assert(!shown.includes(form.toLowerCase()), shown);
    }
  }
  await withChat([reply(`${says}: ${escaped}`)], options, async (chat) => {
    assertEquals((await chat(messages)).text, "the key [key] ([key]) is wrong: [key]");
  });
});

Deno.test("a status of 401 says whether the key was refused or missing", async () => {
  const told = async (options: Asking) => (await failure([refuse(401, "no")], options)).message;
  assert((await told({ apiKey: key })).endsWith("status 401: the API key is refused"));
  assert((await told({})).endsWith("status 401: no API key was given"));
});

Deno.test("a network error has neither key nor query, at any depth", async () => {
  const fetch = (url: string, init: RequestInit) => {
    const authorization = new Headers(init.headers).get("authorization");
    const inner = new Error(`connect: ${authorization}`);
    inner.cause = inner;
    return Promise.reject(new TypeError(`error for ${url}`, { cause: inner }));
  };
  const baseUrl = "http://localhost/v1?token=hunter22";
  const chat = createChat({ baseUrl, model: "small", apiKey: key, fetch, retries: 0 });
  const error = await assertRejects(() => chat(messages), ChatError);
  assertStringIncludes(error.message, "from http://localhost/v1/chat/completions: the connection");
  assertStringIncludes(show(error), "[key]");
  assert(!show(error).includes(key) && !show(error).includes("hunter22"), show(error));
});

Deno.test("an error of a real connection has no query", async () => {
  await using server = serveBytes(undefined);
  const [chat] = connect(server, { retries: 0, address: (url) => `${url}?token=hunter22` });
  const error = await assertRejects(() => chat(messages), ChatError);
  assert(!show(error).includes("hunter22"), show(error));
});

Deno.test("a value of the query that the endpoint repeats is not in an error", async () => {
  const answers = [refuse(400, "no such key: hunter/22 (hunter%2F22)")];
  const address = (url: string) => `${url}?key=hunter%2F22`;
  const error = await failure(answers, { address });
  assertStringIncludes(error.message, 'status 400: "no such key: [query] ([query])"');
});

Deno.test("a chat does not show its key", () => {
  const chat = createChat({ baseUrl: "http://localhost/v1", model: "small", apiKey: key });
  assertEquals({ ...chat }, { model: "small" });
  assert(!show(chat).includes(key));
});

Deno.test("a placeholder for a key is not searched for in replies", async () => {
  await withChat([reply("ollama says yes")], { apiKey: "ollama" }, async (chat) => {
    assertEquals((await chat(messages)).text, "ollama says yes");
  });
});

Deno.test("an error has no query, however short its values are", async () => {
  const answers = [refuse(400, "no such path: /v1/chat/completions?k=ab12")];
  const error = await failure(answers, { address: (url) => `${url}?k=ab12` });
  assertStringIncludes(error.message, 'status 400: "no such path: /v1/chat/completions"');
});
