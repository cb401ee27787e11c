/**
 * The words and numbers that the story and the tables share.
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
import type { Refusal } from "../learn/rules/rule.ts";
import type { Split } from "../learn/score/scoring.ts";
import type { KnownScores, StepOf, Trace } from "../record/schema.ts";
import { truncate } from "./text.ts";
import { showText } from "../learn/text/quoting.ts";

/** Columns that one name gets where several are listed. */
const NAME_WIDTH = 40;
/** How many names are told before `+ n more`. */
const FEW = 3;

/** `1 rule`, `22 rules`, `9,980 steps`. */
export function count(amount: number, noun: string): string {
  return `${formatCount(amount)} ${noun}${amount === 1 ? "" : "s"}`;
}

/** A whole number with commas between thousands. */
export function formatCount(amount: number): string {
  return String(amount).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A share from 0 to 1 as per cent, one decimal, without the sign; `?` for one that is not known. */
export function formatPercent(share: number | undefined): string {
  return share === undefined ? "?" : (share * 100).toFixed(1);
}

/**
 * What was gained between two shares, in percentage points: `+3.1`, `-0.4`, `±0.0`; `?` where one of them is
 * not known.
 */
export function formatPoints(before: number | undefined, after: number | undefined): string {
  if (before === undefined || after === undefined) return "?";
  const points = ((after - before) * 100).toFixed(1);
  if (Number(points) === 0) return "±0.0";
  return points.startsWith("-") ? points : `+${points}`;
}

/** A duration in milliseconds: `<1 ms`, `85 ms`, `1.2 s`, `2.5 min`, `3.0 h`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 0.5) return "<1 ms";
  if (milliseconds < 999.5) return `${milliseconds.toFixed(0)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 5997) return `${(seconds / 60).toFixed(1)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** The first three, then how many more there are. */
export function listFew(items: readonly string[], separator = ", "): string {
  const more = items.length - FEW;
  const few = items.slice(0, FEW).join(separator);
  return more > 0 ? `${few} + ${formatCount(more)} more` : few;
}

/** A name ready to show, shortened where it is long. */
export function showName(name: string): string {
  return truncate(showText(name.slice(0, 400)), NAME_WIDTH);
}

/** The name of a rule by its id; the id itself where the trace holds no such rule. */
export function ruleName(trace: Trace, id: string): string {
  return showName(Object.hasOwn(trace.rules, id) ? trace.rules[id].name : id);
}

/**
 * The split that decisions were taken on: dev, or train where nothing was held out. Of an imported run it may
 * not be known.
 */
export function decisionSplit(trace: Trace): Split | undefined {
  if (trace.run.origin !== undefined) {
    // Which examples were held out is not known, but what was scored may be.
    const scored = trace.steps.flatMap((step) =>
      step.type === "iteration" ? step.before.on ?? [] : []
    );
    return scored[0];
  }
  return trace.run.split.dev.length > 0 ? "dev" : "train";
}

/** `F1` for scores on dev, which goes without saying; `train F1` and the like for others. */
export function f1On(scores: KnownScores): string {
  return scores.on === "dev" || scores.on === undefined ? "F1" : `${scores.on} F1`;
}

/** What the patch of an iteration does to which rules: `patched`, and `a, b → c, without d`. */
export function phrasePatch(
  trace: Trace,
  step: StepOf<"iteration">,
): { verb: "patched" | "removed" | "reweighted"; what: string } {
  const { added, replaced, removed } = step.patch;
  const weights = step.patch.reweighted ?? step.reweighted?.length ?? 0;
  if (added.length + replaced.length > 0) {
    const changes = [
      ...added.map((id) => () => ruleName(trace, id)),
      ...replaced.map(({ from, to }) => () => {
        const [old, made] = [ruleName(trace, from), ruleName(trace, to)];
        return old === made ? `${made} rewritten` : `${old} → ${made}`;
      }),
      ...removed.map((id) => () => `without ${ruleName(trace, id)}`),
    ];
    return { verb: "patched", what: listLazily(changes) };
  }
  if (removed.length > 0) return { verb: "removed", what: phraseRules(trace, removed) };
  if (weights > 0) return { verb: "reweighted", what: count(weights, "rule") };
  return { verb: "patched", what: "nothing" };
}

/** Names of the rules, three and how many more. */
export function phraseRules(trace: Trace, ids: readonly string[]): string {
  return listLazily(ids.map((id) => () => ruleName(trace, id)));
}

/** Only the few that are shown are put into words: patches may name thousands. */
function listLazily(items: readonly (() => string)[]): string {
  return listFew(items.map((item, index) => index < FEW ? item() : ""));
}

const done = { merge: "merged", remove: "removed", tighten: "tightened", change: "changed" };

/** One action of an audit: `merged a, b → c`, `removed d`; skipped ones in the infinitive. */
export function phraseAction(trace: Trace, action: AuditAction): string {
  const verb = action.outcome === "applied" ? done[action.kind] : action.kind;
  const to = action.to === undefined ? "" : ` → ${ruleName(trace, action.to)}`;
  return `${verb} ${phraseRules(trace, action.from)}${to}`;
}

/** One line for each reason: `refused 2, backtracking: a, b`. */
export function phraseRefusals(refusals: readonly Refusal[]): string[] {
  const byCode = new Map<string, string[]>();
  for (const { code, name } of refusals) {
    const names = byCode.get(code) ?? [];
    byCode.set(code, names);
    names.push(name);
  }
  return [...byCode].map(([code, names]) => {
    const shown = listLazily(names.map((name) => () => name === "" ? "(unnamed)" : showName(name)));
    return `refused ${formatCount(names.length)}, ${code}: ${shown}`;
  });
}

/** What went wrong with texts or spans of one kind: `city missed`, `card taken for rate`. */
export function phraseFailure(
  { run }: Trace,
  expected: string | null,
  predicted: string | null,
): string {
  const isLabelled = run.dataset.task === "classification";
  if (expected === null) return `${showName(predicted ?? "")} found where none is`;
  const found = predicted !== null
    ? `taken for ${showName(predicted)}`
    : isLabelled
    ? "left undecided"
    : "missed";
  return `${showName(expected)} ${found}`;
}

/** An error in one line: `TypeError: message`, at most `width` columns. */
export function phraseError(error: { name: string; message: string }, width = 400): string {
  return truncate(showText(`${error.name}: ${error.message}`.slice(0, 4 * width)), width);
}

/** How often a step asked a model, such as "2 exchanges, 1 repaired"; nothing where it did not. */
export function phraseExchanges(
  { exchanges = [], repaired = 0 }: { exchanges?: readonly string[]; repaired?: number },
): string {
  if (exchanges.length === 0) return "";
  const mended = repaired === 0 ? "" : `, ${formatCount(repaired)} repaired`;
  return `${count(exchanges.length, "exchange")}${mended}`;
}
