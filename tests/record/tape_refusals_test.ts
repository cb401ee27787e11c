import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { type Exchange, exchangeId } from "../../learn/chat/exchanges.ts";
import { type LearnOptions, learnRules } from "../../pipeline.ts";
import { readTape, readTrace, TraceWriteError, withTrace } from "../../trace.ts";
import { Tape } from "../../record/tape.ts";
import { answering, asking, askingSynthesizer, base, chat, idOf } from "./asking.ts";
import { few, inFolder, propose, stepsOf } from "../pipeline/fixture.ts";

Deno.test("the refusals and the error of a patch are recorded", async () => {
  await inFolder(async (storage) => {
    const refused = [{ name: "over", code: "invalid-rule", detail: "over the limit" } as const];
    const error = { name: "Error", message: "no reply for fee" };
    const answer = (content: string) =>
      content.startsWith("patch")
        ? JSON.stringify({ added: [propose("fee")], refused, error })
        : JSON.stringify(propose("card"));
    const { trace } = await withTrace(learnRules, { storage })(few, {
      ...base,
      synthesizer: askingSynthesizer(answering(answer), { also: () => ({ refused, error }) }),
      patience: 1,
    });
    const [synthesis] = stepsOf(trace, "synthesis");
    assertEquals([synthesis.proposed, synthesis.refused[0], synthesis.error], [
      4,
      refused[0],
      error,
    ]);
    const [first] = stepsOf(trace, "iteration");
    assertEquals([first.verdict, first.patch.refused, first.error], ["accepted", refused, error]);
  });
});

Deno.test("a patch with invalid refusals is an error", () =>
  inFolder(async (storage) => {
    const refused = [{ name: "over", code: "too-many", detail: "" }] as never;
    const run = withTrace(learnRules, { storage })(few, {
      ...base,
      synthesizer: askingSynthesizer(chat, { also: () => ({ refused }) }),
    });
    await assertRejects(() => run, TypeError, "Not a patch");
  }));

Deno.test("a tape that cannot be written costs nothing learned", () =>
  inFolder(async (storage) => {
    const path = join(storage, "few.run-1.exchanges.jsonl");
    Deno.writeTextFileSync(path, "of another run\n");
    const options = { ...base, synthesizer: askingSynthesizer(chat) };
    const error = await assertRejects(
      () => withTrace(learnRules, { storage })(few, options),
      TraceWriteError,
      "Cannot write the tape",
    );
    assertStringIncludes(error.message, path);
    const { rules } = error.result as { rules: unknown[] };
    assertEquals(rules.length, 3);
    assertEquals(await readTrace(join(storage, "few.trace.json")), error.trace);
    assertEquals(Deno.readTextFileSync(path), "of another run\n");
  }));

Deno.test("an error of a sink ends the run, whether synthesizer or coordinator asked", async () => {
  const broken = new Error("disk full");
  const onExchange = () => {
    throw broken;
  };
  const swallowing = asking(chat, { critique: () => undefined });
  for (
    const options of [
      { synthesizer: askingSynthesizer(chat) },
      { coordinator: swallowing, margin: 1e6 },
    ]
  ) {
    const error = await assertRejects(() =>
      learnRules(few, { ...base, ...options, onExchange } as LearnOptions)
    );
    assert(error === broken);
  }
});

Deno.test("an invalid exchange is refused, and so is the run", () =>
  inFolder(async (storage) => {
    const synthesizer = askingSynthesizer(chat, {
      also: ({ exchanges }) => {
        exchanges?.exchanged({ id: "e1", purpose: "chat" } as unknown as Exchange);
        return {};
      },
    });
    await assertRejects(
      () => withTrace(learnRules, { storage })(few, { ...base, synthesizer }),
      TypeError,
      "The learner reported no valid exchange: id: ",
    );
  }));

Deno.test("an exchange with the id of another request is refused, and so is the run", () =>
  inFolder(async (storage) => {
    const synthesizer = askingSynthesizer(chat, {
      also: ({ exchanges }) => {
        exchanges?.exchanged({
          id: idOf("another"),
          purpose: "synthesis",
          prompt: "synthesis-1",
          model: "small",
          messages: [{ role: "user", content: "this one" }],
          response: "{}",
          outcome: "parsed",
          metadata: {},
          took: 1,
        });
        return {};
      },
    });
    await assertRejects(
      () => withTrace(learnRules, { storage })(few, { ...base, synthesizer }),
      TypeError,
      "The learner reported no valid exchange: its id is sha256:",
    );
    await readTape(join(storage, "few.run-1.exchanges.jsonl"));
  }));

Deno.test("a tape is read from a file, even if its name is that of the standard input elsewhere", async () => {
  await assertRejects(
    () => readTape("-"),
    Error,
    'Cannot read tape "-": there is no such file',
  );
});

Deno.test("after a failed write nothing more is written to a tape", () =>
  inFolder(async (storage) => {
    const path = join(storage, "a.jsonl");
    Deno.writeTextFileSync(path, "of another run\n");
    const tape = new Tape(path);
    const messages = [{ role: "user" as const, content: "Say yes." }];
    const exchange: Exchange = {
      id: exchangeId({ model: "small" }, { messages }),
      purpose: "patch",
      prompt: "patch-1",
      model: "small",
      messages,
      response: "yes",
      outcome: "parsed",
      metadata: {},
      took: 1,
    };
    assertThrows(() => tape.append(exchange), Error, "Cannot write the tape");
    await Deno.remove(path);
    tape.append(exchange);
    assertThrows(() => Deno.statSync(path), Deno.errors.NotFound);
  }));

Deno.test("an error of a call is not hidden by an error of the sink that gets the exchange", () =>
  inFolder(async (storage) => {
    const thrown = new Error("real cause");
    const synthesizer = askingSynthesizer(chat, {
      also: () => {
        throw thrown;
      },
    });
    const onStep = () => {
      throw new Error("sink broke");
    };
    const learn = withTrace(learnRules, { storage });
    const error = await assertRejects(() => learn(few, { ...base, synthesizer, onStep }));
    assert(error === thrown);
    const { steps } = await readTrace(join(storage, "few.trace.json"));
    assertEquals(steps.map((step) => step.type === "failure" && step.error.message), [
      "real cause",
    ]);
  }));
