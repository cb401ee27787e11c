/**
 * What a list of runs says of one: read from its trace without doing all that reading a trace does.
 *
 * Checked is what the list shows: the shape of the run and of the steps that its scores are taken from,
 * and by their digests that they and the rules are as they were written. The steps before those are not
 * looked at, and nothing is recomputed; `readTrace` does all that, at several times the time.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { isRecord, parseJson } from "../../learn/text/json.ts";
import { Rule } from "../../learn/rules/rule.ts";
import type { Split } from "../../learn/score/scoring.ts";
import { runDigest, stepDigest, traceDigest } from "../../record/chain.ts";
import { describeProblem, TraceError } from "../../record/error.ts";
import { decodeTrace } from "../../record/files.ts";
import { foldSteps } from "../../record/fold.ts";
import { checkVersion, isJournal, parseJournal } from "../../record/journal.ts";
import { type KnownScores, Run, Step, type Trace } from "../../record/schema.ts";
import { endScores } from "../scores.ts";
import { groundsOf } from "../scores.ts";
import type { Grounds } from "../scores.ts";

/** One run, from its trace. */
export interface Summary {
  readonly run: Run;
  /** Digest of the trace. */
  readonly digest: string;
  /** How many rules it ended with. */
  readonly rules: number;
  readonly scores: Partial<Record<Split, KnownScores>>;
  readonly grounds: Grounds;
}

/**
 * Summarises the trace or journal that a file holds.
 *
 * @param source what errors call it: `Cannot read <source>: …`
 * @throws {SyntaxError | RangeError} where it is not JSON in UTF-8
 * @throws {TraceError} where it is no trace, of a newer format version, or was changed
 */
export function summarise(bytes: Uint8Array, source: string): Summary {
  if (bytes.length === 0) throw new SyntaxError(`Cannot read ${source}: it is empty`);
  const text = decodeTrace(bytes, source);
  const outline = isJournal(text)
    ? { ...parseJournal(text, source), first: 0 }
    : parseOutline(text, source);
  checkChain(outline, source);
  return {
    run: outline.run,
    digest: outline.digest,
    rules: countRules(outline, source),
    scores: endScores(outline.steps),
    grounds: groundsOf(outline.run),
  };
}

/** A trace of which rules, and steps before `first`, were not looked at. */
interface Outline extends Pick<Trace, "run" | "digest" | "rules"> {
  /** The steps from `first` on. */
  readonly steps: readonly Step[];
  readonly first: number;
  /** Digest of the step before `first`, where there is one. */
  readonly previous?: string;
}

const Outlined = z.object({ run: Run, steps: z.array(z.unknown()), digest: z.string() });

function parseOutline(text: string, source: string): Outline {
  const fail = (message: string, step?: number) =>
    new TraceError(`Cannot read ${source}: ${message}`, step);
  if (text.trim() === "") throw new SyntaxError(`Cannot read ${source}: it is empty`);
  const document = parseJson(text, source);
  if (!isRecord(document) || document.format !== "ruletrace") {
    throw fail('it is no trace: expected "format": "ruletrace"');
  }
  checkVersion(document.version, source);
  const parsed = Outlined.safeParse(document);
  if (!parsed.success) throw fail(describeProblem(parsed.error));
  if (!isRecord(document.rules)) throw fail("field rules: expected an object");
  const { run, steps, digest } = parsed.data;
  const first = run.status === "completed" ? findScored(steps) : 0;
  const last = steps.slice(first).map((step, place) => {
    const checked = Step.safeParse(step);
    if (checked.success) return checked.data;
    throw fail(`step ${first + place}: ${describeProblem(checked.error)}`, first + place);
  });
  const before = steps.at(first - 1);
  const previous = first > 0 && isRecord(before) ? String(before.digest) : undefined;
  const rules = document.rules as Trace["rules"];
  return { run, digest, rules, steps: last, first, ...(previous !== undefined && { previous }) };
}

/** Types of steps that say no score of the rules they leave. */
const UNSCORED: readonly unknown[] = ["critique", "final", "failure"];

/** The last step that says how the rules did before a refit, or at the end where there was none. */
function findScored(steps: readonly unknown[]): number {
  const types = steps.map((step) => isRecord(step) ? step.type : undefined);
  const refit = types.lastIndexOf("refit");
  const decided = refit === -1 ? types : types.slice(0, refit);
  return Math.max(0, decided.findLastIndex((type) => !UNSCORED.includes(type)));
}

function checkChain(
  { run, rules, steps, digest, first, previous }: Outline,
  source: string,
): void {
  const fail = (message: string, step?: number): never => {
    throw new TraceError(`Cannot read ${source}: ${message}`, step);
  };
  const inputs = runDigest(run);
  let last = previous ?? inputs;
  for (const [place, step] of steps.entries()) {
    const index = first + place;
    last = stepDigest(last, step);
    if (step.index !== index || step.digest !== last) {
      fail(`step ${index} does not fit its digest: it or what is before it was changed`, index);
    }
  }
  if (traceDigest(inputs, rules, last) !== digest) {
    fail("its digest fits other rules or other steps: some were changed or lost");
  }
  const end = steps.at(-1)?.type;
  const wanted = {
    completed: "final",
    failed: "failure",
    aborted: "failure",
    running: end,
    unknown: end,
  };
  if (end !== wanted[run.status]) {
    fail(
      `the run is ${run.status}, but ${
        end === undefined ? "has no step" : `ends in a ${end} step`
      }`,
    );
  }
}

/** A completed run lists its rules; those of any other follow from its steps. */
function countRules({ rules, steps }: Outline, source: string): number {
  const final = steps.at(-1);
  if (final?.type === "final") return final.rules.length;
  const checked = z.record(z.string(), Rule).safeParse(rules);
  if (!checked.success) {
    throw new TraceError(`Cannot read ${source}: rules: ${describeProblem(checked.error)}`);
  }
  try {
    return foldSteps(new Map(Object.entries(checked.data)), steps).size;
  } catch (cause) {
    if (!(cause instanceof TraceError)) throw cause;
    throw new TraceError(`Cannot read ${source}: ${cause.message}`, cause.step, { cause });
  }
}
