/**
 * The prompts of the agentic coordinator. They call rules `R1`, `R2` …, and examples by their ids. A
 * change to a prompt raises its version in {@linkcode REVIEW_PROMPTS}.
 *
 * @module
 */
import type { Message } from "../chat/client.ts";
import type { AuditState, Critique } from "../coordinator.ts";
import { compareCodeUnits } from "../text/folding.ts";
import type { Amounts } from "./budget.ts";
import { type FailedExample, selectShown } from "./failures.ts";
import { showClusters, showFailure, showRule } from "./rendering.ts";
import {
  createPrompt,
  explainExamples,
  explainFailures,
  explainMembers,
  findsSpans,
} from "./instructions.ts";
import type { Rule } from "../rules/rule.ts";
import type { Failures, RuleScores, Scores } from "../score/scoring.ts";
import type { SynthesisTask } from "../synthesizer.ts";

/** Names and versions of the prompts. */
export const REVIEW_PROMPTS = {
  critique: "critique-1",
  guide: "guide-1",
  audit: "audit-2",
} as const;

/** Most actions of one audit that are read. */
export const MAX_ACTIONS = 50;
/** Most pieces of advice of one critique that are read. */
export const MAX_ADVICE = 20;

/** Most pieces of advice of the last critique in a prompt for guidance, and most characters of its texts. */
const MAX_PASSED_ON = 5;
const MAX_PIECE = 300;
const MAX_ANALYSIS = 1_000;

/** A rule, and its scores on the examples that rules are learned from. */
export interface RankedRule {
  readonly rule: Rule;
  readonly scores: RuleScores;
  /** Place in the rule set. */
  readonly place: number;
}

/** The data of every prompt for a review. */
export interface ReviewData {
  readonly task: SynthesisTask;
  readonly scores: Scores;
  readonly failures?: Failures;
  readonly examples: readonly FailedExample[];
  /** The rules that may be shown, those that matter most first. */
  readonly rules: readonly RankedRule[];
  /** How many rules are in the set. */
  readonly count: number;
}

/** The data of a prompt for a critique. */
export interface CritiqueData extends ReviewData {
  readonly iteration: number;
  readonly failures: Failures;
}

/** The data of a prompt for guidance. */
export interface GuidanceData extends CritiqueData {
  readonly history: readonly PastIteration[];
  /** The last critique. */
  readonly critique?: Critique;
}

/** The state before an earlier iteration. */
export interface PastIteration {
  readonly iteration: number;
  readonly f1: number;
  readonly failures: number;
}

/** The data of a prompt for an audit. */
export interface AuditData extends ReviewData {
  readonly phase: AuditState["phase"];
}

/** Lists the rules that a prompt shows, in the order of their numbers: by label, then as in the set. */
export function listShown(ranked: readonly RankedRule[], shown: Amounts): RankedRule[] {
  return ranked.slice(0, shown.rules).sort((a, b) =>
    compareCodeUnits(a.rule.label, b.rule.label) || a.place - b.place
  );
}

/** Renders the prompt for a critique. */
export function renderCritique(data: CritiqueData, shown: Amounts): Message[] {
  const { task } = data;
  const lines = [...CRITIQUE, "", ...explainReview(task), ...NAMING];
  const instructions = { role: "review" as const, lines, answer: CRITIQUE_ANSWER };
  return createPrompt(task, instructions, describeReview(data, shown));
}

/** Renders the prompt for guidance. */
export function renderGuidance(data: GuidanceData, shown: Amounts): Message[] {
  const { task, history, critique, rules } = data;
  const lines = [...GUIDANCE, "", ...explainReview(task), ...HISTORY, ...NAMING];
  return createPrompt(task, { role: "review", lines, answer: GUIDANCE_ANSWER }, {
    ...describeReview(data, shown),
    history: history.map((past) => ({ ...past, f1: round(past.f1) })),
    critique: critique && showCritique(critique, numberRules(listShown(rules, shown))),
  });
}

/** Renders the prompt for an audit. */
export function renderAudit(data: AuditData, shown: Amounts): Message[] {
  const { task, phase, scores, examples, rules, count } = data;
  const listed = listShown(rules, shown);
  const numbers = numberRules(listed);
  const explained = examples.filter(({ misfired }) => misfired.some((id) => numbers.has(id)));
  const lines = [
    ...AUDIT,
    "",
    ...explainRules(task),
    "`examples` are some on which a rule is wrong, with those that are (`misfired`).",
    ...explainExamples(task),
    "",
    "A rule that you write has:",
    ...explainMembers(task, false),
    ...NAMING,
  ];
  const answer = { actions: [findsSpans(task) ? TIGHTENING : MERGE, REMOVAL] };
  return createPrompt(task, { role: "review", lines, answer }, {
    phase,
    scores: showScores(scores),
    rulesInAll: count,
    rulesWanted: task.maxRules,
    examples: showFailures(explained.slice(0, shown.examples), numbers),
    rules: showRules(listed),
  });
}

function describeReview(data: CritiqueData, shown: Amounts): Record<string, unknown> {
  const { task, iteration, scores, failures, examples, rules, count } = data;
  const listed = listShown(rules, shown);
  return {
    iteration,
    scores: showScores(scores),
    failures: failures.count,
    ...showClusters(failures.clusters, shown.clusters),
    examples: showFailures(selectShown(examples, shown), numberRules(listed)),
    rulesInAll: count,
    rulesWanted: task.maxRules,
    rules: showRules(listed),
  };
}

function showScores({ f1, precision, recall }: Scores): Record<string, number> {
  return { f1: round(f1), precision: round(precision), recall: round(recall) };
}

function round(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}

function numberRules(listed: readonly RankedRule[]): Map<string, string> {
  return new Map(listed.map(({ rule }, place) => [rule.id, `R${place + 1}`]));
}

function showRules(listed: readonly RankedRule[]): unknown[] {
  return listed.map(({ rule, scores: { tp, fp, marginal } }, place) => ({
    rule: `R${place + 1}`,
    ...showRule(rule),
    right: tp,
    wrong: fp,
    gain: round(-marginal),
  }));
}

function showFailures(
  examples: readonly FailedExample[],
  numbers: ReadonlyMap<string, string>,
): unknown[] {
  return examples.map((one) => ({ id: one.example.id, ...showFailure(one, numbers) }));
}

/** Shows as much of a critique as the prompt for guidance has room for. */
function showCritique({ analysis, advice }: Critique, numbers: ReadonlyMap<string, string>) {
  return {
    analysis: shorten(analysis, MAX_ANALYSIS),
    advice: advice.slice(0, MAX_PASSED_ON).map(({ rule, text }) => ({
      rule: numbers.get(rule ?? ""),
      text: shorten(text, MAX_PIECE),
    })),
  };
}

function shorten(text: string, length: number): string {
  return text.slice(0, length).toWellFormed();
}

/** Explains the scores and the rules of the data, line by line. */
function explainRules(task: SynthesisTask): string[] {
  const found = findsSpans(task) ? "spans it finds" : "examples it matches";
  return [
    "`scores` are of all rules together, on other examples where some are held out. `rules` are some of",
    `them, each with how many ${found} rightly and wrongly (\`right\`, \`wrong\`), and the F1 that would be`,
    "lost without it (`gain`; below 0 it does harm). A rule matches where all of its `patterns` and none of",
    "its `not` do.",
  ];
}

function explainReview(task: SynthesisTask): string[] {
  return [...explainRules(task), ...explainFailures(task)];
}

const HISTORY = ["`history` tells how it went so far, `critique` what was last said of the rules."];
const NAMING = [
  "",
  "Name rules as the data does, such as R3, and examples by their id alone: never quote their texts.",
];

const CRITIQUE = [
  "Say what is wrong with the rules as a whole: which labels or kinds of failure they miss or mix up,",
  "and why; which rules are too broad, too narrow or superfluous. `analysis`: a few sentences.",
  `\`advice\`: at most ${MAX_ADVICE} pieces of advice, each about one rule (\`rule\`), or about what is`,
  "missing (null).",
];
const CRITIQUE_ANSWER = {
  analysis: "Rules for card_arrival are too broad: they take every card for one that is late.",
  advice: [{ rule: "R3", text: "Ask for a word of waiting besides the card." }],
};
const GUIDANCE = [
  "Say in a few sentences what the next patch of the rules should work on (`guidance`): which failures,",
  "by which kind of rule, and what it should leave alone. Whoever writes the patch sees other examples,",
  "and other numbers of rules, than you do. `stop`: true only where no patch is likely to raise F1 any",
  "more.",
];
const GUIDANCE_ANSWER = {
  guidance: "Tell card_arrival from lost_or_stolen_card by words of waiting.",
  stop: false,
};
const AUDIT = [
  "Look over the rules as a set, and make it smaller or more precise without losing what it gets right:",
  "- merge: two or more rules of one label become one, which matches what any of them matches.",
  "- remove: rules that do nothing or more harm than good.",
  "- tighten: one rule becomes one that is wrong less often.",
  `Give at most ${MAX_ACTIONS} actions, each rule in one at most, and none (\`[]\`) where the rules are`,
  "good as they are. `rules`: the rules that the action is about. `rule`: what they become; null to",
  "remove. `reason`: a few words. If F1 falls, all actions are taken back.",
];
const MERGE = {
  kind: "merge",
  rules: ["R1", "R5"],
  rule: {
    name: "card late",
    patterns: [String.raw`\b(?:card|parcel)\b`, String.raw`\b(?:late|waiting)\b`],
    not: [],
    flags: "i",
  },
  reason: "they say the same",
};
const TIGHTENING = {
  kind: "tighten",
  rules: ["R1"],
  rule: {
    name: "river after along the",
    patterns: [String.raw`\balong the ([A-Z]\w+)`],
    not: [],
    flags: "",
    group: 1,
  },
  reason: "it takes every name for a river",
};
const REMOVAL = { kind: "remove", rules: ["R4"], rule: null, reason: "R2 matches all it matches" };
