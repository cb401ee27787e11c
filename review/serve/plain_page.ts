/**
 * The pages of the server itself: one look, without a script.
 *
 * @module
 */
import { hashSource, type Markup, markup, renderDocument, renderLinks } from "../markup.ts";
import { rowStyle } from "../history/rows.ts";
import { styles } from "../report/styles.ts";

/** A page as a server sends it. */
export interface ServedPage {
  readonly html: string;
  /** Its Content-Security-Policy, which it also states itself. */
  readonly policy: string;
}

const style =
  `${styles}${rowStyle}.bar { position: sticky; top: 0; z-index: 2; margin: 0 -.25rem; padding: .6rem .25rem; background: var(--back); border-bottom: 1px solid var(--line); }
.controls .compare { margin-left: auto; border-color: var(--accent); background: var(--tint); }
.bar button, .paging button { margin-left: 0; }
.runs .choice { text-align: center; padding-right: .6rem; overflow-wrap: normal; }
.choice label { position: relative; display: block; }
.choice input { width: 1.2rem; height: 1.2rem; margin: 0; accent-color: var(--accent); vertical-align: middle; }
@media (max-width: 48rem) {
  .runs .controls .compare { margin-left: 0; }
  .runs .field { flex: 1 1 10rem; width: auto; }
  .runs .choice { display: flex; gap: .4rem; align-items: center; }
}
`;

/** Allows a page to use its style and to send its form to where it came from, and nothing else. */
const policy = `default-src 'none'; style-src ${
  hashSource(style)
}; base-uri 'none'; form-action 'self'`;

/** Renders a page of the server. */
export function renderPlain(title: string, body: Markup): ServedPage {
  return { html: renderDocument({ title, policy, style, body }), policy };
}

/**
 * Renders a page that says one thing, with a link to the list.
 *
 * @param list the address of the list
 */
export function renderMessage(title: string, text: string, list: string): ServedPage {
  const links = renderLinks([{ href: list, text: "← All runs" }]);
  return renderPlain(
    title,
    markup`<header class="top">${links}<h1>${title}</h1></header><main><p>${text}</p></main>`,
  );
}
