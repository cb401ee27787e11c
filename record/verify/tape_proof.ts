/**
 * Whether a tape is the one of a trace: its requests by their ids, its replies by the digests in the steps.
 *
 * @module
 */
import { type Exchange, requestDigest } from "../../learn/chat/exchanges.ts";
import { isAborted } from "../../learn/chat/replay.ts";
import { responseDigest } from "../../learn/chat/response.ts";
import { abbreviate } from "../../learn/text/digest.ts";
import { TapeError } from "../error.ts";
import type { AskedFields, Step, Trace } from "../schema.ts";

/** An exchange that a step names, and what the tape has of it. */
export interface NamedExchange {
  /** Index of the step. */
  readonly step: number;
  /** Which exchange of the step it is, from 0. */
  readonly place: number;
  /** Its id. */
  readonly id: string;
  /** The exchange on the tape; missing if the tape lacks it. */
  readonly exchange?: Exchange;
  /**
   * Whether the reply is `proved` by its digest in the trace, or `changed`; `unproved` if the trace has no digest, as
   * it is of version 2 or the call was under way when its run failed; or `missing`.
   */
  readonly proof: "proved" | "unproved" | "changed" | "missing";
}

/** What a trace proves of a tape. The numbers add up to the exchanges of the tape. */
export interface TapeProof {
  /** Exchanges whose response, or the lack of one, is the one of which the trace has the digest. */
  readonly proved: number;
  /** Exchanges that the trace names without a digest. */
  readonly unproved: number;
  /** Exchanges that no step names, such as those that a run was killed after. */
  readonly unnamed: number;
}

/**
 * Checks that a tape is the one of a trace: that it has each exchange that a step names, with the id of its
 * request and the response that the trace proves. The same request may be on the tape several times: its
 * replies are then in the order of the steps, and others may be between them, as a run that is taken up asks
 * once more.
 *
 * Traces of version 2 prove no replies: only the requests are checked.
 *
 * @throws {TapeError} about the first exchange that is missing or was changed, naming its step
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readTrace, verifyTape } from "../../trace.ts";
 *
 * // The learner of this run asked no model.
 * const trace = await readTrace("examples/banking.trace.json");
 * assertEquals(verifyTape(trace, []), { proved: 0, unproved: 0, unnamed: 0 });
 * ```
 */
export function verifyTape(trace: Trace, tape: readonly Exchange[]): TapeProof {
  const named = nameExchanges(trace, tape);
  for (const one of named) {
    const { step, id, exchange } = one;
    if (exchange !== undefined) checkRequest(exchange, step);
    const problem = describeTaped(one);
    if (problem !== undefined) throw new TapeError(`step ${step}: ${problem}`, id, step);
  }
  const checked = new Set(named.map(({ exchange }) => exchange));
  for (const exchange of tape) {
    if (!checked.has(exchange)) checkRequest(exchange);
  }
  const count = (proof: NamedExchange["proof"]) =>
    named.filter((one) => one.exchange !== undefined && one.proof === proof).length;
  const [proved, unproved] = [count("proved"), count("unproved")];
  return { proved, unproved, unnamed: tape.length - proved - unproved };
}

function checkRequest(exchange: Exchange, step?: number): void {
  const { id } = exchange;
  const expected = requestDigest(exchange);
  if (id === expected) return;
  const place = step === undefined ? "" : `step ${step}: `;
  const message =
    `${place}exchange ${abbreviate(id)} has another request on the tape, with the id ` +
    abbreviate(expected);
  throw new TapeError(message, id, step);
}

/** Says what is wrong with what a tape has of an exchange; `undefined` if nothing is. */
export function describeTaped({ id, exchange, proof }: NamedExchange): string | undefined {
  const name = `exchange ${abbreviate(id)}`;
  if (proof === "missing") return `the tape does not have ${name}`;
  if (proof !== "changed") return undefined;
  const found = exchange?.response === undefined ? "no reply" : "another reply";
  return `${name} has ${found} on the tape than the run got`;
}

/** Returns each exchange that a step names, in their order, with what a tape has of it. */
export function nameExchanges(
  { steps }: Pick<Trace, "steps">,
  tape: readonly Exchange[],
): NamedExchange[] {
  const taped = Map.groupBy(tape, ({ id }) => id);
  const named = steps.flatMap(listNamed);
  const found = new Map<Named, NamedExchange>();
  for (const [id, group] of Map.groupBy(named, ({ id }) => id)) {
    const left = taped.get(id) ?? [];
    const isProved = group.every(({ response }) => response !== undefined);
    const pairs = isProved ? pairByProof(group, left) : pairInOrder(group, left);
    for (const [one, pair] of pairs) {
      const { step: { index: step }, place } = one;
      found.set(one, { step, place, id, ...pair });
    }
  }
  return named.map((one) => found.get(one)!);
}

/** An exchange as a step names it. */
interface Named {
  readonly step: Step;
  readonly place: number;
  readonly id: string;
  /** The digest of its response; `null` if it had none. */
  readonly response?: string | null;
}

type Pair = Pick<NamedExchange, "exchange" | "proof">;

function listNamed(step: Step): Named[] {
  const { exchanges = [], responses }: AskedFields = step as AskedFields;
  return exchanges.map((id, place) => ({ step, place, id, response: responses?.[place] }));
}

/** Pairs exchanges of one request without a proof: as a replay does, those that were aborted come last. */
function pairInOrder(group: readonly Named[], taped: readonly Exchange[]): [Named, Pair][] {
  const left = [...taped.filter((one) => !isAborted(one)), ...taped.filter(isAborted)];
  return group.map((named, place) => {
    const exchange = left.at(place);
    if (exchange !== undefined) return [named, { exchange, proof: "unproved" }];
    return [named, { proof: named.step.type === "failure" ? "unproved" : "missing" }];
  });
}

/** Pairs exchanges of one request by the digests of their responses, in their order. */
function pairByProof(group: readonly Named[], taped: readonly Exchange[]): [Named, Pair][] {
  const responses = taped.map(responseOf);
  const found = findInOrder(group, responses);
  // If some are not found, but there are as many, each is held to be in its place: so the first that differs is named.
  const isWhole = found.includes(undefined) && group.length === taped.length;
  const places = isWhole
    ? group.map(({ response }, place) => response === responses[place] ? place : undefined)
    : found;
  const used = new Set(places);
  const left = taped.filter((_, place) => !used.has(place)).values();
  return group.map((named, at) => {
    const place = places[at];
    if (place !== undefined) return [named, { exchange: taped[place], proof: "proved" }];
    const exchange = left.next().value;
    // Calls may have been under way when the run failed.
    const isOpen = named.step.type === "failure" && named.response === null;
    if (isOpen) return [named, { exchange, proof: "unproved" }];
    return [named, exchange === undefined ? { proof: "missing" } : { exchange, proof: "changed" }];
  });
}

/** Returns the first place of each response after that of the one before; `undefined` if there is none. */
function findInOrder(
  group: readonly Named[],
  responses: readonly (string | null)[],
): (number | undefined)[] {
  const placesOf = Map.groupBy([...responses.keys()].reverse(), (place) => responses[place]);
  let from = 0;
  return group.map(({ response = null }) => {
    const places = placesOf.get(response) ?? [];
    while (places.length > 0 && places[places.length - 1] < from) places.pop();
    const place = places.at(-1);
    // A call without a response may have left nothing on the tape, so that only the next one can be it.
    if (place === undefined || response === null && place > from) return undefined;
    from = place + 1;
    return place;
  });
}

function responseOf({ response }: Exchange): string | null {
  return response === undefined ? null : responseDigest(response);
}
