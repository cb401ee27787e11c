/**
 * The embedded synthesizer for spans: readable patterns learned from marked texts, without a model or
 * a network.
 *
 * Each marked span is generalised step by step: digits by length, words by classes that fill the same
 * place (months, currencies), shapes such as a capital and small letters, runs of capitalised words. What
 * stands left and right of it becomes context where that makes the pattern surer. Candidates are ranked
 * by the precision to expect of them on other texts, chosen by covering, merged into alternations where
 * they differ in one place, and pruned by what they decide on texts they were not learned from.
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
 *
 * @module
 */
import { checkBacktracking } from "../rules/backtracking.ts";
import type { Example } from "../data/examples.ts";
import { type Proposal, type Reweight, type Rule, ruleId } from "../rules/rule.ts";
import { findBodies } from "./bodies.ts";
import { Calibration } from "./calibration.ts";
import { type Candidate, findCandidates } from "./candidates.ts";
import { findSlotClasses } from "./classes.ts";
import { type Contexts, indexContexts } from "./contexts.ts";
import { coverSpans } from "./covering.ts";
import { findCues } from "./cues.ts";
import { createDrafts, mergeDrafts } from "./drafts.ts";
import { readTokens } from "./elements.ts";
import { pruneDrafts } from "./pruning.ts";
import { type Corpus, createCorpus, isCaseLoose } from "./tokens.ts";
import { findWildcards } from "./families.ts";
import { writeRule } from "./writing.ts";
import type { Patch, SynthesisTask, Synthesizer } from "../synthesizer.ts";

/** Which families of rules are used. Held-out data decides where the kind of the texts does not. */
interface Choices {
  /** Patterns of what stands around a span, with anything inside. */
  readonly wildcards: boolean;
  /** Conditions on words elsewhere in the text. */
  readonly cues: boolean;
  /** Rules for what one text says only. */
  readonly rare: boolean;
}

/** The order in which patches try those that are not used. */
const FAMILIES = ["cues", "rare", "wildcards"] as const;
/** What a family must gain in simulated F1 to be tried: more rules are harder to read, and to trust. */
const MIN_GAIN = 0.02;
/** Texts up to which rules are learned from one text. */
const FEW_TEXTS = 300;
/** Longest pattern that is proposed. */
const MAX_PATTERN = 1_900;

/** What is known of a training set before rules are chosen. */
interface Indexed {
  readonly corpus: Corpus;
  readonly contexts: Contexts;
  readonly calibration: Calibration;
  /** Candidates of all families, support of one text included. */
  readonly candidates: readonly Candidate[];
}

/** Creates the embedded synthesizer for spans. It keeps what it indexed of a training set for patches. */
export function createSpanSynthesizer(): Synthesizer {
  const indexed = new WeakMap<readonly Example[], Indexed>();
  const indexOnce = (task: SynthesisTask, train: readonly Example[]) => {
    const known = indexed.get(train) ?? index(task, train);
    indexed.set(train, known);
    return known;
  };
  const memories = new WeakMap<SynthesisTask, Memory>();
  const recall = (task: SynthesisTask, train: readonly Example[]) => {
    const known = memories.get(task);
    if (known !== undefined) return known;
    const choices = choose(indexOnce(task, train));
    const untried = FAMILIES.filter((family) => !choices[family]);
    const memory: Memory = { choices, untried, accepted: 0 };
    memories.set(task, memory);
    return memory;
  };
  return {
    name: "spans",
    synthesize(task, train, start) {
      const { choices } = recall(task, train);
      const { rules } = learn(task, indexOnce(task, train), choices);
      const present = new Set(start.map(({ id }) => id));
      return { added: rules.filter((rule) => !present.has(idOf(rule))) };
    },
    patch({ task, train, rules, rejected }) {
      const memory = recall(task, train);
      settle(memory, rejected.length === 0);
      const known = indexOnce(task, train);
      const { f1 } = learn(task, known, memory.choices);
      // Held-out texts may be of the same documents: what only remembers would be right on these.
      while (memory.untried.length > 0) {
        const family = memory.untried.shift()!;
        const pending = { ...memory.choices, [family]: true };
        const learned = learn(task, known, pending);
        if (learned.f1 < f1 + MIN_GAIN) continue;
        memory.pending = pending;
        return change(rules, learned.rules);
      }
      return {};
    },
    refit({ task, examples, rules, accepted }) {
      const memory = recall(task, examples);
      settle(memory, accepted.length > memory.accepted);
      // What pruning found to be superfluous on few examples is judged anew on all of them.
      return change(rules, learn(task, index(task, examples), memory.choices).rules);
    },
  };
}

/** What was chosen in a run so far. */
interface Memory {
  choices: Choices;
  /** Families that no patch has tried yet. */
  readonly untried: (keyof Choices)[];
  /** What the last patch tried. */
  pending?: Choices;
  /** How many patches are known to have been accepted. */
  accepted: number;
}

/** Notes what became of the last patch. */
function settle(memory: Memory, isAccepted: boolean): void {
  if (memory.pending === undefined) return;
  if (isAccepted) {
    memory.choices = memory.pending;
    memory.accepted++;
  }
  memory.pending = undefined;
}

function index({ labels, signal }: SynthesisTask, examples: readonly Example[]): Indexed {
  const folds = isCaseLoose(examples.map(({ text }) => text));
  const corpus = createCorpus(examples, labels, folds);
  const bodies = findBodies(corpus, readTokens(corpus, findSlotClasses(corpus)));
  signal?.throwIfAborted();
  const contexts = indexContexts(corpus);
  const calibration = new Calibration();
  const candidates = findCandidates(corpus, bodies, contexts, calibration, 1);
  signal?.throwIfAborted();
  candidates.push(...findWildcards(corpus, contexts, calibration, 1));
  candidates.push(...findCues(corpus, candidates, calibration, 1));
  signal?.throwIfAborted();
  return { corpus, contexts, calibration, candidates };
}

/** The families that suit the texts: where case says little, contexts must say more. */
function choose({ corpus: { folds, texts } }: Indexed): Choices {
  return { wildcards: folds, cues: folds, rare: folds || texts < FEW_TEXTS };
}

/** Chooses, merges, prunes and writes rules; with the F1 that is simulated for them on other texts. */
function learn(
  { labels, maxRules = Infinity, signal }: SynthesisTask,
  { corpus, contexts, calibration, candidates }: Indexed,
  { wildcards, cues, rare }: Choices,
): { readonly rules: Proposal[]; readonly f1: number } {
  const isWanted = ({ body, cue, hits, places }: Candidate) =>
    (wildcards || body.level < 4) && (cues || cue === undefined) &&
    (rare || hits > 1 && isInSeveral(corpus, places));
  const chosen = coverSpans(corpus, candidates.filter(isWanted), calibration);
  signal?.throwIfAborted();
  const drafts = mergeDrafts(createDrafts(chosen, contexts));
  const { drafts: kept, f1 } = pruneDrafts(corpus, drafts, calibration, {
    isThrifty: !rare,
    maxRules,
  });
  const rules = new Map<string, Proposal>();
  for (const draft of kept) {
    const rule = writeRule(draft, labels, corpus.folds);
    const isSafe = rule.patterns.every((pattern) =>
      pattern.length <= MAX_PATTERN && checkBacktracking(pattern, rule.flags ?? "") === undefined
    );
    if (isSafe && !rules.has(idOf(rule))) rules.set(idOf(rule), rule);
  }
  return { rules: [...rules.values()], f1 };
}

/** Whether places are in more than one text. */
function isInSeveral({ textOf }: Corpus, places: readonly number[]): boolean {
  return textOf[Math.floor(places[0] / 64)] !== textOf[Math.floor(places[places.length - 1] / 64)];
}

/** What turns rules into others. */
function change(rules: readonly Rule[], learned: readonly Proposal[]): Patch {
  const wanted = new Map(learned.map((rule) => [idOf(rule), rule]));
  const present = new Set(rules.map(({ id }) => id));
  const reweighted = rules.flatMap((rule): Reweight[] => {
    const to = wanted.get(rule.id);
    if (to === undefined) return [];
    const { priority = 0, precision, support } = to;
    if (priority === rule.priority && precision === rule.precision && support === rule.support) {
      return [];
    }
    return [{ rule: rule.id, priority, precision, support }];
  });
  return {
    added: learned.filter((rule) => !present.has(idOf(rule))),
    removed: rules.filter(({ id }) => !wanted.has(id)).map(({ id }) => id),
    reweighted,
  };
}

function idOf(rule: Proposal): string {
  return ruleId({ ...rule, flags: rule.flags ?? "i" });
}
