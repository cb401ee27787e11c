/**
 * Worked examples for prompts: the entries of a playbook that are nearest to what a model is asked for. They tell how
 * failures of that kind were mended in earlier runs.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createMatches } from "../score/matches.ts";
 * import { finish } from "../text/slices.ts";
 * import { openPlaybook } from "./worked_examples.ts";
 *
 * const rule = { name: "arrive", patterns: [String.raw`\barriv\w+`], flags: "i", priority: 0 };
 * const playbook = ["arrival", "card_lost"].map((label) => ({
 *   task: "classification" as const,
 *   failure: { expected: label, predicted: null, count: 3 },
 *   rules: [{ ...rule, label }],
 *   support: 3,
 * }));
 * const { findingNear } = (await openPlaybook({ playbook }))!;
 * const state = { rules: [], labels: [], matches: createMatches([], []) };
 * const kind = { labels: ["card_arrival"], texts: ["Where is it?"] };
 * const near = finish(findingNear([kind], state));
 * assertEquals(near.map(({ failure }) => failure.expected), ["arrival", "card_lost"]);
 * ```
 *
 * @module
 */
import { entryId, type PlaybookEntry } from "../rules/playbook.ts";
import { baseId, ruleId } from "../rules/rule.ts";
import { readWordings } from "../rules/wording.ts";
import type { SynthesisTask } from "../synthesizer.ts";
import { indexingDocuments } from "../text/bm25.ts";
import { compareCodeUnits } from "../text/folding.ts";
import { inSlices, part, type Sliced } from "../text/slices.ts";
import { fold, UNSPACED } from "../text/tokens.ts";
import { type GateState, judgingRule } from "./gate.ts";
import { showRule } from "./rendering.ts";
import { takeInTurn } from "./sampling.ts";

/** Most entries that one prompt shows, and rules of each. */
const MAX_ENTRIES = 4;
const MAX_RULES = 4;
/** Most rules that are held to the examples for one prompt: each takes a search in all texts. */
const MAX_JUDGED = 100;
/** Code units of a text that are looked at. */
const MAX_TEXT = 2_000;

/** A kind of failure to find entries for. */
export interface PlaybookQuery {
  /** Its gold and its predicted label, as far as there are any. */
  readonly labels: readonly string[];
  /** Texts of the kind. */
  readonly texts: readonly string[];
}

/** An entry to show: with at most four of its rules. */
export interface WorkedExample extends PlaybookEntry {
  readonly id: string;
}

/** A playbook that can be searched. */
export interface OpenPlaybook {
  /**
   * Finds the entries nearest to kinds of failures, at most four: the nearest of each kind in turn, then the second of
   * each. None is near to a kind with which no entry shares a word.
   *
   * Of an entry, the rules with most support are shown. Those for a label of the data must pass the gate, so that they
   * add something to the set and the examples do not contradict them. Entries without such rules are left out. At most
   * 100 rules are held to the examples, beginning with those of the nearest entries; what is not, is not shown.
   */
  readonly findingNear: (
    kinds: readonly PlaybookQuery[],
    state: GateState,
  ) => Sliced<WorkedExample[]>;
}

/** Tells whether a run has a playbook with anything in it. */
export function hasPlaybook(
  { playbook = [] }: Pick<SynthesisTask, "playbook">,
): boolean {
  return playbook.length > 0;
}

/** Playbooks that were opened, as each request of a run asks for its own. */
const opened = new WeakMap<readonly PlaybookEntry[], OpenPlaybook>();

/**
 * Opens the playbook of a run, to be searched by BM25: a query is the words of labels and texts, a document those of
 * an entry's labels and of the names and patterns of its rules. Of entries that are equally near, the one with the
 * lower id comes first.
 *
 * @returns nothing if the run has no playbook, or one without entries
 */
export async function openPlaybook(
  task: Pick<SynthesisTask, "playbook" | "breathe">,
): Promise<OpenPlaybook | undefined> {
  const { playbook, breathe } = task;
  if (playbook === undefined || !hasPlaybook(task)) return undefined;
  const known = opened.get(playbook) ??
    await inSlices(part("reading the playbook", [0, 0.05], opening(playbook)), breathe);
  opened.set(playbook, known);
  return known;
}

function* opening(playbook: readonly PlaybookEntry[]): Sliced<OpenPlaybook> {
  const read = new Map<string, IndexedEntry>();
  for (const [index, entry] of playbook.entries()) {
    const id = entryId(entry);
    const indexed = read.get(id) ?? (yield* indexing(id, entry, 0.8 * index / playbook.length));
    read.set(id, indexed);
  }
  const entries = [...read.values()]
    .sort(({ entry: one }, { entry: other }) => compareCodeUnits(one.id, other.id));
  const rank = yield* part("", [0.8, 1], indexingDocuments(entries.map(({ words }) => words)));
  const findAll = ({ labels, texts }: PlaybookQuery) =>
    rank([...labels, ...texts.map((text) => text.slice(0, MAX_TEXT))].flatMap(splitWords))
      .map(({ position }) => entries[position]);
  return {
    *findingNear(kinds, state) {
      const choosing = rememberChoices(state);
      const found: WorkedExample[][] = [];
      const nearest = new Set<WorkedExample>();
      for (const [place, kind] of kinds.entries()) {
        // The nearest of each kind come first, so that no other kind counts.
        if (nearest.size === MAX_ENTRIES) break;
        const near: WorkedExample[] = [];
        for (const entry of findAll(kind)) {
          if (near.length === MAX_ENTRIES) break;
          yield place / kinds.length;
          const chosen = yield* choosing(entry);
          if (chosen !== undefined) near.push(chosen);
        }
        found.push(near);
        for (const first of near.slice(0, 1)) nearest.add(first);
      }
      return takeInTurn(found).slice(0, MAX_ENTRIES);
    },
  };
}

/** Returns a function that chooses the rules of an entry to show; nothing if it has none. */
function rememberChoices({ rules, labels, matches }: GateState) {
  const present = new Set(rules.map(({ id }) => baseId(id)));
  const known = new Set(labels);
  const chosen = new Map<string, WorkedExample | undefined>();
  let judged = 0;
  return function* ({ entry, ids }: IndexedEntry): Sliced<WorkedExample | undefined> {
    if (chosen.has(entry.id)) return chosen.get(entry.id);
    const few: WorkedExample["rules"][number][] = [];
    for (const [place, rule] of entry.rules.entries()) {
      if (few.length === MAX_RULES) break;
      if (known.has(rule.label)) {
        if (present.has(ids[place]) || judged === MAX_JUDGED) continue;
        judged++;
        const judgement = yield* judgingRule(rule, present, known, matches);
        if ("refused" in judgement) continue;
      }
      few.push(rule);
    }
    chosen.set(entry.id, few.length === 0 ? undefined : { ...entry, rules: few });
    return chosen.get(entry.id);
  };
}

/** An entry, ready to be found. */
interface IndexedEntry {
  /** With all of its rules, those with most support first. */
  readonly entry: WorkedExample;
  /** The ids of these rules. */
  readonly ids: readonly string[];
  /** The words of its labels, and once for each name and pattern those of its rules. */
  readonly words: readonly string[];
}

/** Reads an entry; so much is done then. */
function* indexing(id: string, entry: PlaybookEntry, done: number): Sliced<IndexedEntry> {
  const { expected, predicted } = entry.failure;
  const words = [expected, predicted].flatMap((label) => [...new Set(splitWords(label ?? ""))]);
  for (const rule of entry.rules) {
    yield done;
    const said = [[rule.name], ...rule.patterns.map(readWordings)];
    for (const wordings of said) words.push(...new Set(wordings.flatMap(splitWords)));
  }
  const rules = entry.rules.toSorted((one, other) => (other.support ?? 0) - (one.support ?? 0));
  return { entry: { ...entry, id, rules }, ids: rules.map(ruleId), words };
}

/** A word, or one character of a script that writes no spaces. */
const WORD = new RegExp(
  String.raw`[${UNSPACED}]|(?:(?![${UNSPACED}])[\p{L}\p{M}\p{N}])+`,
  "gu",
);
/** Between the words of a name such as `cardArrival`. */
const HUMP = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})/gu;

function splitWords(text: string): string[] {
  return text.replace(HUMP, " ").match(WORD)?.map(fold) ?? [];
}

/** Shows an entry: the kind of failure, what F1 gained, and rules. */
export function showEntry({ failure, gain, rules }: WorkedExample): Record<string, unknown> {
  const { expected, predicted, count } = failure;
  return { expected, given: predicted, failures: count, gain, rules: rules.map(showRule) };
}

/** Explains worked examples, line by line; nothing if the run has none. */
export function explainEntries(task: Pick<SynthesisTask, "playbook">): string[] {
  if (!hasPlaybook(task)) return [];
  return [
    "`playbook` tells how failures like these were mended in other runs: what was expected there and what",
    "the rules gave (`given`), some of the rules that mended them, and what F1 gained by it (`gain`). Learn",
    "from them how to write rules, and take over what fits the texts here. Labels there may be others.",
  ];
}
