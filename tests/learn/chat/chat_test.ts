import { getEventListeners } from "node:events";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "jsr:@std/assert@^1";
import { createChat } from "../../../learn/chat/client.ts";
import { ChatError } from "../../../learn/chat/response.ts";
import { connect, failure, key, messages, show, withChat } from "./chat_client.ts";
import {
  type Answer,
  completion,
  completionBytes,
  hang,
  refuse,
  reply,
  serveBytes,
  serveChat,
  stall,
} from "./chat_server.ts";

Deno.test("a reply has text, usage, reason and time", async () => {
  const times = [1_000, 1_250];
  const now = () => new Date(times.shift()!);
  await withChat([reply("yes")], { now }, async (chat) => {
    assertEquals(await chat(messages), {
      text: "yes",
      usage: { promptTokens: 7, completionTokens: 3 },
      finishReason: "stop",
      took: 250,
    });
  });
});

Deno.test("a request holds the model, the messages, the parameters and the key", async () => {
  const options = { apiKey: key, parameters: { temperature: 0 } };
  await withChat([reply("yes")], options, async (chat, { received }) => {
    await chat(messages);
    assertEquals(received[0].body, { temperature: 0, model: "small", messages, stream: false });
    assertEquals(received[0].headers.get("authorization"), `Bearer ${key}`);
  });
});

Deno.test("parameters are sent as JSON represents them", async () => {
  const parameters = { temperature: undefined, seed: 1 };
  await withChat([reply("yes")], { parameters }, async (chat, { received }) => {
    parameters.seed = 2;
    await chat(messages);
    assertEquals(received[0].body.seed, 1);
    assertEquals(Object.keys(chat.parameters!), ["seed"]);
  });
});

Deno.test("lone surrogates in a message are replaced before it is sent", async () => {
  await withChat([reply("yes")], {}, async (chat, { received }) => {
    await chat([{ role: "user", content: "a\ud800b" }]);
    assertEquals(received[0].body.messages[0].content, "a\ufffdb");
  });
});

Deno.test("without a key no authorization is sent", async () => {
  await withChat([reply("yes")], { apiKey: "" }, async (chat, { received }) => {
    await chat(messages);
    assertEquals(received[0].headers.get("authorization"), null);
  });
});

for (
  const [address, path] of [
    ["/v1", "/v1/chat/completions"],
    ["/v1/", "/v1/chat/completions"],
    ["", "/v1/chat/completions"],
    ["/", "/v1/chat/completions"],
    ["/openai/v1beta//", "/openai/v1beta/chat/completions"],
    ["/v1/chat/completions", "/v1/chat/completions"],
    ["/v1?api-version=3#top", "/v1/chat/completions?api-version=3"],
  ]
) {
  Deno.test(`a base URL of path "${address}" leads to ${path}`, async () => {
    const replaced = (baseUrl: string) => baseUrl.replace("/v1", address);
    await withChat([reply("yes")], { address: replaced }, async (chat, { received }) => {
      await chat(messages);
      assertEquals(received[0].path, path);
    });
  });
}

Deno.test("a base URL that is not valid or has a password is refused without quoting it", () => {
  for (
    const baseUrl of ["localhost:11434/v1", "not a url", "http://me:hunter22@localhost/v1", ""]
  ) {
    const error = assertThrows(
      () => createChat({ baseUrl, model: "small" }),
      TypeError,
      "base URL",
    );
    assert(!show(error).includes("hunter22"));
  }
});

Deno.test("options that cannot be used are refused", () => {
  const options = { baseUrl: "http://localhost/v1", model: "small" };
  assertThrows(() => createChat({ ...options, model: " " }), TypeError, "model");
  assertThrows(() => createChat({ ...options, timeout: 0 }), RangeError, "timeout");
  assertThrows(() => createChat({ ...options, timeout: 2 ** 31 }), RangeError, "timeout");
  assertThrows(() => createChat({ ...options, retries: -1 }), RangeError, "retries");
  assertThrows(() => createChat({ ...options, parameters: { stream: true } }), TypeError, "stream");
});

Deno.test("a key that cannot be in a header is refused without quoting it", () => {
  const options = { baseUrl: "http://localhost/v1", model: "small" };
  for (const apiKey of ["sk-secret99\n", "sk-secret99 x", "sk-secret99é"]) {
    const error = assertThrows(() => createChat({ ...options, apiKey }), TypeError, "API key");
    assert(!show(error).includes("secret99"));
  }
});

Deno.test("a status of 500 is retried", async () => {
  await withChat([refuse(500, "oops"), reply("yes")], {}, async (chat, { received }, waits) => {
    assertEquals((await chat(messages)).text, "yes");
    assertEquals(received.length, 2);
    assertEquals(received[1].body, received[0].body);
    assertEquals(waits, [500]);
  });
});

Deno.test("waits double, and after the retries the last error is thrown", async () => {
  await withChat([refuse(503, "busy")], { retries: 4 }, async (chat, { received }, waits) => {
    const error = await assertRejects(
      () => chat(messages),
      ChatError,
      '503: "busy" (tried 5 times)',
    );
    assertEquals([error.code, error.status], ["status", 503]);
    assertEquals(received.length, 5);
    assertEquals(waits, [500, 1_000, 2_000, 4_000]);
  });
});

for (
  const [value, waited] of [
    ["7", 7_000],
    ["0", 0],
    ["0.25", 250],
    ["3600", 60_000],
    ["Thu, 01 Jan 2026 00:00:09 GMT", 9_000],
    ["Wed, 31 Dec 2025 23:00:00 GMT", 0],
    ["Fri, 02 Jan 2026 00:00:00 GMT", 60_000],
    ["soon", 500],
    ["-3", 500],
    ["2026", 60_000],
    ["1e9", 500],
    ["9".repeat(400), 60_000],
    ["Sunday, 04-Jan-26 00:00:00 GMT", 60_000],
    ["Fri, 99 Foo 2026 00:00:00 GMT", 500],
  ] as const
) {
  Deno.test(`a Retry-After of "${value.slice(0, 40)}" waits ${waited} ms`, async () => {
    const now = () => new Date("2026-01-01T00:00:00Z");
    const answers = [refuse(429, "slow down", { "retry-after": value }), reply("yes")];
    await withChat(answers, { now }, async (chat, _, waits) => {
      assertEquals((await chat(messages)).text, "yes");
      assertEquals(waits, [waited]);
    });
  });
}

Deno.test("other statuses are not retried", async () => {
  for (const status of [400, 403, 404, 408, 409, 422]) {
    await withChat([refuse(status, "no"), reply("yes")], {}, async (chat, { received }) => {
      const error = await assertRejects(() => chat(messages), ChatError, `status ${status}: "no"`);
      assertEquals(error.status, status);
      assertEquals(received.length, 1);
    });
  }
});

for (const status of [301, 303, 307, 308]) {
  Deno.test(`a redirect of status ${status} is not followed, so that no other host gets the key`, async () => {
    await using other = serveChat(reply("yes"));
    const location = `${other.baseUrl}/chat/completions`;
    const moved: Answer = () => new Response(null, { status, headers: { location } });
    await withChat([moved], { apiKey: key }, async (chat, { received }) => {
      await assertRejects(() => chat(messages), ChatError, `status ${status}: it redirects`);
      assertEquals([received.length, other.received.length], [1, 0]);
    });
  });
}

Deno.test("a status is reported even if the connection breaks within its page", async () => {
  const broken = (status: string, more = "") =>
    `HTTP/1.1 ${status}\r\ncontent-length: 100\r\n${more}connection: close\r\n\r\n{"error`;
  await using server = serveBytes(broken("429 Slow", "retry-after: 9\r\n"), broken("413 Long"));
  const [chat, { received }, waits] = connect(server, {});
  const error = await assertRejects(
    () => chat(messages),
    ChatError,
    "413, and the connection broke",
  );
  assertEquals([error.code, error.status], ["status", 413]);
  assertEquals([waits, received.length], [[9_000], 2]);
});

Deno.test("a connection that is reset is retried", async () => {
  await using server = serveBytes(undefined, completionBytes("yes"));
  const [chat, , waits] = connect(server, {});
  assertEquals((await chat(messages)).text, "yes");
  assertEquals(waits, [500]);
});

Deno.test("a connection that breaks within the reply is retried", async () => {
  await using server = serveBytes(completionBytes("yes", 10), completionBytes("yes"));
  const [chat, , waits] = connect(server, {});
  assertEquals((await chat(messages)).text, "yes");
  assertEquals(waits, [500]);
});

Deno.test("a connection that is always reset is a network error", async () => {
  await using server = serveBytes(undefined);
  const [chat] = connect(server, { retries: 1 });
  const error = await assertRejects(
    () => chat(messages),
    ChatError,
    "the connection failed (tried 2",
  );
  assertEquals(error.code, "network");
  assert(error.cause instanceof Error);
});

Deno.test("an endpoint that does not exist is a network error", async () => {
  const server = serveChat(reply("yes"));
  await server[Symbol.asyncDispose]();
  const [chat, , waits] = connect(server, { retries: 2 });
  const error = await assertRejects(() => chat(messages), ChatError, server.baseUrl);
  assertEquals(error.code, "network");
  assertEquals(waits.length, 2);
});

for (
  const [name, answer] of [["does not answer", hang], ["stops within its reply", stall]] as const
) {
  Deno.test(`an endpoint that ${name} in time is retried`, async () => {
    await withChat([answer, reply("yes")], { timeout: 200 }, async (chat, _, waits) => {
      assertEquals((await chat(messages)).text, "yes");
      assertEquals(waits, [500]);
    });
  });

  Deno.test(`an endpoint that ${name} gives a time-out`, async () => {
    const error = await failure([answer], { timeout: 50, retries: 0 });
    assertEquals(error.code, "timeout");
    assertStringIncludes(error.message, "no whole reply within 50 ms");
  });

  Deno.test(`a signal ends a call to an endpoint that ${name}`, async () => {
    await withChat([answer], {}, async (chat) => {
      const controller = new AbortController();
      const asked = chat(messages, { signal: controller.signal });
      setTimeout(() => controller.abort(new RangeError("enough")), 50);
      await assertRejects(() => asked, RangeError, "enough");
    });
  });
}

Deno.test("a signal that has aborted sends nothing", async () => {
  await withChat([reply("yes")], { signal: AbortSignal.abort() }, async (chat, { received }) => {
    const error = await assertRejects(() => chat(messages), DOMException);
    assertEquals(error.name, "AbortError");
    assertEquals(received.length, 0);
  });
});

Deno.test("a signal ends the wait for a retry at once", async () => {
  await using server = serveChat(refuse(429, "slow down", { "retry-after": "50" }));
  const controller = new AbortController();
  const options = { baseUrl: server.baseUrl, model: "small", signal: controller.signal };
  const asked = createChat(options)(messages);
  const started = performance.now();
  setTimeout(() => controller.abort(), 100);
  await assertRejects(() => asked);
  assert(performance.now() - started < 5_000);
  assertEquals(server.received.length, 1);
});

Deno.test("the wait for a retry ends by itself", async () => {
  await using server = serveChat(refuse(429, "slow", { "retry-after": "0.05" }), reply("yes"));
  const chat = createChat({ baseUrl: server.baseUrl, model: "small" });
  assertEquals((await chat(messages)).text, "yes");
});

Deno.test("a missing permission is thrown as it is, without a retry", async () => {
  let calls = 0;
  const fetch = () => {
    calls++;
    return Promise.reject(new Deno.errors.NotCapable("Requires net access, run with --allow-net"));
  };
  const chat = createChat({ baseUrl: "http://localhost", model: "small", fetch });
  await assertRejects(() => chat(messages), Deno.errors.NotCapable);
  assertEquals(calls, 1);
});

Deno.test("a signal that many calls share keeps no listener of a call that has ended", async () => {
  const { signal } = new AbortController();
  const countListeners = () => getEventListeners(signal, "abort").length;
  let most = 0;
  const answer: Answer = () => {
    most = Math.max(most, countListeners());
    return Response.json(completion("yes"));
  };
  await withChat([answer], { signal }, async (chat) => {
    for (let call = 0; call < 3; call++) await chat(messages, { signal });
  });
  assertEquals([most, countListeners()], [2, 0]);
});

for (
  const [name, response, code] of [
    ["a redirect", { status: 302, type: "application/json" }, "status"],
    ["a page", { status: 200, type: "text/html" }, "content-type"],
    ["a reply that is too long", { status: 200, type: "application/json" }, "too-large"],
    ["an error page that is too long", { status: 404, type: "text/plain" }, "status"],
  ] as const
) {
  Deno.test(`the unread rest of ${name} is cancelled, without waiting for it`, async () => {
    let isCancelled = false;
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(1024 * 1024).fill(0x20)),
      cancel() {
        isCancelled = true;
        return new Promise(() => {});
      },
    });
    const { status, type } = response;
    const fetch = () =>
      Promise.resolve(new Response(body, { status, headers: { "content-type": type } }));
    const chat = createChat({ baseUrl: "http://localhost", model: "small", fetch, retries: 0 });
    const error = await assertRejects(() => chat(messages), ChatError);
    assertEquals([error.code, isCancelled], [code, true]);
  });
}
