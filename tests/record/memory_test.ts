import { assert, assertEquals, assertRejects } from "jsr:@std/assert@^1";
import type { Exchange } from "../../learn/chat/exchanges.ts";
import { learnRules } from "../../pipeline.ts";
import { verifyTrace, withTrace } from "../../trace.ts";
import { few, inFolder } from "../pipeline/fixture.ts";
import { execute } from "../script/process.ts";
import { answering, askingSynthesizer, base, sound } from "./asking.ts";
import { createClock, type LearnerOptions } from "./generate_run.ts";
import { dataset, failing, script } from "./trace_fixture.ts";

Deno.test("without a folder the trace is the one that would be written, and names no file", () =>
  inFolder(async (storage) => {
    const options = { generateId: () => "run-1", now: createClock() };
    const { trace, ...result } = await withTrace(learnRules, { now: createClock() })(few, options);
    verifyTrace(trace);
    assert(!("path" in result) && !("tape" in result));
    const again = { ...options, now: createClock() };
    const stored = await withTrace(learnRules, { storage, now: createClock() })(few, again);
    assertEquals(trace, stored.trace);
  }));

Deno.test("a trace in memory needs no permission", async () => {
  const { pathname: root } = new URL("../../", import.meta.url);
  const code = `
    import { learnRules, withTrace } from ${JSON.stringify(`file://${root}mod.ts`)};
    const examples = ["the rate", "a rate", "my card", "the card"].map((text) => (
      { text, label: text.slice(-4) }
    ));
    const { trace } = await withTrace(learnRules)({ name: "few", task: "classification", examples });
    console.log(trace.run.status, Object.keys(trace.rules).length > 0);
  `;
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/main.ts`, code);
    const args = ["run", "--no-prompt", "--no-check", `--config=${root}deno.json`, "main.ts"];
    const { stdout, stderr } = await execute(Deno.execPath(), args, folder);
    assertEquals([stdout, stderr], ["completed true\n", ""]);
  });
});

Deno.test("a learner that fails without a folder throws its own error", async () => {
  const error = new Error("enough");
  const thrown = await assertRejects(() => withTrace(failing(1, error))(dataset));
  assert(thrown === error && !("suppressed" in error));
});

Deno.test("without a folder exchanges reach the caller's sink, and steps name them", async () => {
  const exchanges: Exchange[] = [];
  const { trace } = await withTrace(learnRules)(few, {
    ...base,
    synthesizer: askingSynthesizer(answering(sound)),
    onExchange: (exchange) => exchanges.push(exchange),
  });
  const named = trace.steps.flatMap((step) => "exchanges" in step ? step.exchanges ?? [] : []);
  assertEquals(named, exchanges.map(({ id }) => id));
  assert(named.length > 0);
});

Deno.test("a learner need not be asynchronous", async () => {
  const learn = (_dataset: unknown, options?: LearnerOptions) => {
    options?.onStart?.(script.run);
    for (const report of script.reports) options?.onStep?.(report);
    return { rules: script.sets.at(-1) };
  };
  const { trace, rules } = await withTrace(learn)(dataset);
  assertEquals([trace.run.status, trace.steps.length], ["completed", script.reports.length]);
  assertEquals(rules, script.sets.at(-1));
});
