/**
 * The prompts of the LLM synthesizer. A change to a prompt raises its version in {@linkcode PROMPTS}.
 *
 * @module
 */
import type { Message } from "../chat/client.ts";
import { type Example, SPAN_LABEL } from "../data/examples.ts";
import type { Amounts } from "./budget.ts";
import { type GatheredFailures, type ListedRule, selectShown } from "./failures.ts";
import { showClusters, showExample, showFailure, showRule } from "./rendering.ts";
import {
  createPrompt,
  explainExamples,
  explainFailures,
  explainMembers,
  findsSpans,
} from "./instructions.ts";
import type { Rule } from "../rules/rule.ts";
import type { SynthesisTask } from "../synthesizer.ts";
import { explainEntries, hasPlaybook, showEntry, type WorkedExample } from "./worked_examples.ts";

/** Names and versions of the prompts. */
export const PROMPTS = { synthesis: "synthesis-2", patch: "patch-2" } as const;
/** Those of a run with a playbook: what they say besides has a version of its own. */
export const PLAYBOOK_PROMPTS = {
  synthesis: `${PROMPTS.synthesis}+playbook-1`,
  patch: `${PROMPTS.patch}+playbook-1`,
} as const;

/** Returns the names and versions of the prompts of a run. */
export function choosePrompts(
  task: SynthesisTask,
): typeof PROMPTS | typeof PLAYBOOK_PROMPTS {
  return hasPlaybook(task) ? PLAYBOOK_PROMPTS : PROMPTS;
}

/** Most rules of one label that are asked for in one call. */
const MAX_PER_LABEL = 8;
/** Most rules that a patch is asked for. */
const MAX_PATCH = 12;
/** Most labels that are named besides those that rules are asked for. */
const MAX_OTHERS = 100;
/** Characters of guidance that are passed on. */
const MAX_GUIDANCE = 2_000;

/** The data of a prompt for first rules. */
export interface SynthesisData {
  readonly task: SynthesisTask;
  /** The labels to write rules for: one, or all. */
  readonly labels: readonly string[];
  readonly examples: readonly Example[];
  /** Rules for these labels that are in the set already. */
  readonly rules: readonly Rule[];
  /** The nearest entries of the playbook, if the run has one. */
  readonly entries?: readonly WorkedExample[];
}

/** Renders the prompt for first rules. */
export function renderSynthesis(data: SynthesisData, shown: Amounts): Message[] {
  const { task, labels, examples, rules, entries } = data;
  const others = task.labels.filter((label) => !labels.includes(label));
  return createPrompt(task, {
    role: "write",
    lines: explainRules(task, explainSynthesis(task)),
    answer: { rules: [exampleRule(task)] },
  }, {
    rulesPerLabel: countPerLabel(task),
    wantedLabels: labels,
    otherLabels: others.slice(0, MAX_OTHERS),
    moreLabels: others.length > MAX_OTHERS ? others.length - MAX_OTHERS : undefined,
    playbook: listShownEntries(entries, shown).map(showEntry),
    rules: rules.slice(0, shown.rules).map(showRule),
    examples: examples.slice(0, shown.examples).map(showExample),
  });
}

/** The data of a prompt for a patch. */
export interface PatchData {
  readonly task: SynthesisTask;
  readonly failures: GatheredFailures;
  readonly guidance?: string;
  /** The nearest entries of the playbook, if the run has one. */
  readonly entries?: readonly WorkedExample[];
}

/** Renders the prompt for a patch. */
export function renderPatch(data: PatchData, shown: Amounts): Message[] {
  const { task, failures, guidance, entries } = data;
  const listed = failures.rules.slice(0, shown.rules);
  const present = listed.filter(({ isRejected }) => !isRejected);
  const numbers = new Map(present.map(({ rule }, place) => [rule.id, place + 1]));
  return createPrompt(task, {
    role: "write",
    lines: explainRules(task, explainPatch(task)),
    answer: { remove: [], rules: [{ ...exampleRule(task), replaces: null }] },
  }, {
    rulesAtMost: MAX_PATCH,
    failures: failures.count,
    ...showClusters(failures.clusters, shown.clusters),
    examples: selectShown(failures.examples, shown).map((one) => showFailure(one, numbers)),
    rules: present.map((one) => ({ number: numbers.get(one.rule.id), ...showListed(one) })),
    playbook: listShownEntries(entries, shown).map(showEntry),
    rejected: listed.filter(({ isRejected }) => isRejected).map(showListed),
    guidance: guidance?.slice(0, MAX_GUIDANCE),
  });
}

/** Lists the rules in the set that a prompt for a patch shows, in the order of their numbers. */
export function listPresent({ rules }: GatheredFailures, shown: Amounts): Rule[] {
  return rules.slice(0, shown.rules).flatMap(({ rule, isRejected }) => isRejected ? [] : rule);
}

/** Lists the entries of the playbook that a prompt shows. */
export function listShownEntries(
  entries: readonly WorkedExample[] = [],
  { playbook = 0 }: Pick<Amounts, "playbook"> = {},
): readonly WorkedExample[] {
  return entries.slice(0, playbook);
}

function explainRules(task: SynthesisTask, lines: readonly string[]): string[] {
  return [
    ...lines,
    ...explainEntries(task),
    "",
    "Each rule has:",
    ...explainMembers(task, true),
  ];
}

function countPerLabel({ maxRules = Infinity, labels }: SynthesisTask): number {
  return Math.max(1, Math.min(MAX_PER_LABEL, Math.ceil(maxRules / labels.length)));
}

function showListed({ rule, tp, fp }: ListedRule): Record<string, unknown> {
  return { ...showRule(rule), right: tp, wrong: fp };
}

function explainSynthesis(task: SynthesisTask): string[] {
  const [verb, goal] = findsSpans(task)
    ? ["find", "many spans of its label, also in texts that you do not see here, and no others."]
    : [
      "match",
      "many texts of its label, also such as you do not see here, and none of other labels.",
    ];
  return [
    `Write rules for the labels in \`wantedLabels\`, at most \`rulesPerLabel\` for each. A rule should ${verb}`,
    goal,
    "Different rules should match different ways of saying it. `rules` are there already: do not repeat",
    "them. `examples` are some of the texts.",
    ...explainExamples(task),
  ];
}

function explainPatch(task: SynthesisTask): string[] {
  const found = findsSpans(task) ? "spans they find" : "examples they match";
  return [
    "The rules fail on some examples. Write a patch: at most `rulesAtMost` rules that mend as many of the",
    "failures as they can and break nothing.",
    ...explainFailures(task),
    `\`rules\` are some of those in use, with how many ${found} rightly and wrongly (\`right\`, \`wrong\`).`,
    "`rejected` were tried and made things worse: do not propose them again. A rule takes the place of the",
    "one whose number is its `replaces`, and is added where that is null. `remove` holds the numbers of",
    "rules that do more harm than good. Follow `guidance` where there is any.",
  ];
}

/** Returns a rule about something that no data set is about. */
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
