/**
 * What is in a data set, what is not, and how it is biased, in numbers. It holds no text of examples.
 *
 * @module
 */
import type { Task } from "../../../learn/data/examples.ts";
import type { Run } from "../../../record/schema.ts";
import type { EvidenceCount } from "../../evidence/counting.ts";
import type { JudgedSource, Judgement, SkippedFile, SkipReason } from "../../evidence/format.ts";
import type { Lineage, QuarantinedRow, QuarantineReason, RowKind, TrainingRow } from "../format.ts";
import type { DatasetOptions } from "../options.ts";

/** What rows are for, if a data set is split. */
export type RowSide = "train" | "test";

/** A row that is kept, and its split. */
export interface SplitRow {
  /** The row. */
  readonly row: TrainingRow;
  /** Missing if the data set is not split. */
  readonly split?: RowSide;
}

/** All that a data set is made of. */
export interface DatasetParts {
  /** The runs with their evidence. */
  readonly judged: readonly JudgedSource[];
  /** Files that give no evidence, or less than they could. */
  readonly skipped: readonly SkippedFile[];
  /** The rows that are written, in their order. */
  readonly rows: readonly SplitRow[];
  /** The rows that are left out. */
  readonly quarantined: readonly QuarantinedRow[];
  /**
   * Rows that the format has no form for.
   *
   * @default []
   */
  readonly unwritten?: readonly TrainingRow[];
  /** How it is made. */
  readonly options: DatasetOptions;
}

/** What is in a data set, and what is not: what `summary.json` holds. Orders are fixed. */
export interface DatasetSummary {
  /** Version of this package. */
  readonly version: string;
  /** Version of the judge. */
  readonly judge: string;
  /** How it is made. */
  readonly options: DatasetOptions;
  /** The runs, by the names of their files. */
  readonly runs: readonly SummaryRun[];
  /** Files that give no evidence, or less than they could: how many, by reason. */
  readonly skipped: readonly { readonly reason: SkipReason; readonly count: number }[];
  /** Those files, by name. */
  readonly files: readonly SkippedFile[];
  /** Evidence by kind, judgement and reason. */
  readonly evidence: readonly EvidenceCount[];
  /** The rows, kind by kind; kinds without any are left out. */
  readonly kinds: readonly KindSummary[];
  /** The rows by kind, variant, split and judgement. */
  readonly rows: readonly RowCount[];
  /** How many rows the held-out examples of a run decided on, by their digest; the others have none. */
  readonly taints: readonly { readonly tainted?: string; readonly count: number }[];
  /** How many rows are left out, by kind and reason. */
  readonly quarantine: readonly QuarantineCount[];
  /** How many rows the format has no form for, by kind. */
  readonly unwritten: readonly { readonly kind: RowKind; readonly count: number }[];
  /** Which labels rows are about, by data set of the runs. */
  readonly coverage: readonly SetCoverage[];
  /** What was not recorded of the runs. */
  readonly logging: LoggingSummary;
  /** What was cut by a limit. */
  readonly truncation: TruncationSummary;
  /** What is there more than once, kind by kind. */
  readonly duplicates: readonly DuplicateSummary[];
  /** How long the rows are. */
  readonly lengths: readonly LengthSummary[];
}

/** A run that rows come from, or could. */
export interface SummaryRun {
  /** Name of the file of its trace. */
  readonly file: string;
  /** Digest of the trace. */
  readonly trace: string;
  /** Name of the data set. */
  readonly dataset: string;
  /** How the run ended. */
  readonly status: Run["status"];
  /** How many pieces of evidence it has. */
  readonly evidence: number;
  /** How many rows come from it, alone or with another run. */
  readonly rows: number;
}

/** The rows of a kind. */
export interface KindSummary {
  /** The kind. */
  readonly kind: RowKind;
  /** How many there are. */
  readonly rows: number;
  /** How many of them are to train with; missing if the data set is not split. */
  readonly train?: number;
  /** How many of them are to test with; missing if the data set is not split. */
  readonly test?: number;
  /** How many of them held-out examples decided on. */
  readonly tainted: number;
  /** How many runs they come from. */
  readonly runs: number;
}

/** How many rows are alike in kind, variant, split and judgement. */
export interface RowCount {
  /** The kind. */
  readonly kind: RowKind;
  /** See {@linkcode Lineage.variant}. */
  readonly variant?: Lineage["variant"];
  /** The split, if there is one. */
  readonly split?: RowSide;
  /** How the proposal is judged that they come from, the chosen one of two; missing if they come from none. */
  readonly judgement?: Judgement;
  /** How many rows. */
  readonly count: number;
}

/** How many rows of a kind are left out for a reason. */
export interface QuarantineCount {
  /** The kind. */
  readonly kind: RowKind;
  /** The reason. */
  readonly reason: QuarantineReason;
  /** How many rows. */
  readonly count: number;
}

/** Which labels of a data set of the runs rows are about. */
export interface SetCoverage {
  /** Digest of the examples. */
  readonly dataset: string;
  /** Name of the data set. */
  readonly name: string;
  /** What its examples are labelled with. */
  readonly task: Task;
  /** Its labels, sorted by code unit. */
  readonly labels: readonly LabelCoverage[];
}

/** How many rows are about a label. */
export interface LabelCoverage {
  /** The label. */
  readonly label: string;
  /**
   * How many rows of each kind have it: a rule of the answer does (of two answers, the better one), or the text of
   * the row; kinds without any are left out.
   */
  readonly rows: Readonly<Partial<Record<RowKind, number>>>;
}

/** What was not recorded: only runs and replies that left a record can become rows. */
export interface LoggingSummary {
  /** Runs that were judged. */
  readonly runs: number;
  /** Those that failed, were aborted or are running, or were killed. */
  readonly unfinished: number;
  /** Traces that cannot be read. */
  readonly broken: number;
  /** Runs that asked a model. */
  readonly asked: number;
  /** Those whose tape is not there or cannot be used. */
  readonly withoutTape: number;
  /** Runs that did not come to their end, have no tape though they asked a model, or cannot be read; each once. */
  readonly lost: number;
  /** Exchanges on tapes that no step names: the run ended before the step that they lead to. */
  readonly withoutStep: number;
  /** Calls of a model that steps name. */
  readonly calls: number;
  /** Those without a response. */
  readonly withoutResponse: number;
  /** Responses that the trace has the digest of. */
  readonly proved: number;
}

/** What was cut by a limit. Of a tape, nothing but requests and responses is proved. */
export interface TruncationSummary {
  /** Exchanges on tapes. */
  readonly exchanges: number;
  /** Replies that ended at a limit of tokens, as the tape says. */
  readonly cutOff: number;
  /** Replies of which a part came before an error, as the tape says. */
  readonly broken: number;
  /** Prompts that show parts of texts. */
  readonly shortened: number;
  /** Prompts without room for all examples that were to be shown, as the tape says. */
  readonly leftOut: number;
  /** Rows with a prompt. */
  readonly rows: number;
  /** Those that show parts of texts, or hold a reply of which the end is missing. */
  readonly truncated: number;
}

/** What is there more than once. */
export interface DuplicateSummary {
  /** The kind of rows. */
  readonly kind: RowKind;
  /** Rows that are left out as another one has the same content. */
  readonly leftOut: number;
  /** Different prompts; missing for kinds without a prompt. */
  readonly requests?: number;
  /** Those of them with more than one row. */
  readonly repeated?: number;
  /** The most rows of one prompt. */
  readonly most?: number;
}

/** How long a part of the rows of a kind is. */
export interface LengthSummary {
  /** The kind. */
  readonly kind: RowKind;
  /** Prompts, answers (of preferences, both), or rows as a whole, as JSON, if they are not conversations. */
  readonly part: "prompt" | "answer" | "row";
  /** Characters (UTF-16 code units): the quantiles at {@linkcode QUANTILES}. */
  readonly characters: readonly number[];
}

/** The quantiles of lengths: 0 is the least, 1 the greatest. */
export const QUANTILES = [0, 0.1, 0.5, 0.9, 1] as const;
