/**
 * The prompts of the LLM synthesizer, and the schemas of its replies.
 *
 * A change to a prompt raises its version in {@linkcode PROMPTS}, and to a schema the one in its title.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import type { Message } from "../chat/client.ts";
import { type Example, SPAN_LABEL } from "../data/examples.ts";
import type { Amounts } from "./budget.ts";
import type { GatheredFailures, ListedRule } from "./failures.ts";
import { showCase, showClusters, showExample, showRule } from "./rendering.ts";
import {
  createPrompt,
  explainExamples,
  explainFailures,
  explainMembers,
  findsSpans,
} from "./instructions.ts";
import type { Rule } from "../rules/rule.ts";
import type { SynthesisTask } from "../synthesizer.ts";

/** Names and versions of the prompts. */
export const PROMPTS = { synthesis: "synthesis-1", patch: "patch-1" } as const;

const ruleShape = {
  name: z.string(),
  label: z.string(),
  patterns: z.array(z.string()),
  not: z.array(z.string()),
  flags: z.string(),
};
const spanRuleShape = { ...ruleShape, group: z.number().nullable() };
const replaces = z.number().nullable();

/**
 * What replies are asked to be: every member is there, as strict modes want it. `labels` are for tasks
 * whose rules match texts, `spans` for those whose rules find spans.
 */
export const ASKED = {
  synthesis: {
    labels: z.strictObject({ rules: z.array(z.strictObject(ruleShape)) })
      .meta({ title: "rules-1" }),
    spans: z.strictObject({ rules: z.array(z.strictObject(spanRuleShape)) })
      .meta({ title: "span-rules-1" }),
  },
  patch: {
    labels: z.strictObject({
      remove: z.array(z.number()),
      rules: z.array(z.strictObject({ ...ruleShape, replaces })),
    }).meta({ title: "patch-1" }),
    spans: z.strictObject({
      remove: z.array(z.number()),
      rules: z.array(z.strictObject({ ...spanRuleShape, replaces })),
    }).meta({ title: "span-patch-1" }),
  },
} as const;

/** What replies are read as: each rule is checked on its own, and one that is wrong spoils no other. */
export const RulesReply = z.strictObject({
  rules: z.array(z.unknown()),
  remove: z.array(z.unknown()).optional(),
});
/** See the schema of the same name. */
export type RulesReply = Readonly<z.infer<typeof RulesReply>>;

/** Rules of one label that are asked for in one call at most. */
const MAX_WANTED = 8;
/** Rules that a patch is asked for at most. */
const MAX_PATCH = 12;
/** Labels that are named besides the wanted ones. */
const MAX_OTHERS = 100;
/** Characters of guidance that are passed on. */
const MAX_GUIDANCE = 2_000;

/** What a prompt for first rules is made of. */
export interface SynthesisData {
  readonly task: SynthesisTask;
  /** The labels that rules are wanted for: one, or all. */
  readonly wanted: readonly string[];
  readonly examples: readonly Example[];
  /** Rules that are there already. */
  readonly rules: readonly Rule[];
}

/** The prompt for first rules. */
export function renderSynthesis(data: SynthesisData, shown: Amounts): Message[] {
  const { task, wanted, examples, rules } = data;
  const others = task.labels.filter((label) => !wanted.includes(label));
  const instructions = {
    does: "write" as const,
    wanted: [...explainSynthesis(task), "", "Each rule has:", ...explainMembers(task, true)],
    example: { rules: [exampleRule(task)] },
  };
  return createPrompt(task, instructions, {
    rulesPerLabel: countWanted(task),
    wantedLabels: wanted,
    otherLabels: others.slice(0, MAX_OTHERS),
    moreLabels: others.length > MAX_OTHERS ? others.length - MAX_OTHERS : undefined,
    rules: rules.slice(0, shown.rules).map(showRule),
    examples: examples.slice(0, shown.examples).map(showExample),
  });
}

/** What a prompt for a patch is made of. */
export interface PatchData {
  readonly task: SynthesisTask;
  readonly failures: GatheredFailures;
  readonly guidance?: string;
}

/** The prompt for a patch. */
export function renderPatch(data: PatchData, shown: Amounts): Message[] {
  const { task, failures, guidance } = data;
  const cases = failures.cases.filter(({ cluster }) => cluster < shown.clusters);
  const listed = failures.rules.slice(0, shown.rules);
  const present = listed.filter(({ isRejected }) => !isRejected);
  const numbers = new Map(present.map(({ rule }, place) => [rule.id, place + 1]));
  const instructions = {
    does: "write" as const,
    wanted: [...explainPatch(task), "", "Each rule has:", ...explainMembers(task, true)],
    example: { remove: [], rules: [{ ...exampleRule(task), replaces: null }] },
  };
  return createPrompt(task, instructions, {
    rulesAtMost: MAX_PATCH,
    failures: failures.count,
    ...showClusters(failures.clusters, shown.clusters),
    examples: cases.slice(0, shown.examples).map((one) => showCase(one, numbers)),
    rules: present.map((one) => ({ number: numbers.get(one.rule.id), ...showListed(one) })),
    rejected: listed.filter(({ isRejected }) => isRejected).map(showListed),
    guidance: guidance?.slice(0, MAX_GUIDANCE),
  });
}

/** The rules that a prompt for a patch shows and that can be replaced, in the order of their numbers. */
export function listPresent({ rules }: GatheredFailures, { rules: count }: Amounts): Rule[] {
  return rules.slice(0, count).flatMap(({ rule, isRejected }) => isRejected ? [] : rule);
}

function countWanted({ maxRules = Infinity, labels }: SynthesisTask): number {
  return Math.max(1, Math.min(MAX_WANTED, Math.ceil(maxRules / labels.length)));
}

function showListed({ rule, right, wrong }: ListedRule): Record<string, unknown> {
  return { ...showRule(rule), right, wrong };
}

function explainSynthesis(task: SynthesisTask): string[] {
  const goal = findsSpans(task)
    ? [
      "Write rules for the labels in `wantedLabels`, at most `rulesPerLabel` for each. A rule should find",
      "many spans of its label, also in texts that you do not see here, and no others.",
    ]
    : [
      "Write rules for the labels in `wantedLabels`, at most `rulesPerLabel` for each. A rule should match",
      "many texts of its label, also such as you do not see here, and none of other labels.",
    ];
  return [
    ...goal,
    "Different rules should match different ways of saying it. `rules` are there already: do not repeat",
    "them. `examples` are some of the texts.",
    ...explainExamples(task),
  ];
}

function explainPatch(task: SynthesisTask): string[] {
  const what = findsSpans(task) ? "spans they find" : "examples they match";
  return [
    "The rules fail on some examples. Write a patch: at most `rulesAtMost` rules that mend as many of the",
    "failures as they can and break nothing.",
    ...explainFailures(task),
    `\`rules\` are some of those in use, with how many ${what} rightly and wrongly (\`right\`, \`wrong\`).`,
    "`rejected` were tried and made things worse: do not propose them again. A rule takes the place of the",
    "one whose number is its `replaces`, and is added where that is null. `remove` holds the numbers of",
    "rules that do more harm than good. Follow `guidance` where there is any.",
  ];
}

/** A rule for something else than what any data are about. */
function exampleRule(task: SynthesisTask): Record<string, unknown> {
  if (!findsSpans(task)) return LABEL_EXAMPLE;
  return task.task === "extraction" ? { ...SPAN_EXAMPLE, label: SPAN_LABEL } : SPAN_EXAMPLE;
}

const LABEL_EXAMPLE = {
  name: "rain or snow expected",
  label: "weather",
  patterns: [String.raw`\b(?:rain|snow)\w*\b`, String.raw`\b(?:will|going to|tomorrow)\b`],
  not: [String.raw`\brain ?checks?\b`],
  flags: "i",
};
const SPAN_EXAMPLE = {
  name: "river after along the",
  label: "river",
  patterns: [String.raw`\balong the ([A-Z]\w+(?: [A-Z]\w+)*)`],
  not: [],
  flags: "",
  group: 1,
};
