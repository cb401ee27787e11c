import { assert, assertMatch, assertStringIncludes } from "jsr:@std/assert@^1";
import { formatTrace } from "../../print.ts";
import type { LearnOptions } from "../../pipeline.ts";
import { card, learn, propose, silent, stub } from "../pipeline/fixture.ts";

/** A run as text. */
async function print(options: LearnOptions): Promise<string> {
  const { trace } = await learn({ patience: 2, ...options });
  return formatTrace(trace, { width: 200 });
}

const failing = () => {
  throw new Error("status 401");
};
const refusing = stub({ added: [card] }, new Error("status 401"), new Error("status 401"));

Deno.test("failed guidance and a failed critique are shown as failures", async () => {
  const guided = await print({ synthesizer: refusing, coordinator: silent({ guide: failing }) });
  assertStringIncludes(guided, "advice failed: Error: guidance: status 401");
  const reviewed = await print({
    synthesizer: refusing,
    coordinator: silent({ critique: failing }),
  });
  assertStringIncludes(reviewed, "advice failed: Error: critique: status 401");
});

Deno.test("a critique without a result is shown as failed, one with a part of it is not", async () => {
  const none = await print({ synthesizer: refusing, coordinator: silent({ critique: failing }) });
  assertMatch(none, /^ +1 {2}advice failed /m);
  const some = await print({
    synthesizer: refusing,
    coordinator: silent({
      critique: () => ({
        analysis: "Rates are missed.",
        advice: [],
        error: { name: "RefusedAdvice", message: "one is none" },
      }),
    }),
  });
  assertMatch(some, /^ +1 {2}critique {3}/m);
});

Deno.test("a run that stopped as every patch failed says so", async () => {
  const text = await print({ synthesizer: refusing });
  assertStringIncludes(text, "stopped (stale): every patch failed\n");
});

Deno.test("a run says that no patch was accepted if one of the last patches did not fail", async () => {
  const answers = [new Error("status 401"), { added: [propose("card", "nothing")] }];
  for (const order of [answers, answers.toReversed()]) {
    const text = await print({ synthesizer: stub({ added: [card] }, ...order) });
    assertStringIncludes(text, "stopped (stale): patches were no longer accepted\n");
    assert(!text.includes("every patch failed"));
  }
});
