import { assert, assertEquals } from "jsr:@std/assert@^1";
import { createAgenticCoordinator } from "../../../learn/llm/coordinator.ts";
import { replayRun } from "../../../review/replay.ts";
import { rerunOptions } from "../../../review/replay/rerun.ts";
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
