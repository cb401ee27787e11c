/**
 * What steps did to the corrections of a run, and what people said to a model, in words.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { phraseCorrected } from "./corrections.ts";
 *
 * assertEquals(phraseCorrected({ mended: ["e1", "e2"], broken: ["e3"] }), "mended 2 corrections, broke 1");
 * ```
 *
 * @module
 */
import { bold, dim } from "jsr:@std/fmt@^1/colors";
import type { Rule } from "../learn/rules/rule.ts";
import { showText } from "../learn/text/quoting.ts";
import type { CorrectedFields, StepOf, Trace } from "../record/schema.ts";
import { count, formatCount, listFew, showName } from "./phrases.ts";
import { truncate, wrap } from "./text.ts";

/** Tells how many corrections a step mended and broke; empty if none. */
export function phraseCorrected({ mended = [], broken = [] }: CorrectedFields): string {
  const broke = mended.length > 0 ? formatCount(broken.length) : count(broken.length, "correction");
  return [
    ...(mended.length > 0 ? [`mended ${count(mended.length, "correction")}`] : []),
    ...(broken.length > 0 ? [`broke ${broke}`] : []),
  ].join(", ");
}

/** Tells which corrections a step mended and which it broke, a few of each by id. */
export function listCorrected({ mended = [], broken = [] }: CorrectedFields): string[] {
  return [["mended", mended] as const, ["broke", broken] as const]
    .filter(([, ids]) => ids.length > 0)
    .map(([verb, ids]) => `${verb} ${count(ids.length, "correction")}: ${listIds(ids)}`);
}

/**
 * Tells how many corrections the first rules get right, all of which count as wrong before; empty if the run
 * has none.
 */
export function phraseRightAtFirst({ run }: Trace, { mended = [] }: StepOf<"synthesis">): string {
  const { corrections = [] } = run.split;
  return corrections.length === 0
    ? ""
    : `${formatCount(mended.length)} of ${count(corrections.length, "correction")} right`;
}

/** Tells which corrections the rules at the end get wrong, a few by id; empty if the run has none. */
export function phraseWrongAtLast({ run }: Trace, { wrong }: StepOf<"final">): string {
  const { corrections = [] } = run.split;
  if (wrong === undefined || corrections.length === 0) return "";
  const all = count(corrections.length, "correction");
  if (wrong.length === 0) {
    return corrections.length === 1 ? "the correction right" : `all ${all} right`;
  }
  return `${formatCount(wrong.length)} of ${all} still wrong: ${listIds(wrong)}`;
}

function listIds(ids: readonly string[]): string {
  return listFew(ids, ", ", showName);
}

/** Counts the locked rules of some: `, 2 locked`; empty if none is. */
export function phraseLocked(rules: readonly (Rule | undefined)[]): string {
  const locked = rules.filter((rule) => rule?.locked === true).length;
  return locked === 0 ? "" : `, ${formatCount(locked)} locked`;
}

/** Tells what people said of rules and labels: the label or rule, and the words. */
export function phraseFeedback({ run: { feedback = [] } }: Trace): string[] {
  return feedback.map(({ text, label, rule }) => {
    const about = rule ?? label;
    return about === undefined ? showText(text) : `${showName(about)}: ${showText(text)}`;
  });
}

/** Feedback that is shown in a terminal; a run can have thousands. */
const MAX_FEEDBACK = 5;
/** About how many lines one item of feedback may take. */
const FEEDBACK_LINES = 4;

/** Formats what people said of rules and labels, in lines of at most `width` columns. */
export function formatFeedback(trace: Trace, width: number): string[] {
  const said = phraseFeedback(trace);
  if (said.length === 0) return [];
  const more = said.length - MAX_FEEDBACK;
  return [
    bold("feedback"),
    ...said.slice(0, MAX_FEEDBACK).flatMap((text) =>
      wrap(truncate(text, FEEDBACK_LINES * width), width - 2).map((line) => `  ${line}`)
    ),
    ...(more > 0 ? [dim(`  + ${formatCount(more)} more`)] : []),
  ];
}
