/**
 * Playbooks: what mended which failures in earlier runs, to begin others with.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import type { Task } from "../data/examples.ts";
import { Digest, shortDigest } from "../text/digest.ts";
import { schemaOf } from "../text/schemas.ts";
import { ProposalSchema, type Rule } from "./rule.ts";

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

/** Returns the id of an entry: `p` and 12 hexadecimal digits of what it says. */
export function entryId(entry: PlaybookEntry): string {
  return `p${shortDigest(entry, 12)}`;
}
