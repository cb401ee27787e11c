/**
 * Rules written by a language model: a synthesizer for any chat, such as `createChat` makes.
 *
 * - **Synthesis.** With three labels or more, one call for each, which shows some of its examples and
 *   some of the labels most easily taken for it; else one call for all. At most `concurrency` calls are
 *   under way at a time, and what comes of them is in the order of the labels. Where some calls fail, the
 *   run goes on with the rules of the others, and the step says which failed. Where all fail, or each of
 *   the first four of more, the run ends with that.
 * - **Patch.** One call: all failures counted by kind, some of them as examples, the rules that misfire
 *   there, those of patches that were rejected, and what the coordinator advises. The model may add,
 *   replace and remove rules.
 * - **What goes out.** At most `maxExamples` examples a call, never held-out ones, chosen by the seed;
 *   names and patterns of rules, labels, counts. Of a text longer than 2,000 characters a part.
 * - **Budget.** A prompt has at most `maxTokens` tokens, estimated as its characters divided by 4; the
 *   JSON schema that goes with it is not counted. Where it would have more: fewer examples, down to one;
 *   then fewer kinds of failure, down to one; then fewer rules, down to none; then an error. What was
 *   left out is in the metadata of the exchange.
 * - **Replies.** Every rule is checked by the run, which records what it refuses and why; of one reply
 *   200 rules are looked at, and those after them are refused as `over-limit`. A model says what a rule matches; how much it counts for comes from the
 *   training examples: ln((right + ½) / (wrong + ½)), at least 0.1, where rules vote, else a priority by
 *   the lower bound of the rule's precision (Wilson 1927).
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createLlmSynthesizer } from "./synthesizer.ts";
 *
 * // Any chat; `createChat` of chat.ts makes one that asks an endpoint.
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
 *
 * @module
 */
import type { Chat } from "../chat/client.ts";
import { createRecorder, type Recorder } from "../chat/exchanges.ts";
import {
  type Amounts,
  checkLimits,
  describeBudget,
  fitPrompt,
  type FittedPrompt,
} from "./budget.ts";
import { callAll, describeFailed, requireValue } from "./calls.ts";
import { createSampler } from "./sampling.ts";
import { countShowable, gatherFailures } from "./failures.ts";
import {
  ASKED,
  listPresent,
  PROMPTS,
  renderPatch,
  renderSynthesis,
  RulesReply,
} from "./prompts.ts";
import { MAX_RULES_PER_REPLY, readRules, strengthen } from "./replies.ts";
import { findsSpans } from "./instructions.ts";
import { createMatches } from "../score/matches.ts";
import type { Example } from "../data/examples.ts";
import { quote } from "../text/quoting.ts";
import { readReply } from "../chat/structured.ts";
import type { Rule } from "../rules/rule.ts";
import type { Patch, PatchState, SynthesisTask, Synthesizer } from "../synthesizer.ts";

/** Options of {@linkcode createLlmSynthesizer}. */
export interface LlmSynthesizerOptions {
  /** The model to ask. */
  readonly chat: Chat;
  /**
   * Examples in one prompt at most, ≥ 1.
   *
   * @default {20}
   */
  readonly maxExamples?: number;
  /**
   * Estimated tokens of one prompt at most, ≥ 1.
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

/** Labels up to which one call asks for the rules of all. */
const FEW_LABELS = 2;

/**
 * Creates a synthesizer that asks a model for rules. It does not refit.
 *
 * @throws {RangeError} where an option is out of its range
 */
export function createLlmSynthesizer(options: LlmSynthesizerOptions): Synthesizer {
  const { chat, maxExamples = 20, maxTokens = 6_000, concurrency = 4, now } = options;
  checkLimits({ maxExamples, maxTokens, concurrency });
  const limits = { maxExamples, maxTokens };
  const recorderFor = ({ exchanges }: SynthesisTask) => createRecorder(chat, exchanges, { now });
  return {
    name: "llm",
    model: chat.model,
    settings: { prompts: PROMPTS, ...limits, maxRulesPerReply: MAX_RULES_PER_REPLY },
    async synthesize(task, train, start) {
      // Texts may have no spans at all: then there is nothing to look for.
      if (task.labels.length === 0) return {};
      const ask = recorderFor(task);
      const calls = planCalls(task, train, start, maxExamples);
      const results = await callAll(
        calls.length,
        (index) => askForRules(ask, task, calls[index], limits),
        { concurrency, signal: task.signal },
      );
      const read = results.flatMap((one) => "value" in one ? readRules(one.value) : []);
      const matches = createMatches(train, task.labels, task.match);
      return {
        added: strengthen(read.flatMap(({ added }) => added), task, matches),
        refused: read.flatMap(({ refused }) => refused),
        error: describeFailed(results, calls.map(({ labels }) => labels[0])),
      };
    },
    patch: (state) => askForPatch(recorderFor(state.task), state, limits),
  };
}

type Limits = Required<Pick<LlmSynthesizerOptions, "maxExamples" | "maxTokens">>;

/** One call for first rules. */
interface Call {
  readonly labels: readonly string[];
  readonly examples: readonly Example[];
  /** Rules that are there already, for these labels. */
  readonly rules: readonly Rule[];
}

function planCalls(
  { labels, seed }: SynthesisTask,
  train: readonly Example[],
  start: readonly Rule[],
  maxExamples: number,
): Call[] {
  const sampler = createSampler(train, seed);
  const groups = labels.length <= FEW_LABELS ? [labels] : labels.map((label) => [label]);
  return groups.map((wanted): Call => {
    const chosen = labels.length <= FEW_LABELS
      ? sampler.balanced(wanted, maxExamples)
      : sampler.around(wanted[0], maxExamples);
    return {
      labels: wanted,
      examples: chosen.map((position) => train[position]),
      rules: start.filter(({ label }) => wanted.includes(label)),
    };
  });
}

async function askForRules(
  ask: Recorder,
  task: SynthesisTask,
  { labels, examples, rules }: Call,
  { maxTokens }: Limits,
): Promise<RulesReply> {
  const render = (shown: Amounts) =>
    renderSynthesis({ task, wanted: labels, examples, rules }, shown);
  const prompt = fitPrompt(
    render,
    { examples: examples.length, clusters: 0, rules: rules.length },
    { maxTokens, what: `Cannot ask for rules for ${quote(labels[0])}` },
  );
  return await askModel(ask, task, "synthesis", prompt, {
    labels: [...labels],
    examples: examples.slice(0, prompt.shown.examples).map(({ id }) => id),
    budget: describeBudget(prompt, maxTokens),
  });
}

async function askForPatch(
  ask: Recorder,
  state: PatchState,
  { maxExamples, maxTokens }: Limits,
): Promise<Patch> {
  const { task, iteration, matches, guidance } = state;
  const failures = gatherFailures(state, maxExamples);
  const prompt = fitPrompt(
    (shown) => renderPatch({ task, failures, guidance }, shown),
    {
      examples: failures.cases.length,
      clusters: countShowable(failures),
      rules: failures.rules.length,
    },
    { maxTokens, what: "Cannot ask for a patch" },
  );
  const { shown } = prompt;
  const cases = failures.cases.filter(({ cluster }) => cluster < shown.clusters);
  const reply = await askModel(ask, task, "patch", prompt, {
    iteration,
    failures: failures.count,
    clusters: failures.clusters.length,
    examples: cases.slice(0, shown.examples).map(({ example }) => example.id),
    budget: describeBudget(prompt, maxTokens),
  });
  const { added, replaced, ...rest } = readRules(reply, listPresent(failures, shown));
  const strong = strengthen([...added, ...replaced.map(({ to }) => to)], task, matches);
  return {
    ...rest,
    added: strong.slice(0, added.length),
    replaced: replaced.map(({ from }, place) => ({ from, to: strong[added.length + place] })),
  };
}

type Metadata = NonNullable<Parameters<Recorder>[0]["metadata"]>;

/** Asks, and reads the reply. @throws {RefusedReply} where it cannot be used */
async function askModel(
  ask: Recorder,
  task: SynthesisTask,
  purpose: keyof typeof PROMPTS,
  { messages }: FittedPrompt,
  metadata: Metadata,
): Promise<RulesReply> {
  const reading = await ask({
    purpose,
    prompt: PROMPTS[purpose],
    messages,
    schema: ASKED[purpose][findsSpans(task) ? "spans" : "labels"],
    metadata: { task: task.task, ...metadata },
    signal: task.signal,
  }, (reply) => readReply(RulesReply, reply));
  return requireValue(reading);
}
