// deno-lint-ignore-file no-explicit-any -- what is changed is a trace that no longer holds
/**
 * Ways to change a trace so that its digests still fit, for tests of refusals.
 *
 * @module
 */
import { createRule, type Rule, ruleId } from "../../../learn/rules/rule.ts";
import { rulesAt, type Scores, type Step, type Trace } from "../../../mod.ts";
import { chain } from "../forging.ts";

/** A copy of a trace, to be changed. */
export interface Draft {
  readonly run: any;
  rules: Record<string, any>;
  steps: any[];
}

/** A change after which a trace tells what no run can have done. */
export interface Corruption {
  readonly name: string;
  /** A part of the message of the refusal. */
  readonly refusal: string | RegExp;
  /** Changes a draft; returns false if it has nothing to change. */
  readonly apply: (draft: Draft) => unknown;
}

/** Traces as JSON: to read that is the fastest way to copy one, and each is copied for each corruption. */
const written = new WeakMap<Trace, string>();

/** Returns a changed trace with all digests made anew; `undefined` if there is nothing to change. */
export function corrupt(trace: Trace, { apply }: Corruption): Trace | undefined {
  const json = written.get(trace) ?? JSON.stringify(trace);
  written.set(trace, json);
  const draft: Draft = JSON.parse(json);
  if (apply(draft) === false) return undefined;
  const steps = draft.steps.map((step, index) => ({ ...step, index }));
  // As it would be read: without undefined members.
  return chain(JSON.parse(JSON.stringify({ ...draft, steps })));
}

/** A corruption of the first step of a type that meets a condition. */
export function inStep(
  type: Step["type"],
  name: string,
  refusal: string | RegExp,
  meets: (step: any, draft: Draft) => unknown,
  change: (step: any, draft: Draft) => unknown,
): Corruption {
  return {
    name: `${type}: ${name}`,
    refusal,
    apply(draft) {
      const step = draft.steps.find((step) => step.type === type && meets(step, draft));
      return step === undefined ? false : change(step, draft);
    },
  };
}

/** A corruption of the run. */
export function inRun(
  name: string,
  refusal: string | RegExp,
  change: (run: any, draft: Draft) => unknown,
): Corruption {
  return { name: `run: ${name}`, refusal, apply: (draft) => change(draft.run, draft) };
}

/** A corruption that puts a step after the last one of a type. */
export function afterLast(
  type: Step["type"],
  name: string,
  refusal: string | RegExp,
  make: (last: any, draft: Draft) => any,
): Corruption {
  return {
    name: `after ${type}: ${name}`,
    refusal,
    apply(draft) {
      const place = draft.steps.findLastIndex((step) => step.type === type);
      const made = place === -1 ? undefined : make(draft.steps[place], draft);
      if (made === undefined) return false;
      const { at, digest } = draft.steps[place];
      draft.steps.splice(place + 1, 0, { index: 0, at, took: 0, digest, ...made });
    },
  };
}

/** Takes a step out; returns false if there is none. */
export function dropStep(draft: Draft, meets: (step: any) => unknown): false | undefined {
  const place = draft.steps.findIndex(meets);
  if (place === -1) return false;
  draft.steps.splice(place, 1);
}

/** Scores with other counts that add up. */
export function count(scores: Scores, change: Partial<Pick<Scores, "tp" | "fp" | "fn">>): Scores {
  const { tp, fp, fn } = { ...scores, ...change };
  const ratio = (part: number, whole: number) => whole === 0 ? 0 : part / whole;
  const f1 = ratio(2 * tp, 2 * tp + fp + fn);
  const isWhole = fp + fn === 0;
  return {
    ...scores,
    tp,
    fp,
    fn,
    precision: ratio(tp, tp + fp),
    recall: ratio(tp, tp + fn),
    f1,
    macroF1: f1,
    exact: isWhole ? 1 : scores.exact,
  };
}

/** Scores of labels with one correct example less; `undefined` if there is none. */
export function worse(draft: Draft, scores: Scores): Scores | undefined {
  if (!isLabelled(draft) || scores.tp === 0) return undefined;
  const { tp, fp, fn, examples } = scores;
  return { ...count(scores, { tp: tp - 1, fp: fp + 1, fn: fn + 1 }), exact: (tp - 1) / examples };
}

/** Scores of labels with one correct example more; `undefined` if all are. */
export function better(draft: Draft, scores: Scores): Scores | undefined {
  if (!isLabelled(draft) || scores.fn === 0) return undefined;
  const { tp, fp, fn, examples } = scores;
  const left = { tp: tp + 1, fp: Math.max(0, fp - 1), fn: fn - 1 };
  return { ...count(scores, left), exact: (tp + 1) / examples };
}

/** Tells whether a trace is of classification. */
export function isLabelled({ run }: Draft): boolean {
  return run.dataset.task === "classification";
}

/** Changes what a rule matches, and its id wherever it is named. */
export function changeRule(draft: Draft, change: (rule: any) => object | undefined): false | void {
  for (const [id, rule] of Object.entries(draft.rules)) {
    const changes = change(rule);
    if (changes === undefined) continue;
    const next = ruleId({ ...rule, ...changes });
    const renamed = JSON.parse(JSON.stringify(draft).replaceAll(id, next));
    draft.rules = { ...renamed.rules, [next]: { ...renamed.rules[next], ...changes } };
    draft.steps = renamed.steps;
    return;
  }
  return false;
}

/** A rule that is not in a trace. */
export const stranger = (label: string): Rule =>
  createRule({ name: "stranger", label, patterns: ["stranger"] });

/** The rules before a step. */
export function rulesBefore(draft: Draft, step: object): readonly Rule[] {
  const place = draft.steps.indexOf(step as any);
  return place === 0 ? [] : rulesAt(draft as unknown as Trace, place - 1);
}
