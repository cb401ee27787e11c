/**
 * Worked examples for prompts: the entries of a playbook that are nearest to what a model is asked for. They tell how
 * failures of that kind were mended in earlier runs.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { openPlaybook } from "./worked_examples.ts";
 *
 * const rule = { name: "arrive", patterns: [String.raw`\barriv\w+`], flags: "i", priority: 0 };
 * const playbook = ["arrival", "card_lost"].map((label) => ({
 *   task: "classification" as const,
 *   failure: { expected: label, predicted: null, count: 3 },
 *   rules: [{ ...rule, label }],
 *   support: 3,
 * }));
 * const { findNear } = (await openPlaybook({ playbook }))!;
 * const near = findNear([{ labels: ["card_arrival"], texts: ["Where is it?"] }], []);
 * assertEquals(near.map(({ entry }) => entry.failure.expected), ["arrival", "card_lost"]);
 * ```
 *
 * @module
 */
import { entryId, type PlaybookEntry } from "../rules/playbook.ts";
import { baseId, type Rule, ruleId } from "../rules/rule.ts";
import { readWordings } from "../rules/wording.ts";
import type { SynthesisTask } from "../synthesizer.ts";
import { indexingDocuments } from "../text/bm25.ts";
import { compareCodeUnits } from "../text/folding.ts";
import { inSlices, part, type Sliced } from "../text/slices.ts";
import { fold, UNSPACED } from "../text/tokens.ts";
import { showRule } from "./rendering.ts";
import { takeInTurn } from "./sampling.ts";

/** Most entries that one prompt shows, and rules of each. */
const MAX_ENTRIES = 4;
const MAX_RULES = 4;
/** Code units of a text that are looked at. */
const MAX_TEXT = 2_000;

/** A kind of failure to find entries for. */
export interface PlaybookQuery {
  /** Its gold and its predicted label, as far as there are any. */
  readonly labels: readonly string[];
  /** Texts of the kind. */
  readonly texts: readonly string[];
}

/** An entry to show. */
export interface WorkedExample {
  readonly id: string;
  /** The entry, with those of its rules that are not in the set already. */
  readonly entry: PlaybookEntry;
}

/** A playbook that can be searched. */
export interface OpenPlaybook {
  /**
   * Finds the entries nearest to kinds of failures, at most four: the nearest of each kind in turn, then the second of
   * each. None is near to a kind with which no entry shares a word. Entries all of whose rules are in the set have
   * nothing to add, and are left out.
   */
  readonly findNear: (
    kinds: readonly PlaybookQuery[],
    rules: readonly Rule[],
  ) => WorkedExample[];
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
  const entries = [...read.values()].sort((one, other) => compareCodeUnits(one.id, other.id));
  const rank = yield* part("", [0.8, 1], indexingDocuments(entries.map(({ words }) => words)));
  const findAll = ({ labels, texts }: PlaybookQuery) =>
    rank([...labels, ...texts.map((text) => text.slice(0, MAX_TEXT))].flatMap(splitWords))
      .map(({ position }) => entries[position]);
  return {
    findNear(kinds, rules) {
      const present = new Set(rules.map(({ id }) => baseId(id)));
      const found: IndexedEntry[][] = [];
      const nearest = new Set<IndexedEntry>();
      for (const kind of kinds) {
        // The nearest of each kind come first, so that no other kind counts.
        if (nearest.size === MAX_ENTRIES) break;
        const near = findAll(kind).filter(({ rules }) => rules.some(({ id }) => !present.has(id)));
        found.push(near.slice(0, MAX_ENTRIES));
        for (const first of near.slice(0, 1)) nearest.add(first);
      }
      return takeInTurn(found).slice(0, MAX_ENTRIES).map(({ id, entry, rules }) => ({
        id,
        entry: {
          ...entry,
          rules: rules.filter(({ id }) => !present.has(id)).map(({ rule }) => rule),
        },
      }));
    },
  };
}

/** An entry, ready to be found. */
interface IndexedEntry extends Pick<WorkedExample, "id" | "entry"> {
  readonly rules: readonly { readonly id: string; readonly rule: Omit<Rule, "id"> }[];
  /** The words of its labels, and once for each name and pattern those of its rules. */
  readonly words: readonly string[];
}

/** Reads an entry; so much is done then. */
function* indexing(id: string, entry: PlaybookEntry, done: number): Sliced<IndexedEntry> {
  const { expected, predicted } = entry.failure;
  const words = [expected, predicted].flatMap((label) => [...new Set(splitWords(label ?? ""))]);
  const rules: { id: string; rule: Omit<Rule, "id"> }[] = [];
  for (const rule of entry.rules) {
    yield done;
    rules.push({ id: ruleId(rule), rule });
    const said = [[rule.name], ...rule.patterns.map(readWordings)];
    for (const wordings of said) words.push(...new Set(wordings.flatMap(splitWords)));
  }
  return { id, entry, rules, words };
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

/** Shows an entry: the kind of failure, what F1 gained, and the rules with most support. */
export function showEntry(
  { entry: { failure, gain, rules } }: WorkedExample,
): Record<string, unknown> {
  const { expected, predicted, count } = failure;
  const most = rules.toSorted((one, other) => (other.support ?? 0) - (one.support ?? 0));
  return {
    expected,
    given: predicted,
    failures: count,
    gain,
    rules: most.slice(0, MAX_RULES).map(showRule),
  };
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
