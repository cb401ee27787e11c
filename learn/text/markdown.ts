/**
 * Text in Markdown, as GitHub reads it, in which nothing that data or a trace says is markup.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { escapeMarkdown, quoteCode } from "./markdown.ts";
 *
 * assertEquals(escapeMarkdown("F1 fell by 1.5 points"), "F1 fell by 1.5 points");
 * assertEquals(escapeMarkdown("<b>*x*|"), "&#60;b&#62;&#42;x&#42;&#124;");
 * assertEquals(quoteCode("card_arrival/a|b"), "<code>card_arrival/a&#124;b</code>");
 * ```
 *
 * @module
 */
import { showText } from "./quoting.ts";

/** What begins or ends an element, a link, emphasis, code, a formula or a cell of a table, wherever it is. */
const MARKS = /[&<>`*[\]|\\~$#]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g;
/** What makes a line an item of a list, a rule or a block of code. */
const STARTS = /^[-+](?=[\s-]|$)|^\s|(?<=^\d{1,9})[.)](?=\s|$)/;
/** What GitHub makes an address a link by, even if a part of it is written as an entity. */
const LINKS = /:(?=[^\s\d])|@/g;
/** What it makes a link of as it stands. */
const HOSTS = /(?<=www)\./gi;

function toEntity(character: string): string {
  return `&#${character.charCodeAt(0)};`;
}

/**
 * Escapes `text` to stand in a paragraph, an item of a list, a heading, a cell of a table or a `summary`, on one
 * line. Characters that could be markup become entities, which a table and HTML know as well; an empty
 * comment stands in what would become a link. Control and direction characters are written out.
 */
export function escapeMarkdown(text: string): string {
  return showText(text).replace(MARKS, toEntity).replace(STARTS, toEntity)
    .replace(HOSTS, toEntity).replace(LINKS, (character) => `${character}<!-- -->`);
}

/**
 * Marks `text` as code. It is no code span: those know no escapes, and a table ends them at a `|`.
 */
export function quoteCode(text: string): string {
  return `<code>${escapeMarkdown(text)}</code>`;
}
