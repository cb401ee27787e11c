/**
 * Small data sets, stubs of synthesizers and coordinators, and recorded runs, for tests.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import type { AuditProposal, Coordinator } from "../../learn/coordinator.ts";
import type { DatasetInput } from "../../learn/data/dataset.ts";
import { createRule, type Proposal, type Rule } from "../../learn/rules/rule.ts";
import { SAME_MATCHES } from "../../learn/score/matches.ts";
import type { Patch, PatchState, RefitState, Synthesizer } from "../../learn/synthesizer.ts";
import { type LearnOptions, type LearnResult, learnRules } from "../../pipeline.ts";
import { runPipeline } from "../../pipeline/script.ts";
import { UsageError } from "../../script/script.ts";
import {
  readTrace,
  type Recorded,
  type Step,
  type StepOf,
  type Trace,
  withTrace,
} from "../../trace.ts";

/** A data set of texts with labels. */
type Labelled = Omit<DatasetInput, "examples"> & {
  readonly examples: readonly { readonly text: string; readonly label: string }[];
};

/** Ten examples, too few to hold any out: decisions are made on train. */
export const few: Labelled = {
  name: "few",
  examples: [
    ...["one", "two", "three", "four"].map((word) => ({ text: `card ${word}`, label: "card" })),
    ...["one", "two", "three", "four"].map((word) => ({ text: `rate ${word}`, label: "rate" })),
    ...["one", "two"].map((word) => ({ text: `fee ${word}`, label: "fee" })),
  ],
};
/** Thirty examples, of which six are held out. */
export const many: Labelled = {
  name: "many",
  examples: ["card", "fee", "rate"].flatMap((label) =>
    Array.from({ length: 10 }, (_, place) => ({
      id: `${label}-${place}`,
      text: `${label} ${"abcdefghij"[place]}`,
      label,
    }))
  ),
};

/** A data set of which each example is there so often that rules for it match enough to be compared. */
export function repeat<T extends { readonly examples: readonly object[] }>(dataset: T): T {
  const examples = Array.from(
    { length: SAME_MATCHES },
    (_, time) =>
      dataset.examples.map((example, place) => ({ ...example, id: `r${place}-${time}` })),
  ).flat();
  return { ...dataset, examples };
}

/** A proposal whose name is `label/pattern`. */
export function propose(
  label: string,
  pattern = label,
  changes: Partial<Proposal> = {},
): Proposal {
  return { name: `${label}/${pattern}`, label, patterns: [pattern], ...changes };
}

/** Rules that predict every label correctly. */
export const [card, rate, fee] = ["card", "rate", "fee"].map((label) => propose(label));
export const all = [card, rate, fee];

/** The id of the rule that a proposal becomes. */
export function idOf(proposal: Proposal): string {
  return createRule(proposal).id;
}

/** An answer of a stub; it throws errors. */
export type Answer = Patch | Error | ((state: PatchState) => Patch | Promise<Patch>);

/** A synthesizer that gives these answers in turn, and then empty patches. */
export function stub(first: Patch | Error, ...answers: Answer[]): Synthesizer {
  return {
    name: "stub",
    synthesize() {
      if (first instanceof Error) throw first;
      return first;
    },
    patch(state) {
      const answer = answers[state.iteration - 1] ?? {};
      if (answer instanceof Error) throw answer;
      return typeof answer === "function" ? answer(state) : answer;
    },
  };
}

/** A coordinator with these methods and no others. */
export const silent = (methods: Omit<Coordinator, "name"> = {}): Coordinator => ({
  name: "silent",
  ...methods,
});

/** A coordinator that audits in one phase. */
export function auditing(
  audit: (rules: readonly Rule[]) => AuditProposal[],
  phase = "final",
): Coordinator {
  return silent({ audit: (state) => state.phase === phase ? audit(state.rules) : undefined });
}

/** Runs with a folder of its own. */
export async function inFolder<T>(run: (storage: string) => Promise<T>): Promise<T> {
  const storage = await Deno.makeTempDir();
  try {
    return await run(storage);
  } finally {
    await Deno.remove(storage, { recursive: true });
  }
}

/** Learns with a record, and checks that what is written is that record and holds. */
export function learn(
  options: LearnOptions,
  dataset: DatasetInput = few,
): Promise<LearnResult & Recorded> {
  return inFolder(async (storage) => {
    const learned = await withTrace(learnRules, { storage })(dataset, {
      coordinator: silent(),
      ...options,
    });
    assertEquals(await readTrace(learned.path), learned.trace);
    return learned;
  });
}

/** Runs a learner that fails; returns its error and the trace that it leaves. */
export function fail(
  options: LearnOptions,
  dataset: DatasetInput = few,
): Promise<{ error: unknown; trace: Trace }> {
  return inFolder(async (storage) => {
    const run = withTrace(learnRules, { storage })(dataset, { coordinator: silent(), ...options });
    const error = await run.then(
      () => assert(false, "expected the run to be rejected"),
      (error: unknown) => error,
    );
    return { error, trace: await readTrace(join(storage, `${dataset.name}.trace.json`)) };
  });
}

/** The steps of a trace by type, in order. */
export function types({ steps }: Trace): Step["type"][] {
  return steps.map(({ type }) => type);
}

/** The steps of one type. */
export function stepsOf<T extends Step["type"]>({ steps }: Trace, type: T): StepOf<T>[] {
  return steps.filter((step): step is StepOf<T> => step.type === type);
}

/** The names of rules, in order. */
export function names(rules: readonly Rule[]): string[] {
  return rules.map(({ name }) => name);
}

/** A rule that matches examples of its label and of others. */
export const wide = propose("card", "two|fee", { weight: 0.5 });
export const lone = propose("card", "card one");

/** A synthesizer that refits by this function. */
export const refitting = (
  refit: (state: RefitState) => Patch,
  first: Patch = { added: all },
): Synthesizer => ({
  ...stub(first),
  refit,
});

/**
 * Checks that the script refuses arguments with an error of one line. Paths that end in `.json` or
 * `.jsonl` are taken from `folder`.
 *
 * @param kind whether it is a usage error
 */
export async function refuseArguments(
  args: readonly string[],
  folder: string,
  message: string,
  kind: "usage" | "other",
): Promise<void> {
  const found = args.map((arg) => /\.jsonl?$/.test(arg) ? join(folder, arg) : arg);
  const error = await assertRejects(() => runPipeline(found, learnRules), Error, message);
  assertEquals(error instanceof UsageError, kind === "usage", error.message);
  assert(!error.message.includes("\n"), error.message);
}
