/**
 * What makes a data set other than what happened: what was never recorded, what was cut, what is there twice.
 *
 * @module
 */
import type { Message } from "../../../learn/chat/client.ts";
import type { Exchange } from "../../../learn/chat/exchanges.ts";
import { isRecord, own } from "../../../learn/text/json.ts";
import { digestOfResponse } from "../../evidence/replies.ts";
import type { JudgedSource, ReplyEvidence, SkippedFile } from "../../evidence/format.ts";
import { type QuarantinedRow, ROW_KINDS, type TrainingRow } from "../format.ts";
import { listOf, readPrompt } from "../../evidence/forms.ts";
import { countEach } from "../../../learn/text/maps.ts";
import {
  type DuplicateSummary,
  type LengthSummary,
  type LoggingSummary,
  QUANTILES,
  type TruncationSummary,
} from "./format.ts";

/** Tells what was not recorded of runs. */
export function describeLogging(
  judged: readonly JudgedSource[],
  skipped: readonly SkippedFile[],
): LoggingSummary {
  const runs = judged.map(({ source: { trace, tape }, evidence }) => {
    const hasAsked = trace.steps.some((step) =>
      "exchanges" in step && (step.exchanges?.length ?? 0) > 0
    );
    const { status } = trace.run;
    return {
      // How an imported run ended is not known, which is not a failure.
      isUnfinished: status !== "completed" && status !== "unknown",
      hasAsked,
      isWithoutTape: hasAsked && tape.length === 0,
      taped: tape.length,
      replies: evidence.filter((one): one is ReplyEvidence => one.kind === "reply"),
    };
  });
  const replies = runs.flatMap(({ replies }) => replies);
  const responses = replies.filter(({ response }) => response !== undefined);
  const broken = skipped.filter(({ reason }) => reason === "broken-trace").length;
  const count = (isOne: (run: typeof runs[number]) => boolean) => runs.filter(isOne).length;
  return {
    runs: runs.length,
    unfinished: count(({ isUnfinished }) => isUnfinished),
    broken,
    asked: count(({ hasAsked }) => hasAsked),
    withoutTape: count(({ isWithoutTape }) => isWithoutTape),
    lost: broken + count(({ isUnfinished, isWithoutTape }) => isUnfinished || isWithoutTape),
    // Each call that a step names is one piece of evidence.
    withoutStep: runs.reduce((sum, { taped, replies }) => sum + taped - replies.length, 0),
    calls: replies.length,
    withoutResponse: replies.length - responses.length,
    proved: responses.filter(({ isProved }) => isProved).length,
  };
}

/** Tells what was cut by a limit. */
export function describeTruncation(
  judged: readonly JudgedSource[],
  rows: readonly TrainingRow[],
): TruncationSummary {
  const tape = judged.flatMap(({ source: { trace, tape } }) =>
    tape.map((exchange) => ({ trace: trace.digest, exchange }))
  );
  const cutOff = tape.filter(({ exchange }) => isCutOff(exchange));
  const broken = tape.filter(({ exchange }) => isBroken(exchange));
  const incomplete = new Set(
    [...cutOff, ...broken].map(({ trace, exchange }) =>
      nameReply(trace, exchange.id, digestOfResponse(exchange))
    ),
  );
  const prompted = rows.flatMap((row) => {
    const prompt = promptOf(row);
    return prompt === undefined ? [] : [{ prompt, sources: row.sources }];
  });
  return {
    exchanges: tape.length,
    cutOff: cutOff.length,
    broken: broken.length,
    shortened: tape.filter(({ exchange }) => showsParts(exchange.messages)).length,
    leftOut: tape.filter(({ exchange }) => hasLeftOut(exchange.metadata.budget)).length,
    rows: prompted.length,
    truncated: prompted.filter(({ prompt, sources }) =>
      showsParts(prompt) ||
      sources.some(({ trace, exchange, response }) =>
        incomplete.has(nameReply(trace, exchange, response))
      )
    ).length,
  };
}

/** Tells whether a reply ended at a limit of tokens. */
function isCutOff({ response, finishReason, error }: Exchange): boolean {
  return response !== undefined && (finishReason === "length" || error?.code === "length");
}

/** Tells whether an error came after a part of a reply. */
function isBroken(exchange: Exchange): boolean {
  return exchange.response !== undefined && exchange.error !== undefined && !isCutOff(exchange);
}

function nameReply(trace: string, exchange?: string, response?: string): string {
  return `${trace} ${exchange} ${response}`;
}

function showsParts(messages: readonly Message[]): boolean {
  // Reading each prompt again would take as long as all the rest.
  if (!messages.at(-1)?.content.includes('"cut"')) return false;
  return listOf(readPrompt(messages) ?? {}, "examples")
    .some((item) => isRecord(item) && own(item, "cut") === true);
}

function hasLeftOut(budget: unknown): boolean {
  const leftOut = isRecord(budget) ? own(budget, "leftOut") : undefined;
  return isRecord(leftOut) && typeof own(leftOut, "examples") === "number";
}

/** Returns the conversation of a row; nothing for kinds that have none. */
function promptOf(row: TrainingRow): readonly Message[] | undefined {
  return "prompt" in row.content ? row.content.prompt as readonly Message[] : undefined;
}

/** Counts what is there more than once, for the kinds with rows that are kept or left out as duplicates. */
export function countDuplicates(
  rows: readonly TrainingRow[],
  quarantined: readonly QuarantinedRow[],
): DuplicateSummary[] {
  return ROW_KINDS.flatMap((kind): DuplicateSummary[] => {
    const of = rows.filter((row) => row.kind === kind);
    const leftOut = quarantined.filter((row) =>
      row.kind === kind && row.reason === "duplicate"
    ).length;
    if (of.length === 0 && leftOut === 0) return [];
    const prompts = of.flatMap((row) => promptOf(row) ?? []).length === 0
      ? undefined
      : [...countEach(of.map((row) => JSON.stringify(promptOf(row)))).values()];
    return [{
      kind,
      leftOut,
      ...(prompts && {
        requests: prompts.length,
        repeated: prompts.filter((amount) => amount > 1).length,
        most: prompts.reduce((most, amount) => Math.max(most, amount), 0),
      }),
    }];
  });
}

/** Measures the prompts, answers and other rows of each kind. */
export function measureLengths(rows: readonly TrainingRow[]): LengthSummary[] {
  return ROW_KINDS.flatMap((kind) => {
    const lengths = rows.filter((row) => row.kind === kind).map(measure);
    return (["prompt", "answer", "row"] as const).flatMap((part): LengthSummary[] => {
      const of = lengths.flatMap((length) => length[part] ?? []).sort((a, b) => a - b);
      return of.length === 0 ? [] : [{ kind, part, characters: findQuantiles(of) }];
    });
  });
}

function measure(row: TrainingRow): Partial<Record<LengthSummary["part"], number | number[]>> {
  const prompt = promptOf(row)?.reduce((sum, { content }) => sum + content.length, 0);
  switch (row.kind) {
    case "sft":
    case "teacher":
    case "unpaired":
      return { prompt, answer: row.content.completion.length };
    case "preference":
      return { prompt, answer: [row.content.chosen.length, row.content.rejected.length] };
    case "playbook":
    case "weak":
    case "hard":
      return { row: JSON.stringify(row.content).length };
  }
}

/**
 * Finds quantiles of sorted numbers: the least number that at least such a share of them does not exceed, type 1 of
 * Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996.
 */
function findQuantiles(sorted: readonly number[]): number[] {
  return QUANTILES.map((share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]);
}
