/**
 * Links to the lives of rules: wherever the page names a rule, the name leads to what became of it.
 *
 * Phrases are made by print/ from a trace whose rules are named by their ids; each id in a phrase is then
 * shown as a link with the name of the rule.
 *
 * @module
 */
import { withoutLabel } from "../../learn/rules/rule.ts";
import { ruleName, showName } from "../../print/phrases.ts";
import type { Trace } from "../../record/schema.ts";
import { type Content, type Markup, markup } from "../markup.ts";

/** The id of a rule in a text. */
const ID = /\b(r[0-9a-f]{12}(?:-[1-9]\d{0,6})?)\b/;

/** Renders a link to the life of a rule, as `shown`; only its name or id if the trace has no such rule. */
export function linkRule(
  trace: Trace,
  id: string,
  shown: Content = ruleName(trace, id),
): Content {
  return Object.hasOwn(trace.rules, id) ? linkLife(id, shown) : shown;
}

/** Renders a link to the life of a rule that the trace has. */
export function linkLife(id: string, shown: Content): Markup {
  return markup`<a href="#rule-${id}">${shown}</a>`;
}

/** Renders links to the lives of rules with commas between them; `max` of them, and how many more. */
export function linkRules(trace: Trace, ids: readonly string[], max = ids.length): Content {
  const links = ids.slice(0, max).map((id, place) => [
    place === 0 ? "" : ", ",
    linkRule(trace, id),
  ]);
  return [links, ids.length > max ? ` + ${ids.length - max} more` : undefined];
}

/** Returns the trace with each rule named by its id, for phrases that {@linkcode linkNames} renders. */
export function nameByIds(trace: Trace): Trace {
  const rules = Object.entries(trace.rules).map(([id, rule]) => [id, { ...rule, name: id }]);
  return { ...trace, rules: Object.fromEntries(rules) };
}

/**
 * Renders a phrase with a link for each id of a rule of the trace.
 *
 * @param isShort whether names are without the labels that they begin with
 */
export function linkNames({ rules }: Trace, phrase: string, isShort = false): Content {
  // A split by a group keeps what the group matched, at the odd places.
  return phrase.split(ID).map((part, place) => {
    if (place % 2 === 0 || !Object.hasOwn(rules, part)) return part;
    const rule = rules[part];
    return linkLife(part, showName(isShort ? withoutLabel(rule) : rule.name));
  });
}
