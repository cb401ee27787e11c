/**
 * What synthesizers and coordinators say, as the record has it: quotes of examples replaced by ids.
 *
 * @module
 */
import type { AuditAction, Critique } from "../learn/coordinator.ts";
import type { Example } from "../learn/data/examples.ts";
import type { Refusal } from "../learn/rules/rule.ts";
import { createNameRedactor, createRedactor } from "../trace.ts";

/** An error as the record has it. */
export interface Failure {
  readonly name: string;
  readonly message: string;
}

/** Keeps document text out of what is reported. */
export class Redactor {
  readonly #redact: (message: string) => string;
  /**
   * The name of a rule, in which an example's whole text is replaced by its id. Shorter quotes stay, as a
   * rule's patterns have the same words.
   */
  readonly name: (name: string) => string;

  /** A redactor for quotes of `examples`. */
  constructor(examples: readonly Example[]) {
    this.#redact = createRedactor(examples);
    this.name = createNameRedactor(examples);
  }

  /**
   * Free text without quotes.
   *
   * @throws {TypeError} where it is no text
   */
  text(text: unknown): string {
    if (typeof text !== "string") throw new TypeError(`Got ${typeof text}, expected text`);
    return this.#redact(text);
  }

  /** Anything that was thrown. */
  failure(error: unknown): Failure {
    return this.error(error instanceof Error ? error : new Error(String(error)));
  }

  /** An error without quotes. */
  error({ name, message }: Failure): Failure {
    return { name: this.text(String(name)), message: this.text(String(message)) };
  }

  /**
   * A critique, with what belongs to one and nothing else.
   *
   * @throws {TypeError} where it is none
   */
  critique(
    { analysis, advice, error }: Critique,
  ): { analysis: string; advice: Advice[]; error?: Failure } {
    return {
      analysis: this.text(analysis),
      advice: advice.map(({ rule, text }) => ({
        ...(rule === undefined ? {} : { rule: this.text(rule) }),
        text: this.text(text),
      })),
      ...(error === undefined ? {} : { error: this.error(error) }),
    };
  }

  /** Refusals: their names and details repeat what was proposed. */
  refused(refused: readonly Refusal[]): Refusal[] {
    return refused.map(({ name, code, detail }) => ({
      name: this.text(name),
      code,
      detail: this.text(detail),
    }));
  }

  /** Actions of an audit. A skipped one may be about anything. */
  actions(actions: readonly AuditAction[]): AuditAction[] {
    return actions.map((action) => ({
      ...action,
      from: action.outcome === "applied" ? action.from : action.from.map((id) => this.text(id)),
      reason: this.text(action.reason),
    }));
  }
}

type Advice = { rule?: string; text: string };
