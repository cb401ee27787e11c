/**
 * What became of a step, as a mark that differs in shape from the others.
 *
 * @module
 */
import { formatPoints } from "../../print/phrases.ts";
import type { KnownScores, Step, StepOf } from "../../record/schema.ts";
import { type Markup, markup } from "../markup.ts";
import { explainMark, renderMark } from "./marks.ts";

/**
 * What became of a step: its change was accepted or rejected, or made without a vote (`changed`), was kept
 * though F1 `lost` a point or more, there was none (`quiet`), it `failed`, or it is the `end`.
 */
export type VerdictKind = "accepted" | "rejected" | "changed" | "lost" | "quiet" | "failed" | "end";

/** What became of a step, for a mark. */
export interface StepVerdict {
  readonly kind: VerdictKind;
  /** In words. */
  readonly title: string;
}

/** The fall of F1, from 0 to 1, from which on a change that was kept is marked as a loss. */
const LOSS = 0.01;

/** Tells what became of a step. */
export function judgeStep(step: Step): StepVerdict {
  if ("error" in step && step.error !== undefined) return { kind: "failed", title: "failed" };
  switch (step.type) {
    case "synthesis":
      return { kind: "changed", title: "first rules" };
    case "critique":
      return { kind: "quiet", title: "advice, no change" };
    case "iteration":
    case "audit":
      return judgeDecided(step);
    case "restore":
      return judgeKept(step, "changed", "went back to earlier rules");
    case "prune":
      if (step.dropped.length === 0) return { kind: "quiet", title: "no change" };
      return judgeKept(step, "changed", "pruned");
    case "refit":
      return { kind: "changed", title: "learned once more" };
    case "final":
      return { kind: "end", title: "the end" };
    case "failure":
      return { kind: "failed", title: "the run ended here" };
  }
}

function judgeDecided(step: StepOf<"iteration" | "audit">): StepVerdict {
  const told = step.forced ? " as told" : "";
  switch (step.verdict) {
    case "accepted":
      return judgeKept(step, "accepted", `accepted${told}`);
    case "kept":
      return judgeKept(step, "changed", `kept${told}`);
    case "rejected":
    case "reverted":
      return { kind: "rejected", title: `${step.verdict}${told}${phraseGain(step)} if made` };
    case "failed":
      return { kind: "failed", title: "failed" };
    case "empty":
    case "none":
      return { kind: "quiet", title: "no change" };
    case "unknown":
      return { kind: "quiet", title: "what came of it is unknown" };
  }
}

/** The scores of the rules before and after a step. */
interface ScoredChange {
  readonly before: KnownScores;
  readonly after: KnownScores;
}

function judgeKept(step: ScoredChange, kind: VerdictKind, what: string): StepVerdict {
  const { before, after } = step;
  const fell = before.on === after.on && before.f1 !== undefined && after.f1 !== undefined &&
    before.f1 - after.f1 >= LOSS;
  return { kind: fell ? "lost" : kind, title: `${what}${phraseGain(step)}` };
}

function phraseGain({ before, after }: ScoredChange): string {
  const points = before.on === after.on ? formatPoints(before.f1, after.f1) : "?";
  return points === "?" ? "" : `, ${points} points of F1`;
}

/** Renders the mark of a step, to stand before the words that say the same. */
export function renderVerdict({ kind, title }: StepVerdict): Markup {
  return markup`<svg class="key mark" aria-hidden="true"><title>${title}</title>${
    renderMark(kind, "50", "50")
  }</svg>`;
}

/** Explains the marks of some steps. */
export function explainVerdicts(steps: readonly Step[]): Markup {
  const kinds = new Set(steps.map((step) => judgeStep(step).kind));
  const shown = LEGEND.flatMap(([kind, name]) => kinds.has(kind) ? [explainMark(kind, name)] : []);
  const more = markup`<span>a → b: b in the place of a; +1.9 F1: percentage points</span>`;
  return markup`<p class="legend" aria-hidden="true">${shown}${more}</p>`;
}

const LEGEND: readonly (readonly [VerdictKind, string])[] = [
  ["accepted", "patch accepted"],
  ["rejected", "rejected or reverted"],
  ["changed", "other change"],
  ["lost", "kept, at a loss of a point of F1 or more"],
  ["quiet", "no change"],
  ["failed", "failed or stopped"],
  ["end", "the end"],
];
