import { assert, assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import { createAgenticCoordinator } from "../../../learn/llm/coordinator.ts";
import { createPlaybook, type RunPlaybook } from "../../../learn/rules/playbook.ts";
import { replayRun } from "../../../review/replay.ts";
import { rerunOptions } from "../../../review/replay/rerun.ts";
import { formatResumption } from "../../../review/replay/text.ts";
import { createScriptedModel } from "../../learn/llm/scripted_model.ts";
import { askingLearners, banking, createScriptedChat, record } from "./replay_fixture.ts";

const model = createScriptedModel();
const parameters = { seed: 1 };

Deno.test("a second model that reviews under other parameters is answered from the tape by its own", async () => {
  const large = Object.assign(createScriptedChat("large", model), { parameters });
  const { trace, tape } = await record(banking, {
    ...askingLearners(createScriptedChat("small", model), createScriptedChat("large", model)),
    coordinator: createAgenticCoordinator({ chat: large, maxExamples: 6, every: 2 }),
  });
  assert(tape.some(({ purpose, model }) => purpose === "patch" && model === "large"));
  const { verdict, detail } = await replayRun(trace, { data: banking, tape });
  assertEquals([verdict, detail], ["same", ""]);
});

Deno.test("a second model with parameters can be asked if the tape has none of its replies yet", async () => {
  const open = () => {
    const model = createScriptedModel();
    const large = Object.assign(createScriptedChat("large", model), { parameters });
    return [createScriptedChat("small", model), large] as const;
  };
  const { trace, tape } = await record(banking, askingLearners(...open()));
  const place = tape.findIndex(({ model }) => model === "large");
  assert(place > 0);
  const [chat, escalateTo] = open();
  const given = { data: banking, tape: tape.slice(0, place), chat, escalateTo };
  const options = rerunOptions(trace, given);
  assertEquals(options.synthesizer?.escalateTo, "large");
});

Deno.test("a run that is taken up from its start is said to begin with the rules of its playbook alone", async () => {
  const { trace } = await record(banking, { maxIterations: 0 });
  const rule = { name: "a", label: "b", patterns: ["c"], flags: "i", priority: 0 };
  const failure = { expected: "b", predicted: null, count: 1 };
  const entry = { task: "classification" as const, failure, rules: [rule], support: 1 };
  const digests = { recorded: trace.digest };
  const steps = { same: 0, of: 0 };
  const tell = (playbook?: RunPlaybook) => {
    const run = { ...trace.run, playbook };
    const resumed = { run: { dataset: "x", id: "y" }, verdict: "same", detail: "" } as const;
    return formatResumption({ ...resumed, digests, steps, trace: { ...trace, run } });
  };
  assertStringIncludes(tell(), "from the start, without rules to begin with; now");
  const own = "without rules to begin with but those of its playbook; now";
  assertStringIncludes(tell(createPlaybook([entry])).replaceAll(/\s+/g, " "), own);
  assertStringIncludes(tell(createPlaybook([])), "without rules to begin with; now");
});
