/**
 * Runs to fork, for tests: of each task, by votes and as a list, and one that asked a model.
 *
 * @module
 */
import { createAgenticCoordinator } from "../../../learn/llm/coordinator.ts";
import { createLlmSynthesizer } from "../../../learn/llm/synthesizer.ts";
import type { Chat } from "../../../learn/chat/client.ts";
import { schemaName } from "../../../learn/chat/format.ts";
import type { Exchange } from "../../../learn/chat/exchanges.ts";
import { type Dataset, parseDataset } from "../../../learn/data/dataset.ts";
import { type LearnOptions, learnRules } from "../../../pipeline.ts";
import { type Trace, withTrace } from "../../../trace.ts";
import type { Received } from "../../learn/chat/chat_server.ts";
import { few as fewBanking } from "../../learn/llm/run_fixture.ts";
import { createScriptedModel } from "../../learn/llm/scripted_model.ts";

export { fewBanking };

/** Every sixth example of the banking data, from the third on: other texts than {@linkcode fewBanking}. */
export const otherBanking: Dataset = readExamples("banking", 6, 3);
/** All examples of the banking data. */
export const banking: Dataset = readExamples("banking", 1);
/** Every sixth example of the restaurant data. */
export const restaurant: Dataset = readExamples("restaurant", 6);

function readExamples(name: string, every: number, from = 0): Dataset {
  const path = new URL(`../../../examples/${name}.jsonl`, import.meta.url);
  const lines = Deno.readTextFileSync(path).trimEnd().split("\n");
  const chosen = lines.filter((_, place) => place % every === from).join("\n");
  return parseDataset(chosen, { name, format: "jsonl" });
}

/** Learns, and keeps the trace in memory. With a budget, synthesis leaves something to iterate on. */
export async function record(data: Dataset, options: LearnOptions = {}): Promise<Trace> {
  return (await withTrace(learnRules)(data, { maxRules: 30, ...options })).trace;
}

/** A chat with a scripted model. */
export function createScriptedChat(): Chat {
  const answer = createScriptedModel();
  return Object.assign(
    (messages: Parameters<Chat>[0], { schema }: Parameters<Chat>[1] = {}) => {
      const format = { json_schema: { name: schema && schemaName(schema) } };
      const body = { messages, response_format: format } as unknown as Received["body"];
      return Promise.resolve({
        text: answer({ body } as Received),
        finishReason: "stop",
        took: 0,
      });
    },
    { model: "scripted" },
  );
}

/** Learns with a scripted model that also coordinates; returns the trace and the tape. */
export async function recordAsking(
  options: LearnOptions = {},
): Promise<{ trace: Trace; tape: Exchange[] }> {
  const chat = createScriptedChat();
  const tape: Exchange[] = [];
  const trace = await record(fewBanking, {
    synthesizer: createLlmSynthesizer({ chat }),
    coordinator: createAgenticCoordinator({ chat }),
    maxIterations: 3,
    onExchange: (exchange) => void tape.push(exchange),
    ...options,
  });
  return { trace, tape };
}
