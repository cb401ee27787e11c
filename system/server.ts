/**
 * A server on the loopback, which only Deno starts here.
 *
 * @module
 */
import { codeOf, describeCause } from "./files.ts";
import { createNotCapable, isPermitted } from "./permissions.ts";

/** The namespace of Deno, if this is Deno. */
const deno = globalThis.Deno as typeof Deno | undefined;

/** The only address that is listened on: other machines cannot reach it. */
const LOOPBACK = "127.0.0.1";

/** A server that listens. */
export interface LoopbackServer {
  /** The port that it listens on. */
  readonly port: number;
  /** Settles when it has ended. */
  readonly finished: Promise<void>;
  /** Ends it once it has answered what was asked. */
  stop(): Promise<void>;
}

/** Answers a request. */
type Answer = (request: Request) => Promise<Response>;

/**
 * Listens on 127.0.0.1.
 *
 * @param port 0 takes one that is free
 * @param createAnswer creates what answers, for the port that was taken
 * @throws {Error} if it cannot listen, or if this is not Deno
 * @throws {Deno.errors.NotCapable} if the permission is missing, naming the flag
 */
export function serveLoopback(
  port: number,
  createAnswer: (port: number) => Answer,
): LoopbackServer {
  if (deno === undefined) {
    throw new Error("Cannot listen: serving needs Deno; elsewhere, mount createRunsHandler");
  }
  const host = `${LOOPBACK}:${port}`;
  if (!isPermitted({ name: "net", host })) {
    const flag = `--allow-net=${port === 0 ? LOOPBACK : host}`;
    throw createNotCapable(`Cannot listen on ${host}: run with ${flag}`);
  }
  try {
    // No request is taken before this function has returned.
    const server = deno.serve(
      { hostname: LOOPBACK, port, onListen() {} },
      (request) => answer(request),
    );
    const answer = createAnswer(server.addr.port);
    return { port: server.addr.port, finished: server.finished, stop: () => server.shutdown() };
  } catch (cause) {
    const reason = codeOf(cause) === "EADDRINUSE"
      ? "another program listens there (--port 0 takes a free port)"
      : describeCause(cause);
    throw new Error(`Cannot listen on ${host}: ${reason}`, { cause });
  }
}
