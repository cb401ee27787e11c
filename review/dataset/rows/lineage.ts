/**
 * Where rows come from, and which examples a prompt shows.
 *
 * @module
 */
import type { Message } from "../../../learn/chat/client.ts";
import type { Example } from "../../../learn/data/examples.ts";
import { digest } from "../../../learn/text/digest.ts";
import type { Step } from "../../../trace.ts";
import type { Evidence, EvidenceSource, ReplyEvidence } from "../../evidence/format.ts";
import type { ExchangeForm } from "../../evidence/forms.ts";
import type {
  LineageSource,
  QuarantinedRow,
  QuarantineReason,
  RowKind,
  ShownText,
  TrainingRow,
} from "../format.ts";

/** The rows of a kind that could be made, and those that could not. */
export interface MadeRows {
  /** Those that could be made. */
  readonly rows: readonly TrainingRow[];
  /** Those that could not. */
  readonly quarantined: readonly QuarantinedRow[];
}

/** Says where a row of one judged proposal comes from. */
export function sourceOfEvidence(evidence: Evidence): LineageSource {
  const { id, trace, step, stepDigest, dataset, judgement, reason } = evidence;
  return {
    ...{ trace, step, stepDigest, dataset, evidence: id, judgement, reason },
    ...(evidence.exchange !== undefined && { exchange: evidence.exchange }),
    ...("response" in evidence && { response: evidence.response }),
  };
}

/** Says where a row comes from that is of a step, or of the rules at the end. */
export function sourceOfStep(
  { trace }: Pick<EvidenceSource, "trace">,
  step?: Step,
): LineageSource {
  return {
    trace: trace.digest,
    ...(step && { step: step.index, stepDigest: step.digest }),
    dataset: trace.run.dataset.digest ?? "",
  };
}

/** Names the held-out examples that decided on a run's rules; nothing if it held out none. A log does not name them. */
export function taintOf({ trace }: Pick<EvidenceSource, "trace">): Pick<TrainingRow, "tainted"> {
  const { split: { dev }, origin } = trace.run;
  if (origin !== undefined && dev.length === 0) return { tainted: "dev unknown" };
  return dev.length === 0 ? {} : { tainted: `dev ${digest([...dev].sort())}` };
}

/** Tells whether a proposal is accepted, at least partially. */
export function isGood({ judgement }: Pick<Evidence, "judgement">): boolean {
  return judgement === "accepted" || judgement === "partially_accepted";
}

/** Tells whether a rule may be taught: it is good, and was right on a held-out example if there are any. */
export function isTaught(evidence: Pick<Evidence, "judgement" | "reason">): boolean {
  return isGood(evidence) && evidence.reason !== "no-true-positive";
}

/** Leaves out a row. */
export function leaveOut(
  kind: RowKind,
  reason: QuarantineReason,
  sources: readonly LineageSource[],
  detail?: string,
  shown: readonly ShownText[] = [],
): QuarantinedRow {
  return {
    kind,
    reason,
    ...(detail !== undefined && { detail }),
    sources,
    shown: shown.map(({ id }) => id),
  };
}

/** Leaves out a row of one reply, for the reason that lies nearest to how it is judged. */
export function leaveOutReply(kind: RowKind, evidence: ReplyEvidence): QuarantinedRow {
  const { judgement, reason } = evidence;
  const why = reason === "run-not-completed" ? reason : "category";
  return leaveOut(kind, why, [sourceOfEvidence(evidence)], `${judgement}: ${reason}`);
}

/** The examples of a data set by what prompts show of them. */
export class ShownExamples {
  readonly #byText = new Map<string, Example>();
  readonly #examples: readonly Example[];
  readonly #found = new Map<string, Example | undefined>();
  #loose?: readonly string[];

  /** Looks in `examples`; of equal texts the first counts. */
  constructor(examples: readonly Example[]) {
    this.#examples = examples;
    for (const example of examples) {
      const text = example.text.toWellFormed();
      if (!this.#byText.has(text)) this.#byText.set(text, example);
    }
  }

  /**
   * Finds the examples that a prompt shows.
   *
   * @returns in their order; in words why the prompt is not proved if it cannot be read or one is not of these
   * examples
   */
  find(messages: readonly Message[], form: ExchangeForm): ShownText[] | string {
    const found = form.readTexts(messages);
    if (found === undefined) return "its prompt is not one of this package";
    const shown: ShownText[] = [];
    for (const { texts, isCut } of found) {
      const example = texts.map((text) => this.#look(text, isCut)).find((one) => one !== undefined);
      if (example === undefined) return "it shows a text that the examples of its run do not have";
      shown.push({ id: example.id, text: example.text });
    }
    return shown;
  }

  #look(text: string, isCut: boolean): Example | undefined {
    if (!isCut) return this.#byText.get(text);
    if (!this.#found.has(text)) {
      const isPart = (example: Example) => example.text.toWellFormed().includes(text);
      this.#found.set(text, this.#examples.find(isPart) ?? this.#lookLoosely(text));
    }
    return this.#found.get(text);
  }

  /** Finds the first example with a part of a text, whose white space RuleChef may have made single blanks. */
  #lookLoosely(text: string): Example | undefined {
    const texts = this.#loose ??= this.#examples.map(({ text }) => makeLoose(text));
    const place = texts.findIndex((one) => one.includes(makeLoose(text)));
    return this.#examples[place];
  }
}

function makeLoose(text: string): string {
  return text.toWellFormed().replace(/\s+/g, " ");
}
