/**
 * Answers requests for the pages of a folder of runs.
 *
 * @module
 */
import { basename } from "jsr:@std/path@^1";
import { describeCause, realPath } from "../../system/files.ts";
import { formatCount } from "../../print/phrases.ts";
import type { Trace } from "../../trace.ts";
import { compareTraces } from "../compare/compare_traces.ts";
import { comparisonPolicy, renderComparison } from "../compare/page.ts";
import { renderReport, reportPolicy } from "../report/page.ts";
import { openRuns, PageError, type RunsFolder } from "./folder.ts";
import { linkComparison, linkRun, renderList } from "./list_page.ts";
import { renderMessage, type ServedPage } from "./plain_page.ts";

/** Where and for whom the pages are. */
export interface RunsHandlerOptions {
  /**
   * The path of the list without its last slash, such as `/runs`. Other pages are below it.
   *
   * @default ""
   */
  readonly prefix?: string;
  /**
   * The hosts that are answered, as the `Host` header gives them: with the port, unless it is 80. Any other
   * host may be a name that a hostile site has led to this server (DNS rebinding).
   *
   * @default 127.0.0.1 and localhost, with any port
   */
  readonly hosts?: readonly string[];
}

/** What a page is made from. */
interface PageRequest {
  readonly runs: RunsFolder;
  readonly query: URLSearchParams;
  /** The name of the folder. */
  readonly name: string;
  /** The address of the list. */
  readonly list: string;
}

/** What is sent with each page, besides its policy. */
const headers = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

/** The pages by their path below the list. */
const pages: Readonly<Record<string, (request: PageRequest) => Promise<Response>>> = {
  "/": answerList,
  "/run": answerRun,
  "/compare": answerComparison,
};

/**
 * Creates what answers requests for the pages of a folder of runs: their list, each run, and any two of them
 * compared. It only reads: methods other than GET and HEAD are refused. A run is asked for by the name of
 * its file, which must be one of those that the folder has; links that lead out of the folder are not
 * followed. New and changed files are seen at the next request. No page may be kept by a browser, be shown
 * in another page, or load anything. What cannot be shown has a page with the reason.
 *
 * It can be a part of one's own server; who may reach that is for that server to check. Needs read
 * permission for the folder.
 *
 * @param folder the path of the folder, which may grow
 * @throws {TypeError} if `prefix` ends with a slash, or does not begin with one and is not empty
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "jsr:@std/assert@^1";
 * import { createRunsHandler } from "../serve.ts";
 *
 * const answer = createRunsHandler("examples", { prefix: "/runs" });
 * const headers = { host: "localhost:8000" };
 * const response = await answer(new Request("http://localhost:8000/runs/", { headers }));
 * assertStringIncludes(await response.text(), "banking");
 * ```
 */
export function createRunsHandler(
  folder: string,
  options: RunsHandlerOptions = {},
): (request: Request) => Promise<Response> {
  const { prefix = "", hosts } = options;
  if (!/^(\/.*[^/])?$/.test(prefix)) {
    throw new TypeError(`prefix is ${prefix}, expected a path such as /runs`);
  }
  const runs = openRuns(folder);
  const list = `${prefix}/`;

  async function answer(request: Request): Promise<Response> {
    if (!isForUs(request, hosts)) {
      return sendError(421, "This server does not answer for that host.", list);
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      const allow = { allow: "GET, HEAD" };
      return sendError(405, "This server only reads: it takes GET and HEAD.", list, allow);
    }
    const { pathname, searchParams: query } = new URL(request.url);
    if (prefix !== "" && pathname === prefix) return redirect(list);
    const path = pathname.startsWith(list) ? pathname.slice(prefix.length) : "";
    if (!Object.hasOwn(pages, path)) return sendError(404, "There is no such page.", list);
    try {
      return await pages[path]({ runs, query, name: basename(realPath(folder)), list });
    } catch (error) {
      if (error instanceof PageError) return sendError(error.status, error.message, list);
      return sendError(500, `The page cannot be made: ${describeCause(error)}.`, list);
    }
  }

  return async (request) => {
    const response = await answer(request);
    if (request.method !== "HEAD") return response;
    return new Response(null, response);
  };
}

/** Tells whether a request names one of the hosts, in its header and in its address. */
function isForUs({ headers, url }: Request, hosts: readonly string[] | undefined): boolean {
  const isOurs = (host: string) =>
    hosts?.includes(host) ?? /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host);
  // The address may be whatever a client sends: hosts that are not one make it no address.
  return isOurs(headers.get("host")?.toLowerCase() ?? "") && URL.canParse(url) &&
    isOurs(new URL(url).host);
}

function redirect(location: string): Response {
  return new Response(null, { status: 308, headers: { ...headers, location } });
}

function send({ html, policy }: ServedPage, status = 200, more: HeadersInit = {}): Response {
  const content = new TextEncoder().encode(html);
  const all = new Headers({ ...headers, "content-length": String(content.length) });
  // A page itself cannot state where it may be shown.
  all.set("content-security-policy", `${policy}; frame-ancestors 'none'`);
  for (const [name, value] of new Headers(more)) all.set(name, value);
  return new Response(content, { status, headers: all });
}

/** The titles of pages that say why there is no other page. */
const titles: Readonly<Record<number, string>> = {
  400: "Two runs are needed",
  404: "Not found",
  405: "Not allowed",
  421: "Another host",
  422: "A run that cannot be read",
};

function sendError(status: number, text: string, list: string, more?: HeadersInit): Response {
  return send(renderMessage(titles[status] ?? "An error", text, list), status, more);
}

async function answerList({ runs, query, name, list }: PageRequest): Promise<Response> {
  const found = await runs.list();
  if ("done" in found) {
    const text = `${formatCount(found.done)} of ${formatCount(found.all)} files are read. ` +
      "This page is loaded again until all are.";
    return send(renderMessage("Reading the folder", text, list), 200, { refresh: "1" });
  }
  const page = Math.max(1, Math.trunc(Number(query.get("page"))) || 1);
  return send(renderList(name, found, {
    find: query.get("find") ?? "",
    page,
    before: query.getAll("before").at(-1),
    after: query.getAll("after").at(-1),
  }));
}

async function answerRun({ runs, query }: PageRequest): Promise<Response> {
  const file = query.get("file") ?? "";
  const trace = await runs.read(file);
  const { blame, forks, parent, notes } = await runs.look(trace);
  const links = [
    { href: "./", text: "← All runs" },
    ...(parent === undefined ? [] : [
      { href: linkRun(parent.file), text: `Made from ${parent.run}` },
      { href: linkComparison(parent.file, file), text: "Compare with that" },
    ]),
    { href: `./?${new URLSearchParams({ before: file })}`, text: "Compare with a later run" },
  ];
  const files = new Map(forks.map(({ file, trace }) => [trace, file]));
  const linkFork = (fork: Trace) => {
    const to = files.get(fork)!;
    return [
      { href: linkRun(to), text: "Its page" },
      { href: linkComparison(file, to), text: "Compare" },
    ];
  };
  const html = renderReport(trace, {
    links,
    ...(blame && { blame }),
    forks: forks.map(({ trace }) => trace),
    linkFork,
    notes,
  });
  return send({ html, policy: reportPolicy });
}

async function answerComparison({ runs, query }: PageRequest): Promise<Response> {
  const [before, after] = ["before", "after"].map((side) => query.getAll(side).at(-1));
  if (before === undefined || after === undefined) {
    const missing = before === undefined ? "before" : "after";
    throw new PageError(400, `No run was chosen as the one ${missing}.`);
  }
  const comparison = compareTraces(await runs.read(before), await runs.read(after));
  const links = [
    { href: "./", text: "← All runs" },
    { href: linkRun(before), text: `Before: ${comparison.before.id}` },
    { href: linkRun(after), text: `After: ${comparison.after.id}` },
    { href: linkComparison(after, before), text: "The other way round" },
  ];
  const html = renderComparison(comparison, {
    links,
    runs: { before: linkRun(before), after: linkRun(after) },
  });
  return send({ html, policy: comparisonPolicy });
}
