/**
 * Serves a folder of runs to a browser on this machine: the list of the runs, the page of each, and any two
 * of them compared. It only reads, and only in that folder.
 *
 *     deno run --allow-read=runs --allow-net=127.0.0.1 review/serve.ts runs [--port 7777]
 *
 * @module
 */
import { showText } from "../learn/text/quoting.ts";
import { parseArgs } from "../script/arguments.ts";
import { parseUsage, requirePermission, runScript, write } from "../script/script.ts";
import { exit, isScript, onInterrupt, readArgs } from "../system/process.ts";
import { serveLoopback } from "../system/server.ts";
import { listTraces } from "./history/reading.ts";
import { createRunsHandler } from "./serve/handler.ts";

export { createRunsHandler, type RunsHandlerOptions } from "./serve/handler.ts";

const usage = `Show the runs of a folder in a browser.

  deno run --allow-read=FOLDER --allow-net=127.0.0.1 review/serve.ts FOLDER [--port N]

The pages are the list of the runs by data set, each run, and any two of them compared. A run is shown
with its forks in FOLDER, and with what its .blame.json says. Pages are as the folder is when they are
loaded: new runs need no restart. Nothing is written. Only this machine can reach the server
(127.0.0.1), under the address that it prints; files outside the folder are not read, not even by a
link in it. Ctrl-C ends it.

  --port N  the port to listen on; 0 takes a free one (default: 7777)
  --help    this text
`;

const MAX_PORT = 65_535;

function parseArguments(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      port: { type: "string", default: "7777" },
      help: { type: "boolean", default: false },
    },
  });
  const { help } = values;
  if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > MAX_PORT) {
    throw new TypeError(`--port is ${values.port}, expected a number from 0 to ${MAX_PORT}`);
  }
  if (!help && (positionals.length !== 1 || positionals[0] === "")) {
    throw new TypeError(`expected one FOLDER, got ${positionals.length}`);
  }
  return { help, port: Number(values.port), folder: positionals[0] };
}

async function main(args: string[]): Promise<void> {
  const { help, port, folder } = parseUsage(() => parseArguments(args));
  if (help) return write(usage);
  await requirePermission("read", folder);
  // A folder that cannot be read is an error now, not on a page.
  await listTraces(folder);
  const server = serveLoopback(port, (port) => {
    // A browser leaves out the port 80, as an address does.
    const hosts = ["127.0.0.1", "localhost"].map((name) => new URL(`http://${name}:${port}`).host);
    return createRunsHandler(folder, { hosts });
  });
  // Nothing is written, so nothing is lost if what is being sent is cut.
  onInterrupt(() => exit(0));
  write(`${showText(folder)} is at http://127.0.0.1:${server.port}/ (Ctrl-C ends)\n`);
  await server.finished;
}

if (isScript("serve", import.meta.main, import.meta.url)) {
  await runScript("serve.ts", () => main(readArgs()));
}
