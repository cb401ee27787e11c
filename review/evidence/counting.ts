/**
 * Counts evidence by how it is judged, and why.
 *
 * @module
 */
import { compareCodeUnits } from "../../learn/text/folding.ts";
import type {
  Evidence,
  EvidenceSource,
  JudgedSource,
  Judgement,
  JudgementReason,
  SkippedFile,
} from "./format.ts";
import { JUDGE } from "./format.ts";

/** The judgements, from the best on. */
export const JUDGEMENTS: readonly Judgement[] = [
  "accepted",
  "partially_accepted",
  "rejected",
  "needs_human_review",
];

/** How many proposals of a kind are judged in a way, for a reason. */
export interface EvidenceCount {
  /** What was proposed. */
  readonly kind: Evidence["kind"];
  /** How it is judged. */
  readonly judgement: Judgement;
  /** Why. */
  readonly reason: JudgementReason;
  /** How many. */
  readonly count: number;
}

/** What the evidence of a folder is, by its counts. */
export interface EvidenceIndex {
  /** Version of the judge. */
  readonly judge: string;
  /** The runs that were judged: the files of their traces, by name. */
  readonly runs: readonly {
    /** The path of the trace. */
    readonly path: string;
    /** Digest of the trace. */
    readonly trace: string;
    /** Name of the data set. */
    readonly dataset: string;
    /** How the run ended. */
    readonly status: EvidenceSource["trace"]["run"]["status"];
    /** How many pieces of evidence it has. */
    readonly evidence: number;
  }[];
  /** Rules before replies, better judgements before worse, larger counts before smaller. */
  readonly counts: readonly EvidenceCount[];
  /** Files that give no evidence, or less than they could. */
  readonly skipped: readonly SkippedFile[];
}

/** Counts the evidence of runs. */
export function countEvidence(
  judged: readonly JudgedSource[],
  skipped: readonly SkippedFile[],
): EvidenceIndex {
  const all = judged.flatMap(({ evidence }) => evidence);
  const groups = Map.groupBy(
    all,
    ({ kind, judgement, reason }) => JSON.stringify([kind, judgement, reason]),
  );
  const counts = [...groups.values()].map((group): EvidenceCount => {
    const { kind, judgement, reason } = group[0];
    return { kind, judgement, reason, count: group.length };
  });
  const rank = ({ kind, judgement }: EvidenceCount) =>
    JUDGEMENTS.indexOf(judgement) + (kind === "rule" ? 0 : JUDGEMENTS.length);
  return {
    judge: JUDGE,
    runs: judged.map(({ source: { path, trace }, evidence }) => ({
      path,
      trace: trace.digest,
      dataset: trace.run.dataset.name,
      status: trace.run.status,
      evidence: evidence.length,
    })),
    counts: counts.sort((a, b) =>
      rank(a) - rank(b) || b.count - a.count || compareCodeUnits(a.reason, b.reason)
    ),
    skipped,
  };
}
