/**
 * Where a chat-completions endpoint is, and what may be said about it: no key and no query.
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

/** An endpoint, and how errors speak of it. */
export interface Endpoint {
  /** What is fetched. */
  readonly url: string;
  /** Its URL without query. */
  readonly name: string;
  /** A text from the endpoint or the network, without the key and the values of the query. */
  clean(text: string): string;
  /** Whether requests hold a key. */
  readonly hasKey: boolean;
  /** A text of the model, without the key. */
  conceal(text: string): string;
}

/** Keys shorter than this are placeholders, and values in a query too common to look for. */
const SHORTEST_SECRET = 8;

/**
 * The endpoint for chat completions under a base URL.
 *
 * @throws {TypeError} where it is no URL of HTTP, or holds a user or a password
 */
export function createEndpoint(baseUrl: string, apiKey: string): Endpoint {
  const url = resolveUrl(baseUrl);
  const key = listForms(apiKey);
  const query = [...url.searchParams.values()].flatMap(listForms);
  const conceal = (text: string) => replaceForms(text, key, "[key]");
  const clean = (text: string) => {
    const withoutQuery = url.search === "" ? text : text.replaceAll(url.search, "");
    return replaceForms(conceal(withoutQuery), query, "[query]");
  };
  const name = conceal(`${url.origin}${url.pathname}`);
  return { url: url.href, name, hasKey: apiKey !== "", clean, conceal };
}

/**
 * The value of `Retry-After` (RFC 9110, 10.2.3) in milliseconds from now, `undefined` where it is
 * neither seconds nor a date.
 */
export function readRetryAfter(value: string | null, now: () => Date): number | undefined {
  const text = value?.trim() ?? "";
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1_000;
  // Date.parse would take much else for a date, some of it in the time of this place.
  const at = /^[A-Z][a-z]{2,8}, .{1,40} GMT$/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now().getTime());
}

/** How a secret is written: as it is, in JSON (some escape the slash), and in a URL. */
function listForms(secret: string): string[] {
  if (secret.length < SHORTEST_SECRET) return [];
  const inJson = JSON.stringify(secret).slice(1, -1);
  return [secret, inJson, inJson.replaceAll("/", "\\/"), encodeURIComponent(secret)];
}

function replaceForms(text: string, forms: readonly string[], by: string): string {
  return forms.reduce((replaced, form) => replaced.replaceAll(form, by), text);
}

/** Errors do not quote the URL: it may hold a password. */
function resolveUrl(baseUrl: string): URL {
  const what = "Cannot create a chat: the base URL";
  const url = URL.parse(baseUrl);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(`${what} is not one, expected such as http://localhost:11434/v1`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new TypeError(`${what} holds a user or a password; the key is an option of its own`);
  }
  const path = url.pathname.replace(/\/+$/, "");
  if (!path.endsWith("/chat/completions")) url.pathname = `${path || "/v1"}/chat/completions`;
  else url.pathname = path;
  url.hash = "";
  return url;
}
