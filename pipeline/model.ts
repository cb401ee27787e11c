/**
 * Which language model the script asks, if any, and what it is asked for.
 *
 * @module
 */
import { createAgenticCoordinator } from "../learn/llm/coordinator.ts";
import { type Chat, createChat } from "../learn/chat/client.ts";
import { ChatError } from "../learn/chat/response.ts";
import { replayChat } from "../learn/chat/replay.ts";
import { createLlmSynthesizer } from "../learn/llm/synthesizer.ts";
import { requirePermission } from "../script/script.ts";
import { readTape } from "../trace.ts";
import type { LearnOptions } from "./options.ts";

/** The arguments about a model, as they were given. */
export interface ModelArguments {
  readonly model?: string;
  readonly "base-url"?: string;
  readonly tape?: string;
  readonly agentic?: boolean;
  readonly "max-examples"?: string;
  readonly concurrency?: string;
  readonly timeout?: string;
}

/** What asks a model: a live one, or the tape of a run. */
export interface ModelRequest {
  readonly model?: string;
  readonly baseUrl?: string;
  readonly tape?: string;
  readonly agentic: boolean;
  readonly maxExamples?: number;
  readonly concurrency?: number;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** The variable that holds the key. */
const KEY = "OPENAI_API_KEY";

/**
 * What the arguments ask for; nothing where none of them was given.
 *
 * @throws {TypeError | RangeError} where they do not go together, or one is not as expected
 */
export function parseModel(values: ModelArguments): ModelRequest | undefined {
  const { model, "base-url": baseUrl, tape, agentic = false } = values;
  if (model === undefined && tape === undefined) {
    const names = ["agentic", "base-url", "max-examples", "concurrency", "timeout"] as const;
    const stray = names.find((name) => values[name] !== undefined && values[name] !== false);
    if (stray !== undefined) throw new TypeError(`--${stray} needs --model`);
    return undefined;
  }
  if (tape !== undefined) {
    const names = ["base-url", "timeout", "concurrency"] as const;
    const stray = names.find((name) => values[name] !== undefined);
    if (stray !== undefined) {
      throw new TypeError(`--tape asks no endpoint: it does not go together with --${stray}`);
    }
  }
  if (tape === undefined && baseUrl === undefined) {
    throw new TypeError(
      "--model needs --base-url: nothing is contacted that is not named (such as http://localhost:11434/v1)",
    );
  }
  const seconds = parsePositive("timeout", values.timeout, false);
  const request = {
    model,
    baseUrl,
    tape,
    agentic,
    maxExamples: parsePositive("max-examples", values["max-examples"], true),
    concurrency: parsePositive("concurrency", values.concurrency, true),
    timeout: seconds === undefined ? undefined : seconds * 1_000,
  };
  // A URL that is none is bad usage.
  if (model !== undefined && baseUrl !== undefined) {
    createChat({ model, baseUrl, timeout: request.timeout });
  }
  return request;
}

function parsePositive(name: string, given: string | undefined, whole: boolean) {
  if (given === undefined) return undefined;
  const isNumber = whole ? /^\d{1,9}$/.test(given) : /^(\d{1,9}\.?\d{0,9}|\.\d{1,9})$/.test(given);
  if (isNumber && Number(given) > 0) return Number(given);
  throw new TypeError(
    `--${name} is ${given}, expected ${whole ? "a whole number from 1" : "a number above 0"}`,
  );
}

/**
 * Creates the synthesizer, and the coordinator where it is to ask the model as well. Nothing is sent.
 *
 * @throws {Deno.errors.NotCapable} naming the flag, where the network or the tape may not be used
 */
export async function createLearners(
  request: ModelRequest,
): Promise<Pick<LearnOptions, "synthesizer" | "coordinator">> {
  const { agentic, maxExamples, concurrency } = request;
  const chat = await openChat(request);
  return {
    synthesizer: createLlmSynthesizer({ chat, maxExamples, concurrency }),
    ...(agentic ? { coordinator: createAgenticCoordinator({ chat, maxExamples }) } : {}),
  };
}

async function openChat({ model, baseUrl, tape, timeout }: ModelRequest): Promise<Chat> {
  if (tape !== undefined) {
    await requirePermission("read", tape);
    return replayChat(await readTape(tape), { model });
  }
  const { host, hostname, protocol } = new URL(baseUrl!);
  const port = protocol === "https:" ? 443 : 80;
  const named = host === hostname ? `${host}:${port}` : host;
  const { state } = await Deno.permissions.query({ name: "net", host: named });
  if (state !== "granted") {
    const message = `Cannot contact ${named}: run with --allow-net=${named}`;
    throw new Deno.errors.NotCapable(message);
  }
  return createChat({ model: model!, baseUrl: baseUrl!, timeout, apiKey: await readKey() });
}

/**
 * An error of a run that asked, with what this program may lack where an endpoint wants a key and got none.
 */
export async function explainRefusal(error: unknown): Promise<unknown> {
  if (!isRefused(error) || await maySeeKey()) return error;
  const hint = `(the key is read from ${KEY}, which needs --allow-env=${KEY})`;
  return new Error(`${(error as Error).message} ${hint}`, { cause: error });
}

/** Whether an endpoint answered with the status 401. */
function isRefused(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof ChatError ? error.status === 401 : isRefused(error.cause);
}

async function maySeeKey(): Promise<boolean> {
  const { state } = await Deno.permissions.query({ name: "env", variable: KEY });
  return state === "granted";
}

/** The key, where this program may see it: endpoints of one's own need none. */
async function readKey(): Promise<string | undefined> {
  return await maySeeKey() ? Deno.env.get(KEY)?.trim() : undefined;
}
