/** Folders of runs that are served, for tests. */
import { join } from "jsr:@std/path@^1";
import type { Trace } from "../../../record/schema.ts";
import { createRunsHandler } from "../../../review/serve.ts";
import { serveLoopback } from "../../../system/server.ts";
import { renderTrace } from "../../../trace.ts";
import { bodies, completed, makeTrace, run } from "../../print/print_fixture.ts";

const rules = Object.values(completed.rules);

/** A completed run of the fixture. */
export function runOn(day: number, name = "banking"): Trace {
  const dataset = { ...run.dataset, name };
  const startedAt = `2026-01-${String(day).padStart(2, "0")}T03:04:05.000Z`;
  return makeTrace({ ...run, id: `run-${day}`, startedAt, dataset }, rules, bodies);
}

/** The name that the trace of a run has in a folder. */
export const fileOf = ({ run }: Trace): string => `${run.dataset.name}.${run.id}.trace.json`;

/** Writes traces into a folder. */
export async function writeRuns(folder: string, ...traces: readonly Trace[]): Promise<void> {
  for (const trace of traces) {
    await Deno.writeTextFile(join(folder, fileOf(trace)), renderTrace(trace));
  }
}

/** Calls `use` with a new folder. */
export async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A server of the folder of a test. */
export interface TestServer {
  readonly folder: string;
  readonly port: number;
  /** Its address without a slash at the end. */
  readonly origin: string;
  /** Loads a page. */
  get(path: string): Promise<{ status: number; html: string; headers: Headers }>;
}

/** Serves a new folder with these runs while `use` goes on. */
export function serving(
  traces: readonly Trace[],
  use: (server: TestServer) => Promise<void>,
): Promise<void> {
  return inFolder(async (folder) => {
    await writeRuns(folder, ...traces);
    const server = serveLoopback(0, (port) => {
      return createRunsHandler(folder, { hosts: [`127.0.0.1:${port}`, `localhost:${port}`] });
    });
    const origin = `http://127.0.0.1:${server.port}`;
    try {
      await use({
        folder,
        port: server.port,
        origin,
        async get(path) {
          const response = await fetch(origin + path);
          const { status, headers } = response;
          return { status, headers, html: await response.text() };
        },
      });
    } finally {
      await server.stop();
    }
  });
}

/** Sends bytes as they are, and returns all that comes back. */
export async function sendRaw(port: number, request: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(request));
  // A server that refuses a request may close the connection before all of it was read.
  return await new Response(connection.readable).text().catch(() => "");
}
