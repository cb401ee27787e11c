/**
 * A coordinator that asks a language model to look over the rules: a coordinator for any chat, such as
 * `createChat` makes.
 *
 * - **Critique**, before the first iteration and every k-th after it: what is wrong with the rules as a
 *   whole, and advice on single ones.
 * - **Guidance**, before each iteration: what the next patch should work on, or that it is time to stop.
 * - **Audit**, after every k-th patch that was accepted and once at the end: rules to merge, remove or
 *   tighten. The run takes all of it back where F1 on the deciding split falls.
 * - **What goes out.** At most `maxExamples` examples a call, never held-out ones, chosen by the seed; at
 *   most 40 rules a call, or 100 for an audit, those that do most harm and then those that do least good
 *   first; counts and scores. Texts longer than 2,000 characters are shown in part.
 * - **Budget.** As for the LLM synthesizer: a prompt of more than `maxTokens` tokens (characters divided by
 *   4) gets fewer examples, then fewer kinds of failure, then fewer rules.
 * - **Replies.** One that cannot be used is an error, which the run records; it goes on without that
 *   advice. Of one reply 20 pieces of advice or 50 actions are looked at, and 2,000 characters of each text;
 *   what is over, or not what was asked for, is recorded as an error of the critique or a skipped action.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createAgenticCoordinator } from "./coordinator.ts";
 * import { createMatches, findFailures, score } from "../score/scoring.ts";
 *
 * // Any chat; `createChat` of chat.ts makes one that asks an endpoint.
 * const text = JSON.stringify({ guidance: "Add a rule for cards.", stop: false });
 * const reply = { text, finishReason: "stop", took: 3 };
 * const chat = Object.assign(() => Promise.resolve(reply), { model: "small" });
 *
 * const train = [
 *   { id: "a", text: "Which rates do you offer?", label: "rate" },
 *   { id: "b", text: "My card has not arrived", label: "card" },
 * ];
 * const options = { decide: "vote", threshold: 0, margin: 1, seed: 0 } as const;
 * const task = { name: "x", task: "classification", labels: ["card", "rate"], ...options } as const;
 * const matches = createMatches(train, task.labels);
 * const failures = findFailures(matches, [], task);
 * const scores = score(matches, [], task, "train");
 * const state = { task, iteration: 1, train, rules: [], matches, failures, scores };
 * assertEquals(await createAgenticCoordinator({ chat }).guide?.(state), {
 *   guidance: "Add a rule for cards.",
 *   stop: false,
 * });
 * ```
 *
 * @module
 */
import {
  ASKED_REVIEW,
  listShown,
  MAX_ACTIONS,
  MAX_ADVICE,
  type Past,
  type RankedRule,
  renderAudit,
  renderCritique,
  renderGuide,
  REVIEW_PROMPTS,
  type ReviewCase,
  type ReviewData,
} from "./review_prompts.ts";
import { readActions, readCritique, readGuidance } from "./review_replies.ts";
import type { Chat } from "../chat/client.ts";
import type { Reply } from "../chat/response.ts";
import type { AuditState, Coordinator, Critique, ReviewState } from "../coordinator.ts";
import type { Example } from "../data/examples.ts";
import { createRecorder, type ExchangeRequest, type Reading } from "../chat/exchanges.ts";
import { type Amounts, checkLimits, describeBudget, fitPrompt } from "./budget.ts";
import { requireValue } from "./calls.ts";
import { orderBySeed, takeInTurn } from "./sampling.ts";
import { chooseCases, countShowable, findWrong, placeOf } from "./failures.ts";
import { findsSpans } from "./instructions.ts";
import type { Matches } from "../score/matches.ts";
import type { Rule } from "../rules/rule.ts";
import { scoreRules } from "../score/scoring.ts";
import type { SynthesisTask } from "../synthesizer.ts";

/** Options of {@linkcode createAgenticCoordinator}. */
export interface AgenticCoordinatorOptions {
  /** The model to ask. */
  readonly chat: Chat;
  /**
   * Iterations from one critique to the next, and accepted patches from one audit to the next, ≥ 1.
   *
   * @default {3}
   */
  readonly every?: number;
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
  /** The clock, for the times on the tape. */
  readonly now?: () => Date;
}

/** Most rules in the prompts for critique and guidance, and for audits. */
const MAX_RULES = 40;
const MAX_AUDITED = 100;
/** Past iterations that guidance is told of. */
const MAX_HISTORY = 20;

/** What is remembered of one run. */
interface Memory {
  /** Patches that were accepted. */
  accepted: number;
  history: Past[];
  critique?: Critique;
}

/**
 * Creates a coordinator that asks a model. It may be used for several runs, also at the same time.
 *
 * @throws {RangeError} where an option is out of its range
 */
export function createAgenticCoordinator(options: AgenticCoordinatorOptions): Coordinator {
  const { chat, every = 3, maxExamples = 20, maxTokens = 6_000, now } = options;
  checkLimits({ every, maxExamples, maxTokens });
  const memories = new WeakMap<SynthesisTask, Memory>();
  const recall = (task: SynthesisTask): Memory => {
    const known = memories.get(task) ?? { accepted: 0, history: [] };
    memories.set(task, known);
    return known;
  };

  /** Asks with a prompt that fits, and reads the reply. */
  async function ask<T>(
    task: SynthesisTask,
    question: Question,
    read: (reply: Reply, listed: readonly Rule[]) => Reading<T>,
  ): Promise<T> {
    const { purpose, schema, cases, rules, clusters = 0, metadata, render } = question;
    const all = { examples: cases.length, clusters, rules: rules.length };
    const what = `Cannot ask for ${WANTED[purpose]}`;
    const prompt = fitPrompt(render, all, { maxTokens, what });
    const { messages, shown } = prompt;
    if (purpose === "audit" && shown.rules === 0) {
      throw new RangeError(`${what}: no rule fits into a prompt of ${maxTokens} tokens`);
    }
    const listed = listShown(rules, shown).map(({ rule }) => rule);
    const reading = await createRecorder(chat, task.exchanges, { now })(
      {
        purpose,
        prompt: REVIEW_PROMPTS[purpose],
        messages,
        schema,
        metadata: {
          task: task.task,
          ...metadata,
          rules: listed.map(({ id }) => id),
          budget: describeBudget(prompt, maxTokens),
        },
        signal: task.signal,
      },
      (reply) => read(reply, listed),
    );
    return requireValue(reading);
  }

  function prepare(state: ReviewState): ReviewData {
    const { task, iteration, rules, matches, failures, scores } = state;
    return {
      task,
      iteration,
      scores,
      failures,
      cases: chooseCases(state, maxExamples),
      rules: rankRules(matches, rules, task).slice(0, MAX_RULES),
      count: rules.length,
    };
  }

  const createQuestion = (
    purpose: "critique" | "guide",
    data: ReviewData,
  ): Omit<Question, "render"> => ({
    purpose,
    schema: ASKED_REVIEW[purpose],
    cases: data.cases,
    rules: data.rules,
    clusters: countShowable(data.failures),
    metadata: { iteration: data.iteration },
  });

  return {
    name: "agentic",
    model: chat.model,
    settings: {
      prompts: REVIEW_PROMPTS,
      every,
      maxExamples,
      maxTokens,
      maxAdvice: MAX_ADVICE,
      maxActions: MAX_ACTIONS,
    },
    async critique(state) {
      if ((state.iteration - 1) % every !== 0) return undefined;
      const data = prepare(state);
      const question = createQuestion("critique", data);
      const render = (shown: Amounts) => renderCritique(data, shown);
      const critique = await ask(state.task, { ...question, render }, readCritique);
      recall(state.task).critique = critique;
      return critique;
    },
    async guide(state) {
      const memory = recall(state.task);
      const { history, critique } = memory;
      const { iteration, failures, scores } = state;
      const data = { ...prepare(state), history: history.slice(-MAX_HISTORY), critique };
      history.push({ iteration, f1: scores.f1, failures: failures.count });
      const question = createQuestion("guide", data);
      const render = (shown: Amounts) => renderGuide(data, shown);
      return await ask(state.task, { ...question, render }, readGuidance);
    },
    async audit(state) {
      const { task, phase, rules, matches } = state;
      const memory = recall(task);
      if (phase === "refine" && ++memory.accepted % every !== 0) return undefined;
      if (rules.length === 0) return undefined;
      const ranked = rankRules(matches, rules, task).slice(0, MAX_AUDITED);
      const cases = chooseMisfires(state, ranked, maxExamples);
      const scores = state.evaluate(rules);
      const data = { task, phase, scores, cases, rules: ranked, count: rules.length };
      return await ask(task, {
        purpose: "audit",
        schema: ASKED_REVIEW.audit[findsSpans(task) ? "spans" : "labels"],
        cases,
        rules: ranked,
        metadata: { phase },
        render: (shown) => renderAudit(data, shown),
      }, (reply, listed) => readActions(reply, { task, matches, listed }));
    },
  };
}

/** A call to be made. */
interface Question {
  readonly purpose: keyof typeof WANTED;
  readonly schema: ExchangeRequest["schema"];
  readonly cases: readonly ReviewCase[];
  readonly rules: readonly RankedRule[];
  readonly clusters?: number;
  readonly metadata: NonNullable<ExchangeRequest["metadata"]>;
  readonly render: (shown: Amounts) => ReturnType<typeof renderCritique>;
}

const WANTED = { critique: "a critique", guide: "guidance", audit: "an audit" } as const;

/** The rules that do most harm first, then those that do least good: by what F1 is without them. */
function rankRules(matches: Matches, rules: readonly Rule[], task: SynthesisTask): RankedRule[] {
  const ranked = scoreRules(matches, rules, task)
    .map((scores, place): RankedRule => ({ rule: rules[place], scores, place }));
  return ranked.sort((a, b) =>
    b.scores.marginal - a.scores.marginal || b.scores.fp - a.scores.fp || a.place - b.place
  );
}

/** Examples on which rules are wrong, one of each rule in turn, with all rules that are wrong there. */
function chooseMisfires(
  { task, matches }: AuditState,
  ranked: readonly RankedRule[],
  count: number,
): ReviewCase[] {
  const misfired = new Map<Example, string[]>();
  const lists = ranked.map(({ rule }) => {
    const places = findWrong(matches, rule).map((item) => placeOf(matches, item));
    const examples = [...new Set(places)].map((place) => matches.examples[place]);
    for (const example of examples) {
      const known = misfired.get(example);
      if (known === undefined) misfired.set(example, [rule.id]);
      else known.push(rule.id);
    }
    return orderBySeed(examples, task.seed).map((place) => examples[place]);
  });
  const chosen = takeInTurn(lists).slice(0, count);
  return chosen.map((example) => ({ example, misfired: misfired.get(example)! }));
}
