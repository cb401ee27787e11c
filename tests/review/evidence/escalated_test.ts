import { assertEquals } from "jsr:@std/assert@^1";
import type { Chat } from "../../../learn/chat/client.ts";
import { createDataset } from "../../../learn/data/dataset.ts";
import { createLlmSynthesizer } from "../../../learn/llm/synthesizer.ts";
import { makePreferenceRows } from "../../../review/dataset/rows/preference.ts";
import { makeReplyRows } from "../../../review/dataset/rows/replies.ts";
import { judge } from "../../../review/evidence/judging.ts";
import { readTape } from "../../../trace.ts";
import { scriptChat } from "../../learn/llm/synthesizer_fixture.ts";
import { inFolder, many } from "../../pipeline/fixture.ts";
import { item, recordRun } from "./evidence_fixture.ts";

/** A model that makes the first rules of each label, and patches. */
function createModel(model: string, rules: object[], patch: object): Chat {
  const chat = scriptChat(({ data }) => {
    const [label] = data.wantedLabels ?? [];
    if (label === undefined) return JSON.stringify(patch);
    return JSON.stringify({ rules: label === "fee" ? rules : [item(label)] });
  });
  return Object.assign((...args: Parameters<Chat>) => chat(...args), { model });
}

Deno.test("of a request that was escalated, each model's reply is judged for itself", () =>
  inFolder(async (storage) => {
    // It is right where it matches; the patch of the second model puts a better one in its place.
    const few = item("fee", "fee [a-e]");
    const wrong = item("fee", "rate|card");
    const synthesizer = createLlmSynthesizer({
      concurrency: 1,
      chat: createModel("small", [wrong], { rules: [wrong], remove: [9] }),
      escalateTo: createModel("large", [few], { rules: [item("fee")], remove: ["fee: fee [a-e]"] }),
    });
    const { path, trace, tape } = await recordRun(storage, "run-1", [], { synthesizer });
    const source = { path, trace, data: createDataset(many), tape: await readTape(tape!) };
    const evidence = judge(source);
    const modelOf = (id: string) => source.tape.find((one) => one.id === id)!.model;
    const replies = evidence.filter((one) => one.kind === "reply");
    assertEquals(
      replies.map((one) => [modelOf(one.exchange), one.judgement, one.reason, one.refused]),
      [
        ["small", "accepted", "survived", 0],
        ["small", "rejected", "nothing-admitted", 1],
        ["small", "accepted", "survived", 0],
        ["large", "rejected", "none-survived", 0],
        ["small", "rejected", "nothing-admitted", 1],
        ["large", "accepted", "survived", 0],
      ],
    );
    const refused = evidence.flatMap((one) => one.kind === "rule" && one.code ? [one] : []);
    assertEquals(refused.map(({ name, code, judgement }) => [name, code, judgement]), [
      ["fee: rate|card", "contradicted", "rejected"],
      ["fee: rate|card", "contradicted", "rejected"],
    ]);

    // Both answers to a prompt may be learned from, and are no pair: they are to two requests.
    const judged = { source, evidence };
    const patches = makeReplyRows(judged, "unpaired").rows.flatMap(({ kind, content }) =>
      kind === "unpaired" && JSON.stringify(content.prompt).includes("failures") ? [content] : []
    );
    assertEquals(patches.map(({ label }) => label), [false, true]);
    assertEquals(patches[0].prompt, patches[1].prompt);
    assertEquals(makePreferenceRows([judged]), { rows: [], quarantined: [] });
  }));
