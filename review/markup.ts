/**
 * Markup in which everything that a trace says is text, never markup.
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

/** Values that a template takes: text and numbers, which are escaped, markup, and lists of these. */
export type Content = string | number | Markup | undefined | readonly Content[];

const entities = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&#39;"],
]);

/**
 * Escapes `text` to stand between tags or in a quoted attribute. Control and direction characters are
 * written out, so that a name cannot change the order of what is beside it.
 */
export function escapeText(text: string): string {
  return showText(text).replace(/[&<>"']/g, (character) => entities.get(character) ?? "");
}

/** Lets the name of a rule break after the signs that part it. */
export function breakName(name: string): Content {
  return name.split(/(?<=[_/|-])/).map((part) => [part, trusted("<wbr>")]);
}

/** A link to another page of a server. */
export interface PageLink {
  /** A relative address. */
  readonly href: string;
  /** What it says. */
  readonly text: string;
}

/** How a page is rendered. */
export interface PageOptions {
  /**
   * Links to other pages, shown at the top. A page that is a file on its own has none.
   *
   * @default []
   */
  readonly links?: readonly PageLink[];
}

/** Renders links in one line, if there are any. */
export function renderLinks(links: readonly PageLink[] = []): Markup | undefined {
  if (links.length === 0) return undefined;
  const rendered = links.map(({ href, text }) => markup`<a href="${href}">${text}</a> `);
  return markup`<p class="links">${rendered}</p>\n`;
}

/** A template of markup. `undefined` is left out. */
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

/** Marks `html` as trusted: only for constants of this package, or what is already escaped. */
export function trusted(html: string): Markup {
  return { html };
}

/**
 * Escapes JSON to stand in a `script` element that holds data: it has no `<`, without which no element
 * or comment can begin or end, and no line separator. The value is the same.
 */
export function embedJson(json: string): Markup {
  return trusted(
    json.replace(
      /[<\u2028\u2029]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  );
}

/** Returns the source expression by which a Content-Security-Policy allows this inline script or style. */
export function hashSource(text: string): string {
  return `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;
}

/**
 * Renders a whole HTML document.
 *
 * @param document.policy its Content-Security-Policy, which has to allow `style`
 * @param document.style a style sheet of this package
 */
export function renderDocument(
  { title, policy, style, body }: {
    readonly title: string;
    readonly policy: string;
    readonly style: string;
    readonly body: Markup;
  },
): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>
${body}
</body>
</html>
`.html;
}
