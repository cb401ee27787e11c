/**
 * The embedded synthesizer for spans: learns readable patterns from texts with spans, without a
 * model or a network.
 *
 * Each gold span is generalised step by step: digits by length, words by classes that fill the same
 * slot (months, currencies), shapes such as a capital and small letters, runs of capitalised words.
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
import { findCues, findWildcards } from "./families.ts";
import { pruneDrafts } from "./pruning.ts";
import { createCorpus, isCaseLoose, type SpanCorpus, startOf } from "./tokens.ts";
import { writeRule } from "./writing.ts";
import type { Matches } from "../score/matches.ts";
import { mustStay } from "../score/staying.ts";
import {
  MIN_SUPPORT,
  type Patch,
  type PatchState,
  type RefitState,
  type SynthesisTask,
  type Synthesizer,
} from "../synthesizer.ts";
import { getOrCreate } from "../text/maps.ts";
import { inSlices, part, type Sliced } from "../text/slices.ts";

/** The families of candidates that a patch may try, in this order. */
const FAMILIES = ["cues", "rare", "wildcards"] as const;
/** The families that are used: cues, candidates with a support of one text, wildcards. */
type Choices = Readonly<Record<typeof FAMILIES[number], boolean>>;

/** Least gain of a family in simulated F1: more rules are harder to read, and to trust. */
const MIN_GAIN = 0.02;
/** Below this number of texts rules are learned from single texts. */
const FEW_TEXTS = 300;
/** Longest pattern that is proposed, in UTF-16 code units. */
const MAX_PATTERN = 1_900;

/** The candidates of a training set, before rules are chosen. */
interface SpanIndex {
  readonly corpus: SpanCorpus;
  readonly contexts: Contexts;
  readonly calibration: Calibration;
  /** Candidates of all families. */
  readonly candidates: readonly SpanCandidate[];
}

/** The families that a run uses, and those that its patches try. */
interface FamilyTrials {
  choices: Choices;
  /** Families that no patch has tried yet. */
  readonly untried: (keyof Choices)[];
  /** The choices of the last patch, until it is known whether it was accepted. */
  pending?: Choices;
  /** How many patches are known to be accepted. */
  accepted: number;
}

/**
 * Creates the embedded synthesizer for spans, which indexes each training set once.
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
  const indexes = new WeakMap<readonly Example[], SpanIndex>();
  function* indexOnce(task: SynthesisTask, train: readonly Example[]): Sliced<SpanIndex> {
    const index = indexes.get(train) ?? (yield* indexExamples(task, train));
    indexes.set(train, index);
    return index;
  }
  const allTrials = new WeakMap<SynthesisTask, FamilyTrials>();
  const trialsOf = (task: SynthesisTask, index: SpanIndex) =>
    getOrCreate(allTrials, task, () => {
      const choices = chooseFamilies(index);
      return { choices, untried: FAMILIES.filter((family) => !choices[family]), accepted: 0 };
    });
  function* synthesize(
    task: SynthesisTask,
    train: readonly Example[],
    start: readonly Rule[],
  ): Sliced<Patch> {
    const index = yield* part("", [0, 0.8], indexOnce(task, train));
    const { choices } = trialsOf(task, index);
    const { rules } = yield* part("", [0.8, 1], learn(task, index, choices));
    return { added: withoutPresent(rules, start) };
  }
  function* patch({ task, train, rules, matches, rejected }: PatchState): Sliced<Patch> {
    const index = yield* part("", [0, 0.1], indexOnce(task, train));
    const trials = trialsOf(task, index);
    settle(trials, rejected.length === 0);
    const share = 0.9 / (1 + trials.untried.length);
    let done = 0.1 + share;
    const { f1 } = yield* part("", [0.1, done], learn(task, index, trials.choices));
    // Rules that only remember are correct on held-out texts of the same documents, so simulate.
    while (trials.untried.length > 0) {
      const family = trials.untried.shift()!;
      const pending = { ...trials.choices, [family]: true };
      const learned = yield* part("", [done, done + share], learn(task, index, pending));
      done += share;
      if (learned.f1 < f1 + MIN_GAIN) continue;
      trials.pending = pending;
      return replaceAll(rules, learned.rules, matches, task.given);
    }
    return {};
  }
  function* refit({ task, examples, rules, matches, accepted }: RefitState): Sliced<Patch> {
    const index = yield* part("", [0, 0.8], indexExamples(task, examples));
    const trials = trialsOf(task, index);
    settle(trials, accepted.length > trials.accepted);
    // Rules that pruning dropped on few examples may be needed on all of them.
    const learned = yield* part("", [0.8, 1], learn(task, index, trials.choices));
    return replaceAll(rules, learned.rules, matches, task.given);
  }
  return {
    name: "spans",
    mayQuote: true,
    synthesize: (task, train, start) => inSlices(synthesize(task, train, start), task.breathe),
    patch: (state) => inSlices(patch(state), state.task.breathe),
    refit: (state) => inSlices(refit(state), state.task.breathe),
  };
}

/** Uses the choices of the last patch from now on, if it was accepted. */
function settle(trials: FamilyTrials, isAccepted: boolean): void {
  if (trials.pending === undefined) return;
  if (isAccepted) {
    trials.choices = trials.pending;
    trials.accepted++;
  }
  trials.pending = undefined;
}

function* indexExamples(
  { labels, minSupport = MIN_SUPPORT, corrections }: SynthesisTask,
  originals: readonly Example[],
): Sliced<SpanIndex> {
  const { examples } = weighCorrections(originals, corrections);
  const folds = isCaseLoose(examples.map(({ text }) => text));
  const reading = createCorpus(examples, labels, folds, minSupport);
  const corpus = yield* part("reading texts", [0, 0.02], reading);
  yield { done: 0.02, doing: "reading tokens" };
  const readings = readTokens(corpus, findSlotClasses(corpus));
  const bodies = yield* part("generalising spans", [0.04, 0.15], findBodies(corpus, readings));
  const contexts = yield* part("reading contexts", [0.15, 0.23], indexContexts(corpus));
  const calibration = new Calibration();
  const calibrating = findCandidates(corpus, bodies, contexts, calibration);
  const candidates = yield* part("calibrating contexts", [0.23, 0.92], calibrating);
  const wildcards = findWildcards(corpus, contexts, calibration);
  for (const one of yield* part("trying wildcards", [0.92, 0.95], wildcards)) candidates.push(one);
  const cues = findCues(corpus, candidates, calibration);
  for (const one of yield* part("trying cues", [0.95, 1], cues)) candidates.push(one);
  return { corpus, contexts, calibration, candidates };
}

/** Chooses the families that suit the texts: if case says little, others must say more. */
function chooseFamilies({ corpus: { folds, texts } }: SpanIndex): Choices {
  return { wildcards: folds, cues: folds, rare: folds || texts < FEW_TEXTS };
}

/** Chooses, merges, prunes and writes rules; returns them with their simulated F1. */
function* learn(
  { labels, maxRules = Infinity }: SynthesisTask,
  { corpus, contexts, calibration, candidates }: SpanIndex,
  { wildcards, cues, rare }: Choices,
): Sliced<{ readonly rules: Proposal[]; readonly f1: number }> {
  const { folds, textOf } = corpus;
  const isInSeveralTexts = ({ places }: SpanCandidate) =>
    textOf[startOf(places[0])] !== textOf[startOf(places[places.length - 1])];
  const used = candidates.filter((candidate) =>
    (wildcards || candidate.body.level < 4) && (cues || candidate.cue === undefined) &&
    (rare || candidate.tp > 1 && isInSeveralTexts(candidate))
  );
  const covering = coverSpans(corpus, used, calibration);
  const chosen = yield* part("covering spans", [0, 0.35], covering);
  const merging = mergeDrafts(createDrafts(chosen, contexts));
  const drafts = yield* part("merging rules", [0.35, 0.4], merging);
  const pruning = pruneDrafts(corpus, drafts, calibration, { isThrifty: !rare, maxRules });
  const { drafts: kept, f1 } = yield* part("dropping rules", [0.4, 0.6], pruning);
  const rules = new Map<string, Proposal>();
  for (const [index, draft] of kept.entries()) {
    yield { done: 0.6 + 0.4 * index / kept.length, doing: "checking patterns" };
    const rule = writeRule(draft, labels, folds);
    const isSafe = rule.patterns.every((pattern) =>
      pattern.length <= MAX_PATTERN && checkBacktracking(pattern, rule.flags ?? "") === undefined
    );
    if (isSafe) getOrCreate(rules, idOf(rule), () => rule);
  }
  return { rules: [...rules.values()], f1 };
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
