/**
 * The corrections of a run: which of them its rules get right, from step to step.
 *
 * @module
 */
import type { DecisionOptions } from "../learn/rules/decisions.ts";
import type { Rule } from "../learn/rules/rule.ts";
import type { Matches } from "../learn/score/matches.ts";
import { findOutcomes } from "../learn/score/outcomes.ts";
import type { CorrectedFields } from "../trace.ts";
import { withoutEmpty } from "./changes.ts";

/** Follows the corrections of a run. */
export class Corrections {
  readonly #ids: readonly string[];
  readonly #matches: Matches;
  readonly #options: DecisionOptions;
  #right: ReadonlySet<string> = new Set();

  /** Follows the examples of `matches` that have one of the ids, none of which is right at first. */
  constructor(ids: readonly string[], matches: Matches, options: DecisionOptions) {
    this.#ids = ids;
    this.#matches = matches;
    this.#options = options;
  }

  /** Returns what `rules` change, and goes on from them. An example with spans is right if all of them are. */
  advance(rules: readonly Rule[]): CorrectedFields {
    if (this.#ids.length === 0) return {};
    const outcomes = findOutcomes(this.#matches, rules, this.#options);
    const wrong = new Set(
      outcomes.filter(({ gold, predicted }) => gold !== predicted)
        .map(({ example }) => this.#matches.examples[example].id),
    );
    const before = this.#right;
    const after = new Set(this.#ids.filter((id) => !wrong.has(id)));
    this.#right = after;
    return withoutEmpty({
      mended: this.#ids.filter((id) => after.has(id) && !before.has(id)),
      broken: this.#ids.filter((id) => before.has(id) && !after.has(id)),
    });
  }

  /** Returns the ids of those that the rules get wrong; nothing if the run has no corrections. */
  findWrong(): { readonly wrong?: readonly string[] } {
    if (this.#ids.length === 0) return {};
    return { wrong: this.#ids.filter((id) => !this.#right.has(id)) };
  }
}
