/**
 * A coordinator that asks a language model to review the rules: for any chat, such as `createChat` makes.
 *
 * - **Critique**, before the first iteration and every k-th after it: what is wrong with the rules as a
 *   whole, and advice on single ones.
 * - **Guidance**, before each iteration: what the next patch should work on, or that it is time to stop.
 * - **Audit**, after every k-th patch that was accepted and once at the end: rules to merge, remove or
 *   tighten. The run takes the whole audit back if F1 on the deciding split falls.
 * - **What goes out.** At most `maxExamples` examples a call, never held-out ones, chosen by the seed; at
 *   most 40 rules a call, or 100 for an audit: the most harmful first, then the least useful; counts and
 *   scores. Texts longer than 2,000 characters are shown in part.
 * - **Budget.** As for the LLM synthesizer: a prompt of more than `maxTokens` tokens (characters divided by
 *   4) gets fewer examples, then fewer clusters, then fewer rules.
 * - **Replies.** The run records a reply that cannot be used as an error, and goes on without that advice.
 *   Of one reply 20 pieces of advice or 50 actions are read, and 2,000 characters of each text; the rest,
 *   and what has another form, is recorded as an error of the critique or a skipped action.
 *
 * @module
 */
import type { Message } from "../chat/client.ts";
import type { Reply } from "../chat/response.ts";
import type { Exchange, Reading } from "../chat/exchanges.ts";
import type { AuditState, Coordinator, Critique, ReviewState } from "../coordinator.ts";
import type { Rule } from "../rules/rule.ts";
import type { Matches } from "../score/matches.ts";
import { scoreRules } from "../score/scoring.ts";
import type { SynthesisTask } from "../synthesizer.ts";
import { type Amounts, checkLimits, fitPrompt } from "./budget.ts";
import { askModel } from "./calls.ts";
import {
  chooseExamples,
  countShowable,
  type FailedExample,
  findFalsePositives,
  positionOf,
} from "./failures.ts";
import {
  type AuditData,
  type CritiqueData,
  type GuidanceData,
  listShown,
  MAX_ACTIONS,
  MAX_ADVICE,
  type PastIteration,
  type RankedRule,
  renderAudit,
  renderCritique,
  renderGuidance,
  REVIEW_PROMPTS,
  type ReviewData,
} from "./review_prompts.ts";
import { readActions, readCritique, readGuidance } from "./review_replies.ts";
import { sortBySeed, takeInTurn } from "./sampling.ts";
import type { LlmSynthesizerOptions } from "./synthesizer.ts";

/**
 * Options of {@linkcode createAgenticCoordinator}. Those of the LLM synthesizer have the same meaning
 * and defaults.
 */
export interface AgenticCoordinatorOptions
  extends Pick<LlmSynthesizerOptions, "chat" | "maxExamples" | "maxTokens" | "now"> {
  /**
   * Iterations from one critique to the next, and accepted patches from one audit to the next, ≥ 1.
   *
   * @default {3}
   */
  readonly every?: number;
}

/** Most rules in the prompts for critique and guidance, and for audits. */
const MAX_RULES = 40;
const MAX_AUDITED = 100;
/** Most past iterations in the prompt for guidance. */
const MAX_HISTORY = 20;

/** Reviews as error messages name them. */
const NAMES = { critique: "a critique", guide: "guidance", audit: "an audit" } as const;

/** The coordinator's memory of one run. */
interface RunMemory {
  /** How many patches were accepted. */
  accepted: number;
  readonly history: PastIteration[];
  critique?: Critique;
}

/** One review to ask for, and how to read the reply. */
interface Review<Data extends ReviewData, T> {
  readonly purpose: keyof typeof REVIEW_PROMPTS;
  readonly data: Data;
  readonly metadata: Exchange["metadata"];
  readonly render: (data: Data, shown: Amounts) => Message[];
  readonly read: (reply: Reply, listed: readonly Rule[]) => Reading<T>;
}

/**
 * Creates a coordinator that asks a model. It may be used for several runs, also at the same time.
 *
 * @throws {RangeError} if an option is out of its range
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createAgenticCoordinator } from "./coordinator.ts";
 * import { createMatches, findFailures, score } from "../score/scoring.ts";
 *
 * // Any chat; `createChat` of chat/client.ts makes one that asks an endpoint.
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
 */
export function createAgenticCoordinator(options: AgenticCoordinatorOptions): Coordinator {
  const { chat, every = 3, maxExamples = 20, maxTokens = 6_000, now } = options;
  checkLimits({ every, maxExamples, maxTokens });
  const memories = new WeakMap<SynthesisTask, RunMemory>();
  const recall = (task: SynthesisTask): RunMemory => {
    const memory = memories.get(task) ?? { accepted: 0, history: [] };
    memories.set(task, memory);
    return memory;
  };

  /** Asks with a prompt that fits, and reads the reply. */
  async function ask<Data extends ReviewData, T>(review: Review<Data, T>): Promise<T> {
    const { purpose, data, metadata, render, read } = review;
    const { task, failures, examples, rules } = data;
    const what = `Cannot ask for ${NAMES[purpose]}`;
    const clusters = countShowable(failures?.clusters ?? []);
    const all = { examples: examples.length, clusters, rules: rules.length };
    const fitted = fitPrompt((shown) => render(data, shown), all, { maxTokens, what });
    const { shown } = fitted.budget;
    if (purpose === "audit" && shown.rules === 0) {
      throw new RangeError(`${what}: no rule fits into a prompt of ${maxTokens} tokens`);
    }
    const listed = listShown(rules, shown).map(({ rule }) => rule);
    return await askModel({ chat, now }, {
      purpose,
      prompt: REVIEW_PROMPTS[purpose],
      task,
      fitted,
      metadata: { ...metadata, rules: listed.map(({ id }) => id) },
      read: (reply) => read(reply, listed),
    });
  }

  function describe(state: ReviewState): CritiqueData {
    const { task, rules, matches } = state;
    return {
      ...state,
      examples: chooseExamples(state, maxExamples),
      rules: rankRules(matches, rules, task).slice(0, MAX_RULES),
      count: rules.length,
    };
  }

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
      const { task, iteration } = state;
      if ((iteration - 1) % every !== 0) return undefined;
      const critique = await ask({
        purpose: "critique",
        data: describe(state),
        metadata: { iteration },
        render: renderCritique,
        read: readCritique,
      });
      recall(task).critique = critique;
      return critique;
    },
    async guide(state) {
      const { task, iteration, failures, scores } = state;
      const { history, critique } = recall(task);
      const data: GuidanceData = {
        ...describe(state),
        history: history.slice(-MAX_HISTORY),
        critique,
      };
      history.push({ iteration, f1: scores.f1, failures: failures.count });
      return await ask({
        purpose: "guide",
        data,
        metadata: { iteration },
        render: renderGuidance,
        read: readGuidance,
      });
    },
    async audit(state) {
      const { task, phase, rules, matches } = state;
      const memory = recall(task);
      if (phase === "refine" && ++memory.accepted % every !== 0) return undefined;
      if (rules.length === 0) return undefined;
      const ranked = rankRules(matches, rules, task).slice(0, MAX_AUDITED);
      const data: AuditData = {
        task,
        phase,
        scores: state.evaluate(rules),
        examples: chooseMisfires(state, ranked, maxExamples),
        rules: ranked,
        count: rules.length,
      };
      return await ask({
        purpose: "audit",
        data,
        metadata: { phase },
        render: renderAudit,
        read: (reply, listed) => readActions(reply, { task, matches, listed }),
      });
    },
  };
}

/** Sorts the most harmful rules first, then the least useful: by how F1 changes without them. */
function rankRules(matches: Matches, rules: readonly Rule[], task: SynthesisTask): RankedRule[] {
  const ranked = scoreRules(matches, rules, task)
    .map((scores, place): RankedRule => ({ rule: rules[place], scores, place }));
  return ranked.sort((a, b) =>
    b.scores.marginal - a.scores.marginal || b.scores.fp - a.scores.fp || a.place - b.place
  );
}

/** Chooses examples on which rules are wrong, one of each rule in turn, with all rules wrong there. */
function chooseMisfires(
  { task, matches }: AuditState,
  ranked: readonly RankedRule[],
  count: number,
): FailedExample[] {
  const wrong = ranked.map(({ rule }) =>
    new Set(findFalsePositives(matches, rule).map((item) => positionOf(matches, item)))
  );
  const exampleAt = (position: number) => matches.examples[position];
  const lists = wrong.map((positions) => sortBySeed([...positions], exampleAt, task.seed));
  return takeInTurn(lists).slice(0, count).map((position) => ({
    example: exampleAt(position),
    misfired: ranked.filter((_, index) => wrong[index].has(position)).map(({ rule }) => rule.id),
  }));
}
