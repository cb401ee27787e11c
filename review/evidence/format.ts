/**
 * Evidence: one judged proposal of a run, a rule or a reply of a model.
 *
 * It is a pure function of a trace, the data set that the run learned from and, if a model was asked, the tape.
 * Training data, playbooks and feedback are views of it.
 *
 * @module
 */
import type { Exchange, Purpose } from "../../learn/chat/exchanges.ts";
import type { Dataset } from "../../learn/data/dataset.ts";
import type { RefusalCode } from "../../learn/rules/rule.ts";
import type { Trace } from "../../trace.ts";

/** Version of the judge. Another way to judge gets another one. */
export const JUDGE = "judge-1";

/** What became of a proposal, as far as the run and its held-out examples tell. */
export type Judgement = "accepted" | "partially_accepted" | "rejected" | "needs_human_review";

/** Why a proposal is judged so. */
export type JudgementReason =
  // Accepted: a rule of the first set, or one that raised F1; a reply all of whose rules are in the set at the end.
  | "first"
  | "f1"
  | "survived"
  // Partially accepted: gone, but not for being wrong.
  | "merged"
  | "replaced"
  | "tightened"
  | "pruned"
  | "dropped"
  // Partially accepted: in the set at the end, but not for a gain on held-out examples.
  | "not-held-out"
  | "refit"
  | "precision"
  | "no-true-positive"
  // Partially accepted, of replies only.
  | "repaired"
  | "some-refused"
  | "some-gone"
  | "no-gain"
  | "followed"
  // Rejected.
  | "refused"
  | "patch-rejected"
  | "audit-reverted"
  | "skipped"
  | "removed"
  | "undone"
  | "wrong"
  // Rejected, of replies only.
  | "no-response"
  | "failed"
  | "nothing-admitted"
  | "none-survived"
  // Needs human review.
  | "run-not-completed"
  | "unknown-verdict"
  | "told"
  | "unlogged"
  | "wrong-at-the-end"
  | "harmful"
  | "critique"
  | "not-followed"
  | "empty";

/** True and false positives. */
export interface EvidenceCounts {
  /** How many of the matches are correct. */
  readonly tp: number;
  /** How many of the matches are wrong. */
  readonly fp: number;
}

/** What all evidence has. */
export interface EvidenceFields {
  /** Digest of what makes it this piece of evidence: trace, step, and the rule or the exchange. */
  readonly id: string;
  /** Digest of the trace. */
  readonly trace: string;
  /** Index of the step that proposed it. */
  readonly step: number;
  /** Digest of that step. */
  readonly stepDigest: string;
  /** Digest of the examples of the run. */
  readonly dataset: string;
  /** How it is judged. */
  readonly judgement: Judgement;
  /** Why. */
  readonly reason: JudgementReason;
}

/** A judged rule. */
export interface RuleEvidence extends EvidenceFields {
  /** Tells it from replies. */
  readonly kind: "rule";
  /** Its id; missing if it was refused, as it then has none. */
  readonly rule?: string;
  /** Its name, empty if it was proposed without one. */
  readonly name: string;
  /** Its label; missing if it was refused. */
  readonly label?: string;
  /** Why it was refused. */
  readonly code?: RefusalCode;
  /** The exchange whose reply proposed it, if the tape tells. */
  readonly exchange?: string;
  /** What it gets right and wrong on the held-out examples, if it is the only rule; missing if there are none. */
  readonly dev?: EvidenceCounts;
}

/** A judged reply of a model, or a call without one. */
export interface ReplyEvidence extends EvidenceFields {
  /** Tells it from rules. */
  readonly kind: "reply";
  /** Id of the exchange. */
  readonly exchange: string;
  /** Which exchange of the step it is, from 0. */
  readonly place: number;
  /** Digest of the response; missing if there was none. */
  readonly response?: string;
  /** Whether the trace has the digest of this response: older traces have none. */
  readonly isProved: boolean;
  /** What was asked for. */
  readonly purpose: Purpose;
  /** Whether the reply can be used as it came, after repairs, or not; of advice, what the tape says. */
  readonly outcome: Exchange["outcome"];
  /** Ids of the rules that it proposed and that could become rules. */
  readonly rules: readonly string[];
  /** How many of its proposals could not, or rules to remove are not there. */
  readonly refused: number;
  /** Those of the rules that are in the set at the end. */
  readonly survived: readonly string[];
}

/** One judged proposal. */
export type Evidence = RuleEvidence | ReplyEvidence;

/** A run, with all that its evidence is judged by. */
export interface EvidenceSource {
  /** The path of its trace, as it was given or found. */
  readonly path: string;
  /** The record. */
  readonly trace: Trace;
  /** The examples that it learned from: their digest is the one in the trace. */
  readonly data: Dataset;
  /** Its exchanges with a model; empty if it asked none. */
  readonly tape: readonly Exchange[];
}

/** A run with its evidence. */
export interface JudgedSource {
  /** The run. */
  readonly source: EvidenceSource;
  /** What it proposed, judged. */
  readonly evidence: readonly Evidence[];
}

/** Why a file of a folder gives no evidence, or a part of one does not. */
export type SkipReason =
  /** It cannot be read as a trace. */
  | "broken-trace"
  /** A rule of it runs on no engine in reasonable time, or its config says something else of how rules decide. */
  | "cannot-run"
  /** It holds a run that another file holds as well. */
  | "copy"
  /** No data set was given that has the digest in the trace. */
  | "no-data"
  /** The tape cannot be read, or is not the one of the run: a digest differs. */
  | "broken-tape"
  /** The run asked a model, and its tape is not there: rules are judged, replies are not. */
  | "no-tape"
  /** A tape, and no trace of its run. */
  | "tape-without-trace"
  /** Exchanges that no step of the trace names: the run ended before the step that they lead to. */
  | "without-step";

/** A file that gives no evidence, or less than it could. */
export interface SkippedFile {
  /** Its path. */
  readonly path: string;
  /** Why, as a code. */
  readonly reason: SkipReason;
  /** Why, in words, without texts of examples. */
  readonly detail: string;
  /** Without data: the digests of the trace, and of the examples that it names. */
  readonly run?: { readonly trace: string; readonly dataset: string };
}
