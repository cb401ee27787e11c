/**
 * A chat-completions server on loopback, with right answers and wrong ones of every kind.
 *
 * @module
 */

/** A request as it was received. */
export interface Received {
  readonly path: string;
  readonly headers: Headers;
  // deno-lint-ignore no-explicit-any -- whatever JSON was sent
  readonly body: any;
}

/** Answers one request. `closing` resolves when the server is closed. */
export type Answer = (
  received: Received,
  closing: Promise<void>,
) => Response | Promise<Response>;

/** A server that is listening. */
export interface ChatServer extends AsyncDisposable {
  /** Ends in `/v1`. */
  readonly baseUrl: string;
  /** All requests so far. */
  readonly received: readonly Received[];
}

/** Starts a server. Each answer is for one request, the last one also for all later requests. */
export function serveChat(...answers: readonly Answer[]): ChatServer {
  const received: Received[] = [];
  let count = 0;
  const closing = Promise.withResolvers<void>();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {}, onError: () => new Response(null) },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const answer = answers[Math.min(count++, answers.length - 1)];
      const body = await request.json();
      const got = { path: pathname + search, headers: request.headers, body };
      received.push(got);
      return await answer(got, closing.promise);
    },
  );
  return {
    baseUrl: `http://127.0.0.1:${server.addr.port}/v1`,
    received,
    async [Symbol.asyncDispose]() {
      closing.resolve();
      await server.shutdown();
    },
  };
}

/** Returns a chat completion with `content`; `more` replaces members of its choice. */
export function completion(content: unknown, more: object = {}): object {
  return {
    id: "c1",
    object: "chat.completion",
    choices: [{
      index: 0,
      message: { role: "assistant", content },
      finish_reason: "stop",
      ...more,
    }],
    usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
  };
}

/** Answers with a text. */
export const reply = (content: string): Answer => () => Response.json(completion(content));

/** Answers with JSON as it is. */
export const json = (body: unknown, init?: ResponseInit): Answer => () => Response.json(body, init);

/** Answers with a text of any type. */
export const page = (body: string, type: string, status = 200): Answer => () =>
  new Response(body, { status, headers: { "content-type": type } });

/** Answers with an error as OpenAI writes it. */
export const refuse = (status: number, message: string, headers?: HeadersInit): Answer => () =>
  Response.json({ error: { message, type: "error" } }, { status, headers });

/** Answers with `length` bytes of JSON, sent as they are read, and counts those that were sent. */
export function flood(length: number): { readonly answer: Answer; readonly sent: () => number } {
  let sent = 0;
  const chunk = new TextEncoder().encode(" ".repeat(64 * 1024));
  const answer = () =>
    new Response(
      new ReadableStream({
        pull(controller) {
          if (sent >= length) return controller.close();
          controller.enqueue(chunk);
          sent += chunk.length;
        },
      }),
      { headers: { "content-type": "application/json" } },
    );
  return { answer, sent: () => sent };
}

/** Does not answer before the server is closed. */
export async function hang(_: Received, closing: Promise<void>): Promise<Response> {
  await closing;
  return new Response(null, { status: 503 });
}

/** Begins to answer, and stops until the server is closed. */
export function stall(_: Received, closing: Promise<void>): Response {
  const body = new ReadableStream({
    async start(controller) {
      controller.enqueue(new TextEncoder().encode('{"choices":['));
      await closing;
      try {
        controller.close();
      } catch {
        // The client has already closed it.
      }
    },
  });
  return new Response(body, { headers: { "content-type": "application/json" } });
}

/**
 * Starts a server below HTTP: for each connection in turn it sends the bytes, or for `undefined` resets
 * the connection. The last one is also for all later connections.
 */
export function serveBytes(...answers: readonly (string | undefined)[]): ChatServer {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const received: Received[] = [];
  const done = (async () => {
    let count = 0;
    for await (const connection of listener) {
      const answer = answers[Math.min(count++, answers.length - 1)];
      if (answer !== undefined) {
        received.push(await readRequest(connection));
        await connection.write(new TextEncoder().encode(answer));
      } else {
        // The system resets a connection with unread bytes.
        await connection.read(new Uint8Array(1));
      }
      connection.close();
    }
  })();
  return {
    baseUrl: `http://127.0.0.1:${listener.addr.port}/v1`,
    received,
    async [Symbol.asyncDispose]() {
      listener.close();
      await done;
    },
  };
}

/** Returns a chat completion as bytes for {@linkcode serveBytes}, without its last `lacking` bytes. */
export function completionBytes(content: string, lacking = 0): string {
  const body = JSON.stringify(completion(content));
  const head = [
    "HTTP/1.1 200 OK",
    "content-type: application/json",
    `content-length: ${new TextEncoder().encode(body).length}`,
    "connection: close",
  ];
  return `${head.join("\r\n")}\r\n\r\n${body.slice(0, body.length - lacking)}`;
}

async function readRequest(connection: Deno.TcpConn): Promise<Received> {
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  for (;;) {
    const read = await connection.read(buffer);
    if (read === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, read));
    const [head, body] = text.split("\r\n\r\n");
    const length = /content-length: (\d+)/i.exec(head)?.[1];
    if (body !== undefined && length !== undefined && body.length >= Number(length)) break;
  }
  const [head, body] = text.split("\r\n\r\n");
  return { path: head.split(" ")[1], headers: new Headers(), body: JSON.parse(body) };
}
