/**
 * What a run tells synthesizers and coordinators, and what it holds their proposals to.
 *
 * @module
 */
import type { ExchangeSink } from "../learn/chat/exchanges.ts";
import type { Dataset } from "../learn/data/dataset.ts";
import type { Example } from "../learn/data/examples.ts";
import type { DecisionOptions } from "../learn/rules/decisions.ts";
import type { Rule } from "../learn/rules/rule.ts";
import type { Feedback, SynthesisTask } from "../learn/synthesizer.ts";
import { quote } from "../learn/text/quoting.ts";
import type { Breathe } from "../learn/text/slices.ts";
import { createQuoteFinder, type FindQuote } from "../record/quotes.ts";
import { createNameRedactor } from "../trace.ts";
import type { ChangeContext } from "./changes.ts";
import type { Settings } from "./options.ts";

/** Describes what is learned, and with which options. */
export function describeTask(
  { name, task, labels }: Dataset,
  settings: Settings,
  options: DecisionOptions & { readonly margin: number },
  { given, withheld, breathe, exchanges }: {
    readonly given: ReadonlySet<string>;
    readonly withheld: ReadonlySet<string>;
    readonly breathe: Breathe;
    readonly exchanges: ExchangeSink;
  },
): SynthesisTask {
  const { match, seed, maxRules, within, minSupport, signal, feedback, playbook } = settings;
  return {
    name,
    task,
    labels,
    ...options,
    match,
    seed,
    maxRules,
    within,
    minSupport,
    withheld,
    signal,
    breathe,
    given,
    corrections: new Set(settings.corrections),
    feedback,
    ...(playbook && !playbook.baseline && { playbook: playbook.entries }),
    exchanges,
  };
}

/** What patches, audits and reports depend on. */
export interface RunContexts {
  readonly patches: ChangeContext;
  readonly audits: ChangeContext;
  /** Finds quotes in what is reported; missing if nobody may quote but by words that several examples share. */
  readonly findQuote?: FindQuote;
}

/**
 * Creates what changes to the rules depend on. `definitions` may grow.
 *
 * @param dataset the labels, and the examples that can be quoted: those that the run learns from and decides on
 * @throws {RangeError} if feedback quotes an example, or is about a label that there is not
 */
export function createContexts(
  dataset: Pick<Dataset, "labels"> & { readonly examples: readonly Example[] },
  { test, minSupport, synthesizer, coordinator, feedback }: Settings,
  definitions: ReadonlyMap<string, Rule>,
  withheld: ReadonlySet<string>,
): RunContexts {
  const examples = [...dataset.examples, ...test?.examples ?? []];
  const findQuote = createQuoteFinder(examples, Math.max(2, minSupport));
  const labels = new Set(dataset.labels);
  requireOwnWords(feedback, labels, findQuote);
  const shared = { labels, definitions, rename: createNameRedactor(examples), withheld };
  return {
    patches: { ...shared, ...(!synthesizer.mayQuote && { findQuote }) },
    audits: { ...shared, ...(!coordinator.mayQuote && { findQuote }) },
    ...(!(synthesizer.mayQuote && coordinator.mayQuote) && { findQuote }),
  };
}

/** Throws if feedback, which the trace has, quotes an example. */
function requireOwnWords(
  feedback: readonly Feedback[],
  labels: ReadonlySet<string>,
  findQuote: FindQuote,
): void {
  feedback.forEach(({ text, label, rule = "" }, index) => {
    const place = `Feedback ${index + 1}`;
    if (label !== undefined && !labels.has(label)) {
      throw new RangeError(
        `${place} is about ${quote(label)}, which is not a label of the data set`,
      );
    }
    const quoted = findQuote([text, rule]);
    if (quoted === undefined) return;
    throw new RangeError(
      `${place} has 20 characters or more of the example ${
        quote(quoted)
      } in a row, expected other ` +
        "words: the trace has the feedback, and no text of an example",
    );
  });
}
