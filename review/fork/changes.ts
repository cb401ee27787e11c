/**
 * Changes to a run that another is to be made by: checks them, finds the first step that they can touch, and
 * makes them in the options and the tape.
 *
 * @module
 */
import type { Exchange } from "../../learn/chat/exchanges.ts";
import { digest } from "../../learn/text/digest.ts";
import { quote } from "../../learn/text/quoting.ts";
import { flags, type LearnOptions, Options } from "../../pipeline/options.ts";
import { Fold } from "../../record/fold.ts";
import type { Change, ReplyChange, VerdictChange } from "../../record/parent.ts";
import type { Step, Trace } from "../../trace.ts";

/** A reply of the model to be replaced. */
export interface ReplyRequest {
  /** Tells it from other changes. */
  readonly kind: "reply";
  /** The place of the exchange on the tape, from 1. */
  readonly place: number;
  /** The new reply. */
  readonly text: string;
}

/** A change to be made: as the trace records it, but for a reply, which comes with its text. */
export type ChangeRequest = Exclude<Change, ReplyChange> | ReplyRequest;

/**
 * Checks requests against the run that they are about, and returns them as its forks record them.
 *
 * @throws {RangeError} if the run has no such step, rule, exchange, example or option, or the change is none
 */
export function checkChanges(
  trace: Trace,
  requests: readonly ChangeRequest[],
  tape: readonly Exchange[] = [],
): Change[] {
  const changes = requests.map((request): Change => {
    switch (request.kind) {
      case "verdict":
        return request;
      case "without": {
        if (request.rules.length === 0) throw new RangeError("No rule is named to do without");
        const unknown = request.rules.find((id) => !Object.hasOwn(trace.rules, id));
        if (unknown === undefined) return request;
        throw new RangeError(`The run has no rule ${quote(unknown)} to do without`);
      }
      case "reply":
        return identifyReply(request, tape);
      case "option": {
        const { name } = request;
        const schema = Object.hasOwn(Options.shape, name)
          ? Options.shape[name as keyof typeof Options.shape]
          : undefined;
        if (schema !== undefined && flags.has(schema)) {
          return request.value === Infinity ? { ...request, value: null } : request;
        }
        throw new RangeError(`There is no option ${quote(name)} that a fork can change`);
      }
      case "examples":
      case "rebase":
        return request;
    }
  });
  checkVerdicts(trace, changes);
  const replies = changes.filter((one) => one.kind === "reply").map(({ exchange }) => exchange);
  const options = changes.filter((one) => one.kind === "option").map(({ name }) => name);
  const twice = [...options, ...replies].find((one, at, all) => all.indexOf(one) < at);
  if (twice === undefined) return changes;
  const what = options.includes(twice) ? `The option ${twice}` : "The reply to one exchange";
  throw new RangeError(`${what} is to be changed twice`);
}

/** Checks the first verdict, unless something else is changed before it; later ones are about steps of the fork. */
function checkVerdicts(trace: Trace, changes: readonly Change[]): void {
  const verdicts = changes.filter((one) => one.kind === "verdict");
  const told = new Map<number, VerdictChange>();
  for (const one of verdicts) {
    const other = told.get(one.step);
    // Two steps that are left out would have had the same index.
    if (other !== undefined && (one.to !== "skipped" || other.to !== "skipped")) {
      throw new RangeError(`Step ${one.step} is to be ${other.to}, and once more ${one.to}`);
    }
    told.set(one.step, one);
  }
  const others = changes.filter((one) => one.kind !== "verdict");
  const shared = others.length === 0 ? Infinity : findShared(trace, others);
  const first = verdicts.reduce((first, one) => one.step < first.step ? one : first, verdicts[0]);
  if (first !== undefined && first.step <= shared + 1) checkVerdict(trace, first);
}

const VERDICTS: Readonly<Record<string, readonly string[]>> = {
  iteration: ["accepted", "rejected"],
  audit: ["kept", "reverted"],
  prune: ["skipped"],
  refit: ["skipped"],
};

function checkVerdict({ steps }: Trace, { step, to }: VerdictChange): void {
  const found: Step | undefined = steps[step];
  const last = steps.length - 1;
  if (found === undefined) throw new RangeError(`The run has no step ${step}: its last is ${last}`);
  const choices = VERDICTS[found.type] ?? [];
  if (!choices.includes(to)) {
    const expected = choices.length === 0 ? "and cannot be changed" : `expected ${list(choices)}`;
    throw new RangeError(`Step ${step} cannot be ${to}: its type is ${found.type}, ${expected}`);
  }
  if (!("verdict" in found)) return;
  const { verdict } = found;
  if (verdict === to) throw new RangeError(`Step ${step} is ${to} already`);
  if (!choices.includes(verdict)) {
    throw new RangeError(`Step ${step} cannot be ${to}: it is ${verdict}, with nothing to decide`);
  }
}

function list(words: readonly string[]): string {
  return words.join(" or ");
}

function identifyReply({ place, text }: ReplyRequest, tape: readonly Exchange[]): ReplyChange {
  const exchange = tape[place - 1];
  if (exchange === undefined) {
    throw new RangeError(`The tape has no exchange ${place}: it has ${tape.length}`);
  }
  if (exchange.response === text) throw new RangeError(`Exchange ${place} has that reply already`);
  return { kind: "reply", exchange: exchange.id, response: digest(text) };
}

/** Returns the tape with the replies replaced. */
export function changeTape(
  tape: readonly Exchange[],
  requests: readonly ChangeRequest[],
): Exchange[] {
  const texts = new Map(
    requests.flatMap((one) => one.kind === "reply" ? [[one.place, one.text] as const] : []),
  );
  return tape.map((exchange, index) => {
    const text = texts.get(index + 1);
    if (text === undefined) return exchange;
    const { error: _, why: __, ...asked } = exchange;
    return { ...asked, response: text, finishReason: "stop", outcome: "parsed" };
  });
}

/** Returns the options with those changed that the changes name. */
export function changeOptions(options: LearnOptions, changes: readonly Change[]): LearnOptions {
  // JSON has no infinity.
  const changed = changes.flatMap((one) =>
    one.kind === "option" ? [[one.name, one.value ?? Infinity]] : []
  );
  return { ...options, ...Object.fromEntries(changed) };
}

/** Returns the index of the last step that changes cannot touch, -1 if they touch the first. */
export function findShared(trace: Trace, changes: readonly Change[]): number {
  return Math.min(...changes.map((change) => lastBefore(trace, change)), trace.steps.length - 1);
}

function lastBefore(trace: Trace, change: Change): number {
  const { steps } = trace;
  switch (change.kind) {
    case "verdict":
      return change.step - 1;
    case "without": {
      const fold = new Fold(new Map(Object.entries(trace.rules)));
      return steps.findIndex((step) => {
        fold.apply(step);
        return change.rules.some((id) => fold.isIntroduced(id));
      }) - 1;
    }
    case "reply": {
      const asks = (step: Step) => "exchanges" in step && step.exchanges?.includes(change.exchange);
      const asking = steps.findIndex(asks);
      // No step came of an exchange that the run was cut short after.
      return asking === -1 ? steps.length - 1 : asking - 1;
    }
    case "option":
    case "examples":
    case "rebase":
      return -1;
  }
}
