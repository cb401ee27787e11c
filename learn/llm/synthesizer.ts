/**
 * Rules written by a language model: a synthesizer for any chat, such as `createChat` makes.
 *
 * - **Synthesis.** One call asks for the rules of up to two labels. For more labels, each has a call,
 *   which shows some of its examples and some of the labels most easily taken for it. At most
 *   `concurrency` calls are under way at a time; results are in the order of the labels. If some calls
 *   fail, the run goes on with the rules of the others, and the step says which failed. If all fail, or
 *   each of the first four of more, the run fails.
 * - **Patch.** One call shows the clusters of failures, some failures as examples, the rules that
 *   misfire there, those of rejected patches, and the advice of the coordinator. The model may add,
 *   replace and remove rules.
 * - **What goes out.** At most `maxExamples` examples a call, never held-out ones, chosen by the seed;
 *   names and patterns of rules, labels, counts. A text longer than 2,000 characters is shown in part.
 * - **Budget.** A prompt has at most `maxTokens` tokens, estimated as its characters divided by 4; its
 *   JSON schema is not counted. A prompt that would be longer shows fewer examples, down to one; then
 *   fewer clusters, down to one; then fewer rules, down to none; if that is not enough, the call fails.
 *   The metadata of the exchange says what was left out.
 * - **Replies.** The run checks every rule, and records what it refuses and why. Of one reply 200 rules
 *   are read; those after them are refused as `over-limit`. A model says what a rule matches; its
 *   strength comes from the training examples: for rules that vote a weight of ln((tp + ½) / (fp + ½)),
 *   at least 0.1, for others a priority by the lower bound of the rule's precision (Wilson 1927).
 *
 * @module
 */
import type { Chat, Message } from "../chat/client.ts";
import { readReply } from "../chat/structured.ts";
import type { Example } from "../data/examples.ts";
import type { Rule } from "../rules/rule.ts";
import { createMatches } from "../score/matches.ts";
import type { Patch, PatchState, SynthesisTask, Synthesizer } from "../synthesizer.ts";
import { quote } from "../text/quoting.ts";
import { checkLimits, fitPrompt, type FittedPrompt } from "./budget.ts";
import { askModel, callAll, describeFailed } from "./calls.ts";
import { countShowable, gatherFailures, selectShown } from "./failures.ts";
import {
  listPresent,
  PROMPTS,
  renderPatch,
  renderSynthesis,
  type SynthesisData,
} from "./prompts.ts";
import { MAX_RULES_PER_REPLY, readRules, RulesReply, strengthen } from "./replies.ts";
import { createSampler } from "./sampling.ts";

/** Options of {@linkcode createLlmSynthesizer}. */
export interface LlmSynthesizerOptions {
  /** The model to ask. */
  readonly chat: Chat;
  /**
   * Most examples in one prompt, ≥ 1.
   *
   * @default {20}
   */
  readonly maxExamples?: number;
  /**
   * Most tokens of one prompt, estimated, ≥ 1.
   *
   * @default {6000}
   */
  readonly maxTokens?: number;
  /**
   * Calls under way at a time, ≥ 1. Results do not depend on it.
   *
   * @default {4}
   */
  readonly concurrency?: number;
  /** The clock, for the times on the tape. */
  readonly now?: () => Date;
}

/** Most examples and tokens of a prompt, by default. */
const MAX_EXAMPLES = 20;
const MAX_TOKENS = 6_000;
/** Labels up to which one call asks for the rules of all. */
const FEW_LABELS = 2;

/**
 * Creates a synthesizer that asks a model for rules. It does not refit.
 *
 * @throws {RangeError} if an option is out of its range
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createLlmSynthesizer } from "./synthesizer.ts";
 *
 * // Any chat; `createChat` of chat/client.ts makes one that asks an endpoint.
 * const text = JSON.stringify({
 *   rules: [{ name: "rates", label: "rate", patterns: ["\\brates?\\b"], not: [], flags: "i" }],
 * });
 * const reply = { text, finishReason: "stop", took: 3 };
 * const chat = Object.assign(() => Promise.resolve(reply), { model: "small" });
 *
 * const train = [
 *   { id: "a", text: "Which rates do you offer?", label: "rate" },
 *   { id: "b", text: "My card has not arrived", label: "card" },
 * ];
 * const options = { decide: "vote", threshold: 0, margin: 1, seed: 0 } as const;
 * const task = { name: "x", task: "classification", labels: ["card", "rate"], ...options } as const;
 * const { added = [] } = await createLlmSynthesizer({ chat }).synthesize(task, train, []);
 * assertEquals(added.map(({ name, precision, support }) => [name, precision, support]), [
 *   ["rates", 1, 1],
 * ]);
 * ```
 */
export function createLlmSynthesizer(options: LlmSynthesizerOptions): Synthesizer {
  const { chat, maxExamples = MAX_EXAMPLES, maxTokens = MAX_TOKENS, concurrency = 4, now } =
    options;
  checkLimits({ maxExamples, maxTokens, concurrency });
  const settings = { chat, maxExamples, maxTokens, now };
  return {
    name: "llm",
    model: chat.model,
    settings: { prompts: PROMPTS, maxExamples, maxTokens, maxRulesPerReply: MAX_RULES_PER_REPLY },
    async synthesize(task, train, start) {
      // Without a span in any text, no label needs rules.
      if (task.labels.length === 0) return {};
      const calls = planCalls(task, train, start, maxExamples);
      const results = await callAll(
        calls,
        (data) => askForRules(settings, data),
        { concurrency, signal: task.signal },
      );
      const read = results.flatMap((result) => "value" in result ? readRules(result.value) : []);
      const matches = createMatches(train, task.labels, task.match);
      return {
        added: strengthen(read.flatMap(({ added }) => added), task, matches),
        refused: read.flatMap(({ refused }) => refused),
        error: describeFailed(results, calls.map(({ labels }) => labels[0])),
      };
    },
    patch: (state) => askForPatch(settings, state),
  };
}

/** The options of the synthesizer that its calls need. */
type LlmSettings =
  & Pick<LlmSynthesizerOptions, "chat" | "now">
  & Required<Pick<LlmSynthesizerOptions, "maxExamples" | "maxTokens">>;

function planCalls(
  task: SynthesisTask,
  train: readonly Example[],
  start: readonly Rule[],
  maxExamples: number,
): SynthesisData[] {
  const sampler = createSampler(train, task.seed, task.corrections);
  const plan = (labels: readonly string[], positions: readonly number[]): SynthesisData => ({
    task,
    labels,
    examples: positions.map((position) => train[position]),
    rules: start.filter(({ label }) => labels.includes(label)),
  });
  return task.labels.length <= FEW_LABELS
    ? [plan(task.labels, sampler.balanced(task.labels, maxExamples))]
    : task.labels.map((label) => plan([label], sampler.around(label, maxExamples)));
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
 * @param options those of {@linkcode createLlmSynthesizer}, with their defaults
 * @throws {RangeError} if not even the shortest prompt for a label is within `maxTokens`
 */
export function renderCalls(
  task: SynthesisTask,
  train: readonly Example[],
  options: Pick<LlmSynthesizerOptions, "maxExamples" | "maxTokens"> = {},
): RenderedCall[] {
  const { maxExamples = MAX_EXAMPLES, maxTokens = MAX_TOKENS } = options;
  if (task.labels.length === 0) return [];
  return planCalls(task, train, [], maxExamples).map((data) => {
    const { messages, budget } = fitCall(data, maxTokens);
    return {
      labels: data.labels,
      examples: data.examples.slice(0, budget.shown.examples),
      messages,
    };
  });
}

function fitCall(data: SynthesisData, maxTokens: number): FittedPrompt {
  const { labels, examples, rules } = data;
  return fitPrompt(
    (shown) => renderSynthesis(data, shown),
    { examples: examples.length, clusters: 0, rules: rules.length },
    { maxTokens, what: `Cannot ask for rules for ${quote(labels[0])}` },
  );
}

async function askForRules(settings: LlmSettings, data: SynthesisData) {
  const { task, labels, examples } = data;
  const fitted = fitCall(data, settings.maxTokens);
  return await askModel(settings, {
    purpose: "synthesis",
    prompt: PROMPTS.synthesis,
    task,
    fitted,
    metadata: {
      labels: [...labels],
      examples: examples.slice(0, fitted.budget.shown.examples).map(({ id }) => id),
    },
    read: (reply) => readReply(RulesReply, reply),
  });
}

async function askForPatch(settings: LlmSettings, state: PatchState): Promise<Patch> {
  const { task, iteration, matches, guidance } = state;
  const failures = gatherFailures(state, settings.maxExamples);
  const { count, clusters, examples, rules } = failures;
  const fitted = fitPrompt(
    (shown) => renderPatch({ task, failures, guidance }, shown),
    { examples: examples.length, clusters: countShowable(clusters), rules: rules.length },
    { ...settings, what: "Cannot ask for a patch" },
  );
  const { shown } = fitted.budget;
  const reply = await askModel(settings, {
    purpose: "patch",
    prompt: PROMPTS.patch,
    task,
    fitted,
    metadata: {
      iteration,
      failures: count,
      clusters: clusters.length,
      examples: selectShown(examples, shown).map(({ example }) => example.id),
    },
    read: (reply) => readReply(RulesReply, reply),
  });
  const { added, replaced, ...rest } = readRules(reply, listPresent(failures, shown));
  const strong = strengthen([...added, ...replaced.map(({ to }) => to)], task, matches);
  return {
    ...rest,
    added: strong.slice(0, added.length),
    replaced: replaced.map(({ from }, place) => ({ from, to: strong[added.length + place] })),
  };
}
