/**
 * Checks of what steps say of the second model of their run: that there is one, that it was asked, and why.
 *
 * @module
 */
import { isRecord, own } from "../../learn/text/json.ts";
import { quote } from "../../learn/text/quoting.ts";
import type { ProposedFields, Run, StepBody } from "../schema.ts";

/** Checks the steps of a run of the LLM synthesizer; what another one does with models is not known. */
export class EscalationChecker {
  readonly #isKnown: boolean;
  /** The second model; missing if the run has none. */
  readonly #second?: unknown;
  readonly #labels: ReadonlySet<string>;
  /** Whether the last patch was not accepted. */
  #isRejected = false;

  /** A checker of a run, whether or not it has a second model. */
  constructor({ dataset, learner, config: { synthesizer } }: Run) {
    this.#isKnown = learner.synthesizer === "llm";
    this.#second = isRecord(synthesizer) ? own(synthesizer, "escalateTo") : undefined;
    this.#labels = new Set(dataset.labels);
  }

  /** Returns what is wrong with what a step says. */
  findProblem(step: StepBody): string | undefined {
    const isRejected = this.#isRejected;
    if (step.type === "iteration") this.#isRejected = step.verdict !== "accepted";
    const { escalated = [], exchanges = [] } = step as ProposedFields;
    if (!this.#isKnown || escalated.length === 0) return undefined;
    if (this.#second === undefined) return "names a second model, but the run has none";
    const other = escalated.find(({ to }) => to !== this.#second);
    if (other !== undefined) {
      return `asks ${quote(other.to)}, which is not the second model of the run`;
    }
    const labels = escalated.flatMap(({ label }) => label ?? []);
    const isPatch = step.type === "iteration";
    const stray = labels.find((label) => isPatch || !this.#labels.has(label));
    if (stray !== undefined) return `asks a second model for rules for ${quote(stray)}`;
    // Only requests for the rules of one label each are several.
    const isTwice = escalated.length > 1 && new Set(labels).size < escalated.length;
    if (isTwice) return "asks a second model twice for the same";
    // Before a reply that does not pass the gate goes to the second model, the first one gave it.
    const asked = escalated.length + escalated.filter(({ reason }) => reason === "gate").length;
    if (exchanges.length < asked) {
      return `names ${exchanges.length} exchanges, but asks models ${asked} times`;
    }
    const isTold = escalated.some(({ reason }) => reason === "rejected");
    return isTold && !(isPatch && isRejected)
      ? "asks a second model because of the patch before, which was not rejected"
      : undefined;
  }
}
