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
  RuleEvidence,
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

/** Returns the sum of counts. */
export function sumOf(items: readonly { readonly count: number }[]): number {
  return items.reduce((sum, { count }) => sum + count, 0);
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

/**
 * Returns the class of a rule by its precision on held-out examples, `1`, `below 0.8` …; `none` if it matches none, and
 * nothing if none were held out.
 */
export function classOfPrecision({ dev }: Pick<RuleEvidence, "dev">): string | undefined {
  if (dev === undefined) return undefined;
  const { tp, fp } = dev;
  if (tp + fp === 0) return "none";
  const bound = [0.5, 0.8, 1].find((bound) => tp / (tp + fp) < bound);
  return bound === undefined ? "1" : `below ${bound}`;
}

/**
 * Counts the evidence of runs.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readDataset, readTrace } from "../../mod.ts";
 * import { countEvidence, judgeAll } from "../evidence.ts";
 *
 * const path = "examples/banking.trace.json";
 * const [trace, data] = [await readTrace(path), await readDataset("examples/banking.jsonl")];
 * const { runs } = countEvidence(judgeAll([{ path, trace, data, tape: [] }]), []);
 * assertEquals(runs.map(({ dataset, status }) => [dataset, status]), [["banking", "completed"]]);
 * ```
 */
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
