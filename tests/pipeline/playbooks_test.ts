import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "jsr:@std/assert@^1";
import { fileURLToPath } from "node:url";
import { join } from "jsr:@std/path@^1";
import { createDataset } from "../../learn/data/dataset.ts";
import {
  createPlaybook,
  entryId,
  type PlaybookEntry,
  PlaybookEntrySchema,
} from "../../learn/rules/playbook.ts";
import { createRule, type Proposal } from "../../learn/rules/rule.ts";
import { type LearnOptions, learnRules } from "../../pipeline.ts";
import { readPlaybook } from "../../pipeline/rule_files.ts";
import {
  explainRule,
  parseTrace,
  readTrace,
  renderTrace,
  type StepOf,
  type Trace,
  withTrace,
} from "../../trace.ts";
import { formatLife } from "../../print/life.ts";
import { formatStory } from "../../print/story.ts";
import { diffRuns } from "../../review/compare/differences.ts";
import { forkRun } from "../../review/fork.ts";
import { renderReport } from "../../review/report.ts";
import { checkChain } from "../../review/report/page_check.ts";
import { rerunOptions } from "../../review/replay/rerun.ts";
import { asVersion2, chain, forge, refuse } from "../record/forging.ts";
import {
  card,
  fee,
  few,
  idOf,
  inFolder,
  learn,
  propose,
  rate,
  refuseArguments,
} from "./fixture.ts";

/** An entry about examples of a label that were not predicted. */
function enter(label: string, ...rules: readonly Proposal[]): PlaybookEntry {
  return PlaybookEntrySchema.parse({
    task: "classification",
    failure: { expected: label, predicted: null, count: 7 },
    rules,
    support: 9,
    heldOut: { tp: 3, fp: 1 },
  });
}

const far = propose("card", "plastic", { weight: 2 });
const wrong = propose("fee", "card|rate");
const ofOthers = propose("loan", "loan");
const ofSpans = { ...enter("card", propose("card", "span")), task: "ner" } as const;
const entries = [
  enter("card", card, far, propose("card", "(")),
  enter("fee", wrong, { ...propose("fee", "costs"), locked: true }, rate),
  enter("loan", ofOthers),
  ofSpans,
  // The second time, one was seen more often and the other less.
  enter(
    "card",
    { ...card, support: 5, weight: 3, precision: 1 },
    { ...far, weight: 1 },
    propose("card", ".*"),
  ),
];
const playbook = createPlaybook(entries);

/** The rules that a run begins with, by name, and the codes of those that it left out. */
function begun({ steps: [step], rules }: Trace) {
  assert(step.type === "synthesis");
  return {
    start: (step.start ?? []).map((id) => rules[id].name),
    refused: step.refused.map(({ name, code }) => `${code} ${name}`),
    playbook: step.playbook,
  };
}

Deno.test("a run begins with the rules about its labels that nothing contradicts, and says what it left", async () => {
  const { trace, rules } = await learn({ playbook });
  const [first, , , , last] = entries;
  assertEquals(begun(trace), {
    start: ["card/card", "card/plastic"],
    refused: [
      "invalid-pattern card/(",
      "invalid-rule rate/rate",
      "locked fee/costs",
      "catch-all card/.*",
      "contradicted fee/card|rate",
    ],
    playbook: [entryId(first), entryId(last)],
  });
  // The strongest of the definitions counts, and the rule stays though no example has its word.
  assertEquals([trace.rules[idOf(card)].support, trace.rules[idOf(far)].weight], [5, 2]);
  // With a budget, each label has its share of it: three rules for three labels.
  const { trace: small } = await learn({ playbook, maxRules: 3 });
  assertEquals(begun(small).start, ["card/card"]);
  assertEquals(begun(small).refused.at(-1), "over-limit card/plastic");
  // Not the empty text, but all of the examples.
  const all = await learn({ playbook: createPlaybook([enter("card", propose("card", "\\w"))]) });
  assertEquals(begun(all.trace).refused, ["catch-all card/\\w"]);
  // In a list, a rule that voted comes by the lower bound of its precision: 5 right of 5.
  const list = await learn({ playbook, decide: "first" });
  assertEquals(list.trace.rules[idOf(card)].priority, 833);
  assert(rules.some(({ id }) => id === idOf(far)));
  assertEquals(trace.run.playbook?.entries.length, entries.length - 1);
  assertEquals(trace.run.playbook?.digest, playbook.digest);
  const [step] = trace.steps;
  assert(step.type === "synthesis" && step.proposed === step.added.length + step.refused.length);
  assertStringIncludes(step.refused[4].detail, "is wrong on 8 of the 8 train matches that it has");
});

Deno.test("a baseline is recorded as such, and learns what a run without a playbook learns", async () => {
  const { trace, rules } = await learn({ playbook: { ...playbook, baseline: true } });
  assertEquals(trace.run.playbook, { digest: playbook.digest, entries: [], baseline: true });
  assertEquals(begun(trace), { start: [], refused: [], playbook: undefined });
  const cold = await learn({});
  assertEquals(rules, cold.rules);
  const others = await learn({ playbook: createPlaybook([entries[2]]) });
  assertEquals([others.rules, begun(others.trace).playbook], [cold.rules, []]);
});

Deno.test("rules of one's own go before those of a playbook, which alone is enough to go on from", async () => {
  const own = [createRule({ ...card, weight: 7 }), createRule(propose("rate", "rate one"))];
  const { trace } = await learn({ playbook, rules: own });
  assertEquals(begun(trace).start, ["card/card", "rate/rate one", "card/plastic"]);
  assertEquals(trace.rules[idOf(card)].weight, 7);
  const alone = await learn({ playbook, incremental: true });
  assertEquals(begun(alone.trace).start, ["card/card", "card/plastic"]);
  await assertRejects(
    () => learnRules(few, { playbook: { ...playbook, baseline: true }, incremental: true }),
    RangeError,
    "no rules to go on from",
  );
});

Deno.test("a trace with a playbook of this version of the format can be read", async () => {
  const trace = await readTrace(
    fileURLToPath(new URL("../fixtures/v3_playbook.trace.json", import.meta.url)),
  );
  assertEquals([trace.version, begun(trace).start], [3, ["card/card", "card/plastic"]]);
});

Deno.test("a run with a playbook is computed again from its trace alone, also with the same rules given twice", async () => {
  const rules = [card, far, fee].map((rule) => createRule({ ...rule, weight: 2 }));
  const first = { playbook, decide: "first" } as const;
  for (const options of [{ playbook }, { playbook, rules }, first] satisfies LearnOptions[]) {
    const { trace } = await withTrace(learnRules)(few, options);
    const again = await withTrace(learnRules)(few, rerunOptions(trace, { data: few }));
    assertEquals(again.trace.digest, trace.digest);
  }
});

Deno.test("a fork does without a rule of the playbook, and judges the others anew", async () => {
  const { trace } = await withTrace(learnRules)(few, { playbook });
  const given = { data: few };
  const without = [{ kind: "without", rules: [idOf(far)] }] as const;
  const fork = await forkRun(trace, without, given);
  assertEquals(begun(fork.trace).start, ["card/card"]);
  assert(begun(fork.trace).refused.includes("withheld card/plastic"));
  assertEquals(parseTrace(renderTrace(fork.trace)), fork.trace);
  // Without the examples that contradict a rule, the run begins with it.
  const dropped = createDataset(few).examples.slice(0, 7).map(({ id }) => id);
  const fewer = await forkRun(trace, [{ kind: "examples", dropped, relabelled: [] }], given);
  assert(begun(fewer.trace).start.includes("fee/card|rate"));
  const list = await forkRun(trace, [{ kind: "option", name: "decide", value: "first" }], given);
  assertEquals(list.trace.rules[idOf(card)].priority, 833);
});

Deno.test("a trace that says something else of its playbook is refused", async () => {
  const { trace } = await withTrace(learnRules)(few, { playbook });
  const [id] = begun(trace).playbook!;
  refuse(
    forge(0, { playbook: undefined }, trace),
    "does not say what it took from the playbook",
    0,
  );
  refuse(forge(0, { playbook: [] }, trace), `begins with a rule of ${id} of the playbook`, 0);
  refuse(forge(0, { playbook: [id, id] }, trace), "names an entry of the playbook twice", 0);
  refuse(forge(0, { playbook: ["p0"] }, trace), 'names "p0", which is not an entry', 0);
  const { refused } = trace.steps[0] as StepOf<"synthesis">;
  refuse(
    forge(0, {
      proposed: 2,
      refused: refused.filter(({ code }) => code !== "contradicted"),
    }, trace),
    'neither begins with the rule "fee/card|rate" of the playbook nor refuses it',
    0,
  );
  const other = entryId(trace.run.playbook!.entries[1]);
  const stray = `names ${other} of the playbook, but begins with no rule of it, and asks no model`;
  refuse(forge(0, { playbook: [...begun(trace).playbook!, other] }, trace), stray, 0);
  const later = trace.steps.findIndex(({ type }) => type !== "synthesis");
  refuse(forge(later, { playbook: [id] }, trace), `names ${id} of the playbook, but begins`, later);
  const withRun = (run: object) => chain({ ...trace, run: { ...trace.run, ...run } });
  const baseline = true as const;
  refuse(withRun({ playbook: undefined }), "names entries of a playbook, but the run uses none", 0);
  refuse(withRun({ playbook: { ...playbook, entries: [], baseline } }), "but the run uses none", 0);
  refuse(withRun({ playbook: { ...playbook, baseline } }), "for ner in its playbook");
  refuse(withRun({ playbook: { ...trace.run.playbook, baseline } }), "the run is a baseline, but");
  refuse(asVersion2(trace), "has a playbook, which format version 2 does not have");
  const { trace: cold } = await withTrace(learnRules)(few);
  const escalated = [{ reason: "gate", to: "other" }];
  refuse(forge(0, { escalated }, asVersion2(cold)), "names a second model, which format", 0);
  refuse(forge(0, { escalated }, cold), 'went to "other", which is not a model of the run', 0);
});

Deno.test("story, life and comparison tell what a run took from its playbook", async () => {
  const { trace } = await withTrace(learnRules)(few, { playbook });
  const { trace: baseline } = await withTrace(learnRules)(few, {
    playbook: { ...playbook, baseline: true },
  });
  assertMatch(
    formatStory(trace, 200).join("\n"),
    /began with 2 rules, all from 2 entries of the playbook \(5 left out\), synthesized \d+ rules? → /,
  );
  assertStringIncludes(formatStory(baseline, 200).join("\n"), "began without its playbook, ");
  const life = formatLife(trace, explainRule(trace, idOf(far)), 200).join("\n");
  assertStringIncludes(
    life,
    `entry ${
      entryId(entries[0])
    } of the playbook, for 7 failures: card left undecided, 75.0 % right`,
  );
  const [difference] = diffRuns(baseline.run, trace.run);
  assertEquals(difference.field, "playbook");
  assertStringIncludes(String(difference.before), "done without");
  assertStringIncludes(String(difference.after), "4 entries");
  // The page shows it, and checks its digest.
  assertStringIncludes(renderReport(trace), "<dt>Playbook</dt>");
  const hash = (bytes: Uint8Array<ArrayBuffer>) => crypto.subtle.digest("SHA-256", bytes);
  assertEquals((await checkChain(JSON.parse(renderTrace(trace)), hash)).holds, true);
});

Deno.test("a playbook is read line by line, and a line that is not an entry is named", () =>
  inFolder(async (folder) => {
    const path = join(folder, "playbook.jsonl");
    const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join("\n");
    await Deno.writeTextFile(path, text);
    assertEquals(await readPlaybook(path), playbook);
    const bad = [
      ["{", "line 1"],
      [await Deno.readTextFile("examples/banking.trace.json"), "a trace, expected a playbook"],
      ['{"text":"a","label":"card"}', "expected a playbook"],
      ['{"task":"ner"}', "line 1: not an entry of a playbook: field failure"],
      [`${text}${JSON.stringify({ ...entries[0], rules: [] })}`, "line 10: not an entry"],
      [JSON.stringify(enter("card", propose("card", "\ud800"))), "it has a lone surrogate"],
    ];
    for (const [text, message] of bad) {
      await Deno.writeTextFile(path, text);
      const error = await assertRejects(() => readPlaybook(path), Error, message);
      assert(error.message.includes("playbook.jsonl") && !error.message.includes("\n"));
    }
    await Deno.writeTextFile(join(folder, "few.jsonl"), "");
    const needs = "--no-playbook goes with --playbook";
    await refuseArguments(["few.jsonl", "--no-playbook"], folder, needs, "usage");
    const alone = ["few.jsonl", "--playbook", "playbook.jsonl", "--no-playbook", "--incremental"];
    await refuseArguments(alone, folder, "--incremental needs --rules, --lock or --play", "usage");
  }));
