/**
 * Makes the tape of a run of RuleChef of its log: the prompts and replies, as runs of this package leave them.
 *
 * A line of the log is written when its reply is there, so it does not say when the call began or how long it
 * took; it has no finish reason, and a model only if the user put one on all lines.
 *
 * @module
 */
import { type Exchange, type Purpose, requestDigest } from "../../../learn/chat/exchanges.ts";
import { responseDigest } from "../../../learn/chat/response.ts";
import type { Json } from "../../../learn/text/schemas.ts";
import type { AskedFields } from "../../../trace.ts";
import { type LogEntry, parseEntry, readLines, textOf } from "../entries.ts";
import { judgeReading } from "../replies.ts";

/** An exchange of a run, without its texts. */
export interface LoggedExchange extends Pick<Exchange, "id" | "outcome"> {
  /** Its line in the log, from 1. */
  readonly line: number;
  /** The digest of its response; `null` if the log has none. */
  readonly response: string | null;
}

/** What the calls of a log are for; a decision on a patch is none. */
const PURPOSES: Readonly<Record<LogEntry["call"], Purpose | undefined>> = {
  rule_synthesis: "synthesis",
  rule_synthesis_per_class: "synthesis",
  rule_patch: "patch",
  patch_decision: undefined,
  guide_refinement: "guide",
  critique_rules: "critique",
  audit_rules: "audit",
};

/** Stands for the name of a model that the log does not have. */
const UNKNOWN_MODEL = "unknown";

/**
 * Returns the exchange of a line; `undefined` if it is a decision. The metadata are those of the log, `took` is 0, and
 * a reply without text is a call that failed.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { parseEntry } from "../entries.ts";
 * import { exchangeOf } from "./tape.ts";
 *
 * const messages = [{ role: "user", content: "…" }, { role: "assistant", content: '{"rules": []}' }];
 * const text = JSON.stringify({ call_type: "rule_patch", messages, metadata: {} });
 * const entry = parseEntry({ number: 1, text, isTorn: false });
 * if (typeof entry === "string") throw new Error(entry);
 * const { purpose, response, outcome } = exchangeOf(entry)!;
 * assertEquals([purpose, response, outcome], ["patch", '{"rules": []}', "parsed"]);
 * ```
 */
export function exchangeOf(entry: LogEntry): Exchange | undefined {
  const { call, messages = [], reply, metadata } = entry;
  const purpose = PURPOSES[call];
  if (purpose === undefined) return undefined;
  const request = { model: textOf(entry, "model") ?? UNKNOWN_MODEL, messages };
  const answer = reply === ""
    ? { outcome: "failed" as const, error: { name: "NoReply", message: "the log has no reply" } }
    : { outcome: judgeReading(reply), response: reply };
  const exchange: Exchange = {
    id: "",
    purpose,
    prompt: call,
    ...request,
    ...answer,
    // Parsed as JSON.
    metadata: metadata as Readonly<Record<string, Json>>,
    took: 0,
  };
  return { ...exchange, id: requestDigest(exchange) };
}

/** Returns what a trace says of an exchange, and where it is in the log. */
export function describeExchange(entry: LogEntry): LoggedExchange | undefined {
  const exchange = exchangeOf(entry);
  if (exchange === undefined) return undefined;
  const { id, outcome } = exchange;
  return { line: entry.line, id, outcome, response: digestOf(exchange) };
}

function digestOf({ response }: Exchange): string | null {
  return response === undefined ? null : responseDigest(response);
}

/** Returns the fields by which a step names its exchanges; none if it has none. */
export function nameAsked(exchanges: readonly LoggedExchange[]): AskedFields {
  if (exchanges.length === 0) return {};
  const repaired = exchanges.filter(({ outcome }) => outcome === "repaired").length;
  return {
    exchanges: exchanges.map(({ id }) => id),
    responses: exchanges.map(({ response }) => response),
    ...(repaired > 0 && { repaired }),
  };
}

/**
 * Reads the exchanges of runs from their log, which is read once more so that its texts need not be kept.
 *
 * @param bytes the log that the runs were imported from; it may have more lines by now
 * @param runs the exchanges of each run, as the import gave them
 * @returns each exchange in the order of the log, with the place of its run in `runs`
 * @throws {Error} if a line is not the one that was imported
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { importRuleChefLog } from "../import.ts";
 * import { readExchanges } from "./tape.ts";
 *
 * const reply = { rules: [{ name: "fx", pattern: "rate", output_template: { label: "exchange" } }] };
 * const line = JSON.stringify({
 *   call_type: "rule_synthesis",
 *   messages: [{ role: "user", content: "…" }, { role: "assistant", content: JSON.stringify(reply) }],
 *   metadata: { task_name: "banking", task_type: "classification" },
 * });
 * const open = () => new Blob([`${line}\n`]).stream();
 * const { runs } = await importRuleChefLog(open(), { tape: true });
 * const read = await Array.fromAsync(readExchanges(open(), runs.map(({ exchanges }) => exchanges)));
 * assertEquals(read.map(({ run, exchange }) => [run, exchange.purpose]), [[0, "synthesis"]]);
 * ```
 */
export async function* readExchanges(
  bytes: AsyncIterable<Uint8Array>,
  runs: readonly (readonly LoggedExchange[])[],
): AsyncGenerator<{ readonly run: number; readonly exchange: Exchange }> {
  const named = new Map(
    runs.flatMap((exchanges, run) => exchanges.map((one) => [one.line, { run, one }])),
  );
  let left = named.size;
  if (left === 0) return;
  for await (const line of readLines(bytes)) {
    const known = named.get(line.number);
    if (known === undefined) continue;
    const entry = parseEntry(line);
    const exchange = typeof entry === "string" ? undefined : exchangeOf(entry);
    const { run, one: { id, response } } = known;
    if (exchange === undefined || exchange.id !== id || digestOf(exchange) !== response) {
      throw new Error(`line ${line.number} has changed since`);
    }
    yield { run, exchange };
    if (--left === 0) return;
  }
  throw new Error("it has fewer lines than before");
}
