/**
 * Words and numbers that the story and the tables share.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { count, formatPercent, formatPoints, listFew } from "./phrases.ts";
 *
 * assertEquals(listFew(["a", "b", "c", "d", "e"]), "a, b, c + 2 more");
 * assertEquals(`${formatPercent(0.8124)} %`, "81.2 %");
 * assertEquals(formatPoints(0.781, 0.812), "+3.1");
 * assertEquals(count(9980, "step"), "9,980 steps");
 * ```
 *
 * @module
 */
import type { AuditAction } from "../learn/coordinator.ts";
import type { Task } from "../learn/data/examples.ts";
import type { Readability } from "../learn/rules/reading.ts";
import { listAlternatives } from "../learn/rules/reading.ts";
import type { Refusal } from "../learn/rules/rule.ts";
import type { Unfinished } from "../learn/score/label_matches.ts";
import type { Split } from "../learn/score/scoring.ts";
import type { KnownScores, StepOf, Trace } from "../record/schema.ts";
import { truncate } from "./text.ts";
import { showText } from "../learn/text/quoting.ts";

/** Columns that one name of several gets. */
const NAME_WIDTH = 40;
/** How many names come before `+ n more`. */
const FEW = 3;

/** Formats an amount with its noun: `1 rule`, `22 rules`, `9,980 steps`. */
export function count(amount: number, noun: string): string {
  return `${formatCount(amount)} ${noun}${amount === 1 ? "" : "s"}`;
}

/** Tells for which rules a search was given up before the end of a text; `undefined` if for none. */
export function phraseUnfinished(
  unfinished: readonly Unfinished[] = [],
  nameOf: (id: string) => string,
): string | undefined {
  if (unfinished.length === 0) return undefined;
  const found = unfinished.map(({ rule, texts }) => {
    return `${truncate(showText(nameOf(rule)), NAME_WIDTH)} on ${count(texts, "text")}`;
  });
  return `gave up before the end of a text: ${listFew(found)}`;
}

/** Names an iteration by its number; 0 is a call of an imported run that its log does not count as one. */
export function nameIteration(iteration: number): string {
  return iteration === 0 ? "a call" : `iteration ${iteration}`;
}

/** Says that iterations in a row changed nothing, as far as is known: `iterations 1 to 9 changed nothing`. */
export function phraseQuiet(steps: readonly StepOf<"iteration">[]): string {
  const numbers = steps.map(({ iteration }) => iteration);
  const range = numbers.includes(0)
    ? count(numbers.length, "call")
    : `iterations ${numbers[0]} to ${numbers[numbers.length - 1]}`;
  const isKnown = steps.every(({ verdict }) => verdict !== "unknown");
  return `${range} changed nothing${isKnown ? "" : " that is known"}`;
}

/** Formats a whole number with commas between thousands. */
export function formatCount(amount: number): string {
  return String(amount).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Formats a share from 0 to 1 as per cent, with one decimal and without the sign; `?` if it is unknown. */
export function formatPercent(share: number | undefined): string {
  return share === undefined ? "?" : (share * 100).toFixed(1);
}

/**
 * Formats the gain from one share to another in percentage points: `+3.1`, `-0.4`, `±0.0`; `?` if one of
 * them is unknown.
 */
export function formatPoints(before: number | undefined, after: number | undefined): string {
  if (before === undefined || after === undefined) return "?";
  const points = ((after - before) * 100).toFixed(1);
  if (Number(points) === 0) return "±0.0";
  return points.startsWith("-") ? points : `+${points}`;
}

/**
 * Tells what rules cost to read: `to read, a label: 5.6 rules, 7.8 alternatives, 71 characters`; nothing if there are
 * no rules. Of two sets `5.6 → 3.1 rules` and so on.
 */
export function phraseReadability(...sets: readonly Readability[]): string {
  if (sets.every(({ labels }) => labels === 0)) return "";
  const means = (["rules", "alternatives", "characters"] as const).map((measure) => {
    const shown = sets.map((set) =>
      measure === "characters" ? formatCount(Math.round(set[measure])) : formatMean(set[measure])
    );
    const all = [...new Set(shown)].join(" → ");
    return `${all} ${all === "1" ? measure.slice(0, -1) : measure}`;
  });
  return `to read, a label: ${means.join(", ")}`;
}

/** Formats a mean: with one decimal, unless it is large or whole. */
export function formatMean(mean: number): string {
  return mean < 99.95 ? mean.toFixed(1).replace(/\.0$/, "") : formatCount(Math.round(mean));
}

/** Formats a duration in milliseconds: `<1 ms`, `85 ms`, `1.2 s`, `2.5 min`, `3.0 h`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 0.5) return "<1 ms";
  if (milliseconds < 999.5) return `${milliseconds.toFixed(0)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 5997) return `${(seconds / 60).toFixed(1)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** Lists the first items as `show` returns them, by default three, and how many more there are. */
export function listFew<Item>(
  items: readonly Item[],
  separator = ", ",
  show: (item: Item) => string = String,
  most = FEW,
): string {
  const more = items.length - most;
  const few = items.slice(0, most).map((item) => show(item)).join(separator);
  return more > 0 ? `${few} + ${formatCount(more)} more` : few;
}

/** Returns a name that is safe to show, cut if it is long. */
export function showName(name: string): string {
  return truncate(showText(name.slice(0, 400)), NAME_WIDTH);
}

/** Returns the name of a rule by its id; the id itself if the trace has no such rule. */
export function ruleName(trace: Trace, id: string): string {
  return showName(Object.hasOwn(trace.rules, id) ? trace.rules[id].name : id);
}

/**
 * Returns the split that decisions are made on: dev, or train if nothing is held out. It may be unknown for
 * an imported run.
 */
export function decisionSplit(trace: Trace): Split | undefined {
  if (trace.run.origin !== undefined) {
    // The examples held out are unknown, but the split of a score may be known.
    const scored = trace.steps.flatMap((step) =>
      step.type === "iteration" ? step.before.on ?? [] : []
    );
    return scored[0];
  }
  return trace.run.split.dev.length > 0 ? "dev" : "train";
}

/** Names the F1 of scores: `F1` on dev, as most are, `train F1` and the like on others. */
export function f1On(scores: KnownScores): string {
  return scores.on === "dev" || scores.on === undefined ? "F1" : `${scores.on} F1`;
}

/**
 * Formats the F1 of scores with its split: `dev F1 95.9 %`. Of examples that rules were learned from it says
 * so, as it tells nothing of others: `F1 98.8 % on the examples learned from`.
 */
export function phraseF1({ on, f1 }: KnownScores): string {
  const percent = `F1 ${formatPercent(f1)} %`;
  return isLearnedFrom(on) ? `${percent} on the examples learned from` : `${on} ${percent}`;
}

/** Tells whether a split is one that rules are learned from, after a refit (`all`) or before it. */
export function isLearnedFrom(split: Split | undefined): boolean {
  return split === "train" || split === "all";
}

/** Formats a change of F1: `95.9 → 97.8 %`. */
export function phraseF1Change(before: KnownScores, after: KnownScores): string {
  return `${formatPercent(before.f1)} → ${formatPercent(after.f1)} %`;
}

/** Tells what the patch of an iteration does to which rules: `patched`, and `a, b → c, without d`. */
export function phrasePatch(
  trace: Trace,
  step: StepOf<"iteration">,
): { verb: "patched" | "removed" | "reweighted"; what: string } {
  const { added, replaced, removed } = step.patch;
  const weights = step.patch.reweighted ?? step.reweighted?.length ?? 0;
  if (added.length + replaced.length > 0) {
    const changes = [
      // As functions, since only few are shown: a patch may name thousands.
      ...added.map((id) => () => ruleName(trace, id)),
      ...replaced.map(({ from, to }) => () => phraseReplaced(trace, from, to)),
      ...removed.map((id) => () => `without ${ruleName(trace, id)}`),
    ];
    return { verb: "patched", what: listFew(changes, ", ", (phrase) => phrase()) };
  }
  if (removed.length > 0) return { verb: "removed", what: phraseRules(trace, removed) };
  if (weights > 0) return { verb: "reweighted", what: count(weights, "rule") };
  return { verb: "patched", what: "nothing" };
}

/** Tells which alternatives a rule gained, if that is all that became of it, or else what replaced it. */
function phraseReplaced(trace: Trace, from: string, to: string): string {
  const [old, made] = [ruleName(trace, from), ruleName(trace, to)];
  const gained = listGained(trace, from, to);
  if (gained.length > 0) return `${old} gained ${listFew(gained, " | ", showName)}`;
  return old === made ? `${made} rewritten` : `${old} → ${made}`;
}

/** Lists the alternatives that a rule has and the one before it lacked; none if it lacks any of those. */
function listGained({ rules }: Trace, from: string, to: string): string[] {
  if (!Object.hasOwn(rules, from) || !Object.hasOwn(rules, to)) return [];
  const [before, after] = [rules[from], rules[to]].map((rule) =>
    new Set(listAlternatives(rule).flat())
  );
  const isKept = [...before].every((alternative) => after.has(alternative));
  return isKept ? [...after].filter((alternative) => !before.has(alternative)) : [];
}

/** Lists the names of rules: three and how many more. */
export function phraseRules(trace: Trace, ids: readonly string[]): string {
  return listFew(ids, ", ", (id) => ruleName(trace, id));
}

const pastTense = { merge: "merged", remove: "removed", tighten: "tightened", change: "changed" };

/** Tells one action of an audit: `merged a, b → c`, `removed d`; a skipped one in the infinitive. */
export function phraseAction(trace: Trace, action: AuditAction): string {
  const verb = action.outcome === "applied" ? pastTense[action.kind] : action.kind;
  const to = action.to === undefined ? "" : ` → ${ruleName(trace, action.to)}`;
  return `${verb} ${phraseRules(trace, action.from)}${to}`;
}

/** Tells refusals, a line for each code: `refused 2, backtracking: a, b`. */
export function phraseRefusals(refusals: readonly Refusal[]): string[] {
  return [...Map.groupBy(refusals, ({ code }) => code)].map(([code, group]) => {
    const names = listFew(group, ", ", ({ name }) => name === "" ? "(unnamed)" : showName(name));
    return `refused ${formatCount(group.length)}, ${code}: ${names}`;
  });
}

/** Tells what is wrong with the texts or spans of a cluster: `city missed`, `card taken for rate`. */
export function phraseFailure(
  { run }: Trace,
  expected: string | null,
  predicted: string | null,
): string {
  return phrasePair(run.dataset.task, expected, predicted, showName);
}

/**
 * Tells what is wrong with the texts or spans with one gold and one predicted label, of which one may be
 * missing: as {@linkcode phraseFailure}. Spans of an equal label differ in bounds; a text of an equal label is
 * correct by too small a margin.
 */
export function phrasePair(
  task: Task,
  gold: string | null,
  predicted: string | null,
  show: (label: string) => string,
): string {
  if (gold === null) return `${show(predicted ?? "")} found, but none is there`;
  if (gold === predicted) {
    const what = task === "classification"
      ? ", correct by too small a margin"
      : " with other bounds";
    return show(gold) + what;
  }
  const found = predicted !== null
    ? `taken for ${show(predicted)}`
    : task === "classification"
    ? "left undecided"
    : "missed";
  return `${show(gold)} ${found}`;
}

/**
 * Tells to which rules a run went back: `the rules of step 3`; if it was to find a small set, also that they are
 * the fewest that are good enough.
 */
export function phraseRestored({ run }: Trace, { to, before, after }: StepOf<"restore">): string {
  const { within } = run.config;
  const isWorse = before.f1 !== undefined && after.f1 !== undefined && after.f1 < before.f1;
  const why = isWorse && typeof within === "number"
    ? `, the fewest within ${within} or one standard error of the highest F1`
    : "";
  return `the rules of step ${to}${why}`;
}

/** Tells where a run failed: `in synthesis`, `after iteration 3`. */
export function phraseStage({ stage }: StepOf<"failure">): string {
  // Other learners may name a stage as they like.
  return stage.startsWith("after ") ? showName(stage) : `in ${showName(stage)}`;
}

/** Formats an error as one line of at most `width` columns: `TypeError: message`. */
export function phraseError(error: { name: string; message: string }, width = 400): string {
  return truncate(showText(`${error.name}: ${error.message}`.slice(0, 4 * width)), width);
}

/** Tells how often a step asked a model: `2 exchanges, 1 repaired`; empty if it did not. */
export function phraseExchanges(
  { exchanges = [], repaired = 0 }: { exchanges?: readonly string[]; repaired?: number },
): string {
  if (exchanges.length === 0) return "";
  const note = repaired === 0 ? "" : `, ${formatCount(repaired)} repaired`;
  return `${count(exchanges.length, "exchange")}${note}`;
}

/** Tells how long work may take yet, as coarsely as that is known: `about 40 s left`. */
export function phraseLeft(milliseconds: number): string {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000));
  const left = seconds > 90
    ? `${Math.round(seconds / 60)} min`
    : `${seconds > 10 ? 5 * Math.ceil(seconds / 5) : seconds} s`;
  return `about ${left} left`;
}
