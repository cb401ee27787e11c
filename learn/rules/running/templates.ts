/**
 * Spans as the templates of RuleChef make them: the text of a span is filled in, and its place is looked up.
 *
 * @module
 */
import type { Span } from "../../data/examples.ts";
import type { SpanTemplate } from "../rule.ts";

/** A span with a text of its own, which need not be what stands there. */
export interface FilledSpan extends Span {
  /** The text of the span, as the rule gives it. */
  readonly text: string;
}

/**
 * Makes the span of a match.
 *
 * @param template what makes the span
 * @param text the text that was searched
 * @param match the place of the match
 * @param groupOf returns the text of a group, if it took part; asked only for groups that the template uses
 * @param groups how many groups the pattern has
 */
export type FillTemplate = (
  template: SpanTemplate,
  text: string,
  match: Span,
  groupOf: (group: number) => string | undefined,
  groups: number,
) => FilledSpan;

/** Returns the number in a template that is nothing but a group, as in `$1`. */
export function soleNumber({ text }: SpanTemplate): number | undefined {
  return /^\$[1-9]\d*$/.test(text) ? Number(text.slice(1)) : undefined;
}

/**
 * Returns the function that makes spans. The source of this one goes into standalone modules, so it uses nothing
 * from outside.
 */
export function createFill(): FillTemplate {
  const countCharacters = (text: string) => Array.from(text).length;
  // Returns the place that is so many characters after another, which may be after the end of the text.
  const walk = (text: string, from: number, characters: number) => {
    let at = from;
    for (let left = characters; left > 0; left--) at += text.codePointAt(at)! > 0xffff ? 2 : 1;
    return at;
  };
  // Finds the first place in a match that reads as `wanted` in small letters.
  const find = (text: string, match: Span, wanted: string) => {
    const matched = text.slice(match.start, match.end);
    const [small, smallWanted] = [matched.toLowerCase(), wanted.toLowerCase()];
    const at = small.indexOf(smallWanted);
    if (at < 0) return undefined;
    if (small.length === matched.length && smallWanted.length === wanted.length) {
      return { start: match.start + at, end: match.start + at + wanted.length };
    }
    // İ is two characters in small letters: RuleChef counts those, and so comes out further on.
    const start = walk(text, match.start, countCharacters(small.slice(0, at)));
    return { start, end: walk(text, start, countCharacters(wanted)) };
  };
  return (template, text, match, groupOf, groups) => {
    const groupAt = (number: number) => groupOf(template.groups?.[number - 1] ?? number) ?? "";
    const matched = text.slice(match.start, match.end);
    const sole = /^\$(0|[1-9]\d*)$/.exec(template.text);
    let filled = template.text;
    if (sole !== null) filled = sole[1] === "0" ? matched : groupAt(Number(sole[1]));
    else {
      // One after the other, so that a later variable is also replaced in the text of an earlier one.
      const replace = (variable: string, value: () => string) => {
        if (filled.includes(variable)) filled = filled.split(variable).join(value());
      };
      replace("$0", () => matched);
      replace("$start", () => String(countCharacters(text.slice(0, match.start))));
      replace("$end", () => String(countCharacters(text.slice(0, match.end))));
      const last = template.groups?.length ?? groups;
      for (let number = 1; number <= last; number++) {
        replace(`$${number}`, () => groupAt(number));
      }
    }
    const place = filled === "" || filled === matched ? undefined : find(text, match, filled);
    const { start, end } = place ?? template.span ?? match;
    return { start, end, text: filled };
  };
}

/** Makes the span of a match, see {@linkcode FillTemplate}. */
export const fillTemplate: FillTemplate = createFill();
