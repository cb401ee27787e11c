/**
 * The address of a chat-completions endpoint, and how to hide its key and query in messages.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createEndpoint } from "./endpoint.ts";
 *
 * const endpoint = createEndpoint("https://models.example?token=hunter22", "sk-0123456789");
 * assertEquals(endpoint.url, "https://models.example/v1/chat/completions?token=hunter22");
 * assertEquals(endpoint.name, "https://models.example/v1/chat/completions");
 * assertEquals(endpoint.clean("sk-0123456789 or hunter22 is wrong"), "[key] or [query] is wrong");
 * ```
 *
 * @module
 */
import { createConcealer } from "./secrets.ts";

/** An endpoint, and how to speak of it. */
export interface Endpoint {
  /** The URL to fetch. */
  readonly url: string;
  /** The URL without its query, for errors. */
  readonly name: string;
  /** Removes the query as well, however short, from a text of the endpoint or the network. */
  clean(text: string): string;
  /** Whether requests have a key. */
  readonly hasKey: boolean;
  /** Removes the key and the values of the query, if they are long, from a text of the model. */
  conceal(text: string): string;
}

/**
 * Creates the endpoint for chat completions under a base URL.
 *
 * @throws {TypeError} if it is not a URL of HTTP, or has a user or a password
 */
export function createEndpoint(baseUrl: string, apiKey: string): Endpoint {
  const url = resolveUrl(baseUrl);
  // A query may be a key without a name.
  const values = [...url.searchParams].map(([name, value]) => value === "" ? name : value);
  const concealKey = createConcealer([apiKey], "[key]");
  const concealQuery = createConcealer(values, "[query]");
  const conceal = (text: string) => concealQuery(concealKey(text));
  const clean = (text: string) =>
    conceal(url.search === "" ? text : text.replaceAll(url.search, ""));
  const name = conceal(`${url.origin}${url.pathname}`);
  return { url: url.href, name, hasKey: apiKey !== "", clean, conceal };
}

/**
 * Reads the value of `Retry-After` (RFC 9110, 10.2.3) as milliseconds from now, or as `undefined` if it
 * is neither seconds nor a date.
 */
export function readRetryAfter(value: string | null, now: () => Date): number | undefined {
  const text = value?.trim() ?? "";
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1_000;
  // Date.parse also accepts other texts, some of them in local time.
  const at = /^[A-Z][a-z]{2,8}, .{1,40} GMT$/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now().getTime());
}

/** Errors do not quote the URL, which may have a password. */
function resolveUrl(baseUrl: string): URL {
  const what = "Cannot create a chat: the base URL";
  const url = URL.parse(baseUrl);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(`${what} is not valid, expected a URL such as http://localhost:11434/v1`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new TypeError(`${what} has a user or a password; give the key separately`);
  }
  const path = url.pathname.replace(/\/+$/, "");
  url.pathname = path.endsWith("/chat/completions") ? path : `${path || "/v1"}/chat/completions`;
  url.hash = "";
  return url;
}
