/**
 * The pages of the server itself: one look, without a script.
 *
 * @module
 */
import { hashSource, type Markup, markup, renderDocument, renderLinks } from "../markup.ts";
import { styles } from "../report/styles.ts";

/** A page as a server sends it. */
export interface ServedPage {
  readonly html: string;
  /** Its Content-Security-Policy, which it also states itself. */
  readonly policy: string;
}

const style = `${styles}
.bar { position: sticky; top: 0; z-index: 2; margin: 0 -.25rem; padding: .6rem .25rem; background: var(--back); border-bottom: 1px solid var(--line); }
.controls .compare { margin-left: auto; border-color: var(--accent); background: var(--tint); }
.bar button, .paging button { margin-left: 0; }
.runs section { margin: 1.75rem 0; }
.runs .sheet { padding-top: .4rem; padding-bottom: .4rem; }
.runs table { margin: 0; width: 100%; min-width: 0; }
.runs tbody tr:last-child > * { border-bottom: 0; }
.runs tbody tr:hover { background: var(--back); }
.runs tbody th { width: 100%; }
.runs .fork th { padding-left: 1.4rem; position: relative; }
.runs .fork th::before { content: "↳"; position: absolute; left: 0; color: var(--soft); }
.runs th small, .runs li small { display: block; }
.runs h2 small { font-weight: 400; margin-left: .4rem; }
.runs .number { white-space: nowrap; vertical-align: baseline; min-width: 4.6rem; }
.runs .choice { text-align: center; padding-right: .6rem; overflow-wrap: normal; }
.choice label { position: relative; display: block; }
.choice input { width: 1.2rem; height: 1.2rem; margin: 0; accent-color: var(--accent); vertical-align: middle; }
.status.failed, .status.aborted { color: var(--alert); font-weight: 600; }
.status.running { color: var(--accent); }
.runs ul { list-style: none; }
.runs .none { margin-top: 1rem; }
.runs li { padding: .35rem 0; }
@media (max-width: 48rem) {
  .runs .controls .compare { margin-left: 0; }
  .runs .field { flex: 1 1 10rem; width: auto; }
  .runs thead { position: absolute; clip-path: inset(50%); }
  .runs tbody tr { display: flex; flex-wrap: wrap; align-items: center; gap: 0 1rem; padding: .5rem 0; }
  .runs tbody tr:not(:last-child) { border-bottom: 1px solid var(--line); }
  .runs tbody th { flex: 1 0 100%; }
  .runs tbody th, .runs td { padding: .1rem 0; border: 0; }
  .runs tbody .fork th { padding-left: 1.4rem; }
  .runs .number { min-width: 0; }
  .runs td:empty { display: none; }
  .runs td[data-name]::before { content: attr(data-name) " "; color: var(--soft); font-size: .87rem; }
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
