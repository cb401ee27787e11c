/**
 * The life of one rule as text: where it came from, what became of it, and the same for the rules it was
 * made of.
 *
 * @module
 */
import { bold, dim, green } from "jsr:@std/fmt@^1/colors";
import { isNamedAsSaid, isReadable } from "../learn/rules/reading.ts";
import type { Rule } from "../learn/rules/rule.ts";
import type { AlternativeOrigin, RuleLife } from "../record/explain.ts";
import type { Decision, RuleEvent, RuleStory, RuleWeights } from "../record/replay.ts";
import type { KnownScores, Trace } from "../record/schema.ts";
import { separate } from "./layout.ts";
import {
  count,
  formatCount,
  formatPercent,
  formatPoints,
  isLearnedFrom,
  nameIteration,
  phraseF1Change,
  phraseFailure,
  phraseRules,
  ruleName,
} from "./phrases.ts";
import { listEntriesOf, listSecond } from "./playbooks.ts";
import { phrasePattern, phraseReading } from "./rules.ts";
import { joinClauses } from "./story.ts";
import { wrap } from "./text.ts";
import { showText } from "../learn/text/quoting.ts";

/** An event as text, with notes below it. */
interface EventText {
  readonly text: string;
  readonly notes?: readonly string[];
}

/** What a step did to a rule. */
export interface LifeEvent extends Required<EventText> {
  /** Index of the step. */
  readonly step: number;
}

/** Clusters of failures that are shown for a rule; a patch can have hundreds. */
const MAX_CAUSES = 3;

/** Formats the life of a rule in lines of at most `width` columns. */
export function formatLife(trace: Trace, life: RuleLife, width: number): string[] {
  const { alternatives = [], ancestors } = life;
  return separate([
    formatOne(trace, life, alternatives, width),
    ...ancestors.map((story) => formatOne(trace, story, [], width)),
  ]);
}

/**
 * Describes what a rule says, if its name does not say it, and when its alternatives came, unless all came with the
 * rule: `exchange: from step 3, iteration 2 (+4 right, +1 wrong)`.
 */
export function describeRule(
  trace: Trace,
  rule: Rule,
  origins: readonly AlternativeOrigin[],
): string[] {
  const findsSpans = trace.run.dataset.task !== "classification";
  const isOld = origins.length > 1 || origins.some((origin) => origin.rule !== rule.id);
  return [
    ...(isNamedAsSaid(rule) || !isReadable(rule) ? [] : [phraseReading(rule, findsSpans)]),
    ...(isOld ? origins.map(phraseCame) : []),
  ];
}

function phraseCame({ alternatives, gained, ...place }: AlternativeOrigin): string {
  const said = showText(alternatives.join(", "));
  const effects = (["right", "wrong"] as const).flatMap((what) => {
    const amount = gained?.[what] ?? 0;
    if (amount === 0) return [];
    return `${amount < 0 ? "-" : "+"}${formatCount(Math.abs(amount))} ${what}`;
  });
  const effect = effects.length === 0 ? "" : ` (${effects.join(", ")})`;
  return `${said}: from step ${place.step}, ${describePlace(place)}${effect}`;
}

function formatOne(
  trace: Trace,
  story: RuleStory,
  origins: readonly AlternativeOrigin[],
  width: number,
): string[] {
  const { rule } = story;
  const title = [
    { text: showText(rule.name), paint: bold },
    { text: showText(rule.label) },
    { text: rule.id },
    story.final
      ? { text: "in the set at the end", paint: green }
      : { text: "not in the set at the end", paint: dim },
    ...(rule.locked ? [{ text: "locked" }] : []),
  ];
  const pattern = phrasePattern(rule, trace.run.dataset.task !== "classification");
  const lines = [
    ...joinClauses(title, width, "·"),
    ...[pattern, ...describeRule(trace, rule, origins)].flatMap((part) =>
      wrap(part, width - 2).map((line) => `  ${line}`)
    ),
  ];
  const digits = String(trace.steps.length).length;
  for (const { step, text, notes } of describeLife(trace, story)) {
    const lead = `step ${String(step).padStart(digits)}  `;
    const indent = " ".repeat(lead.length);
    const [first, ...rest] = wrap(text, width - lead.length);
    lines.push(dim(lead) + first, ...rest.map((line) => indent + line));
    for (const note of notes) {
      lines.push(...wrap(note, width - lead.length).map((line) => indent + dim(line)));
    }
  }
  return lines;
}

/** Describes the events in the life of a rule, and the changes of its weight, in order. */
export function describeLife(trace: Trace, story: RuleStory): LifeEvent[] {
  const events = story.events.map((event) => ({
    step: event.step,
    ...describeEvent(trace, event, story.rule.id),
  }));
  const steps = new Set(events.map(({ step }) => step));
  const weights = new Map(story.weights.map((change) => [change.step, phraseWeights(change)]));
  const changed = [...weights].filter(([step, text]) => !steps.has(step) && text !== "")
    .map(([step, text]) => ({ step, text: `reweighted: ${text}`, notes: [] }));
  const all = [...events, ...changed].sort((one, other) => one.step - other.step);
  return all.map(({ step, text, notes = [] }, place) => {
    // Weights hold at the end of a step, so they come after its last event.
    const weight = all[place + 1]?.step === step || !steps.has(step)
      ? undefined
      : weights.get(step);
    return { step, text, notes: weight ? [...notes, weight] : notes };
  });
}

function describeEvent(trace: Trace, event: RuleEvent, rule: string): EventText {
  const place = describePlace(event);
  const name = (id: string) => ruleName(trace, id);
  const asked = () => listSecond(trace.steps[event.step], trace.rules[rule].label);
  switch (event.kind) {
    case "started":
      return {
        text: "the run began with it",
        notes: [...listEntriesOf(trace, rule), phraseScores(event.scores)],
      };
    case "synthesized":
      return { text: "synthesized", notes: [...asked(), phraseScores(event.scores)] };
    case "refitted":
      return { text: "came with the refit", notes: [phraseScores(event.scores)] };
    case "added":
    case "rejected": {
      const verb = event.kind === "added" ? "added" : "proposed";
      const instead = event.instead === undefined ? "" : `, in the place of ${name(event.instead)}`;
      return {
        text: `${verb} by ${place}${instead}`,
        notes: [
          ...describeCauses(trace, event.causes),
          ...asked(),
          phraseDecision(event.decision),
        ],
      };
    }
    case "created": {
      const verb = event.action === "merge" ? "merged" : "tightened";
      return {
        text: `made by ${place}, which ${verb} ${phraseRules(trace, event.from)}`,
        notes: explain(event),
      };
    }
    case "replaced":
      return { text: `replaced by ${name(event.by)} in ${place}`, notes: explain(event) };
    case "merged":
    case "tightened": {
      const verb = event.kind === "merged" ? "merged into" : "tightened to";
      return { text: `${verb} ${name(event.into)} by ${place}`, notes: explain(event) };
    }
    case "removed":
      return { text: `removed by ${place}`, notes: explain(event) };
    case "pruned": {
      const why = event.reason === "budget"
        ? "there were more rules than the budget allows"
        : event.by === undefined
        ? "another rule matches all it matches"
        : `${name(event.by)} matches all it matches`;
      return { text: `pruned: ${why}`, notes: [phraseScores(event.decision)] };
    }
    case "spared": {
      const change = event.change === "create" ? "make it" : `${event.change} it`;
      const reason = event.reason === undefined ? [] : [showText(event.reason)];
      const scores = event.outcome === "skipped" ? [] : [phraseScores(event.decision)];
      return {
        text: `${place} proposed to ${change}: ${event.outcome}`,
        notes: [...reason, ...scores],
      };
    }
    case "unlogged":
      return { text: `${event.change} before ${place}: the log does not say how` };
    case "restored":
      return {
        text: `came back with the rules of step ${event.to}`,
        notes: [phraseScores(event.decision)],
      };
    case "undone":
      return {
        text: `went with the return to the rules of step ${event.to}`,
        notes: [phraseScores(event.decision)],
      };
  }
}

/** Returns the reason of a change and the decision on it, if there are any. */
function explain(
  { reason, decision }: { readonly reason?: string; readonly decision?: Decision },
): string[] {
  return [
    ...(reason === undefined ? [] : [showText(reason)]),
    ...(decision === undefined ? [] : [phraseDecision(decision)]),
  ];
}

function describePlace({ type, iteration }: Pick<RuleEvent, "type" | "iteration">): string {
  if (type === "iteration") return nameIteration(iteration!);
  return type === "audit" ? "an audit" : `the ${type}`;
}

function describeCauses(
  trace: Trace,
  causes: Extract<RuleEvent, { kind: "added" }>["causes"],
): string[] {
  const shown = causes.slice(0, MAX_CAUSES).map(({ expected, predicted, count: amount }) =>
    `for ${count(amount, "failure")}: ${phraseFailure(trace, expected, predicted)}`
  );
  const more = causes.length - MAX_CAUSES;
  return more > 0 ? [...shown, `and ${count(more, "more kind")} of failures`] : shown;
}

function phraseDecision(decision: Decision): string {
  const clause = decision.clause === "precision"
    ? `, precision ${formatPoints(decision.before.precision, decision.after.precision)}`
    : "";
  const told = decision.forced ? " as told" : "";
  return `${decision.verdict}${told}: ${phraseScores(decision)}${clause}`;
}

/** Formats the F1 of the set: after the step, or before it and after it. */
function phraseScores(scores: KnownScores | Pick<Decision, "before" | "after">): string {
  if (!("before" in scores)) {
    const { on, f1 } = scores;
    if (f1 === undefined) return "F1 of the set unknown";
    const phrase = `F1 of the set ${formatPercent(f1)} %`;
    return isLearnedFrom(on) ? `${phrase} on the examples learned from` : `${on} ${phrase}`;
  }
  const { before, after } = scores;
  if (before.f1 === undefined && after.f1 === undefined) return "F1 unknown";
  const points = formatPoints(before.f1, after.f1);
  const gain = points === "?" ? "" : ` (${points})`;
  return `${after.on ?? before.on} F1 ${phraseF1Change(before, after)}${gain}`;
}

function phraseWeights({ weight, priority, precision, support }: RuleWeights): string {
  return [
    ...(priority === 0 ? [] : [`priority ${priority}`]),
    ...(weight === undefined ? [] : [`weight ${weight.toFixed(2)}`]),
    ...(precision === undefined ? [] : [`precision ${formatPercent(precision)} %`]),
    ...(support === undefined ? [] : [`support ${formatCount(support)}`]),
  ].join(", ");
}
