import { assert, assertEquals, assertRejects } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { fileURLToPath } from "node:url";
import { createDataset, datasetDigest } from "../../../../learn/data/dataset.ts";
import { type Exchange, formatExchange, parseTape } from "../../../../learn/chat/exchanges.ts";
import { type ImportedRun, importRuleChefLog } from "../../../../rulechef/log/import.ts";
import { readExchanges } from "../../../../rulechef/log/proving/tape.ts";
import { parseTrace, renderTrace, type Trace, verifyTape } from "../../../../trace.ts";
import {
  auditLine,
  critiqueLine,
  decisionLine,
  guideLine,
  line,
  patchLine,
  synthesisLine,
} from "../fixture.ts";
import { bytesOf, card, cards, even, merge, now, rate, three } from "../importing.ts";

const textOf = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");

/** Imports a log with its tapes. */
async function importTaped(
  lines: readonly string[],
): Promise<{ runs: readonly ImportedRun[]; tapes: Exchange[][] }> {
  const { runs } = await importRuleChefLog(bytesOf(textOf(lines)), { now, tape: true });
  const tapes: Exchange[][] = runs.map(() => []);
  const asked = runs.map(({ exchanges }) => exchanges);
  for await (const { run, exchange } of readExchanges(bytesOf(textOf(lines)), asked)) {
    tapes[run].push(exchange);
  }
  return { runs, tapes };
}

/** Returns what the exchanges of each step were for. */
function purposesOf({ steps }: Trace, tape: readonly Exchange[]): string[] {
  return steps.map((step) => {
    const ids = "exchanges" in step ? step.exchanges ?? [] : [];
    const asked = ids.map((id) => tape.find((one) => one.id === id)!.purpose);
    return [step.type, ...asked].join(" ");
  });
}

const all = [
  ...three,
  critiqueLine([card, cards, rate], { analysis: "fine", rule_feedback: {} }),
  guideLine(1, "Look at cards."),
  patchLine([card, cards, rate], []),
  guideLine(2, "Look again."),
  patchLine([card, cards, rate], [{ ...cards, content: "(?i)\\bplastic\\b" }]),
  decisionLine(2, true, [{ ...cards, content: "(?i)\\bplastic\\b" }], even),
  auditLine([card, { ...cards, content: "(?i)\\bplastic\\b" }, rate], [merge]),
  guideLine(3, "", { should_continue: false }),
];

Deno.test("each step names the calls that it came of, and the trace proves the tape", async () => {
  const { runs: [{ trace }], tapes: [tape] } = await importTaped(all);
  assertEquals(purposesOf(trace, tape), [
    "synthesis synthesis synthesis",
    "critique critique",
    "iteration guide patch",
    "iteration guide patch",
    "audit audit",
    "critique guide",
  ]);
  assertEquals(verifyTape(trace, tape), { proved: 9, unproved: 0, unnamed: 0 });
  // As files, too.
  const read = parseTape(tape.map(formatExchange).join(""), "the tape").exchanges;
  assertEquals(verifyTape(parseTrace(renderTrace(trace)), read).proved, 9);
  assertEquals(tape[0].messages.map(({ role }) => role), ["user"]);
  assert(tape[0].messages[0].content.includes("POSITIVE EXAMPLES for 'card'"));
  assertEquals(tape[0].metadata.target_class, "card");
});

Deno.test("a trace names no exchanges unless they are asked for", async () => {
  const { runs: [{ trace, exchanges }] } = await importRuleChefLog(bytesOf(textOf(all)), { now });
  assertEquals([exchanges, trace.steps.some((step) => "exchanges" in step)], [[], false]);
});

Deno.test("replies are told as they read, and one without text is a failed call", async () => {
  const reply = JSON.stringify({ rules: [{ name: "a", content: "fee" }] });
  const replies = [reply, `\`\`\`json\n${reply}\n\`\`\``, "no idea", ""];
  const { runs: [{ trace }], tapes: [tape] } = await importTaped(
    replies.map((reply, place) =>
      line("rule_synthesis_per_class", "Rules?", reply, {
        ...{ task_name: "cards", task_type: "classification", target_class: `c${place}` },
        model: "small",
      })
    ),
  );
  const outcomes = ["parsed", "repaired", "refused", "failed"];
  assertEquals(tape.map(({ outcome }) => outcome as string), outcomes);
  assertEquals(tape.map(({ model, response }) => [model, response !== undefined]), [
    ...Array(3).fill(["small", true]),
    ["small", false],
  ]);
  const [step] = trace.steps;
  assert(step.type === "synthesis");
  assertEquals([step.repaired, step.responses?.at(-1)], [1, null]);
  assertEquals(verifyTape(trace, tape).proved, 4);
});

Deno.test("of mixed runs, each has a tape of its own", async () => {
  const marked = (user: string) => [
    synthesisLine("card", [card], { user }),
    synthesisLine("rate", [rate], { user }),
    patchLine([card, rate], [cards], { user }),
  ];
  const [one, other] = ["a", "b"].map(marked);
  const { runs, tapes } = await importTaped(one.flatMap((line, place) => [line, other[place]]));
  assertEquals(runs.map(({ trace }, place) => verifyTape(trace, tapes[place]).proved), [3, 3]);
  assertEquals(tapes.map((tape) => [...new Set(tape.map(({ metadata }) => metadata.user))]), [
    ["a"],
    ["b"],
  ]);
});

Deno.test("a log that changed since the import gives no tape, one that has grown does", async () => {
  const { runs } = await importRuleChefLog(bytesOf(textOf(all)), { now, tape: true });
  const read = (lines: readonly string[]) =>
    Array.fromAsync(
      readExchanges(bytesOf(textOf(lines)), runs.map(({ exchanges }) => exchanges)),
    );
  assertEquals((await read([...all, critiqueLine([card], {})])).length, 9);
  const other = all.with(1, all[1].replace("card_any", "card_all").replace("cards", "rates"));
  await assertRejects(() => read(other), Error, "line 2 has changed since");
  await assertRejects(() => read(all.slice(0, 4)), Error, "it has fewer lines than before");
});

const texts = ["where is my card", 'they said "naïve" and more … than once, did they not, and why'];
const data = createDataset({
  name: "cards",
  examples: [
    ...texts.map((text) => ({ text, label: "card" })),
    ...Array.from({ length: 18 }, (_, place) => ({ text: `rate ${place}`, label: "rates" })),
  ],
});
const shown = [
  synthesisLine("card", [card], { texts }),
  synthesisLine("rate", [rate]),
  patchLine([card, rate], [], { evidence: texts, failures: [{ text: texts[0], label: "card" }] }),
];

Deno.test("a run of which the examples are given names them", async () => {
  const { runs: [{ trace, otherData }] } = await importRuleChefLog(bytesOf(textOf(shown)), {
    now,
    data,
  });
  const { examples, digest, labels } = trace.run.dataset;
  assertEquals([otherData, examples, digest], [undefined, 20, datasetDigest(data)]);
  assertEquals(labels, ["card", "rate", "rates"]);
});

Deno.test("examples that a log contradicts are not those of its run", async () => {
  const tell = async (lines: readonly string[], given: Parameters<typeof createDataset>[0]) => {
    const options = { now, data: createDataset(given) };
    const { runs: [{ trace, otherData }] } = await importRuleChefLog(
      bytesOf(textOf(lines)),
      options,
    );
    assertEquals(trace.run.dataset.digest, undefined);
    return otherData;
  };
  assertEquals(
    await tell(shown, { ...data, examples: data.examples.slice(1) }),
    "they are 19 examples, the run had 20",
  );
  assertEquals(
    await tell(
      [...shown, patchLine([card, rate], [], { failures: [{ text: "new", label: "x" }] })],
      data,
    ),
    "line 4 shows a text that they lack",
  );
  const spans = data.examples.map(({ text }) => ({ text, spans: [] }));
  assertEquals(
    await tell(shown, { name: "cards", task: "extraction", examples: spans }),
    "they are for extraction, the run is for classification",
  );
});

const folder = fileURLToPath(new URL("../../../../../shared/data/rulechef", import.meta.url));
let hasData = true;
try {
  Deno.statSync(folder);
} catch {
  hasData = false;
}

for (const [name, count] of [["agentic", 22], ["simple", 10], ["audited", 7], ["failed", 5]]) {
  Deno.test({
    name: `the trace of the run ${name} proves the ${count} exchanges of its log`,
    ignore: !hasData,
    async fn() {
      const log = await Deno.readTextFile(join(folder, `run_${name}.training.jsonl`));
      const { runs: [{ trace }], tapes: [tape] } = await importTaped(log.trimEnd().split("\n"));
      assertEquals(verifyTape(trace, tape), { proved: count as number, unproved: 0, unnamed: 0 });
    },
  });
}
