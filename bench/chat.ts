/**
 * Measures what a call of a model costs besides the model: bare requests to a server on loopback that
 * answers at once, and in turn requests as a run makes them.
 *
 *     deno run -A bench/chat.ts [--quick]
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { createChat, type Message } from "../learn/chat/client.ts";
import { checkExchange, createRecorder } from "../learn/chat/exchanges.ts";
import { readReply } from "../learn/chat/structured.ts";
import { admit } from "../learn/rules/running.ts";
import { Tape } from "../record/tape.ts";
import { inTempFolder } from "./data.ts";
import { type BenchOptions, type BenchResult, formatTable, runBench, toResult } from "./table.ts";

const labels = ["card_arrival", "exchange_rate"];
const RULES = 8;
const rules = Array.from({ length: RULES }, (_, place) => ({
  name: `rule ${place}`,
  label: labels[place % 2],
  patterns: [String.raw`\b(?:word${place}|term${place}s?)\b`, String.raw`\b(?:rate|card)\w*\b`],
  not: [String.raw`\bnever${place}\b`],
  flags: "i",
}));
const Rules = z.strictObject({ rules: z.array(z.unknown()) }).meta({ title: "rules-1" });
/** Messages as long as a prompt of the synthesizer with its default of 20 examples. */
const messages: readonly Message[] = [
  { role: "system", content: "Write rules. ".repeat(160) },
  { role: "user", content: JSON.stringify({ examples: Array(20).fill("When is it? ".repeat(8)) }) },
];

/** The calls that are made in each round, in turn. */
interface Ways {
  readonly bare: () => Promise<unknown>;
  readonly chat: () => Promise<unknown>;
  readonly whole: () => Promise<unknown>;
}

/** Measures calls one after another, as their own cost would hide behind others. */
export async function benchChat({ quick }: BenchOptions): Promise<BenchResult> {
  const rounds = quick ? 50 : 1_000;
  const reply = JSON.stringify({
    choices: [{
      message: { role: "assistant", content: JSON.stringify({ rules }) },
      finish_reason: "stop",
    }],
    usage: { prompt_tokens: 1_200, completion_tokens: 600 },
  });
  const headers = { "content-type": "application/json" };
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      await request.arrayBuffer();
      return new Response(reply, { headers });
    },
  );
  const baseUrl = `http://127.0.0.1:${server.addr.port}/v1`;
  const times = { bare: [] as number[], chat: [] as number[], whole: [] as number[] };
  await inTempFolder(async (storage) => {
    using stack = new DisposableStack();
    const tape = stack.adopt(new Tape(`${storage}/bench.exchanges.jsonl`), (tape) => tape.close());
    const ways = createWays(baseUrl, tape);
    const names = Object.keys(ways) as (keyof Ways)[];
    for (let round = -20; round < rounds; round++) {
      for (let place = 0; place < names.length; place++) {
        // Each call is the first in some rounds.
        const name = names[(place + Math.abs(round)) % names.length];
        const start = performance.now();
        await ways[name]();
        // The first rounds only warm up.
        if (round >= 0) times[name].push(performance.now() - start);
      }
    }
  });
  return describe(times, rounds);
}

function createWays(baseUrl: string, tape: Tape): Ways {
  const chat = createChat({ baseUrl, model: "bench" });
  const ask = createRecorder(chat, {
    asked: () => {},
    // A recorded run does the same.
    exchanged: (exchange) =>
      tape.append(checkExchange(exchange, "The recorder reported no exchange")),
  });
  const known = new Set(labels);
  return {
    async bare() {
      const response = await fetch(`${baseUrl}/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: "bench", messages }),
      });
      return await response.json();
    },
    chat: () => chat(messages, { schema: Rules }),
    async whole() {
      const asked = await ask(
        { purpose: "synthesis", prompt: "synthesis-1", messages, schema: Rules },
        (reply) => readReply(Rules, reply),
      );
      if (asked.outcome !== "parsed") throw new Error(asked.why);
      const taken = new Set<string>();
      for (const rule of asked.value.rules) {
        const admitted = admit(rule, known, taken);
        if ("refused" in admitted) throw new Error(admitted.refused.detail);
        taken.add(admitted.rule.id);
      }
    },
  };
}

function describe(times: Readonly<Record<keyof Ways, number[]>>, rounds: number): BenchResult {
  const more = (name: "chat" | "whole") =>
    times[name].map((time, round) => time - times.bare[round]);
  const [onlyChat, all] = [more("chat"), more("whole")];
  const row = (what: string, values: readonly number[]) => [
    what,
    ...[0.25, 0.5, 0.75].map((share) => quantile(values, share).toFixed(3)),
    "ms",
  ];
  const text = formatTable(
    `chat: calls of a server that answers at once, ${RULES} rules a reply`,
    ["what", "25 %", "median", "75 %", "unit"],
    [
      row("bare fetch", times.bare),
      row("chat", times.chat),
      row("chat, tape and validation", times.whole),
      row("more than fetch: chat", onlyChat),
      row("more than fetch: chat, tape and validation", all),
    ],
    [`${rounds} rounds, one call after another`, "held to: under 1 ms more a call"],
  );
  return toResult(text, all);
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(share * values.length)] ?? NaN;
}

if (import.meta.main) await runBench(benchChat);
