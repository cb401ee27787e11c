/**
 * Recorded runs on small samples of the data that ship, for tests of replays.
 *
 * @module
 */
import type { CallOptions, Chat, Message } from "../../../learn/chat/client.ts";
import type { Exchange } from "../../../learn/chat/exchanges.ts";
import { schemaName } from "../../../learn/chat/format.ts";
import { type Dataset, readDataset } from "../../../learn/data/dataset.ts";
import { createAgenticCoordinator } from "../../../learn/llm/coordinator.ts";
import { createLlmSynthesizer } from "../../../learn/llm/synthesizer.ts";
import { type LearnOptions, learnRules } from "../../../pipeline.ts";
import { type Trace, withTrace } from "../../../trace.ts";
import { createScriptedModel } from "../../learn/llm/scripted_model.ts";

const read = (name: string) =>
  readDataset(new URL(`../../../examples/${name}.jsonl`, import.meta.url).pathname);

/** Returns every n-th example of a data set. */
export function thin(dataset: Dataset, every: number): Dataset {
  const examples = dataset.examples.filter((_, place) => place % every === 0);
  return { ...dataset, examples } as Dataset;
}

/** 77 texts with five labels, and 40 to test on. */
export const banking: Dataset = thin(await read("banking"), 9);
export const bankingTest: Dataset = thin(await read("banking_test"), 5);
/** Texts with entities. */
export const restaurant: Dataset = thin(await read("restaurant"), 10);

/** A chat with the scripted model of the banking data, under a name. `asked` counts its calls. */
export function createScriptedChat(
  name = "small",
  model = createScriptedModel(),
): Chat & { asked: number } {
  const ask: Chat = Object.assign((messages: readonly Message[], call: CallOptions = {}) => {
    const json_schema = { name: schemaName(call.schema!) };
    chat.asked++;
    call.signal?.throwIfAborted();
    const body = { messages, response_format: { json_schema } };
    const text = model({ path: "", headers: new Headers(), body });
    return Promise.resolve({ text, finishReason: "stop", took: 1 });
  }, { model: name });
  const chat = Object.assign(ask, { asked: 0 });
  return chat;
}

/** A small and a large model that reply by one script. */
export function createScriptedChats(): [small: Chat, large: Chat] {
  const model = createScriptedModel();
  return [createScriptedChat("small", model), createScriptedChat("large", model)];
}

/** Learners that ask a chat for rules and for reviews, and a second one for rules. */
export function askingLearners(chat: Chat, escalateTo?: Chat): LearnOptions {
  const limits = { chat, maxExamples: 6 };
  return {
    synthesizer: createLlmSynthesizer({ ...limits, escalateTo, concurrency: 1 }),
    coordinator: createAgenticCoordinator({ ...limits, every: 2 }),
    maxIterations: 4,
  };
}

/** Records a run in memory, and its tape. */
export async function record(
  dataset: Dataset,
  options: LearnOptions = {},
): Promise<{ trace: Trace; tape: Exchange[] }> {
  const tape: Exchange[] = [];
  const { trace } = await withTrace(learnRules)(dataset, {
    generateId: () => "run-1",
    // With a budget, synthesis leaves something to iterate on.
    maxRules: 30,
    ...options,
    onExchange: (exchange) => tape.push(exchange),
  });
  return { trace, tape };
}
