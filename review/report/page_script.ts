/**
 * The script of a page: the check of its digests, search and sort, folding, the cursor of the chart.
 * A page is complete without it.
 *
 * The source of the functions goes into pages, so each may use nothing but its parameters and what every
 * browser has.
 *
 * @module
 */
import { startWhy } from "./lives/life_script.ts";
import { UNSAFE } from "../../learn/text/quoting.ts";
import { checkChain } from "./page_check.ts";

/** Checks the record in the page, and shows whether it holds. */
function startCheck(check: typeof checkChain): void {
  const badge = document.querySelector("#verdict");
  const data = document.querySelector("#trace");
  if (badge === null || data === null) return;
  const say = (kind: string, text: string) => {
    badge.className = `badge ${kind}`;
    badge.textContent = text;
  };
  // Some browsers do not offer it to files.
  if (globalThis.crypto?.subtle === undefined) {
    return say("unknown", "? digests cannot be checked in this browser: it offers no SHA-256 here");
  }
  say("unknown", "… checking the digests");
  const run = async () => {
    const record: unknown = JSON.parse(data.textContent ?? "");
    const { holds, text } = await check(record, (bytes) => crypto.subtle.digest("SHA-256", bytes));
    if (holds) say("verified", `✓ ${text}`);
    else say("broken", `✕ does not hold: ${text}`);
  };
  // The page is painted first.
  requestAnimationFrame(() =>
    setTimeout(() => run().catch((error) => say("broken", `✕ does not hold: ${error.message}`)))
  );
}

/** Makes the table of rules searchable, filters it by label, and sorts it by its headings. */
function startRules(): void {
  const table = document.querySelector("#rules");
  const part = table?.querySelector(".body");
  const search = document.querySelector<HTMLInputElement>("#search");
  const label = document.querySelector<HTMLSelectElement>("#label");
  const found = document.querySelector("#found");
  const nothing = document.querySelector<HTMLElement>("#nothing");
  if (!table || !part || !search || !label || !found || !nothing) return;
  const textOf = (row: HTMLElement) => {
    const [label, name, said] = [".label", ".rule a", ".said"].map((part) =>
      row.querySelector(part)?.textContent ?? ""
    );
    const [id, pattern] = [".rule", ".said"].map((part) =>
      row.querySelector(part)?.getAttribute("title")
    );
    // A name is shown without the label that it begins with.
    return [label, name, `${label}/${name}`, said, pattern, id].join("\n").toLowerCase();
  };
  let rows = [...table.querySelectorAll<HTMLElement>(".body .row")].map((row) => ({
    row,
    label: row.dataset.label,
    text: textOf(row),
  }));
  const group = (amount: number) => String(amount).replace(/\B(?=(\d{3})+$)/g, ",");
  const all = `${group(rows.length)} ${rows.length === 1 ? "rule" : "rules"}`;
  const filter = () => {
    const sought = search.value.trim().toLowerCase();
    const shown = rows.filter(({ label: own, text }) =>
      text.includes(sought) && (label.value === "" || label.value === own)
    );
    for (const old of table.querySelectorAll(".body")) old.remove();
    // In parts, as on the first page, so that the browser lays out only what is in sight.
    for (let from = 0; from < shown.length; from += 40) {
      const next = part.cloneNode() as Element;
      next.append(...shown.slice(from, from + 40).map(({ row }) => row));
      table.append(next);
    }
    found.textContent = shown.length === rows.length ? all : `${group(shown.length)} of ${all}`;
    nothing.hidden = shown.length > 0;
    const where = label.value === "" ? "" : ` for ${label.selectedOptions[0].textContent}`;
    nothing.textContent =
      `No rule${where} has “${search.value.trim()}” in its name, pattern, label or id.`;
  };
  search.addEventListener("input", filter);
  label.addEventListener("change", filter);

  const headings = [...table.querySelectorAll<HTMLElement>("[role=columnheader]")];
  const valueOf = (row: Element, place: number): string | number => {
    const cell = row.children[place] as HTMLElement;
    return cell.dataset.value === undefined ? cell.textContent ?? "" : Number(cell.dataset.value);
  };
  for (const [place, heading] of headings.entries()) {
    const button = heading.querySelector("button");
    if (button === null) continue;
    button.disabled = false;
    button.addEventListener("click", () => {
      const sorted = heading.getAttribute("aria-sort");
      const isNumber = typeof valueOf(rows[0].row, place) === "number";
      // Readers look for the highest numbers first.
      const isRising = sorted === "none" ? !isNumber : sorted === "descending";
      for (const other of headings) other.setAttribute("aria-sort", "none");
      heading.setAttribute("aria-sort", isRising ? "ascending" : "descending");
      const keyed = rows.map((row) => ({ row, key: valueOf(row.row, place) }));
      keyed.sort((one, other) =>
        (one.key < other.key ? -1 : one.key > other.key ? 1 : 0) * (isRising ? 1 : -1)
      );
      rows = keyed.map(({ row }) => row);
      filter();
    });
  }
}

/** Chooses which lives are shown, and folds or unfolds all labels at once. */
function startLives(): void {
  const lives = document.querySelector("#lives");
  const unfold = document.querySelector("#unfold");
  if (lives === null) return;
  const labels = [...lives.querySelectorAll("details")];
  const parts = lives.querySelectorAll<HTMLElement>("details, ul");
  const boxes = [...document.querySelectorAll<HTMLInputElement>("input[name=fate]")];
  const choose = () => {
    for (const { value, checked } of boxes) lives.classList.toggle(`without-${value}`, !checked);
    const shown = boxes.filter(({ checked }) => checked).map(({ value }) => `li.${value}`).join();
    for (const part of parts) part.hidden = shown === "" || part.querySelector(shown) === null;
  };
  for (const box of boxes) box.addEventListener("change", choose);
  unfold?.addEventListener("click", () => {
    const isOpen = unfold.getAttribute("aria-pressed") !== "true";
    unfold.setAttribute("aria-pressed", String(isOpen));
    for (const label of labels) label.open = isOpen;
  });
}

/** Moves a cursor on the chart, by pointer or by keyboard, and shows the step that it is at. */
function startChart(): void {
  const plot = document.querySelector<SVGSVGElement>(".plot");
  const cursor = document.querySelector("#cursor");
  const scrub = document.querySelector<HTMLInputElement>("#scrub");
  const output = document.querySelector("#scrubbed");
  if (!plot || !cursor || !scrub || !output) return;
  // The axis goes on past the last step if a fork does.
  const steps = Number(scrub.dataset.steps);
  const cell = (row: Element | null, name: string) =>
    row?.querySelector(`[data-name="${name}"]`)?.textContent ?? "";
  const show = () => {
    const step = Number(scrub.value);
    const row = document.querySelector(`#step-${step}`);
    const x = `${(step + 0.5) / steps * 100}%`;
    cursor.setAttribute("x1", x);
    cursor.setAttribute("x2", x);
    cursor.setAttribute("visibility", "visible");
    const f1 = cell(row, "F1");
    const what = row?.querySelector(".what");
    const [head, detail] = ["b", "span"].map((part) =>
      what?.querySelector(part)?.textContent ?? ""
    );
    // If a step has no F1 of the same split, its description has one of another split.
    const on = document.querySelector<HTMLElement>("#steps")?.dataset.on;
    const scores = f1 === "" ? detail ?? "" : `F1 ${f1} %${on ? ` on ${on}` : ""}`;
    const rules = cell(row, "rules");
    const size = `${rules} ${rules === "1" ? "rule" : "rules"}`;
    output.textContent = [`${step}: ${head}`, scores.trim(), size]
      .filter((part) => part !== "").join(", ");
    scrub.setAttribute("aria-valuetext", output.textContent);
  };
  scrub.addEventListener("input", show);
  const point = ({ clientX }: PointerEvent) => {
    const { left, width } = plot.getBoundingClientRect();
    const step = Math.floor((clientX - left) / width * steps);
    scrub.value = String(Math.min(Number(scrub.max), Math.max(0, step)));
    show();
  };
  plot.addEventListener("pointermove", point);
  plot.addEventListener("pointerdown", point);
  show();
}

/**
 * Scrolls to what the address names, also if it is folded up, or parts above it turn out longer than
 * estimated.
 */
function startLinks(): void {
  const settle = (hash: string) => {
    const target = hash.length > 1 ? document.getElementById(hash.slice(1)) : null;
    if (target === null) return;
    for (let part = target.closest("details"); part !== null;) {
      part.open = true;
      part = part.parentElement?.closest("details") ?? null;
    }
    let frames = 0;
    const again = () => {
      // Gone on, or back.
      if (location.hash !== hash) return;
      target.scrollIntoView();
      if (++frames < 8) requestAnimationFrame(again);
    };
    requestAnimationFrame(again);
  };
  // Not when the address changes: on the way back, the browser returns to where the reader was.
  document.addEventListener("click", ({ target }) => {
    const link = target instanceof Element ? target.closest("a") : null;
    if (link?.getAttribute("href")?.startsWith("#")) settle(link.hash);
  });
  settle(location.hash);
}

/** Shows the controls, which only work with a script. */
function startControls(): void {
  for (const part of document.querySelectorAll<HTMLElement>(".enhanced")) part.hidden = false;
}

/** The script of every page. */
export const pageScript: string = `"use strict";
(${startControls})();
(${startLinks})();
(${startChart})();
(${startRules})();
(${startLives})();
(${startWhy})(${UNSAFE});
(${startCheck})(${checkChain});
`;
