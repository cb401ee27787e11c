/**
 * The prompts of the agentic coordinator, and the schemas of the replies that they ask for. Rules are called
 * `R1`, `R2` … in them, examples by their ids.
 *
 * A change to a prompt raises its version in {@linkcode REVIEW_PROMPTS}, and to a schema the one in its
 * title.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import type { Message } from "../chat/client.ts";
import type { AuditState, Critique } from "../coordinator.ts";
import { compareCodeUnits } from "../text/folding.ts";
import type { Amounts } from "./budget.ts";
import type { Case } from "./failures.ts";
import { showCase, showClusters, showRule } from "./rendering.ts";
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
  audit: "audit-1",
} as const;

/** Actions of one audit, and pieces of advice of one critique, that are looked at. */
export const MAX_ACTIONS = 50;
/** See {@linkcode MAX_ACTIONS}. */
export const MAX_ADVICE = 20;

/** Advice of the last critique that guidance is told of, and characters of it, and of its analysis. */
const MAX_PASSED_ON = 5;
const MAX_PIECE = 300;
const MAX_ANALYSIS = 1_000;

const ruleShape = {
  name: z.string(),
  patterns: z.array(z.string()),
  not: z.array(z.string()),
  flags: z.string(),
};

function createAudit(rule: z.ZodType, title: string) {
  const kind = z.enum(["merge", "remove", "tighten"]);
  const action = z.strictObject({
    kind,
    rules: z.array(z.string()),
    rule: rule.nullable(),
    reason: z.string(),
  });
  return z.strictObject({ actions: z.array(action) }).meta({ title });
}

/** What replies are asked to be: every member is there, as strict modes want it. */
export const ASKED_REVIEW = {
  critique: z.strictObject({
    analysis: z.string(),
    advice: z.array(z.strictObject({ rule: z.string().nullable(), text: z.string() })),
  }).meta({ title: "critique-1" }),
  guide: z.strictObject({ guidance: z.string(), stop: z.boolean() }).meta({ title: "guidance-1" }),
  audit: {
    labels: createAudit(z.strictObject(ruleShape), "audit-1"),
    spans: createAudit(
      z.strictObject({ ...ruleShape, group: z.number().nullable() }),
      "span-audit-1",
    ),
  },
} as const;

/** A rule, and how it does on the examples that rules are learned from. */
export interface RankedRule {
  readonly rule: Rule;
  readonly scores: RuleScores;
  /** Place in the rule set. */
  readonly place: number;
}

/** An example to show; of an audit no cluster. */
export type ReviewCase = Partial<Case> & Pick<Case, "example" | "misfired">;

/** What an earlier iteration came to. */
export interface Past {
  readonly iteration: number;
  readonly f1: number;
  readonly failures: number;
}

/** What a prompt for a critique or for guidance is made of. */
export interface ReviewData {
  readonly task: SynthesisTask;
  readonly iteration: number;
  readonly scores: Scores;
  readonly failures: Failures;
  readonly cases: readonly ReviewCase[];
  /** Those that matter most first. */
  readonly rules: readonly RankedRule[];
  /** How many rules there are. */
  readonly count: number;
  /** For guidance only, as is the last critique. */
  readonly history?: readonly Past[];
  readonly critique?: Critique;
}

/** What a prompt for an audit is made of. */
export interface AuditData {
  readonly task: SynthesisTask;
  readonly phase: AuditState["phase"];
  readonly scores: Scores;
  readonly cases: readonly ReviewCase[];
  /** Those that matter most first. */
  readonly rules: readonly RankedRule[];
  /** How many rules there are. */
  readonly count: number;
}

/** The rules that a prompt shows, in the order of their numbers: by label, then as in the set. */
export function listShown(ranked: readonly RankedRule[], { rules }: Amounts): RankedRule[] {
  return ranked.slice(0, rules).sort((a, b) =>
    compareCodeUnits(a.rule.label, b.rule.label) || a.place - b.place
  );
}

/** The prompt for a critique. */
export function renderCritique(data: ReviewData, shown: Amounts): Message[] {
  const { task } = data;
  const wanted = [...CRITIQUE, "", ...explainReview(task), ...NAMING];
  const instructions = { does: "review" as const, wanted, example: CRITIQUE_EXAMPLE };
  return createPrompt(task, instructions, describeReview(data, shown));
}

/** The prompt for guidance. */
export function renderGuide(data: ReviewData, shown: Amounts): Message[] {
  const { task, history = [], critique, rules } = data;
  const wanted = [...GUIDE, "", ...explainReview(task), ...PAST, ...NAMING];
  const instructions = { does: "review" as const, wanted, example: GUIDE_EXAMPLE };
  return createPrompt(task, instructions, {
    ...describeReview(data, shown),
    history: history.map((past) => ({ ...past, f1: round(past.f1) })),
    critique: critique && showCritique(critique, numberRules(listShown(rules, shown))),
  });
}

/** The prompt for an audit. */
export function renderAudit(data: AuditData, shown: Amounts): Message[] {
  const { task, phase, scores, cases, rules, count } = data;
  const listed = listShown(rules, shown);
  const numbers = numberRules(listed);
  const known = cases.filter(({ misfired }) => misfired.some((id) => numbers.has(id)));
  const instructions = {
    does: "review" as const,
    wanted: [
      ...AUDIT,
      "",
      ...explainRules(task),
      "`examples` are some on which a rule is wrong, with those that are (`misfired`).",
      ...explainExamples(task),
      "",
      "A rule that you write has:",
      ...explainMembers(task, false),
      ...NAMING,
    ],
    example: findsSpans(task) ? SPAN_AUDIT_EXAMPLE : AUDIT_EXAMPLE,
  };
  return createPrompt(task, instructions, {
    phase,
    scores: describeScores(scores),
    rulesInAll: count,
    rulesWanted: task.maxRules,
    examples: showCases(known.slice(0, shown.examples), numbers),
    rules: showRules(listed),
  });
}

function describeReview(data: ReviewData, shown: Amounts): Record<string, unknown> {
  const { task, iteration, scores, failures, cases, rules, count } = data;
  const listed = listShown(rules, shown);
  const known = cases.filter(({ cluster = 0 }) => cluster < shown.clusters);
  return {
    iteration,
    scores: describeScores(scores),
    failures: failures.count,
    ...showClusters(failures.clusters, shown.clusters),
    examples: showCases(known.slice(0, shown.examples), numberRules(listed)),
    rulesInAll: count,
    rulesWanted: task.maxRules,
    rules: showRules(listed),
  };
}

function describeScores({ f1, precision, recall }: Scores): Record<string, number> {
  return { f1: round(f1), precision: round(precision), recall: round(recall) };
}

function round(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}

function numberRules(listed: readonly RankedRule[]): Map<string, string> {
  return new Map(listed.map(({ rule }, place) => [rule.id, `R${place + 1}`]));
}

function showRules(listed: readonly RankedRule[]): unknown[] {
  return listed.map(({ rule, scores }, place) => {
    const { tp: right, fp: wrong, marginal } = scores;
    return { rule: `R${place + 1}`, ...showRule(rule), right, wrong, gain: round(-marginal) };
  });
}

function showCases(
  cases: readonly ReviewCase[],
  numbers: ReadonlyMap<string, string>,
): unknown[] {
  return cases.map((one) => ({ id: one.example.id, ...showCase(one, numbers) }));
}

/** As much of a critique as another prompt has room for. */
function showCritique(
  { analysis, advice }: Critique,
  numbers: ReadonlyMap<string, string>,
): Record<string, unknown> {
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

/** What the rules of the data are. */
function explainRules(task: SynthesisTask): string[] {
  const what = findsSpans(task) ? "spans it finds" : "examples it matches";
  return [
    "`scores` are of all rules together, on other examples where some are held out. `rules` are some of",
    `them, each with how many ${what} rightly and wrongly (\`right\`, \`wrong\`), and the F1 that would be`,
    "lost without it (`gain`; below 0 it does harm). A rule matches where all of its `patterns` and none of",
    "its `not` do.",
  ];
}

function explainReview(task: SynthesisTask): string[] {
  return [...explainRules(task), ...explainFailures(task)];
}

const PAST = ["`history` tells how it went so far, `critique` what was last said of the rules."];
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
const CRITIQUE_EXAMPLE = {
  analysis: "Rules for card_arrival are too broad: they take every card for one that is late.",
  advice: [{ rule: "R3", text: "Ask for a word of waiting besides the card." }],
};
const GUIDE = [
  "Say in a few sentences what the next patch of the rules should work on (`guidance`): which failures,",
  "by which kind of rule, and what it should leave alone. Whoever writes the patch sees other examples,",
  "and other numbers of rules, than you do. `stop`: true only where no patch is likely to raise F1 any",
  "more.",
];
const GUIDE_EXAMPLE = {
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
const REMOVAL = { kind: "remove", rules: ["R4"], rule: null, reason: "R2 matches all it matches" };
const AUDIT_EXAMPLE = {
  actions: [
    {
      kind: "merge",
      rules: ["R1", "R5"],
      rule: {
        name: "card late",
        patterns: [String.raw`\b(?:card|parcel)\b`, String.raw`\b(?:late|waiting)\b`],
        not: [],
        flags: "i",
      },
      reason: "they say the same",
    },
    REMOVAL,
  ],
};
const SPAN_AUDIT_EXAMPLE = {
  actions: [
    {
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
    },
    REMOVAL,
  ],
};
