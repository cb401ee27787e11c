/**
 * The language model that the script asks, if any.
 *
 * @module
 */
import { createAgenticCoordinator } from "../learn/llm/coordinator.ts";
import { type Chat, createChat } from "../learn/chat/client.ts";
import { ChatError } from "../learn/chat/response.ts";
import { replayChat } from "../learn/chat/replay.ts";
import { createLlmSynthesizer } from "../learn/llm/synthesizer.ts";
import { quote } from "../learn/text/quoting.ts";
import { requirePermission } from "../script/script.ts";
import { createNotCapable, isPermitted } from "../system/permissions.ts";
import { readVariable } from "../system/process.ts";
import { readTape } from "../trace.ts";
import type { ArgumentValues, PipelineArguments } from "./arguments.ts";
import type { LearnOptions } from "./options.ts";

/** A model to ask, live or from the tape of a run. */
export type ModelRequest = Pick<
  ArgumentValues,
  | "model"
  | "escalateTo"
  | "baseUrl"
  | "tape"
  | "agentic"
  | "maxExamples"
  | "concurrency"
  | "timeout"
>;

/** The environment variable that holds the key. */
const KEY = "OPENAI_API_KEY";

/**
 * Returns the model that the arguments name, if any.
 *
 * @throws {TypeError | RangeError} if arguments about a model exclude each other, or one is missing
 */
export function findModel({ values, given }: PipelineArguments): ModelRequest | undefined {
  const { model, escalateTo, baseUrl, tape, timeout, patience } = values;
  const findGiven = (...names: string[]) => names.find((name) => given.includes(name));
  if (model === undefined && tape === undefined) {
    const stray = findGiven(
      ...["agentic", "escalate-to", "base-url", "max-examples", "concurrency", "timeout"],
    );
    if (stray !== undefined) throw new TypeError(`--${stray} needs --model`);
    return undefined;
  }
  if (tape !== undefined) {
    const stray = findGiven("base-url", "timeout", "concurrency");
    if (stray !== undefined) {
      throw new TypeError(`--tape asks no endpoint: it does not go together with --${stray}`);
    }
  } else checkEndpoint({ model, baseUrl, timeout });
  if (escalateTo !== undefined && escalateTo === model) {
    throw new TypeError("--escalate-to names the model of --model, expected another one");
  }
  if (escalateTo !== undefined && patience === 1) {
    throw new RangeError(
      "--escalate-to needs a --patience of 2 or more: with 1, a run ends at a patch that is not accepted",
    );
  }
  return values;
}

/**
 * Checks the address of a model.
 *
 * @throws {TypeError | RangeError} if it is missing or not a URL
 */
export function checkEndpoint(request: ModelRequest): void {
  if (request.baseUrl === undefined) {
    throw new TypeError(
      "--model needs --base-url: name the endpoint to ask, such as http://localhost:11434/v1",
    );
  }
  openEndpoint(request);
}

/** Creates a chat with an endpoint; an invalid URL is a usage error. */
function openEndpoint({ model, baseUrl, timeout }: ModelRequest, apiKey?: string): Chat {
  const milliseconds = timeout === undefined ? undefined : timeout * 1_000;
  return createChat({ model: model!, baseUrl: baseUrl!, timeout: milliseconds, apiKey });
}

/**
 * Creates the synthesizer, and with `agentic` the coordinator, that ask the model. Sends nothing.
 *
 * @throws {RangeError} if the second model is the first of the tape, or the tape has one that is not named
 * @throws {Deno.errors.NotCapable} as {@linkcode openChat} does
 */
export async function createLearners(
  request: ModelRequest,
): Promise<Pick<LearnOptions, "synthesizer" | "coordinator">> {
  const { agentic, maxExamples, concurrency, escalateTo: model, tape } = request;
  const chat = await openChat(request);
  if (tape !== undefined && model === undefined) await requireOne(tape);
  const escalateTo = model === undefined ? undefined : await openChat({ ...request, model });
  return {
    synthesizer: createLlmSynthesizer({ chat, escalateTo, maxExamples, concurrency }),
    ...(agentic ? { coordinator: createAgenticCoordinator({ chat, maxExamples }) } : {}),
  };
}

/** Refuses a tape of a run with a second model: without it, the run would be another. */
async function requireOne(path: string): Promise<void> {
  const escalated = (await readTape(path)).find(({ metadata }) => metadata.escalated !== undefined);
  if (escalated === undefined) return;
  const name = quote(escalated.model);
  throw new RangeError(`The run of the tape had a second model, ${name}: name it by --escalate-to`);
}

/**
 * Opens the chat with a model: live, or from a tape. Sends nothing.
 *
 * @throws {Deno.errors.NotCapable} naming the flag that is missing to use the network or the tape
 */
export async function openChat(request: ModelRequest): Promise<Chat> {
  const { model, baseUrl, tape } = request;
  if (tape !== undefined) {
    await requirePermission("read", tape);
    return replayChat(await readTape(tape), { model });
  }
  const { host, hostname, protocol } = new URL(baseUrl!);
  const port = protocol === "https:" ? 443 : 80;
  const named = host === hostname ? `${host}:${port}` : host;
  if (!isPermitted({ name: "net", host: named })) {
    throw createNotCapable(`Cannot contact ${named}: run with --allow-net=${named}`);
  }
  // Local endpoints need no key.
  return openEndpoint(request, readVariable(KEY)?.trim());
}

/** Returns the error of a run, with a hint if an endpoint wants a key that may not be read. */
export function explainRefusal(error: unknown): unknown {
  if (!isRefused(error) || maySeeKey()) return error;
  const hint = `(the key is read from ${KEY}, which needs --allow-env=${KEY})`;
  return new Error(`${(error as Error).message} ${hint}`, { cause: error });
}

/** Tells whether an endpoint answered with the status 401. */
function isRefused(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof ChatError ? error.status === 401 : isRefused(error.cause);
}

function maySeeKey(): boolean {
  return isPermitted({ name: "env", variable: KEY });
}
