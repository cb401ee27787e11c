/**
 * The embedded synthesizer for spans: learns readable patterns from texts with spans, without a
 * model or a network.
 *
 * Each gold span is generalised step by step: digits by length, words by classes that fill the same
 * slot (months), phrases by classes that fill the same role (cities, units), shapes such as a capital
 * and small letters, runs of capitalised words.
 * The tokens before and after it become contexts if they raise the precision. Candidates are ranked
 * by their estimated precision on other texts, chosen by covering, merged to alternations if they
 * differ in one slot only, and pruned by what they decide on texts that they were not learned from.
 *
 * @module
 */
import { checkBacktracking } from "../rules/backtracking.ts";
import { weighCorrections } from "../data/corrections.ts";
import type { Example } from "../data/examples.ts";
import { type Proposal, type Reweight, type Rule, ruleId } from "../rules/rule.ts";
import { findBodies } from "./bodies.ts";
import { Calibration } from "./calibration.ts";
import { findCandidates, type SpanCandidate } from "./candidates.ts";
import { findSlotClasses } from "./classes.ts";
import { type Contexts, indexContexts } from "./contexts.ts";
import { coverSpans } from "./covering.ts";
import { createDrafts, mergeDrafts } from "./drafts.ts";
import { readTokens } from "./elements.ts";
import { findPhrases } from "./phrases.ts";
import { pruneDrafts } from "./pruning.ts";
import { createCorpus, isCaseLoose, type SpanCorpus } from "./tokens.ts";
import { findWildcards } from "./wildcards.ts";
import { writeRule } from "./writing.ts";
import type { Matches } from "../score/matches.ts";
import { mustStay } from "../score/staying.ts";
import {
  MIN_SUPPORT,
  type Patch,
  type RefitState,
  type SynthesisTask,
  type Synthesizer,
} from "../synthesizer.ts";
import { getOrCreate } from "../text/maps.ts";
import { inSlices, part, type Sliced } from "../text/slices.ts";

/** Longest pattern that is proposed, in UTF-16 code units. */
const MAX_PATTERN = 1_900;

/** The candidates of a training set, before rules are chosen. */
interface SpanIndex {
  readonly corpus: SpanCorpus;
  readonly contexts: Contexts;
  readonly calibration: Calibration;
  readonly candidates: readonly SpanCandidate[];
}

/**
 * Creates the embedded synthesizer for spans.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createSpanSynthesizer } from "./synthesizer.ts";
 *
 * const texts = ["Born on 3 May 1971.", "Born on 21 June 1983.", "He died on 12 May 2001."];
 * const train = texts.map((text, id) => {
 *   const [start, end] = [text.search(/\d/), text.length - 1];
 *   return { id: `${id}`, text, spans: [{ start, end }] };
 * });
 * const task = {
 *   name: "dates",
 *   task: "extraction",
 *   labels: ["span"],
 *   decide: "first",
 *   threshold: 0,
 *   margin: 0,
 *   seed: 0,
 * } as const;
 * const { added = [] } = await createSpanSynthesizer().synthesize(task, train, []);
 * const { patterns: [pattern], flags, group = 0 } = added[0];
 * assertEquals(new RegExp(pattern, flags).exec("Since 7 May 1999.")?.[group], "7 May 1999");
 * ```
 */
export function createSpanSynthesizer(): Synthesizer {
  function* synthesize(
    task: SynthesisTask,
    train: readonly Example[],
    start: readonly Rule[],
  ): Sliced<Patch> {
    return { added: withoutPresent(yield* learn(task, train), start) };
  }
  function* refit({ task, examples, rules, matches }: RefitState): Sliced<Patch> {
    // Rules that pruning dropped on few examples may be needed on all of them.
    return replaceAll(rules, yield* learn(task, examples), matches, task.given);
  }
  return {
    name: "spans",
    mayQuote: true,
    synthesize: (task, train, start) => inSlices(synthesize(task, train, start), task.breathe),
    // All that the texts support is in the first rules.
    patch: () => ({}),
    refit: (state) => inSlices(refit(state), state.task.breathe),
  };
}

function* indexExamples(
  { labels, minSupport = MIN_SUPPORT, corrections }: SynthesisTask,
  originals: readonly Example[],
): Sliced<SpanIndex> {
  const { examples } = weighCorrections(originals, corrections);
  const folds = isCaseLoose(examples.map(({ text }) => text));
  const reading = createCorpus(examples, labels, folds, minSupport);
  const corpus = yield* part("reading texts", [0, 0.02], reading);
  const phrases = yield* part("reading tokens", [0.02, 0.04], findPhrases(corpus));
  const readings = readTokens(corpus, findSlotClasses(corpus), phrases);
  const bodies = yield* part("generalising spans", [0.04, 0.15], findBodies(corpus, readings));
  const contexts = yield* part(
    "reading contexts",
    [0.15, 0.23],
    indexContexts(corpus, phrases.groupOf),
  );
  const calibration = new Calibration();
  const calibrating = findCandidates(corpus, bodies, contexts, calibration);
  const candidates = yield* part("calibrating contexts", [0.23, 0.92], calibrating);
  if (folds) {
    // If case says little, the words around must say more.
    const wildcards = findWildcards(corpus, contexts, calibration);
    for (const one of yield* part("trying wildcards", [0.92, 1], wildcards)) candidates.push(one);
  }
  return { corpus, contexts, calibration, candidates };
}

/** Chooses, merges, prunes and writes rules. */
function* learn(task: SynthesisTask, examples: readonly Example[]): Sliced<Proposal[]> {
  const { labels, maxRules = Infinity } = task;
  const indexing = indexExamples(task, examples);
  const { corpus, contexts, calibration, candidates } = yield* part("", [0, 0.8], indexing);
  const covering = coverSpans(corpus, candidates, calibration);
  const chosen = yield* part("covering spans", [0.8, 0.87], covering);
  const merging = mergeDrafts(createDrafts(chosen, contexts));
  const drafts = yield* part("merging rules", [0.87, 0.88], merging);
  const pruning = pruneDrafts(corpus, drafts, calibration, maxRules);
  const kept = yield* part("dropping rules", [0.88, 0.92], pruning);
  const rules = new Map<string, Proposal>();
  for (const [index, draft] of kept.entries()) {
    yield { done: 0.92 + 0.08 * index / kept.length, doing: "checking patterns" };
    const rule = writeRule(draft, labels, corpus.folds);
    const isSafe = rule.patterns.every((pattern) =>
      pattern.length <= MAX_PATTERN && checkBacktracking(pattern, rule.flags ?? "") === undefined
    );
    if (isSafe) getOrCreate(rules, idOf(rule), () => rule);
  }
  return [...rules.values()];
}

/**
 * Returns the patch that replaces all rules by others. Rules that are in both stay, and those that were given as
 * they are, unless the examples contradict them.
 */
function replaceAll(
  rules: readonly Rule[],
  learned: readonly Proposal[],
  matches: Matches,
  given: ReadonlySet<string> | undefined,
): Patch {
  const kept = new Set(
    rules.filter((rule) => mustStay(rule, given, matches)).map(({ id }) => id),
  );
  const byId = new Map(learned.map((rule) => [idOf(rule), rule]));
  const reweighted = rules.flatMap((rule): Reweight[] => {
    const to = byId.get(rule.id);
    if (to === undefined || kept.has(rule.id)) return [];
    const { priority = 0, precision, support } = to;
    const isSame = priority === rule.priority && precision === rule.precision &&
      support === rule.support;
    return isSame ? [] : [{ rule: rule.id, priority, precision, support }];
  });
  return {
    added: withoutPresent(learned, rules),
    removed: rules.filter(({ id }) => !byId.has(id) && !kept.has(id)).map(({ id }) => id),
    reweighted,
  };
}

/** Returns the proposals that are not among the present rules. */
function withoutPresent(proposals: readonly Proposal[], rules: readonly Rule[]): Proposal[] {
  const ids = new Set(rules.map(({ id }) => id));
  return proposals.filter((proposal) => !ids.has(idOf(proposal)));
}

function idOf(rule: Proposal): string {
  return ruleId({ ...rule, flags: rule.flags ?? "i" });
}
