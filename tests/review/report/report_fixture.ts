/** Traces for the tests of the page: generated ones, and one that says whatever could do harm. */
import { type Exchange, exchangeId } from "../../../learn/chat/exchanges.ts";
import { createDataset } from "../../../learn/data/dataset.ts";
import type { ReportOptions } from "../../../review/report.ts";
import type { StepBody, Trace } from "../../../record/schema.ts";
import { generateScript, type ScriptOptions } from "../../record/generate_run.ts";
import { makeRule, makeScores, makeTrace, run } from "../../print/print_fixture.ts";

/** A random run as a trace, with the rule ids after each step. */
export function generateTrace(
  seed: number,
  options: ScriptOptions = {},
): { trace: Trace; sets: readonly (readonly string[])[] } {
  const script = generateScript(seed, options);
  const rules = new Map(
    script.reports.flatMap(({ rules }) => rules).map((rule) => [rule.id, rule]),
  );
  const trace = makeTrace(script.run, [...rules.values()], script.reports.map(({ step }) => step));
  return { trace, sets: script.sets.map((set) => set.map(({ id }) => id)) };
}

/** Texts that would be markup, end a script or turn the line around, if they were not taken as text. */
export const evil = {
  name: "<img src=x onerror=alert(1)>",
  pattern: String.raw`</script><script>alert(2)</script>`,
  label: `"><svg onload=alert(3)>`,
  comment: "<!-- <script>alert(4) ${alert(5)}",
  turned: "\u202egnirts\u2028\u2029",
};

const rule = makeRule(evil.name, evil.label, { patterns: [evil.pattern, evil.comment], weight: 2 });
const scores = makeScores("dev", 25, 5, 15);

const steps: readonly StepBody[] = [
  {
    type: "synthesis",
    proposed: 2,
    added: [rule.id],
    refused: [{ name: evil.name, code: "catch-all", detail: evil.pattern }],
    scores,
    exchanges: [evil.pattern],
  },
  {
    type: "critique",
    analysis: `${evil.comment}\n\n${evil.pattern}`,
    advice: [{ rule: evil.name, text: evil.turned }],
  },
  {
    type: "iteration",
    iteration: 1,
    failures: {
      count: 3,
      clusters: [
        { expected: evil.label, predicted: null, count: 3, examples: [evil.name], rules: [] },
      ],
    },
    guidance: evil.pattern,
    patch: { added: [], replaced: [], removed: [], refused: [] },
    verdict: "failed",
    error: { name: "Error", message: evil.comment },
    before: scores,
    after: scores,
    best: false,
  },
  { type: "failure", stage: evil.name, error: { name: "Error", message: evil.pattern } },
];

/** A failed run whose every free text is one of {@linkcode evil}. */
export const hostile: Trace = makeTrace(
  {
    ...run,
    status: "failed",
    dataset: { ...run.dataset, labels: [evil.label] },
    learner: { synthesizer: evil.name, coordinator: evil.comment, model: evil.pattern },
    config: { [evil.name]: evil.pattern, turned: evil.turned },
  },
  [rule],
  steps,
);

const messages = [{ role: "user" as const, content: "Say <yes>." }];

/** An exchange with a model. */
export const exchange: Exchange = {
  id: exchangeId({ model: "small" }, { messages }),
  purpose: "patch",
  prompt: "patch-1",
  model: "small",
  messages,
  response: "yes",
  usage: { promptTokens: 1_200, completionTokens: 34 },
  outcome: "parsed",
  metadata: {},
  took: 800,
};

/** What the hostile run was asked and replied, and examples that its rules get wrong. */
export const hostileTexts: Pick<ReportOptions, "data" | "tape"> = {
  data: {
    dataset: createDataset({
      name: "evil",
      examples: Object.values(evil).map((text) => ({ text, label: evil.label })),
    }),
  },
  tape: [{
    ...exchange,
    model: evil.name,
    messages: [{ role: "system", content: evil.pattern }],
    response: `${evil.comment}\n${evil.turned}`,
    outcome: "refused",
    why: evil.pattern,
    error: { name: evil.name, message: evil.pattern },
    finishReason: evil.label,
  }],
};

/** A run without a step. */
export const empty: Trace = makeTrace({ ...run, status: "running" }, [], []);
