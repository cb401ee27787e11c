/**
 * Whole runs with a model behind a server on loopback: the effect of each error of a model on a run.
 *
 * @module
 */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { replayChat } from "../../../learn/chat/replay.ts";
import { readTape, readTrace } from "../../../trace.ts";
import {
  type Answer,
  completion,
  completionBytes,
  flood,
  hang,
  json,
  page,
  refuse,
  serveBytes,
  serveChat,
  stall,
} from "../chat/chat_server.ts";
import { checkLaws, KEY } from "./laws.ts";
import { inFolder } from "../../pipeline/fixture.ts";
import { chatWith, checkReplay, failOnce, few, labels, learn } from "./run_fixture.ts";
import { createScriptedModel } from "./scripted_model.ts";

interface ModelError {
  readonly answer: Answer;
  /** A part of the message if no call brings anything else. */
  readonly message: string;
  /** Whether a retry succeeds. */
  readonly isTransient?: boolean;
  /** Whether the call takes until the timeout. */
  readonly isSilent?: boolean;
}

const html = "<!DOCTYPE html><title>Sign in</title>";
const errors: Readonly<Record<string, ModelError>> = {
  "a reply that is streamed": {
    answer: page('data: {"choices":[]}\n\n', "text/event-stream"),
    message: "it streams its reply",
  },
  "a 429 with Retry-After": {
    answer: refuse(429, `slow down, ${KEY}`, { "retry-after": "1" }),
    message: "status 429",
    isTransient: true,
  },
  "a 500": { answer: refuse(500, "out of memory"), message: "status 500", isTransient: true },
  "a 401 that repeats the key": {
    answer: refuse(401, `Incorrect API key provided: ${KEY}`),
    message: "the API key is refused",
  },
  "no reply before the timeout": {
    answer: hang,
    message: "no whole reply within ",
    isTransient: true,
    isSilent: true,
  },
  "a reply that stalls": {
    answer: stall,
    message: "no whole reply within ",
    isTransient: true,
    isSilent: true,
  },
  "an HTML page": { answer: page(html, "text/html"), message: "it answers with an HTML page" },
  "an HTML page that is called JSON": {
    answer: page(html, "application/json"),
    message: "the reply is not JSON",
  },
  "empty choices": { answer: json({ choices: [] }), message: "the reply has no choices" },
  "a wrong content type": {
    answer: (received, closing) => {
      const body = JSON.stringify(completion(createScriptedModel()(received)));
      return page(body, "text/plain")(received, closing);
    },
    message: "its content type is",
  },
  "a reply of 10 MB": {
    answer: (received, closing) => flood(10 * 1024 * 1024).answer(received, closing),
    message: "the reply is longer than 4 MB",
  },
  "a reply that is not JSON": {
    answer: json(completion("I would rather talk about the weather.")),
    message: "refused",
  },
};

for (const [name, { answer, message, isTransient = false, isSilent }] of Object.entries(errors)) {
  const once = isSilent ? { timeout: 200 } : {};
  const always = isSilent ? { timeout: 50 } : {};

  Deno.test(`${name} at one call of the synthesis costs at most that call`, () =>
    inFolder(async (storage) => {
      await using server = serveChat(failOnce(1, answer));
      const learned = await learn(storage, chatWith(server, once));
      const { trace, rules, scores } = learned;
      await checkLaws(learned, few);
      assert(rules.length > 3 && scores.dev!.f1 > 0.5, `${rules.length} rules`);
      const [synthesis] = trace.steps;
      assert(synthesis.type === "synthesis");
      if (isTransient) assertEquals(synthesis.error, undefined);
      else assertStringIncludes(synthesis.error!.message, message);
      const tape = await readTape(learned.tape!);
      const failed = tape.filter(({ outcome }) => outcome === "failed" || outcome === "refused");
      assertEquals(failed.length, isTransient ? 0 : 1);
      await checkReplay(storage, learned);
    }));

  Deno.test(`${name} at every call ends the run with an error that says so`, () =>
    inFolder(async (storage) => {
      await using server = serveChat(answer);
      const error = await assertRejects(
        () => learn(storage, chatWith(server, always), {}, 4),
        Error,
        message,
      );
      const trace = await readTrace(join(storage, "banking.trace.json"));
      const last = trace.steps.at(-1)!;
      assert(last.type === "failure" && trace.run.status === "failed");
      assertStringIncludes(last.error.message, message);
      assert(server.received.length > 0);
      const tape = await readTape(join(storage, `banking.${trace.run.id}.exchanges.jsonl`));
      assertEquals(last.exchanges?.toSorted(), tape.map(({ id }) => id).toSorted());
      const told = [error.message, error.stack, JSON.stringify(trace), JSON.stringify(tape)];
      for (const text of told) assert(!text?.includes(KEY), text);
      const again = await assertRejects(() => learn(storage, replayChat(tape), {}, 4), Error);
      assertEquals(again.message, error.message);
      const replayed = await readTrace(join(storage, "banking.trace.json"));
      assertEquals(replayed.digest, trace.digest);
    }));

  Deno.test(`${name} at a patch costs that patch`, () =>
    inFolder(async (storage) => {
      await using server = serveChat(failOnce(labels.length, answer));
      const learned = await learn(storage, chatWith(server, once));
      await checkLaws(learned, few);
      const first = learned.trace.steps.find((step) => step.type === "iteration");
      assertEquals(first?.verdict === "failed", !isTransient);
      if (!isTransient) assertStringIncludes(first!.error!.message, message);
      await checkReplay(storage, learned);
    }));
}

Deno.test("a reply that is cut off gives its complete rules, and the tape says so", () =>
  inFolder(async (storage) => {
    const cut: Answer = (received) => {
      const content = createScriptedModel()(received);
      const part = content.slice(0, content.lastIndexOf("{") + 20);
      return Response.json(completion(part, { finish_reason: "length" }));
    };
    await using server = serveChat(failOnce(0, cut));
    const learned = await learn(storage, chatWith(server));
    await checkLaws(learned, few);
    const [first] = await readTape(learned.tape!);
    assertEquals([first.outcome, first.finishReason, first.error?.code], [
      "repaired",
      "length",
      "length",
    ]);
    const [synthesis] = learned.trace.steps;
    assert(synthesis.type === "synthesis" && synthesis.error === undefined);
    const names = synthesis.added.map((id) => learned.trace.rules[id].name);
    assert(names.includes("beneficiary") && names.includes("transfer denied"));
    assert(!synthesis.refused.some(({ name }) => name === "catch all"));
    await checkReplay(storage, learned);
  }));

Deno.test("a call whose connection is reset is retried", () =>
  inFolder(async (storage) => {
    const scripted = createScriptedModel();
    const rules = scripted({
      path: "",
      headers: new Headers(),
      body: {
        response_format: { json_schema: { name: "rules-1" } },
        messages: [{ content: JSON.stringify({ wantedLabels: ["beneficiary_not_allowed"] }) }],
      },
    });
    await using server = serveBytes(undefined, completionBytes(rules));
    const learned = await learn(storage, chatWith(server), { maxIterations: 1 });
    await checkLaws(learned, few);
    assert(learned.rules.length > 0);
    await checkReplay(storage, learned, { maxIterations: 1 });
  }));

Deno.test("a run ends with an error that says so if all connections are reset", () =>
  inFolder(async (storage) => {
    await using server = serveBytes(undefined);
    await assertRejects(
      () => learn(storage, chatWith(server), {}, 4),
      Error,
      "the connection failed",
    );
    const { run, steps } = await readTrace(join(storage, "banking.trace.json"));
    const tape = await readTape(join(storage, `banking.${run.id}.exchanges.jsonl`));
    assertEquals([run.status, steps.length], ["failed", 1]);
    assert(tape.length > 0 && tape.every(({ error }) => error?.code === "network"));
  }));
