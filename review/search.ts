/**
 * The search of a page of its lists: it shows what has all the words that are looked for, and says so if
 * nothing has. A page is complete without it.
 *
 * @module
 */

/**
 * Makes what is marked `.sought` searchable, within parts that are marked `.searched` and may be folded. A link
 * with `data-find` looks for that; `#find=…` in an address does so too, and any other address unfolds what it
 * leads to.
 *
 * Its source goes into pages: it uses nothing but what every browser has.
 */
function startSearch(): void {
  const search = document.querySelector<HTMLInputElement>("#search");
  const found = document.querySelector<HTMLElement>("#found");
  const items = [...document.querySelectorAll<HTMLElement>(".sought")]
    // A name that is shown may be cut, or leave out the label.
    .map((item) => {
      const pattern = item.querySelector(".said")?.getAttribute("title");
      const text = [item.textContent, item.dataset.label, pattern].join("\n").toLowerCase();
      return { item, text };
    });
  const parts = [...document.querySelectorAll<HTMLElement>(".searched")];
  const folds = parts.filter((part) => part instanceof HTMLDetailsElement)
    .map((part) => ({ part, wasOpen: part.open }));
  const group = (amount: number) => String(amount).replace(/\B(?=(\d{3})+$)/g, ",");
  const noun = found?.dataset.noun ?? "";
  const all = `${group(items.length)} ${noun}${items.length === 1 ? "" : "s"}`;
  let isSearching = false;
  const filter = () => {
    if (search === null || found === null) return;
    const words = search.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    if (!isSearching) { for (const fold of folds) fold.wasOpen = fold.part.open; }
    isSearching = words.length > 0;
    let shown = 0;
    for (const { item, text } of items) {
      item.hidden = !words.every((word) => text.includes(word));
      if (!item.hidden) shown++;
    }
    for (const part of parts) part.hidden = part.querySelector(".sought:not([hidden])") === null;
    for (const { part, wasOpen } of folds) part.open = isSearching || wasOpen;
    found.textContent = !isSearching
      ? all
      : shown === 0
      ? `No ${noun} has all these words.`
      : `${group(shown)} of ${all}`;
  };
  const follow = () => {
    const hash = location.hash.slice(1);
    let name = hash;
    try {
      name = decodeURIComponent(hash);
    } catch {
      // An address that is broken may still be the name of a place.
    }
    if (search !== null && name.startsWith("find=")) {
      search.value = name.slice("find=".length);
      filter();
      search.scrollIntoView({ block: "center" });
      return;
    }
    const target = document.getElementById(name);
    if (target === null) return;
    if (search !== null && target.closest("[hidden]") !== null) {
      search.value = "";
      filter();
    }
    for (let fold = target.closest("details"); fold !== null;) {
      fold.open = true;
      fold = fold.parentElement?.closest("details") ?? null;
    }
    target.scrollIntoView();
  };
  for (const link of document.querySelectorAll<HTMLAnchorElement>("a[data-find]")) {
    link.href = `#find=${encodeURIComponent(link.dataset.find ?? "")}`;
  }
  // The same address twice is no change, but may be asked for again.
  for (const link of document.querySelectorAll<HTMLAnchorElement>('a[href^="#"]')) {
    link.addEventListener("click", () => setTimeout(follow));
  }
  for (const part of document.querySelectorAll<HTMLElement>(".enhanced")) part.hidden = false;
  search?.addEventListener("input", filter);
  addEventListener("hashchange", follow);
  // A browser may remember what was looked for.
  filter();
  follow();
}

/** The script of pages with a search. */
export const searchScript: string = `"use strict";
(${startSearch})();
`;
