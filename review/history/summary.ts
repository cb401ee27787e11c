/**
 * The summary of a run in a list, read from its trace without all the checks that reading a trace makes.
 *
 * Only what the list shows is checked: the shape of the run and of the steps that its scores are taken
 * from, and by their digests that these and the rules are as they were written. The steps before those
 * are not looked at, and nothing is recomputed; `readTrace` does all that, but takes several times as
 * long.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { isRecord, parseJson } from "../../learn/text/json.ts";
import { RuleSchema } from "../../learn/rules/rule.ts";
import type { Split } from "../../learn/score/scoring.ts";
import { runDigest, stepDigest, traceDigest } from "../../record/chain.ts";
import { describeProblem, TraceError } from "../../record/error.ts";
import { decodeTrace } from "../../record/files.ts";
import { foldSteps } from "../../record/fold.ts";
import { checkVersion, isJournal, parseJournal } from "../../record/journal.ts";
import {
  type KnownScores,
  type Run,
  RunSchema,
  type Step,
  StepSchema,
  type Trace,
} from "../../record/schema.ts";
import { endScores, type Grounds, groundsOf } from "../scores.ts";

/** Stands for the file in errors that say `Cannot read <file>: …`. */
export const SOURCE = "it";

/** What a list needs of a run: thousands of them are kept, so it has neither settings nor ids of examples. */
export interface ListedRun
  extends Pick<Run, "id" | "status" | "startedAt" | "learner" | "parent" | "origin"> {
  readonly dataset: Pick<Run["dataset"], "name" | "task">;
}

/** One run, from its trace. */
export interface Summary {
  readonly run: ListedRun;
  /** Digest of the trace. */
  readonly digest: string;
  /** Number of rules that it ended with. */
  readonly rules: number;
  readonly scores: Partial<Record<Split, KnownScores>>;
  readonly grounds: Grounds;
}

/**
 * Summarises the trace or journal that a file holds. Errors call the file {@linkcode SOURCE}.
 *
 * @throws {SyntaxError | RangeError} if it is not JSON in UTF-8
 * @throws {TraceError} if it is not a trace, is of a newer format version, or was changed
 */
export function summarise(bytes: Uint8Array): Summary {
  const text = decodeTrace(bytes, SOURCE);
  const outline = isJournal(text)
    ? { ...parseJournal(text, SOURCE), first: 0 }
    : parseOutline(text);
  checkChain(outline);
  const { id, status, startedAt, learner, parent, origin, dataset: { name, task } } = outline.run;
  return {
    run: { id, status, startedAt, learner, parent, origin, dataset: { name, task } },
    digest: outline.digest,
    rules: countRules(outline),
    scores: endScores(outline.steps),
    grounds: groundsOf(outline.run),
  };
}

/** A trace whose rules, and steps before `first`, were not looked at. */
interface Outline extends Pick<Trace, "run" | "digest" | "rules"> {
  /** The steps from `first` on. */
  readonly steps: readonly Step[];
  readonly first: number;
  /** Digest of the step before `first`, if there is one. */
  readonly previous?: string;
}

const Outlined = z.object({ run: RunSchema, steps: z.array(z.unknown()), digest: z.string() });

function parseOutline(text: string): Outline {
  if (text.trim() === "") throw new SyntaxError("it is empty");
  const document = parseJson(text, SOURCE);
  if (!isRecord(document) || document.format !== "ruletrace") {
    throw new TraceError('it is not a trace: expected "format": "ruletrace"');
  }
  checkVersion(document.version, SOURCE);
  const parsed = Outlined.safeParse(document);
  if (!parsed.success) throw new TraceError(describeProblem(parsed.error));
  if (!isRecord(document.rules)) throw new TraceError("field rules: expected an object");
  const { run, steps, digest } = parsed.data;
  const first = run.status === "completed" ? findScored(steps) : 0;
  const last = steps.slice(first).map((step, place) => {
    const checked = StepSchema.safeParse(step);
    if (checked.success) return checked.data;
    const index = first + place;
    throw new TraceError(`step ${index}: ${describeProblem(checked.error)}`, index);
  });
  const before = steps.at(first - 1);
  const previous = first > 0 && isRecord(before) ? String(before.digest) : undefined;
  const rules = document.rules as Trace["rules"];
  return { run, digest, rules, steps: last, first, ...(previous !== undefined && { previous }) };
}

/** Types of steps without a score of the rules they leave. */
const UNSCORED: readonly unknown[] = ["critique", "final", "failure"];

/** Finds the last step that says how the rules did before a refit, or at the end without one. */
function findScored(steps: readonly unknown[]): number {
  const types = steps.map((step) => isRecord(step) ? step.type : undefined);
  const refit = types.lastIndexOf("refit");
  const decided = refit === -1 ? types : types.slice(0, refit);
  return Math.max(0, decided.findLastIndex((type) => !UNSCORED.includes(type)));
}

/** Types of the last step of runs that ended. */
const ENDS = { completed: "final", failed: "failure", aborted: "failure" };

/** Checks the digests of an outline, and that its last step fits its status. */
function checkChain({ run, rules, steps, digest, first, previous }: Outline): void {
  const inputs = runDigest(run);
  let last = previous ?? inputs;
  for (const [place, step] of steps.entries()) {
    const index = first + place;
    last = stepDigest(last, step);
    if (step.index !== index || step.digest !== last) {
      const message =
        `step ${index} does not fit its digest: it, or something before it, was changed`;
      throw new TraceError(message, index);
    }
  }
  if (traceDigest(inputs, rules, last) !== digest) {
    throw new TraceError("its digest does not fit its rules and steps: some were changed or lost");
  }
  const end = steps.at(-1)?.type;
  const expected = { ...ENDS, running: end, unknown: end };
  if (end !== expected[run.status]) {
    const last = end === undefined ? "has no step" : `ends in a ${end} step`;
    throw new TraceError(`the run is ${run.status}, but ${last}`);
  }
}

/** Counts the rules at the end: a completed run lists them, those of any other follow from its steps. */
function countRules({ rules, steps }: Outline): number {
  const final = steps.at(-1);
  if (final?.type === "final") return final.rules.length;
  const checked = z.record(z.string(), RuleSchema).safeParse(rules);
  if (!checked.success) throw new TraceError(`rules: ${describeProblem(checked.error)}`);
  return foldSteps(new Map(Object.entries(checked.data)), steps).size;
}
