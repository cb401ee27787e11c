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
 *   JSON schema is not counted. A prompt that would be longer shows fewer entries of the playbook, down to
 *   none; then fewer examples, down to one; then fewer clusters, down to one; then fewer rules, down to
 *   none; if that is not enough, the call fails. The metadata of the exchange says what was left out.
 * - **Playbook.** If the run has one, each prompt shows at most four of its entries, those nearest to what
 *   is asked for (BM25), as worked examples. The patch names them, also if there is none.
 * - **Gate.** With a playbook or a second model, code holds rules to more than the run does: those that the
 *   examples contradict are refused.
 * - **Second model.** `escalateTo` is asked once more, in the same step, if a reply cannot be read or nothing
 *   of it passes the gate, and straight away if the patch before was not accepted; after one that was, the
 *   first is asked again. With a `patience` of 1 a run ends at a patch that is not accepted, so that no
 *   other follows. The patch says what was escalated and why. If the second fails as well, that is as if
 *   there were only one.
 * - **Replies.** The run checks every rule, and records what it refuses and why. Of one reply 200 rules
 *   are read; those after them are refused as `over-limit`. A model says what a rule matches; its
 *   strength comes from the training examples: for rules that vote a weight of ln((tp + ½) / (fp + ½)),
 *   at least 0.1, for others a priority by the lower bound of the rule's precision (Wilson 1927).
 *
 * @module
 */
import type { Chat } from "../chat/client.ts";
import { createMatches } from "../score/matches.ts";
import type { Patch, SynthesisTask, Synthesizer } from "../synthesizer.ts";
import { quote } from "../text/quoting.ts";
import { inSlices, part } from "../text/slices.ts";
import { type Answers, askForRules, type RulesRequest } from "./asking.ts";
import { checkLimits } from "./budget.ts";
import { describeFailed } from "./calls.ts";
import { GATE } from "./gate.ts";
import { PLAYBOOK_PROMPTS, PROMPTS } from "./prompts.ts";
import { MAX_RULES_PER_REPLY } from "./replies.ts";
import { PROMPT_LIMITS, requestingPatch, requestingSynthesis } from "./requests.ts";
import { hasPlaybook, openPlaybook } from "./worked_examples.ts";

/** What is said to be done before a model is asked. */
const PLANNING = "planning requests";

/** Options of {@linkcode createLlmSynthesizer}. */
export interface LlmSynthesizerOptions {
  /** The model to ask. */
  readonly chat: Chat;
  /**
   * A second model, with another name, that is asked if a reply of the first will not do.
   *
   * @default {none}
   */
  readonly escalateTo?: Chat;
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

/**
 * Creates a synthesizer that asks a model for rules. It does not refit.
 *
 * @throws {RangeError} if an option is out of its range, or both models have the same name
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
  const { chat, escalateTo, concurrency = 4, now } = options;
  const { maxExamples = PROMPT_LIMITS.maxExamples, maxTokens = PROMPT_LIMITS.maxTokens } = options;
  checkLimits({ maxExamples, maxTokens, concurrency });
  if (escalateTo?.model === chat.model) {
    throw new RangeError(`The option escalateTo names ${quote(chat.model)}, the model asked first`);
  }
  const limits = { maxExamples, maxTokens };
  const asking = (task: SynthesisTask) => ({
    ...{ task, chat, escalateTo, now, concurrency },
    isGated: escalateTo !== undefined || hasPlaybook(task),
  });
  return {
    name: "llm",
    model: chat.model,
    ...(escalateTo && { escalateTo: escalateTo.model }),
    settings: {
      prompts: PROMPTS,
      ...limits,
      maxRulesPerReply: MAX_RULES_PER_REPLY,
      ...(escalateTo && { escalateTo: escalateTo.model, gate: GATE }),
    },
    playbookSettings: { prompts: PLAYBOOK_PROMPTS, gate: GATE },
    async synthesize(task, train, rules) {
      // Without a span in any text, no label needs rules.
      if (task.labels.length === 0) return describeAsked(task, [], []);
      const matches = createMatches(train, task.labels, task.match);
      const state = { task, train, rules, matches };
      const planning = requestingSynthesis(state, limits, await openPlaybook(task));
      const requests = await inSlices(part(PLANNING, [0.05, 0.1], planning), task.breathe);
      const answers = await askForRules(requests, { ...asking(task), rules, matches });
      const { replies, errors, failure, escalated } = answers;
      if (failure !== undefined) throw failure;
      return {
        ...joinReplies(replies),
        error: describeFailed(errors, requests.map(({ labels = [] }) => labels[0])),
        ...describeAsked(task, requests, escalated),
      };
    },
    async patch(state) {
      const { task, rules, matches, rejected } = state;
      const planning = requestingPatch(state, limits, await openPlaybook(task));
      const request = await inSlices(part(PLANNING, [0.05, 0.1], planning), task.breathe);
      const isRejected = escalateTo !== undefined && rejected.length > 0;
      const all = asking(task);
      const answers = await askForRules([request], { ...all, rules, matches, isRejected });
      const { replies, errors: [error], escalated } = answers;
      // An error that is thrown cannot say who was asked, and with what.
      if (error !== undefined && !all.isGated) throw error;
      return {
        ...joinReplies(replies),
        ...(error && { error: { name: error.name, message: error.message } }),
        ...describeAsked(task, [request], escalated),
      };
    },
  };
}

/** Joins what replies propose, in the order of the requests. */
function joinReplies(replies: Answers["replies"]): Patch {
  const all = replies.flat();
  return {
    added: all.flatMap(({ added }) => added),
    replaced: all.flatMap(({ replaced }) => replaced),
    removed: all.flatMap(({ removed }) => removed),
    refused: all.flatMap(({ refused }) => refused),
  };
}

/** Says which entries of the playbook were shown, and what went to the second model. */
function describeAsked(
  { playbook }: SynthesisTask,
  requests: readonly RulesRequest[],
  escalated: Answers["escalated"],
): Pick<Patch, "playbook" | "escalated"> {
  return {
    ...(playbook && { playbook: [...new Set(requests.flatMap(({ entries = [] }) => entries))] }),
    ...(escalated.length > 0 && { escalated }),
  };
}
