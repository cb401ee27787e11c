/**
 * Markup in which whatever a trace says is text, never markup.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { markup } from "./markup.ts";
 *
 * const names = ["<b>", "card"].map((name) => markup`<li>${name}</li>`);
 * assertEquals(markup`<ul>${names}</ul>`.html, "<ul><li>&lt;b&gt;</li><li>card</li></ul>");
 * ```
 *
 * @module
 */
import { createHash } from "node:crypto";
import { showText } from "../learn/text/quoting.ts";

/** Markup that is ready to go into a page. */
export interface Markup {
  readonly html: string;
}

/** What a template takes: text and numbers, which are escaped, markup, and lists of these. */
export type Content = string | number | Markup | undefined | readonly Content[];

const entities = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&#39;"],
]);

/**
 * `text` as it stands between tags or in a quoted attribute. Control and direction characters are
 * written out, so that a name cannot change the order of what is beside it.
 */
export function escapeText(text: string): string {
  return showText(text).replace(/[&<>"']/g, (character) => entities.get(character) ?? "");
}

/** A template of markup. Nothing is put in place of `undefined`. */
export function markup(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  let html = strings[0];
  values.forEach((value, place) => html += render(value) + strings[place + 1]);
  return { html };
}

function render(content: Content): string {
  if (content === undefined) return "";
  if (typeof content === "number") return String(content);
  if (typeof content === "string") return escapeText(content);
  return "html" in content ? content.html : content.map(render).join("");
}

/** Markup that is trusted: only for what this package holds itself, or what was escaped already. */
export function trusted(html: string): Markup {
  return { html };
}

/**
 * JSON as it can stand in a `script` element that holds data: no `<`, with which alone an element or a
 * comment could begin or end, and no line separator. The value is the same.
 */
export function embedJson(json: string): Markup {
  const escapes = /[<\u2028\u2029]/g;
  return trusted(
    json.replace(
      escapes,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  );
}

/** The source expression by which a Content-Security-Policy allows this inline script or style. */
export function hashSource(text: string): string {
  return `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;
}
