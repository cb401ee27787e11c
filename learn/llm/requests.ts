/**
 * The requests for rules: what each shows, within its budget.
 *
 * @module
 */
import type { Message } from "../chat/client.ts";
import { type Example, labelsOf } from "../data/examples.ts";
import type { Rule } from "../rules/rule.ts";
import type { PatchState, SynthesisTask } from "../synthesizer.ts";
import { quote } from "../text/quoting.ts";
import type { RulesRequest } from "./asking.ts";
import { part, type Sliced } from "../text/slices.ts";
import { fitPrompt, type FittedPrompt } from "./budget.ts";
import { countShowable, type GatheredFailures, gatherFailures, selectShown } from "./failures.ts";
import {
  choosePrompts,
  listPresent,
  listShownEntries,
  renderPatch,
  renderSynthesis,
  type SynthesisData,
} from "./prompts.ts";
import { createSampler } from "./sampling.ts";
import type { OpenPlaybook, PlaybookQuery } from "./worked_examples.ts";

/** How much a prompt may show. */
export interface PromptLimits {
  /** Most examples. */
  readonly maxExamples: number;
  /** Most tokens, estimated. */
  readonly maxTokens: number;
}

/** The limits by default. */
export const PROMPT_LIMITS: PromptLimits = { maxExamples: 20, maxTokens: 6_000 };
/** Labels up to which one call asks for the rules of all. */
const FEW_LABELS = 2;

/** What first rules are asked for. */
export interface SynthesisState extends Pick<PatchState, "task" | "train" | "matches"> {
  /** The rules that the run begins with. */
  readonly rules: readonly Rule[];
}

/** Makes the requests for first rules: one for each label, or one for all if there are few. */
export function* requestingSynthesis(
  state: SynthesisState,
  { maxExamples, maxTokens }: PromptLimits,
  playbook?: OpenPlaybook,
): Sliced<RulesRequest[]> {
  const { task } = state;
  const requests: RulesRequest[] = [];
  const calls = planCalls(state, maxExamples);
  for (const [place, call] of calls.entries()) {
    const { labels, examples } = call;
    const kinds = labels.map((label): PlaybookQuery => ({
      labels: [label],
      texts: examples.filter((one) => labelsOf(one).includes(label)).map(({ text }) => text),
    }));
    const entries = playbook && (yield* part(
      "",
      [place / calls.length, (place + 1) / calls.length],
      playbook.findingNear(kinds, { ...state, labels: task.labels }),
    ));
    const fitted = orError(() => fitCall({ ...call, entries }, maxTokens));
    const shown = fitted instanceof Error ? undefined : fitted.budget.shown;
    requests.push({
      purpose: "synthesis",
      prompt: choosePrompts(task).synthesis,
      labels,
      fitted,
      metadata: {
        labels: [...labels],
        examples: examples.slice(0, shown?.examples).map(({ id }) => id),
      },
      ...(entries && { entries: listShownEntries(entries, shown).map(({ id }) => id) }),
    });
  }
  return requests;
}

function planCalls(
  { task, train, rules }: Omit<SynthesisState, "matches">,
  maxExamples: number,
): SynthesisData[] {
  const sampler = createSampler(train, task.seed, task.corrections);
  const plan = (labels: readonly string[], positions: readonly number[]): SynthesisData => ({
    task,
    labels,
    examples: positions.map((position) => train[position]),
    rules: rules.filter(({ label }) => labels.includes(label)),
  });
  return task.labels.length <= FEW_LABELS
    ? [plan(task.labels, sampler.balanced(task.labels, maxExamples))]
    : task.labels.map((label) => plan([label], sampler.around(label, maxExamples)));
}

function fitCall(data: SynthesisData, maxTokens: number): FittedPrompt {
  const { labels, examples, rules, entries } = data;
  return fitPrompt(
    (shown) => renderSynthesis(data, shown),
    {
      examples: examples.length,
      clusters: 0,
      rules: rules.length,
      ...(entries && { playbook: entries.length }),
    },
    { maxTokens, what: `Cannot ask for rules for ${quote(labels[0])}` },
  );
}

/** A request for first rules, as a model would be asked. */
export interface RenderedCall {
  /** The labels that rules are asked for. */
  readonly labels: readonly string[];
  /** The examples that it shows. */
  readonly examples: readonly Example[];
  readonly messages: readonly Message[];
}

/**
 * Renders the requests for first rules without asking anyone.
 *
 * @param train the examples that may be shown
 * @param limits those of the LLM synthesizer, with their defaults
 * @throws {RangeError} if not even the shortest prompt for a label is within `maxTokens`
 */
export function renderCalls(
  task: SynthesisTask,
  train: readonly Example[],
  limits: Partial<PromptLimits> = {},
): RenderedCall[] {
  const { maxExamples = PROMPT_LIMITS.maxExamples, maxTokens = PROMPT_LIMITS.maxTokens } = limits;
  if (task.labels.length === 0) return [];
  return planCalls({ task, train, rules: [] }, maxExamples).map((data) => {
    const { messages, budget } = fitCall(data, maxTokens);
    return {
      labels: data.labels,
      examples: data.examples.slice(0, budget.shown.examples),
      messages,
    };
  });
}

/** Makes the request for a patch. */
export function* requestingPatch(
  state: PatchState,
  { maxExamples, maxTokens }: PromptLimits,
  playbook?: OpenPlaybook,
): Sliced<RulesRequest> {
  const { task, iteration, guidance } = state;
  const failures = gatherFailures(state, maxExamples);
  const { count, clusters, examples, rules } = failures;
  const showable = countShowable(clusters);
  const kinds = listKinds(failures, showable);
  const entries = playbook &&
    (yield* playbook.findingNear(kinds, { ...state, labels: task.labels }));
  const fitted = orError(() =>
    fitPrompt(
      (shown) => renderPatch({ task, failures, guidance, entries }, shown),
      {
        examples: examples.length,
        clusters: showable,
        rules: rules.length,
        ...(entries && { playbook: entries.length }),
      },
      { maxTokens, what: "Cannot ask for a patch" },
    )
  );
  const shown = fitted instanceof Error ? undefined : fitted.budget.shown;
  return {
    purpose: "patch",
    prompt: choosePrompts(task).patch,
    fitted,
    metadata: {
      iteration,
      failures: count,
      clusters: clusters.length,
      examples: (shown === undefined ? [] : selectShown(examples, shown))
        .map(({ example }) => example.id),
    },
    ...(entries && { entries: listShownEntries(entries, shown).map(({ id }) => id) }),
    listed: shown === undefined ? [] : listPresent(failures, shown),
  };
}

/** Lists the kinds of failures that a prompt may show, with the texts that it may show of each. */
function listKinds({ clusters, examples }: GatheredFailures, count: number): PlaybookQuery[] {
  return clusters.slice(0, count).map(({ expected, predicted }, place) => ({
    labels: [expected, predicted].filter((label) => label !== null),
    texts: examples.filter(({ cluster }) => cluster === place).map(({ example }) => example.text),
  }));
}

/** Returns the error of a prompt that cannot be made short enough. */
function orError(fit: () => FittedPrompt): FittedPrompt | Error {
  try {
    return fit();
  } catch (error) {
    if (error instanceof RangeError) return error;
    throw error;
  }
}
