/**
 * Checks of what steps say of the playbook of their run: that its rules are told apart from others, and that nothing
 * comes from elsewhere; and of how a model was asked.
 *
 * @module
 */
import { entryId, findTaken, startingRules } from "../../learn/rules/playbook.ts";
import { getOrCreate } from "../../learn/text/maps.ts";
import { quote } from "../../learn/text/quoting.ts";
import { TraceError } from "../error.ts";
import {
  FORMAT_VERSION,
  type ProposedFields,
  type Run,
  type StepBody,
  type Trace,
} from "../schema.ts";
import { EscalationChecker } from "./escalation_checks.ts";

/** Checks the steps of a run against its playbook. */
export class PlaybookChecker {
  readonly #entries: NonNullable<Run["playbook"]>["entries"];
  readonly #labels: ReadonlySet<string | null>;
  /** Ids of the entries; missing if the run has no playbook, or is a baseline. */
  readonly #ids?: ReadonlySet<string>;
  readonly #version: Trace["version"];
  /** The names of the models asked, which are shown entries too. */
  readonly #models: string | undefined;
  /** Whether each patch is asked of a model that is shown entries. */
  readonly #isShown: boolean;
  readonly #escalation: EscalationChecker;

  /**
   * A checker of a run, whether or not it has a playbook.
   *
   * @throws {TraceError} if what is said of the playbook contradicts itself
   */
  constructor(run: Run, version: Trace["version"]) {
    const { dataset, playbook, origin, learner } = run;
    const { entries = [], baseline } = playbook ?? {};
    this.#version = version;
    this.#labels = new Set(dataset.labels);
    this.#models = learner.model;
    this.#entries = entries;
    this.#isShown = learner.synthesizer === "llm";
    this.#escalation = new EscalationChecker(run);
    if (playbook === undefined) return;
    const other = entries.find(({ task }) => task !== dataset.task);
    const problem = version < FORMAT_VERSION
      ? `has a playbook, which format version ${version} does not have`
      : origin !== undefined
      ? "was imported, but has a playbook"
      : other !== undefined
      ? `has an entry for ${other.task} in its playbook, expected ${dataset.task}`
      : baseline && entries.length > 0
      ? "is a baseline, but has entries of its playbook"
      : undefined;
    if (problem !== undefined) throw new TraceError(`the run ${problem}`);
    if (!baseline) this.#ids = new Set(entries.map(entryId));
  }

  /** Returns what is wrong with what a step says. */
  findProblem(step: StepBody): string | undefined {
    const { playbook: named, escalated } = step as ProposedFields;
    if (escalated !== undefined && this.#version < FORMAT_VERSION) {
      return `names a second model, which format version ${this.#version} does not have`;
    }
    const problem = this.#escalation.findProblem(step);
    if (problem !== undefined) return problem;
    const unasked = escalated?.find(({ to }) => !`, ${this.#models ?? ""}, `.includes(`, ${to}, `));
    if (unasked !== undefined) {
      return `went to ${quote(unasked.to)}, which is not a model of the run`;
    }
    if (this.#ids === undefined) {
      return named && "names entries of a playbook, but the run uses none";
    }
    if (named !== undefined && new Set(named).size < named.length) {
      return "names an entry of the playbook twice";
    }
    const stray = named?.find((id) => !this.#ids!.has(id));
    if (stray !== undefined) return `names ${quote(stray)}, which is not an entry of the playbook`;
    const isSilent = step.type === "iteration" && named === undefined && step.error === undefined;
    if (isSilent && this.#isShown) return "does not say what a model was shown of the playbook";
    const isStart = step.type === "synthesis";
    if (isStart && named === undefined) {
      return "does not say what it took from the playbook of the run";
    }
    const taken = isStart ? findTaken(this.#entries, new Set(step.start)) : [];
    const missing = taken.find((id) => !named!.includes(id));
    if (missing !== undefined) {
      return `begins with a rule of ${missing} of the playbook, but does not name it`;
    }
    const lost = isStart ? this.#findLost(step) : undefined;
    if (lost !== undefined) {
      return `neither begins with the rule ${quote(lost)} of the playbook nor refuses it`;
    }
    const other = this.#models !== undefined ? undefined : named?.find((id) => !taken.includes(id));
    return other &&
      `names ${other} of the playbook, but begins with no rule of it, and asks no model`;
  }

  /** Returns the name of a rule about a label of the run that it neither began with nor left out. */
  #findLost({ start, refused }: StepBody & { readonly type: "synthesis" }): string | undefined {
    const began = new Set(start);
    const left = new Set(refused.map(({ name }) => name));
    // Of rules that match the same, one is refused for all.
    const names = new Map<string, string[]>();
    for (const entry of this.#entries) {
      if (!this.#labels.has(entry.failure.expected)) continue;
      for (const [id, { name }] of startingRules(entry)) {
        if (!began.has(id)) getOrCreate(names, id, () => []).push(name.toWellFormed());
      }
    }
    return names.values().find((alike) => !alike.some((name) => left.has(name)))?.[0];
  }
}
