/**
 * The life of one rule as text: what brought it, what became of it, and the same for the rules it
 * came from.
 *
 * @module
 */
import { bold, dim, green } from "jsr:@std/fmt@^1/colors";
import type { RuleLife } from "../record/explain.ts";
import type { Decision, RuleEvent, RuleStory, RuleWeights } from "../record/replay.ts";
import type { KnownScores, Trace } from "../record/schema.ts";
import {
  count,
  formatCount,
  formatPercent,
  formatPoints,
  phraseFailure,
  phraseRules,
  ruleName,
} from "./phrases.ts";
import { phrasePattern } from "./rules.ts";
import { joinClauses } from "./story.ts";
import { wrap } from "./text.ts";
import { showText } from "../learn/text/quoting.ts";

/** Something that happened in a step, and what is to be said about it. */
interface Entry {
  readonly step: number;
  readonly text: string;
  readonly notes: readonly string[];
}

/** Kinds of failures that are told of a rule; a patch can have hundreds. */
const CAUSES = 3;

/** The life of a rule, in lines of at most `width` columns. */
export function formatLife(trace: Trace, life: RuleLife, width: number): string[] {
  const lines = formatOne(trace, life, width);
  for (const ancestor of life.ancestors) lines.push("", ...formatOne(trace, ancestor, width));
  return lines;
}

function formatOne(trace: Trace, story: RuleStory, width: number): string[] {
  const { rule } = story;
  const title = [
    { text: showText(rule.name), paint: bold },
    { text: showText(rule.label) },
    { text: rule.id },
    story.final
      ? { text: "in the set at the end", paint: green }
      : { text: "not in the set at the end", paint: dim },
  ];
  const entries = story.events.map((event) => describeEvent(trace, event));
  const lines = [
    ...joinClauses(title, width, "·"),
    ...wrap(phrasePattern(rule, trace.run.dataset.task !== "classification"), width - 2).map((
      line,
    ) => `  ${line}`),
  ];
  const steps = new Set(entries.map(({ step }) => step));
  const weights = new Map(story.weights.map((change) => [change.step, phraseWeights(change)]));
  const changed = [...weights].filter(([step, text]) => !steps.has(step) && text !== "")
    .map(([step, text]) => ({ step, text: `reweighted: ${text}`, notes: [] }));
  const all = [...entries, ...changed].sort((one, other) => one.step - other.step);
  const digits = String(trace.steps.length).length;
  for (const [place, { step, text, notes }] of all.entries()) {
    const lead = `step ${String(step).padStart(digits)}  `;
    const indent = " ".repeat(lead.length);
    const [first, ...rest] = wrap(text, width - lead.length);
    lines.push(dim(lead) + first, ...rest.map((line) => indent + line));
    // Weights are of the end of a step, and so are told after the last that happened in it.
    const weight = all[place + 1]?.step === step || !steps.has(step)
      ? undefined
      : weights.get(step);
    for (const note of weight ? [...notes, weight] : notes) {
      lines.push(...wrap(note, width - lead.length).map((line) => indent + dim(line)));
    }
  }
  return lines;
}

function describeEvent(trace: Trace, event: RuleEvent): Entry {
  const { step } = event;
  const place = describePlace(event);
  const name = (id: string) => ruleName(trace, id);
  switch (event.kind) {
    case "started":
      return { step, text: "the run began with it", notes: [phraseScores(event.scores)] };
    case "synthesized":
      return { step, text: "synthesized", notes: [phraseScores(event.scores)] };
    case "refitted":
      return { step, text: "came with the refit", notes: [phraseScores(event.scores)] };
    case "added":
    case "rejected": {
      const verb = event.kind === "added" ? "added" : "proposed";
      const instead = event.instead === undefined ? "" : `, in the place of ${name(event.instead)}`;
      return {
        step,
        text: `${verb} by ${place}${instead}`,
        notes: [...describeCauses(trace, event.causes), phraseDecision(event.decision)],
      };
    }
    case "created": {
      const from = phraseRules(trace, event.from);
      const text = event.action === "merge"
        ? `made by ${place}, which merged ${from}`
        : `made by ${place}, which tightened ${from}`;
      return { step, text, notes: [showText(event.reason), phraseDecision(event.decision)] };
    }
    case "replaced":
      return {
        step,
        text: `replaced by ${name(event.by)} in ${place}`,
        notes: [phraseDecision(event.decision)],
      };
    case "merged":
    case "tightened": {
      const verb = event.kind === "merged" ? "merged into" : "tightened to";
      return {
        step,
        text: `${verb} ${name(event.into)} by ${place}`,
        notes: [showText(event.reason), phraseDecision(event.decision)],
      };
    }
    case "removed":
      return {
        step,
        text: `removed by ${place}`,
        notes: [
          ...(event.reason === undefined ? [] : [showText(event.reason)]),
          ...(event.decision === undefined ? [] : [phraseDecision(event.decision)]),
        ],
      };
    case "pruned": {
      const why = event.reason === "budget"
        ? "there were more rules than the budget allows"
        : event.by === undefined
        ? "another rule matches all it matches"
        : `${name(event.by)} matches all it matches`;
      return { step, text: `pruned: ${why}`, notes: [phraseScores(event.decision)] };
    }
    case "spared": {
      const it = event.change === "create" ? "make it" : `${event.change} it`;
      return {
        step,
        text: `${place} meant to ${it}: ${event.outcome}`,
        notes: [
          ...(event.reason === undefined ? [] : [showText(event.reason)]),
          ...(event.outcome === "skipped" ? [] : [phraseScores(event.decision)]),
        ],
      };
    }
    case "unlogged": {
      const { change } = event;
      return { step, text: `${change} before ${place}: the log does not tell how`, notes: [] };
    }
    case "restored":
      return {
        step,
        text: `came back with the rules of step ${event.to}`,
        notes: [phraseScores(event.decision)],
      };
    case "undone":
      return {
        step,
        text: `went with the return to the rules of step ${event.to}`,
        notes: [phraseScores(event.decision)],
      };
  }
}

function describePlace({ type, iteration }: RuleEvent): string {
  if (type === "iteration") return `iteration ${iteration}`;
  return type === "audit" ? "an audit" : `the ${type}`;
}

function describeCauses(
  trace: Trace,
  causes: Extract<RuleEvent, { kind: "added" }>["causes"],
): string[] {
  const told = causes.slice(0, CAUSES).map(({ expected, predicted, count: amount }) => {
    return `for ${count(amount, "failure")}: ${phraseFailure(trace, expected, predicted)}`;
  });
  const more = causes.length - CAUSES;
  return more > 0 ? [...told, `and ${count(more, "more kind")} of failures`] : told;
}

function phraseDecision(decision: Decision): string {
  const clause = decision.clause === "precision"
    ? `, precision ${formatPoints(decision.before.precision, decision.after.precision)}`
    : "";
  return `${decision.verdict}: ${phraseScores(decision)}${clause}`;
}

/** The scores of the set: after the step, or before it and after. */
function phraseScores(scores: KnownScores | Pick<Decision, "before" | "after">): string {
  if (!("before" in scores)) {
    const { on, f1 } = scores;
    return f1 === undefined
      ? "F1 of the set unknown"
      : `${on} F1 of the set ${formatPercent(f1)} %`;
  }
  const { before, after } = scores;
  if (before.f1 === undefined || after.f1 === undefined) {
    if (before.f1 === undefined && after.f1 === undefined) return "F1 unknown";
    return `${after.on ?? before.on} F1 ${formatPercent(before.f1)} → ${formatPercent(after.f1)} %`;
  }
  const change = `${formatPercent(before.f1)} → ${formatPercent(after.f1)} %`;
  return `${after.on} F1 ${change} (${formatPoints(before.f1, after.f1)})`;
}

function phraseWeights({ weight, priority, precision, support }: RuleWeights): string {
  return [
    ...(priority === 0 ? [] : [`priority ${priority}`]),
    ...(weight === undefined ? [] : [`weight ${weight.toFixed(2)}`]),
    ...(precision === undefined ? [] : [`precision ${formatPercent(precision)} %`]),
    ...(support === undefined ? [] : [`support ${formatCount(support)}`]),
  ].join(", ");
}
