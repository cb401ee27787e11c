/** Runs with two models behind a server on loopback: what goes to the second one, and how it is recorded. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "jsr:@std/assert@^1";
import { createLlmSynthesizer } from "../../../learn/llm/synthesizer.ts";
import { applyPatch } from "../../../pipeline/changes.ts";
import { formatRuleLife, formatTrace } from "../../../print.ts";
import { renderReport } from "../../../review/report.ts";
import { propose, stepsOf } from "../../pipeline/fixture.ts";
import { completion, refuse } from "../chat/chat_server.ts";
import { scriptChat, stateOf, task, train } from "./synthesizer_fixture.ts";
import { faults, item, labels, learnWithTwo, modelsOf, type Script } from "./two_models.ts";

const names = Object.keys(faults);
const right = (label: string) => [item(label)];
const codesOf = (refused: readonly { readonly code: string }[]) => refused.map(({ code }) => code);
/** The codes of what is refused of the replies about all labels, each so many times. */
const codesOfAll = (times: number) =>
  labels.flatMap((label) => Array(times).fill(faults[label]?.codes ?? []).flat());
const escalations = labels.flatMap((label) =>
  label in faults ? [{ reason: faults[label].reason, to: "large", label }] : []
);

Deno.test("first rules that will not do are asked of the second model, label by label, in the same order however many calls are under way", async () => {
  const script: Script = (model, asked) => {
    const label = String(asked);
    return model === "small" && label in faults ? faults[label].said(label) : right(label);
  };
  const { trace, tape } = await learnWithTwo(script);
  const [first] = stepsOf(trace, "synthesis");
  assertEquals(first.escalated, escalations);
  assertEquals([first.added.length, codesOf(first.refused)], [labels.length, codesOfAll(1)]);
  assertEquals(first.error, undefined);
  const models = [...labels.map(() => "small"), ...names.map(() => "large")];
  assertEquals(modelsOf(first, tape), models);
  assertEquals(trace.run.learner.model, "small, large");
  const { synthesizer } = trace.run.config as { synthesizer: Record<string, unknown> };
  assertEquals([synthesizer.escalateTo, synthesizer.gate], ["large", "gate-1"]);
  const asked = tape.filter(({ metadata }) => String(metadata.labels) === "wrong");
  // The same request of two models is two requests.
  assertEquals(asked[0].messages, asked[1].messages);
  assert(asked[0].id !== asked[1].id);
  assertEquals(asked.map(({ metadata }) => metadata.escalated ?? ""), ["", "gate"]);

  const told = formatTrace(trace, { width: 300 });
  assertStringIncludes(told, "synthesized 9 rules (4 refused, 8 requests escalated to large)");
  assertStringIncludes(told, "as no rule passed the gate: all, broken, empty + 1 more\n");
  const lives = ["all", "fine"].map((label) =>
    formatRuleLife(trace, first.added[labels.indexOf(label)], { width: 300 })
  );
  assertStringIncludes(lives[0], "escalated to large, as no rule passed the gate\n");
  assert(!lives[1].includes("escalated"));

  // The first calls are the last to end.
  let waiting = 4;
  const slow: Script = (model, asked) => async (received, closing) => {
    await new Promise((resolve) => setTimeout(resolve, 4 * Math.max(0, waiting--)));
    const said = script(model, asked);
    return typeof said === "function"
      ? await said(received, closing)
      : Response.json(completion(JSON.stringify({ rules: said })));
  };
  assertEquals((await learnWithTwo(slow, {}, 4)).trace.digest, trace.digest);
});

Deno.test("if the second model fails as well, that is as if there were only one", async () => {
  const script: Script = (_, asked) => faults[asked]?.said(String(asked)) ?? right(String(asked));
  const { trace } = await learnWithTwo(script);
  const [first] = stepsOf(trace, "synthesis");
  assertEquals(first.escalated, escalations);
  assertEquals([first.added.length, codesOf(first.refused)], [1, codesOfAll(2)]);
  assertStringIncludes(first.error!.message, "4 of 9 calls for rules failed: for ");

  const { trace: dead, tape } = await learnWithTwo(() => refuse(500, "out of memory"));
  const last = dead.steps.at(-1)!;
  assert(last.type === "failure" && dead.run.status === "failed");
  const what = 'no more were made, with the second model "large" too; the first with: ';
  assertStringIncludes(last.error.message, what);
  assertEquals(modelsOf(last, tape).join(), "small,small,small,small,large,large,large,large");
});

/** Patches for labels without a rule, one after another; `mend` replies to the patch that a label is due for. */
function learnPatches(
  mend: (model: string, label: string, isAgain: boolean) => ReturnType<Script>,
) {
  const due: string[] = [];
  const script: Script = (model, failures) => {
    // Each label has eight texts to learn from, and one is held up by its rule already.
    const label = names[names.length - Number(failures) / 8];
    due.push(label);
    return mend(model, label, due.filter((one) => one === label).length > 2);
  };
  const options = { maxIterations: 99, patience: 3, incremental: true, margin: 0 };
  return learnWithTwo(script, { ...options, rules: [propose("fine")] });
}

Deno.test("a patch that will not do is asked of the second model, in the same step", async () => {
  const { trace, tape } = await learnPatches((model, label) =>
    model === "small" ? faults[label].said(label) : right(label)
  );
  const patches = stepsOf(trace, "iteration");
  assertEquals(patches.map(({ escalated }) => escalated), [
    ...names.map((name) => [{ reason: faults[name].reason, to: "large" }]),
  ]);
  assertEquals(
    patches.map(({ verdict, patch }) => [verdict, codesOf(patch.refused)]),
    names.map((name) => ["accepted", faults[name].codes]),
  );
  for (const step of patches) assertEquals(modelsOf(step, tape), ["small", "large"]);
  const [{ patch: { added: [first] } }] = patches;
  assertStringIncludes(formatRuleLife(trace, first, { width: 300 }), "escalated to large, as no r");
  const told = formatTrace({ ...trace, steps: trace.steps.slice(0, 7) }, { width: 300 });
  for (const why of ["no reply could be read)", "no rule passed the gate)"]) {
    assertStringIncludes(told, `escalated to large, as ${why}`);
    assertStringIncludes(renderReport(trace), `escalated to large, as ${why}`);
  }
});

Deno.test("after a patch that both models fail the second is asked at once, and after an accepted one the first", async () => {
  const { trace, tape } = await learnPatches((_, label, isAgain) =>
    isAgain ? right(label) : faults[label].said(label)
  );
  const patches = stepsOf(trace, "iteration");
  assertEquals(
    patches.map(({ verdict, error, escalated = [] }) => [
      ...[verdict, error?.name === undefined ? "" : "failed"],
      ...escalated.map(({ reason, to }) => `${reason} ${to}`),
    ]),
    names.flatMap((name) => {
      const { reason } = faults[name];
      const [verdict, error] = reason === "failed" ? ["failed", "failed"] : ["empty", ""];
      return [[verdict, error, `${reason} large`], ["accepted", "", "rejected large"]];
    }),
  );
  assertEquals(patches.map(({ patch }) => codesOf(patch.refused)), [
    ...names.flatMap((name) => [[...faults[name].codes, ...faults[name].codes], []]),
  ]);
  assertEquals(patches.slice(0, 2).map((step) => modelsOf(step, tape)), [
    ["small", "large"],
    ["large"],
  ]);
});

Deno.test("a patch that is rejected on dev goes to the second model in the next step", async () => {
  const { trace, tape } = await learnPatches((model, label) =>
    model === "small" ? [item(label, "nowhere")] : right(label)
  );
  const patches = stepsOf(trace, "iteration").slice(0, 4);
  assertEquals(patches.map(({ verdict }) => verdict).join(), "rejected,accepted,rejected,accepted");
  assertEquals(
    patches.flatMap(({ escalated = [] }) => escalated),
    Array(2).fill({ reason: "rejected", to: "large" }),
  );
  assertEquals(patches.flatMap((step) => modelsOf(step, tape)).join(), "small,large,small,large");
});

/** Asks for one patch of rules among which one is wrong. */
async function patchOnce(script: (model: string) => object) {
  const wrong = propose("all", "fine");
  const rules = labels.filter((label) => label !== "all").map((label) => propose(label));
  const { trace } = await learnWithTwo(
    (model) => () => Response.json(completion(JSON.stringify(script(model)))),
    { rules: [wrong, ...rules], incremental: true, maxIterations: 1 },
  );
  const [{ escalated, patch }] = stepsOf(trace, "iteration");
  return { escalated, patch, codes: codesOf(patch.refused) };
}

Deno.test("a patch passes that only removes a rule, unless there is no such rule", async () => {
  for (const [number, reason] of [[1, undefined], [99, "gate"]] as const) {
    const { escalated, patch, codes } = await patchOnce((model) => ({
      rules: [],
      remove: model === "small" ? [number] : [],
    }));
    assertEquals([escalated?.[0].reason, patch.removed.length], [reason, number === 1 ? 1 : 0]);
    assertEquals(codes, number === 1 ? [] : ["unknown-rule"]);
  }
});

Deno.test("what the first model proposes in vain stays refused, whatever the second makes room for", async () => {
  const double = { ...item("all", "fine"), replaces: null };
  const { patch, codes, escalated } = await patchOnce((model) =>
    model === "small" ? { rules: [double] } : { rules: right("all"), remove: [1] }
  );
  assertEquals(escalated?.length, 1);
  assertEquals([patch.added.length, patch.removed.length, codes], [1, 1, ["duplicate"]]);
});

Deno.test("a name that is not a text is that of a refused rule, and spoils nothing else", async () => {
  const bad = { ...item("all", "nowhere"), name: { toString: 1 }, replaces: 99 };
  const { patch, codes, escalated } = await patchOnce((model) =>
    model === "small" ? { rules: [bad] } : { rules: right("all"), remove: [1] }
  );
  assertEquals([escalated?.[0].reason, patch.added.length, codes], ["gate", 1, ["unknown-rule"]]);
  assertEquals(patch.refused[0].name, "99");
  const ungated = applyPatch([], { replaced: [{ from: "99", to: bad as never }] }, {
    labels: new Set(labels),
    definitions: new Map(),
  });
  assertEquals(ungated.refused.map(({ name, code }) => [name, code]), [["99", "unknown-rule"]]);
});

Deno.test("the error of the second model is that of the step, and what the first proposed is refused", async () => {
  const { trace } = await learnPatches((model) =>
    model === "small" ? faults.wrong.said("wrong") : refuse(500, "out of memory")
  );
  const [{ verdict, error, patch, escalated }] = stepsOf(trace, "iteration");
  assertEquals([verdict, escalated], ["failed", [{ reason: "gate", to: "large" }]]);
  assertStringIncludes(error!.message, "status 500");
  assertEquals(patch.refused, [{
    name: "wrong: fine",
    code: "contradicted",
    detail: "is right in 0 of the 8 places that it matches in train examples",
  }]);
});

Deno.test("without a second model and a playbook there is no gate", async () => {
  const chat = scriptChat(() => JSON.stringify({ rules: [item("fee", "card|rate")] }));
  const synthesizer = createLlmSynthesizer({ chat });
  assertEquals(Object.keys(synthesizer.settings ?? {}), [
    ...["prompts", "maxExamples", "maxTokens", "maxRulesPerReply"],
  ]);
  const { added, refused, ...rest } = await synthesizer.synthesize(task, train, []);
  assertEquals([added?.length, refused], [3, []]);
  assert(!("playbook" in rest || "escalated" in rest));
  assertThrows(() => createLlmSynthesizer({ chat, escalateTo: chat }), RangeError, '"scripted"');
});

Deno.test("what is too long to be asked of one model is not asked of the other", async () => {
  const [chat, large] = [scriptChat(() => "{}"), scriptChat(() => "{}")];
  const escalateTo = Object.assign(large, { model: "large" });
  const synthesizer = createLlmSynthesizer({ chat, escalateTo, maxTokens: 9 });
  const { error, escalated } = await synthesizer.patch(stateOf([]));
  assertStringIncludes(error!.message, "Cannot ask for a patch: the shortest prompt takes about");
  assertEquals([escalated, chat.requests.length, large.requests.length], [undefined, 0, 0]);
});
