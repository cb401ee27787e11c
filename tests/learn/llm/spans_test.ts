/**
 * Whole runs with a model that writes rules for spans and reviews them.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import { createAgenticCoordinator } from "../../../learn/llm/coordinator.ts";
import { type Chat, createChat } from "../../../learn/chat/client.ts";
import { createDataset, type Dataset, parseDataset } from "../../../learn/data/dataset.ts";
import { replayChat } from "../../../learn/chat/replay.ts";
import { spansOf } from "../../../learn/data/examples.ts";
import { createExtractor } from "../../../learn/rules/extractor.ts";
import { createLlmSynthesizer } from "../../../learn/llm/synthesizer.ts";
import { type LearnOptions, learnRules } from "../../../pipeline.ts";
import { readTape, withTrace } from "../../../trace.ts";
import { serveChat } from "../chat/chat_server.ts";
import { checkLaws } from "./laws.ts";
import { inFolder, names, stepsOf } from "../../pipeline/fixture.ts";
import { createScripted, restaurant } from "./scripted_model.ts";

const bookings = parseDataset(
  Deno.readTextFileSync(new URL("../../../examples/restaurant.jsonl", import.meta.url)),
  { name: "restaurant", format: "jsonl" },
);
/** The numbers of guests in the same texts, as an extraction. */
const guests = createDataset({
  name: "guests",
  task: "extraction",
  examples: bookings.examples.map((example) => ({
    text: example.text,
    spans: spansOf(example).filter(({ label }) => label === "party_size_number")
      .map(({ start, end }) => ({ start, end })),
  })),
});

/** Learns with the scripted model as synthesizer and coordinator; checks the laws and the replay. */
function learn(dataset: Dataset, options: LearnOptions = {}) {
  return inFolder(async (storage) => {
    await using server = serveChat(createScripted(restaurant));
    const learn = (chat: Chat) =>
      withTrace(learnRules, { storage })(dataset, {
        synthesizer: createLlmSynthesizer({ chat }),
        coordinator: createAgenticCoordinator({ chat, every: 1 }),
        ...options,
      });
    const learned = await learn(createChat({ baseUrl: server.baseUrl, model: "scripted" }));
    await checkLaws(learned, dataset);
    const tape = await readTape(learned.tape!);
    const again = await learn(replayChat(tape));
    assertEquals(again.trace.digest, learned.trace.digest);
    return { ...learned, tape };
  });
}

Deno.test("a run learns entities from a model, from the first rules to the audit", async () => {
  const { trace, rules, scores, tape } = await learn(bookings);
  const [synthesis] = stepsOf(trace, "synthesis");
  assertEquals(synthesis.exchanges?.length, bookings.labels.length);
  assertEquals(synthesis.refused.map(({ name, code }) => [name, code]), [
    ["anything", "catch-all"],
    ["no such group", "invalid-rule"],
    ["dishes", "unknown-label"],
  ]);
  const [accepted, rejected] = stepsOf(trace, "iteration");
  assertEquals([accepted.verdict, rejected.verdict], ["accepted", "rejected"]);
  const { added, replaced, refused } = accepted.patch;
  assertEquals(added.map((id) => trace.rules[id].name), ["countries", "states"]);
  assertEquals(replaced.map(({ from, to }) => [from, to].map((id) => trace.rules[id].name)), [
    ["number after for", "number of people"],
  ]);
  assertEquals(refused.map(({ name, code }) => [name, code]), [["of no number", "unknown-rule"]]);
  assertEquals(accepted.guidance, "Find countries, and leave hours alone.");
  const [first, last] = stepsOf(trace, "audit");
  assertEquals(first.actions.map(({ kind, outcome }) => [kind, outcome]), [
    ["merge", "applied"],
    ["tighten", "skipped"],
    ["change", "skipped"],
  ]);
  assertEquals([first.phase, first.verdict, last.phase], ["refine", "kept", "final"]);
  const quoted = bookings.examples.find(({ text }) => text.includes("me and my child for 2 Pm"))!;
  const [critique] = stepsOf(trace, "critique");
  assertStringIncludes(critique.analysis, `[${quoted.id}]`);
  assert(!JSON.stringify(trace).includes("my child"));
  assertEquals(
    names(rules).filter((name) => name.startsWith("states") || name.startsWith("number")),
    ["number of people", "states by name or code"],
  );
  assert(scores.dev!.f1 > synthesis.scores.f1! && scores.dev!.f1 > 0.5, `${scores.dev!.f1}`);
  const kinds = ["synthesis", "critique", "guide", "patch", "audit"];
  assertEquals(kinds.filter((kind) => !tape.some(({ purpose }) => purpose === kind)), []);
  const spans = createExtractor(rules)("a table for seven at a pub in Kenya");
  assertEquals(spans.map(({ start, end, label }) => [start, end, label]), [
    [12, 17, "party_size_number"],
    [23, 26, "restaurant_type"],
    [30, 35, "country"],
  ]);
});

Deno.test("a prompt for a patch has missed spans, spurious spans and spans of the wrong type", async () => {
  const { tape } = await learn(bookings, { maxIterations: 1 });
  const [{ messages, metadata }] = tape.filter(({ purpose }) => purpose === "patch");
  const { failures, clusters, examples } = JSON.parse(messages[1].content);
  const kindOf = ({ expected, given }: { expected: string | null; given: string | null }) =>
    expected === null ? "spurious" : given === null ? "missed" : "wrong type";
  assertEquals(new Set(clusters.map(kindOf)), new Set(["missed", "spurious", "wrong type"]));
  const counted = clusters.map(({ failures }: { failures: number }) => failures);
  assertEquals(counted.reduce((sum: number, count: number) => sum + count), failures);
  assertEquals(failures, metadata.failures);
  for (const { cluster, span, misfired, text } of examples) {
    assert(text.includes(span.text));
    // A rule may have found a part of a missed span.
    if (clusters[cluster - 1].given !== null) assert(misfired.length > 0);
  }
});

Deno.test("a run learns the spans of an extraction from a model", async () => {
  const { trace, rules, scores, tape } = await learn(guests);
  assertEquals(stepsOf(trace, "synthesis")[0].exchanges?.length, 1);
  assertEquals(new Set(rules.map(({ label }) => label)), new Set(["span"]));
  assert(scores.dev!.f1 > 0.8, `${scores.dev!.f1}`);
  // The other rules of the patch have labels that are not in an extraction.
  const [{ patch }] = stepsOf(trace, "iteration");
  assertEquals(patch.refused.map(({ code }) => code), [
    "unknown-label",
    "unknown-rule",
    "unknown-label",
    "unknown-label",
  ]);
  const { wantedLabels, examples } = JSON.parse(tape[0].messages[1].content);
  assertEquals(wantedLabels, ["span"]);
  assert(examples.some(({ spans }: { spans: unknown[] }) => spans.length === 0));
  assertStringIncludes(tape[0].messages[0].content, '"label":"span"');
});
