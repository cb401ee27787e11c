/** Runs for the tests of comparing. */
import type { DatasetInput } from "../../../learn/data/dataset.ts";
import { createRule, type Rule } from "../../../learn/rules/rule.ts";
import { type LearnOptions, learnRules } from "../../../pipeline.ts";
import type { Run, StepBody, Trace } from "../../../record/schema.ts";
import { withTrace } from "../../../trace.ts";
import { inFolder, many, propose, silent, stub } from "../../pipeline/fixture.ts";
import { bodies, completed, makeScores, makeTrace, run } from "../../print/print_fixture.ts";

/** Learns with a record that is kept nowhere. */
export function learn(dataset: DatasetInput, options: LearnOptions = {}): Promise<Trace> {
  return inFolder(async (storage) =>
    (await withTrace(learnRules, { storage })(dataset, options)).trace
  );
}

/** The rules of the fixture. */
export const rules = Object.values(completed.rules);

/** The run of the fixture with some of its steps, fields or settings changed. */
export function variant(
  changes: {
    readonly steps?: (steps: StepBody[]) => readonly StepBody[];
    readonly run?: Partial<Run>;
    readonly more?: readonly Rule[];
  },
): Trace {
  const steps = changes.steps?.([...bodies]) ?? bodies;
  return makeTrace({ ...run, ...changes.run }, [...rules, ...changes.more ?? []], steps);
}

/** The fixture with the fields of one step changed. */
export function withStep(
  index: number,
  fields: Record<string, unknown>,
  more: readonly Rule[] = [],
): Trace {
  return variant({
    steps: (steps) => steps.with(index, { ...steps[index], ...fields } as StepBody),
    more,
  });
}

/** Two runs on `many`: the second loses one rule, gains another, and writes one in another way. */
export async function twoRuns(): Promise<[Trace, Trace]> {
  const first = [propose("card"), propose("rate"), propose("fee", "fee [abc]")];
  const second = [propose("card"), propose("fee", "fee"), propose("rate", "rates?", { name: "r" })];
  const learnFrom = (added: ReturnType<typeof propose>[]) =>
    learn(many, { synthesizer: stub({ added }), coordinator: silent(), refit: false });
  return [await learnFrom(first), await learnFrom(second)];
}

/** Names as an enemy would choose them. */
export const hostile = [
  "<img src=x onerror=alert(1)>",
  "</title><script>alert(1)</script>",
  `" onmouseover="alert(1)`,
  "\u001b[2J\u202egnp",
  "日本語の長い名前".repeat(8),
];

/** Two traces with hostile names, labels and patterns everywhere. */
export function hostileTraces(): [Trace, Trace] {
  const traces = [0, 1].map((side) => {
    const rules = hostile.map((name, place) =>
      createRule({
        name,
        label: hostile[(place + 1) % hostile.length],
        patterns: [`x${side === 0 ? place : place + 2}</script><b>`],
        weight: side + 1,
      })
    );
    const ids = rules.map(({ id }) => id);
    const scores = makeScores("dev", 30 - 5 * side, 5, 10 + 5 * side);
    return makeTrace(
      {
        ...run,
        id: `run-${side}`,
        dataset: { ...run.dataset, labels: hostile },
        learner: { synthesizer: hostile[side], coordinator: hostile[2] },
        config: { [hostile[0]]: hostile[side], margin: side },
      },
      rules,
      [
        { type: "synthesis", proposed: 5, added: ids, refused: [], scores },
        { type: "final", rules: ids, scores: { dev: scores }, stop: "stale" },
      ],
    );
  });
  return [traces[0], traces[1]];
}
