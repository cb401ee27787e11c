/**
 * Playbooks: what mended which failures in earlier runs, to begin others with.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import type { Task } from "../data/examples.ts";
import { Digest, digest, shortDigest } from "../text/digest.ts";
import { schemaOf } from "../text/schemas.ts";
import { ProposalSchema, type Rule, ruleId } from "./rule.ts";

/** A kind of failure, and the rules that mended it in a run. */
export interface PlaybookEntry {
  /** What the rules are for. */
  readonly task: Task;
  /** The cluster of failures: its gold and its predicted label (`null`: none), and how many there were. */
  readonly failure: {
    readonly expected: string | null;
    readonly predicted: string | null;
    readonly count: number;
  };
  /** The rules, at least one. */
  readonly rules: readonly Omit<Rule, "id">[];
  /** What F1 gained by the whole patch, -1 to 1. */
  readonly gain?: number;
  /** Why the patch was accepted. */
  readonly clause?: "f1" | "precision";
  /** How many examples the rules matched, all together. */
  readonly support: number;
  /** What the rules got right and wrong on examples that were held out. */
  readonly heldOut?: { readonly tp: number; readonly fp: number };
}

/** Reads a {@linkcode PlaybookEntry}. */
export const PlaybookEntrySchema = schemaOf<PlaybookEntry>()(z.strictObject({
  task: z.enum(["classification", "ner", "extraction"]),
  failure: z.strictObject({
    expected: z.string().nullable(),
    predicted: z.string().nullable(),
    count: z.int().min(0),
  }),
  rules: z.array(ProposalSchema).min(1),
  gain: z.number().optional(),
  clause: z.enum(["f1", "precision"]).optional(),
  support: z.int().min(0),
  heldOut: z.strictObject({ tp: z.int().min(0), fp: z.int().min(0) }).optional(),
}));

/** The playbook of a run. */
export interface RunPlaybook {
  /** Digest of the entries of the file, in order. */
  readonly digest: string;
  /** The entries of the run's task; none if the run is a baseline. */
  readonly entries: readonly PlaybookEntry[];
  /** Whether the run does without its playbook, to be compared with one that does not. */
  readonly baseline?: true;
}

/** Reads a {@linkcode RunPlaybook}. */
export const RunPlaybookSchema = schemaOf<RunPlaybook>()(z.strictObject({
  digest: Digest,
  entries: z.array(PlaybookEntrySchema),
  baseline: z.literal(true).optional(),
}));

/**
 * Makes a playbook of entries.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createPlaybook, type PlaybookEntry } from "./playbook.ts";
 *
 * const rules = [{ name: "rate", label: "rate", patterns: ["rates?"], flags: "i", priority: 0 }];
 * const failure = { expected: "rate", predicted: null, count: 9 };
 * const entry: PlaybookEntry = { task: "classification", failure, rules, support: 8 };
 * assertEquals(createPlaybook([entry]).entries, [entry]);
 * ```
 */
export function createPlaybook(entries: readonly PlaybookEntry[]): RunPlaybook {
  return { digest: digest(entries), entries };
}

/** Returns a playbook with the entries that a run of a task can use: none if it is a baseline. */
export function restrictPlaybook(
  { digest, entries, baseline }: RunPlaybook,
  task: Task,
): RunPlaybook {
  if (baseline) return { digest, entries: [], baseline };
  return { digest, entries: entries.filter((entry) => entry.task === task) };
}

/**
 * Returns the rules of an entry that a run can begin with, by id: those of the label whose examples were not
 * predicted. Of rules that match the same, the first counts.
 */
export function startingRules(entry: PlaybookEntry): ReadonlyMap<string, Omit<Rule, "id">> {
  const known = starting.get(entry);
  if (known !== undefined) return known;
  const found = new Map<string, Omit<Rule, "id">>();
  for (const rule of entry.rules) {
    const id = ruleId(rule);
    if (rule.label === entry.failure.expected && !found.has(id)) found.set(id, rule);
  }
  starting.set(entry, found);
  return found;
}

/** Digests take long, and a run asks several times. */
const starting = new WeakMap<PlaybookEntry, ReadonlyMap<string, Omit<Rule, "id">>>();

/** Returns the ids of the entries that have one of the rules that a run begins with, each once, in order. */
export function findTaken(
  entries: readonly PlaybookEntry[],
  start: ReadonlySet<string>,
): string[] {
  const taken = entries.filter((entry) => startingRules(entry).keys().some((id) => start.has(id)));
  return [...new Set(taken.map(entryId))];
}

/** Returns the id of an entry: `p` and 12 hexadecimal digits of what it says. */
export function entryId(entry: PlaybookEntry): string {
  return `p${shortDigest(entry, 12)}`;
}
