/** Runs of RuleChef as evidence and as training data: their replies are read as RuleChef reads them. */
import { assert, assertEquals } from "jsr:@std/assert@^1";
import { createDataset } from "../../../learn/data/dataset.ts";
import type { Exchange } from "../../../learn/chat/exchanges.ts";
import { makePreferenceRows } from "../../../review/dataset/rows/preference.ts";
import { makeReplyRows } from "../../../review/dataset/rows/replies.ts";
import { labelsOfAnswer } from "../../../review/dataset/summary/coverage.ts";
import { formOf } from "../../../review/evidence/forms.ts";
import { type Evidence, judgeAll } from "../../../review/evidence.ts";
import { importRuleChefLog, readExchanges } from "../../../review/rulechef_log.ts";
import {
  decisionLine,
  type LoggedRule,
  patchLine,
  proposed,
  synthesisLine,
} from "../../rulechef/log/fixture.ts";
import { bytesOf, card, cards, now, rate, returnedOf } from "../../rulechef/log/importing.ts";

const texts = ['is my "naïve" card here', "two  cards of mine", "what is the rate", "rates today"];
const data = createDataset({
  name: "cards",
  examples: Array.from({ length: 20 }, (_, place) => ({
    text: `${texts[place % 4]}${place < 4 ? "" : ` ${place}`}`,
    label: place % 4 < 2 ? "card" : "rate",
  })),
});
const broken: LoggedRule = { name: "broken", content: "(", label: "card" };
const plural: LoggedRule = { ...cards, name: "plural" };

/** Imports one run with its tape, and judges it. */
async function judgeLog(lines: readonly string[], returned: readonly LoggedRule[]) {
  const log = lines.map((line) => `${line}\n`).join("");
  const { runs } = await importRuleChefLog(bytesOf(log), {
    ...{ now, data, tape: true },
    returned: returnedOf(returned),
  });
  const tape: Exchange[] = [];
  for await (const { exchange } of readExchanges(bytesOf(log), [runs[0].exchanges])) {
    tape.push(exchange);
  }
  const [judged] = judgeAll([{ path: "run", trace: runs[0].trace, data, tape }]);
  return judged;
}

const lines = [
  synthesisLine("card", [card, broken], { texts: texts.slice(0, 2) }),
  synthesisLine("rate", [rate], { texts: texts.slice(2) }),
  // RuleChef may make white space single blanks.
  patchLine([card, rate], [plural], { evidence: [texts[0], "two cards of mine"] }),
  decisionLine(1, true, [plural], [0.5, 0.9, 0.6, 0.9]),
  patchLine([card, rate, plural], [{ ...card, name: "card_again" }, { ...rate, content: "x" }]),
  decisionLine(2, false, [{ ...rate, content: "x" }], [0.6, 0.9, 0.4, 0.5]),
];
const judged = await judgeLog(lines, [card, rate, plural]);

const repliesOf = (evidence: readonly Evidence[]) => evidence.filter((one) => one.kind === "reply");

Deno.test("replies of RuleChef are judged by what became of their rules", () => {
  assertEquals(
    repliesOf(judged.evidence).map(({ reason, outcome, rules, refused, isProved }) => [
      ...[reason, outcome, rules.length, refused, isProved],
    ]),
    [
      ["some-refused", "parsed", 1, 1, true],
      ["survived", "parsed", 1, 0, true],
      ["survived", "parsed", 1, 0, true],
      ["patch-rejected", "parsed", 1, 1, true],
    ],
  );
  const named = judged.evidence.filter((one) => one.kind === "rule" && one.exchange !== undefined);
  assertEquals(named.map((one) => one.kind === "rule" && one.name), [
    "card_any",
    "rate_any",
    "plural",
    "rate_any",
  ]);
});

Deno.test("rows of RuleChef keep its form, name the examples shown, and are tainted", () => {
  const { rows, quarantined } = makeReplyRows(judged, "sft");
  assertEquals(quarantined.map(({ reason }) => reason), ["category"]);
  assertEquals(rows.map((row) => row.kind === "sft" && row.variant), [
    "curated",
    "verbatim",
    "verbatim",
  ]);
  const ids = (count: number, start = 0) =>
    data.examples.slice(start, start + count).map(({ id }) => id);
  assertEquals(rows.map(({ shown }) => shown.map(({ id }) => id)), [ids(2), ids(2, 2), ids(2)]);
  const [curated] = rows;
  assert(curated.kind === "sft");
  const { completion } = curated.content;
  assertEquals(JSON.parse(completion), { analysis: "", rules: [proposed(card)] });
  assertEquals([...labelsOfAnswer(completion)], ["card"]);
  assertEquals(new Set(rows.map(({ tainted }) => tainted)), new Set(["dev unknown"]));
});

Deno.test("the texts of a prompt are read with their escapes, also where a list breaks off", () => {
  const form = formOf({ origin: { tool: "RuleChef", version: "x" }, dataset: data });
  const prompt = [
    'Input: {"text": "caf\\u00e9", "lang": "fr"}',
    '- card (3 examples): "two \\"cards\\"", "caf\\u00e9 (2 examples): \\"x", "it goes on...- ask "me"',
    '- rate (2 examples): "a rate", "a \\\\\\u00...',
    '  Predicted "" as card — should be rate (context: "what is the ra...")',
  ].join("\n");
  const messages = [{ role: "user" as const, content: prompt }];
  assertEquals(form.readTexts(messages), [
    { texts: ["café", "fr"], isCut: false },
    { texts: ['two "cards"'], isCut: true },
    { texts: ['café (2 examples): "x'], isCut: true },
    { texts: ["it goes on...- ask ", "it goes on"], isCut: true },
    { texts: ["a rate"], isCut: true },
    { texts: ["a \\"], isCut: true },
    { texts: ["what is the ra...", "what is the ra"], isCut: true },
  ]);
});

Deno.test("two replies of RuleChef to one request make a preference", async () => {
  const asked = (rules: readonly LoggedRule[]) => synthesisLine("card", rules);
  const runs = await Promise.all([
    judgeLog([asked([card, cards]), synthesisLine("rate", [rate])], [card, cards, rate]),
    judgeLog([asked([plural]), synthesisLine("rate", [rate])], [plural, rate]),
  ]);
  const { rows } = makePreferenceRows(runs);
  assertEquals(rows.length, 1);
  const [{ content }] = rows;
  assert("chosen" in content && "rejected" in content);
  assert(String(content.chosen).includes("card_any"));
  assert(!String(content.rejected).includes("card_any"));
});
