/**
 * Shows the life of the rule that the address of the page names, in the browser.
 *
 * The source of the function goes into pages, so it may use nothing but its parameters and what every browser
 * has.
 *
 * @module
 */

/**
 * Shows the whole life of a rule below its lane as soon as the address names it: `#rule-r0123456789ab`.
 *
 * @param unsafe characters that are written out
 */
export function startWhy(unsafe: RegExp): void {
  type Rule = {
    readonly name: string;
    readonly label: string;
    readonly patterns: readonly string[];
    readonly not?: readonly string[];
    readonly locked?: true;
  };
  const dataOf = (id: string): unknown =>
    JSON.parse(document.getElementById(id)?.textContent ?? "null");
  let record: { readonly rules: Readonly<Record<string, Rule>> } | undefined;
  let data: {
    readonly texts: readonly string[];
    readonly lives: Readonly<Record<string, readonly [readonly string[], number[], ...number[][]]>>;
  };
  const load = () => {
    if (record !== undefined) return;
    data = dataOf("lives-data") as typeof data;
    record = dataOf("trace") as typeof record;
  };
  const make = (kind: string, className: string, ...content: readonly (string | Node)[]) => {
    const element = document.createElement(kind);
    if (className !== "") element.className = className;
    element.append(...content);
    return element;
  };
  const link = (href: string, text: string) => {
    const element = document.createElement("a");
    element.href = href;
    element.textContent = text;
    return element;
  };
  const safe = (text: string) =>
    text.replace(
      unsafe,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  /** A text in which ids of rules become links. */
  const withNames = (text: string) =>
    text.split(/\b(r[0-9a-f]{12}(?:-[1-9]\d{0,6})?)\b/).map((part, place) => {
      const rules = record!.rules;
      if (place % 2 === 0 || !Object.hasOwn(rules, part)) return part;
      return link(`#rule-${part}`, safe(rules[part].name));
    });
  const tell = (id: string) => {
    const [, , ...events] = data.lives[id];
    return make(
      "ol",
      "",
      ...events.map(([step, text, ...notes]) =>
        make(
          "li",
          "",
          link(`#step-${step}`, `step ${step}`),
          " ",
          ...withNames(data.texts[text]),
          ...notes.map((note) => make("small", "", ...withNames(data.texts[note]))),
        )
      ),
    );
  };
  /** The rules that a rule was made of, those that these were made of, and so on; the nearest first. */
  const ancestors = (id: string) => {
    const found = new Set([id]);
    for (const one of found) {
      for (const source of data.lives[one]?.[0] ?? []) found.add(source);
    }
    found.delete(id);
    return [...found].filter((one) => Object.hasOwn(data.lives, one));
  };
  const describe = (id: string) => {
    const { name, label, patterns, not = [], locked } = record!.rules[id];
    const pattern = [...patterns, ...not.map((one) => `not ${one}`)].join(" and ");
    const before = ancestors(id);
    const shown = before.slice(0, 20).map((one) =>
      make("div", "", make("p", "", ...withNames(one)), tell(one))
    );
    const more = before.length > shown.length
      ? [make("p", "more", `and ${before.length - shown.length} more rules`)]
      : [];
    return make(
      "div",
      "why",
      make(
        "p",
        "",
        make("b", "", safe(name)),
        ` for ${safe(label)}, ${id}${locked ? ", locked" : ""}`,
      ),
      make("p", "", make("code", "", safe(pattern))),
      ...data.lives[id][1].map((said) => make("p", "", data.texts[said])),
      tell(id),
      ...(shown.length > 0 ? [make("p", "more", "Made of, or in the place of:")] : []),
      ...shown,
      ...more,
    );
  };
  const show = () => {
    for (const old of document.querySelectorAll(".lives .why")) old.remove();
    for (const old of document.querySelectorAll(".lives .asked")) old.classList.remove("asked");
    const [, id = ""] = /^#rule-(.+)$/.exec(location.hash) ?? [];
    const lane = id === "" ? null : document.getElementById(`rule-${id}`);
    if (lane === null) return;
    load();
    if (!Object.hasOwn(data.lives, id)) return;
    lane.classList.add("asked");
    lane.append(describe(id));
    // A lane that was filtered out comes back.
    for (const box of document.querySelectorAll<HTMLInputElement>("input[name=fate]")) {
      if (!box.checked && lane.classList.contains(box.value)) box.click();
    }
    lane.querySelector<HTMLElement>(".name a")?.focus({ preventScroll: true });
  };
  addEventListener("hashchange", show);
  show();
}
