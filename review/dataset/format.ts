/**
 * Rows of training data: what they hold, what they are proved by, and why one is left out.
 *
 * @module
 */
import type { Message } from "../../learn/chat/client.ts";
import type { Json } from "../../learn/text/schemas.ts";
import type { Judgement, JudgementReason } from "../evidence/format.ts";

/** The kinds of rows, in the order in which they are written. */
export const ROW_KINDS = [
  "sft",
  "teacher",
  "preference",
  "unpaired",
  "playbook",
  "weak",
  "hard",
] as const;

/** What a row is for. */
export type RowKind = (typeof ROW_KINDS)[number];

/** A conversation and how it goes on, for `sft` and `teacher`. */
export interface ChatContent {
  /** The conversation up to the answer. */
  readonly prompt: readonly Message[];
  /** The answer. */
  readonly completion: string;
}

/** A conversation with a better and a worse answer. */
export interface PreferenceContent {
  /** The conversation up to the answer. */
  readonly prompt: readonly Message[];
  /** The better answer. */
  readonly chosen: string;
  /** The worse answer. */
  readonly rejected: string;
}

/** A conversation with an answer that is good or bad. */
export interface UnpairedContent extends ChatContent {
  /** Whether the answer is good. */
  readonly label: boolean;
}

/** What a row says, whatever the format it is written in. Rows of the last three kinds are written as they are. */
export type RowContent =
  | { readonly kind: "sft" | "teacher"; readonly content: ChatContent }
  | { readonly kind: "preference"; readonly content: PreferenceContent }
  | { readonly kind: "unpaired"; readonly content: UnpairedContent }
  | {
    readonly kind: "playbook" | "weak" | "hard";
    readonly content: Readonly<Record<string, Json>>;
  };

/** Where a row, or a part of it, comes from. */
export interface LineageSource {
  /** Digest of the trace. */
  readonly trace: string;
  /** Index of the step; missing if the row is of the rules at the end. */
  readonly step?: number;
  /** Digest of that step. */
  readonly stepDigest?: string;
  /** Digest of the examples of the run. */
  readonly dataset: string;
  /** Id of the evidence, for rows of one judged proposal. */
  readonly evidence?: string;
  /** How that was judged. */
  readonly judgement?: Judgement;
  /** Why it was judged so. */
  readonly reason?: JudgementReason;
  /** Id of the exchange whose reply the row holds. */
  readonly exchange?: string;
  /** Digest of the response. */
  readonly response?: string;
}

/** What proves a row. The n-th line of a lineage file is about the n-th row of the file beside it. */
export interface Lineage {
  /** `sha256:` and the SHA-256 of the bytes of the row, without the line feed. */
  readonly row: string;
  /** The kind of the row. */
  readonly kind: RowKind;
  /** Whether an answer of `sft` is the reply as it came, or only those of its rules that survived. */
  readonly variant?: "verbatim" | "curated";
  /** Where it comes from: one source, or two for a preference, the chosen one first. */
  readonly sources: readonly LineageSource[];
  /** Ids of the examples that it shows, in their order in the row. */
  readonly shown: readonly string[];
  /** `dev` and the digest of the held-out ids, if they decided that the row is good. */
  readonly tainted?: string;
}

/** An example that a row shows. */
export interface ShownText {
  /** Its id in its data set, or of the text without a label. */
  readonly id: string;
  /** Its whole text, even if the row shows a part of it. */
  readonly text: string;
}

/** A row that was made and is not written yet. */
export type TrainingRow = RowContent & {
  /** See {@linkcode Lineage.variant}. */
  readonly variant?: Lineage["variant"];
  /** See {@linkcode Lineage.sources}. */
  readonly sources: readonly LineageSource[];
  /** The examples that it shows. */
  readonly shown: readonly ShownText[];
  /** See {@linkcode Lineage.tainted}. */
  readonly tainted?: string;
};

/** Why a row is left out. */
export type QuarantineReason =
  /** It shows a protected text, character by character. */
  | "protected-exact"
  /** It shows a protected text but for case, spaces and punctuation. */
  | "protected-normalised"
  /** It shows a text that is nearly a protected one. */
  | "protected-near"
  /** Its prompt shows an example that the run held out. */
  | "held-out-in-prompt"
  /** The examples of its run are not given. */
  | "no-data"
  /** A part of it has no digest in the trace, or shows a text that the data do not have. */
  | "unproved"
  /** It is not judged as its kind asks for. */
  | "category"
  /** Its reply cannot be read. */
  | "unreadable"
  /** Its run did not come to its end. */
  | "run-not-completed"
  /** The numbers in two replies to one request stand for different rules. */
  | "numbering-differs"
  /** Neither of two replies is better by the margin, or runs give a text different weak labels. */
  | "tie"
  /** A row with the same content is written already. */
  | "duplicate"
  /** There are enough rows of this request, or one of this text. */
  | "over-cap";

/** A row that is left out. It holds no text. */
export interface QuarantinedRow {
  /** The kind that it would have had. */
  readonly kind: RowKind;
  /** Why it is left out. */
  readonly reason: QuarantineReason;
  /** More about the reason, without texts of examples. */
  readonly detail?: string;
  /** Where it comes from. */
  readonly sources: readonly LineageSource[];
  /** Ids of the examples that it shows. */
  readonly shown: readonly string[];
  /** For protected texts: the place of the file among those given, from 0, and the example there. */
  readonly protected?: {
    /** Place of the file among those given, from 0. */
    readonly file: number;
    /** Id of the protected example. */
    readonly id: string;
    /** How near the texts are (Jaccard of character 5-grams), 0 to 1. */
    readonly similarity: number;
  };
}
