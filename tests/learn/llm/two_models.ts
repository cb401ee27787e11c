/**
 * Runs that ask a small model and, if that will not do, a large one, both behind one server on loopback.
 *
 * @module
 */
import { assertEquals } from "jsr:@std/assert@^1";
import { createChat } from "../../../learn/chat/client.ts";
import type { Exchange } from "../../../learn/chat/exchanges.ts";
import { createLlmSynthesizer } from "../../../learn/llm/synthesizer.ts";
import type { Escalation } from "../../../learn/synthesizer.ts";
import { type LearnOptions, learnRules } from "../../../pipeline.ts";
import { replayRun } from "../../../review/replay.ts";
import { readTrace, type Trace, verifyTape, verifyTrace, withTrace } from "../../../trace.ts";
import { inFolder, silent } from "../../pipeline/fixture.ts";
import { type Answer, completion, refuse, serveChat } from "../chat/chat_server.ts";

/** A rule as a model writes it, by default the right one. */
export function item(label: string, pattern = `\\b${label}\\b`): Record<string, unknown> {
  return { name: `${label}: ${pattern}`, label, patterns: [pattern], not: [], flags: "i" };
}

/** What a model answers: a reply with these rules, or as it is. */
export type Said = readonly Record<string, unknown>[] | Answer;

/** A fault of a reply about a label. */
interface Fault {
  readonly said: (label: string) => Said;
  /** Why the request is escalated. */
  readonly reason: Escalation["reason"];
  /** What is refused of the reply. */
  readonly codes: readonly string[];
}

const says = (content: string | null, more: object = {}): Said => () =>
  Response.json(completion(content, more));
const failed = { reason: "failed", codes: [] } as const;

/** Each kind of fault, by the label that it is about. */
export const faults: Readonly<Record<string, Fault>> = {
  prose: { said: () => says("I would rather talk about the weather."), ...failed },
  cutoff: { said: () => says('{"rules": [{"name": "c', { finish_reason: "length" }), ...failed },
  status: { said: () => refuse(500, "out of memory"), ...failed },
  refusal: {
    said: () => says(null, { message: { role: "assistant", content: null, refusal: "No." } }),
    ...failed,
  },
  empty: { said: () => [], reason: "gate", codes: [] },
  broken: {
    said: (label) => [item(label, "(a"), item(label, "a[")],
    reason: "gate",
    codes: ["invalid-pattern", "invalid-pattern"],
  },
  all: { said: (label) => [item(label, ".*")], reason: "gate", codes: ["catch-all"] },
  wrong: {
    said: (label) => [item(label, "fine")],
    reason: "gate",
    codes: ["contradicted"],
  },
};

/** The labels of the faults, and one without. */
export const labels: readonly string[] = [...Object.keys(faults), "fine"].sort();
/** Ten texts of each label. */
export const texts = {
  name: "faults",
  examples: labels.flatMap((label) =>
    [..."abcdefghij"].map((letter) => ({
      id: `${label}-${letter}`,
      text: `${label} ${letter}`,
      label,
    }))
  ),
};

/**
 * Answers a request of a model: for the first rules of a label, or for a patch; that is then the number of failures
 * that the prompt tells.
 */
export type Script = (model: string, asked: string | number) => Said;

/** Learns from {@linkcode texts} with two models, and checks that the record holds and is computed again alike. */
export async function learnWithTwo(
  script: Script,
  options: LearnOptions = {},
  concurrency = 1,
): Promise<{ trace: Trace; tape: readonly Exchange[] }> {
  await using server = serveChat((received, closing) => {
    const { model, messages } = received.body;
    const { wantedLabels, failures } = JSON.parse(messages.at(-1).content);
    const said = script(model, wantedLabels?.[0] ?? failures);
    if (typeof said === "function") return said(received, closing);
    return Response.json(completion(JSON.stringify({ rules: said })));
  });
  const open = (model: string) => createChat({ baseUrl: server.baseUrl, model, retries: 0 });
  const synthesizer = createLlmSynthesizer({
    chat: open("small"),
    escalateTo: open("large"),
    concurrency,
  });
  const learners = { synthesizer, coordinator: silent() };
  const tape: Exchange[] = [];
  const trace = await inFolder(async (storage) => {
    const run = withTrace(learnRules, { storage })(texts, {
      ...{ ...learners, maxIterations: 0 },
      ...options,
      onExchange: (exchange) => tape.push(exchange),
    });
    await run.catch(() => {});
    return await readTrace(`${storage}/${texts.name}.trace.json`);
  });
  verifyTrace(trace);
  assertEquals(verifyTape(trace, tape), { proved: tape.length, unproved: 0, unnamed: 0 });
  const { verdict, detail } = await replayRun(trace, {
    ...{ data: texts, tape },
    learners: () => ({ coordinator: silent() }),
  });
  assertEquals([verdict, detail], ["same", ""]);
  return { trace, tape };
}

/** Lists the models that a step asked, in the order of asking. */
export function modelsOf(
  step: { readonly exchanges?: readonly string[] },
  tape: readonly Exchange[],
): string[] {
  return (step.exchanges ?? []).map((id) => tape.find((one) => one.id === id)!.model);
}
