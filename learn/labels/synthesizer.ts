/**
 * The embedded synthesizer for labels: learns readable patterns from examples, without a model or a
 * network.
 *
 * Rules that vote are learned in stages: synthesis learns few, each patch more of them. The rules of
 * a decision list come from covering: synthesis covers all examples, each patch the failures that
 * remain.
 *
 * @module
 */
import type { Example } from "../data/examples.ts";
import { indexExamples, type LabelIndex } from "./label_index.ts";
import { extendList, relist } from "./listing.ts";
import { createMatches } from "../score/matches.ts";
import type { Rule } from "../rules/rule.ts";
import type { Patch, PatchState, RefitState, SynthesisTask, Synthesizer } from "../synthesizer.ts";
import { inSlices, part, type Sliced } from "../text/slices.ts";
import { beginVoting, patchVoting, refitVoting, votingSettings } from "./voting.ts";

/**
 * Creates the embedded synthesizer for labels, which indexes each training set once.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createPatternSynthesizer } from "./synthesizer.ts";
 *
 * const train = [
 *   { id: "a", text: "What is the exchange rate?", label: "exchange" },
 *   { id: "b", text: "Which rates do you offer?", label: "exchange" },
 *   { id: "c", text: "My card has not arrived", label: "arrival" },
 *   { id: "d", text: "When does the card arrive?", label: "arrival" },
 * ];
 * const labels = ["arrival", "exchange"];
 * const options = { decide: "vote", threshold: 0, margin: 1, seed: 0 } as const;
 * const task = { name: "x", task: "classification", labels, ...options } as const;
 * const { added = [] } = await createPatternSynthesizer().synthesize(task, train, []);
 * assertEquals(added.map(({ name }) => name), ["arrival/card", "exchange/rate(s)"]);
 * ```
 */
export function createPatternSynthesizer(): Synthesizer {
  const indexes = new WeakMap<readonly Example[], LabelIndex>();
  function* indexOnce(task: SynthesisTask, train: readonly Example[]): Sliced<LabelIndex> {
    const index = indexes.get(train) ?? (yield* indexExamples(task, train));
    indexes.set(train, index);
    return index;
  }
  function* synthesize(
    task: SynthesisTask,
    train: readonly Example[],
    rules: readonly Rule[],
  ): Sliced<Patch> {
    const index = yield* part("", [0, 0.7], indexOnce(task, train));
    const matches = createMatches(train, task.labels);
    const state = { task, index, rules, matches };
    const beginning = task.decide === "first" ? extendList(state) : beginVoting(state);
    return yield* part("", [0.7, 1], beginning);
  }
  function* patch({ task, train, rules, matches, rejected }: PatchState): Sliced<Patch> {
    const index = yield* part("", [0, 0.2], indexOnce(task, train));
    const state = { task, index, rules, matches };
    const patching = task.decide === "first"
      ? extendList({ ...state, unwanted: rejected.flat() })
      : patchVoting(state, { rejected });
    return yield* part("", [0.2, 1], patching);
  }
  return {
    name: "patterns",
    mayQuote: true,
    settings: votingSettings,
    synthesize: (task, train, start) => inSlices(synthesize(task, train, start), task.breathe),
    patch: (state) => inSlices(patch(state), state.task.breathe),
    refit: (state) => inSlices(refit(state), state.task.breathe),
  };
}

/** Learns as many rules on all examples. */
function* refit({ task, examples, rules, matches, dropped }: RefitState): Sliced<Patch> {
  const index = yield* part("", [0, 0.5], indexExamples(task, examples));
  const state = { task, index, rules, matches, unwanted: dropped };
  return yield* part("", [0.5, 1], task.decide === "first" ? relist(state) : refitVoting(state));
}
