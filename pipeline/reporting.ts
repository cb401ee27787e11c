/**
 * The reports of a run: each step once, with the rules first seen in it and what a model was asked for it.
 *
 * @module
 */
import type { Rule } from "../learn/rules/rule.ts";
import type { Sinks, StepBody } from "../trace.ts";
import type { Questions } from "./questions.ts";

/** Steps in which a model may be asked. */
const ASKING: ReadonlySet<StepBody["type"]> = new Set(
  ["synthesis", "critique", "iteration", "audit", "refit", "failure"] as const,
);

/** Reports the steps of one run. */
export class Reporter {
  readonly #onStep: Sinks["onStep"];
  readonly #questions: Questions;
  readonly #definitions = new Map<string, Rule>();
  #steps = 0;

  /** A reporter to `onStep`, that has reported nothing yet. */
  constructor(questions: Questions, { onStep }: Pick<Sinks, "onStep">) {
    this.#questions = questions;
    this.#onStep = onStep;
  }

  /** Every rule of the reports so far, as first seen. */
  get definitions(): ReadonlyMap<string, Rule> {
    return this.#definitions;
  }

  /** Reports a step with those of `rules` that were never seen before; returns its index. */
  report(step: StepBody, rules: readonly Rule[]): number {
    const fresh: Rule[] = [];
    for (const rule of rules) {
      if (this.#definitions.has(rule.id)) continue;
      this.#definitions.set(rule.id, rule);
      fresh.push(rule);
    }
    const asked = ASKING.has(step.type) ? this.#questions.takeExchanges() : {};
    this.#onStep?.({ step: { ...step, ...asked } as StepBody, rules: fresh });
    return this.#steps++;
  }
}

/** Lists that have something in them; empty ones are left out of a step. */
export function listed<T extends Record<string, readonly unknown[]>>(lists: T): Partial<T> {
  const full = Object.entries(lists).filter(([, list]) => list.length > 0);
  return Object.fromEntries(full) as Partial<T>;
}
