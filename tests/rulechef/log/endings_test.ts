import { assert, assertEquals, assertMatch } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { formatRuleLife, formatTrace } from "../../../print.ts";
import { rulesAt } from "../../../trace.ts";
import { executeScript } from "../../script/process.ts";
import {
  auditLine,
  critiqueLine,
  decisionLine,
  guideLine,
  line,
  type LoggedRule,
  patchLine,
  synthesisLine,
} from "./fixture.ts";
import {
  card,
  cards,
  even,
  importAll,
  importOne,
  merge,
  merged,
  nameOf,
  namesAt,
  rate,
  returnedOf,
  start,
  stepOf,
  three,
  typesOf,
} from "./importing.ts";

const late: LoggedRule = { id: "l1", name: "late", content: "(?i)\\blate\\b", label: "card" };
const fee: LoggedRule = { id: "f1", name: "fee", content: "(?i)\\bfees?\\b", label: "fee" };
const stop = guideLine(2, "Good enough.", { should_continue: false });

Deno.test("returned rules from before an audit that was not the last leave open whether it was kept", async () => {
  const audited = [...three, auditLine([card, cards, rate], [merge])];
  const { trace, contradictions } = await importOne(
    [...audited, stop],
    returnedOf([card, cards, rate]),
  );
  assertEquals(stepOf(trace, "audit").verdict, "unknown");
  assertEquals([namesAt(trace), contradictions], [["card_any", "cards", "rate_any"], []]);
  const kept = await importOne([...audited, stop], returnedOf([rate, merged]));
  assertEquals(stepOf(kept.trace, "audit").verdict, "kept");
  assertEquals([namesAt(kept.trace), kept.contradictions], [["rate_any", "card_merged"], []]);
});

/** A run that went back to its first rules for the last audit. */
const restored = [
  ...start,
  patchLine([card, rate], [late]),
  decisionLine(1, true, [late], [0.6, 0.6, 0.5, 0.9]),
  auditLine([card, rate], []),
];

Deno.test("returned rules that the last audit did not get are a contradiction", async () => {
  const { trace, contradictions } = await importOne(restored, returnedOf([card, rate, late]));
  assertEquals(contradictions.map(({ step, line, text }) => [step, line, text]), [
    [4, undefined, "they are the rules of step 1, but the last audit had others"],
  ]);
  assertEquals(namesAt(trace), ["card_any", "rate_any", "late"]);
  const same = await importOne(restored, returnedOf([card, rate]));
  assertEquals(same.contradictions, []);
  assertEquals(typesOf(same.trace), ["synthesis", "iteration", "restore", "audit", "final"]);
  // An audit between iterations mostly gets other rules than the best.
  const between = [auditLine([card, rate, late], []), patchLine([card, rate, late], [])];
  const best = await importOne([...restored.slice(0, -1), ...between], returnedOf([card, rate]));
  assertEquals([best.contradictions, stepOf(best.trace, "restore").to], [[], 0]);
});

Deno.test("returned rules with another name or priority than in the steps are contradictions", async () => {
  const renamed = await importOne(start, returnedOf([{ ...card, name: "other" }, rate]));
  assertEquals(renamed.contradictions.map(({ step, text }) => [step, text]), [
    [1, 'no step has them: compared with step 0 they have "other" and lack "card_any"'],
  ]);
  const ranked = await importOne(start, returnedOf([card, { ...rate, priority: 8 }]));
  assertEquals(ranked.contradictions.map(({ step, text }) => [step, text]), [
    [1, 'they have "rate_any" with the priority 8, the steps with 5'],
  ]);
  assertEquals(rulesAt(ranked.trace, 1).map(({ priority }) => priority), [5, 8]);
  assertEquals((await importOne(start, returnedOf([rate, card]))).contradictions, []);
});

Deno.test("returned rules whose names tie do not count as renamed", async () => {
  const twins = [
    { ...card, id: "b", name: "twin" },
    { ...card, id: "a", name: "twin", content: "(?i)\\bcards\\b" },
  ];
  const returned = returnedOf(twins);
  assert(returned.rules.some(({ name }) => name !== "twin"), "one of them is told apart");
  const { contradictions } = await importOne([synthesisLine("card", twins)], returned);
  assertEquals(contradictions, []);
});

Deno.test("a log whose last audit changed rules does not tell which rules were returned", async () => {
  const { trace, unknown } = await importOne([
    ...three,
    stop,
    auditLine([card, cards, rate], [merge]),
  ]);
  const { phase, verdict } = stepOf(trace, "audit");
  assertEquals([phase, verdict, trace.run.status], ["final", "unknown", "unknown"]);
  assertEquals(unknown.at(-1)?.what, "which rules were returned");
});

Deno.test("an audit with no line after it is the final one, though the run may have gone on", async () => {
  const { trace } = await importOne([
    ...start,
    guideLine(1, "More."),
    patchLine([card, rate], [late]),
    decisionLine(1, true, [late], even),
    auditLine([card, rate, late], []),
  ]);
  assertEquals([stepOf(trace, "audit").phase, trace.run.status], ["final", "unknown"]);
});

Deno.test("returned rules are those of the last run of the log", async () => {
  const other = [synthesisLine("card", [cards]), synthesisLine("rate", [rate])];
  const { runs } = await importAll([...start, ...other], returnedOf([cards, rate]));
  assertEquals(runs.map(({ trace }) => [trace.run.status, trace.steps.length]), [
    ["unknown", 1],
    ["completed", 2],
  ]);
});

Deno.test("a run with only a decision began with rules that are not known", async () => {
  const { trace, unknown } = await importOne([decisionLine(3, true, [late], even)]);
  assertEquals(stepOf(trace, "synthesis").scores, {});
  assertEquals(stepOf(trace, "iteration").before.f1, 0.5);
  assertEquals(unknown.filter(({ step }) => step === 0).map(({ what }) => what), [
    "which rules it began with",
    "the F1 of its rules",
  ]);
  const story = formatTrace(trace, { width: 100 });
  assertMatch(story, /began with unknown rules → iteration 3/);
  assertMatch(story, /0 {2}synthesis: not in the log +\? /);
  const known = await importOne([patchLine([card, rate], [late])]);
  assert(known.unknown.every(({ what }) => what !== "which rules it began with"));
});

Deno.test("a prompt after a decision whose patch is lost shows the rules of its run", async () => {
  const { trace, contradictions } = await importOne(
    [
      decisionLine(2, true, [late], even),
      guideLine(3, "More."),
      patchLine([card, rate, late], [cards]),
      decisionLine(3, false, [cards], even),
    ],
    returnedOf([card, rate, late]),
  );
  assertEquals(contradictions, []);
  assertEquals(typesOf(trace), ["synthesis", "iteration", "iteration", "final"]);
  assertEquals(stepOf(trace, "iteration", 1).unlogged?.added.map(nameOf(trace)), [
    "card_any",
    "rate_any",
  ]);
  assertEquals(namesAt(trace, 2), ["late", "card_any", "rate_any"]);
});

for (
  const [what, between] of [
    ["the next patch", []],
    ["the next patch, after what a coordinator said", [guideLine(2, "More.")]],
    ["a critique", [critiqueLine([card, rate, late], {}), guideLine(2, "More.")]],
    ["an audit", [auditLine([card, rate, late], [])]],
  ] as const
) {
  Deno.test(`a patch without a decision was accepted if ${what} shows its result`, async () => {
    const { trace, contradictions } = await importOne([
      ...start,
      guideLine(1, "Look at late cards."),
      patchLine([card, rate], [late]),
      ...between,
      patchLine([card, rate, late], [fee]),
      decisionLine(2, true, [fee], [0.6, 0.6, 0.7, 0.7]),
    ]);
    assertEquals(contradictions, []);
    const [first, second] = [stepOf(trace, "iteration"), stepOf(trace, "iteration", 1)];
    assertEquals([first.verdict, first.iteration, first.guidance], [
      "accepted",
      1,
      "Look at late cards.",
    ]);
    assertEquals([first.before, first.after], [{}, second.before]);
    assertEquals([second.verdict, second.iteration], ["accepted", 2]);
    assertEquals(
      second.guidance,
      what.includes("coordinator") || what === "a critique" ? "More." : undefined,
    );
    assertEquals(namesAt(trace), ["card_any", "rate_any", "late", "fee"]);
  });
}

Deno.test("a patch without a decision was rejected if the next prompt shows the rules before it", async () => {
  const { trace, contradictions } = await importOne([
    ...start,
    patchLine([card, rate], [late], { deleted: ["rate_any"] }),
    guideLine(2, "More."),
    patchLine([card, rate], [fee]),
    decisionLine(2, true, [fee], even),
  ]);
  assertEquals([stepOf(trace, "iteration").verdict, contradictions], ["rejected", []]);
  for (const { id } of Object.values(trace.rules).filter(({ name }) => name !== "card_any")) {
    const life = formatRuleLife(trace, id);
    assertMatch(life, /rejected|in the set at the end/, life);
  }
  assertMatch(formatRuleLife(trace, "rate_any"), /proposed to remove it: rejected/);
});

Deno.test("a patch without a decision stays open if only names of rules are shown, and fit both", async () => {
  const { trace } = await importOne([
    ...start,
    patchLine([card, rate], [{ ...card, content: "late" }]),
    critiqueLine([card, rate], {}),
  ]);
  assertEquals(stepOf(trace, "iteration").verdict, "unknown");
});

Deno.test("a patch without a decision comes before the end that a coordinator decides", async () => {
  const { trace } = await importOne([
    ...start,
    patchLine([card, rate], [late]),
    guideLine(2, "Good enough.", { should_continue: false }),
    auditLine([card, rate], []),
  ]);
  assertEquals(typesOf(trace), ["synthesis", "iteration", "critique", "audit", "final"]);
  assertEquals(stepOf(trace, "final").stop, "coordinator");
});

Deno.test("a decision whose patch is missing does not belong to the patch before it", async () => {
  const { trace } = await importOne([
    ...start,
    patchLine([card, rate], [late]),
    guideLine(2, "More."),
    decisionLine(2, true, [fee], even),
  ]);
  const told = trace.steps.flatMap((step) =>
    step.type === "iteration" ? [[step.iteration, step.verdict, step.guidance]] : []
  );
  assertEquals(told, [[1, "unknown", undefined], [2, "accepted", "More."]]);
  assertEquals(namesAt(trace), ["card_any", "rate_any", "fee"]);
});

Deno.test("a patch before the iterations, without a decision, is part of the run", async () => {
  for (const guided of [false, true]) {
    const { trace, contradictions } = await importOne([
      patchLine([card, rate], [late], { deleted: ["rate_any"], isStart: true }),
      ...(guided ? [guideLine(1, "More.")] : []),
      patchLine([card, late], [fee]),
      decisionLine(1, true, [fee], even),
    ]);
    assertEquals(contradictions, []);
    const iterations = trace.steps.flatMap((step) =>
      step.type === "iteration" ? [[step.iteration, step.verdict]] : []
    );
    assertEquals(iterations, [[0, "accepted"], [1, "accepted"]]);
    assertEquals(stepOf(trace, "synthesis").start?.map(nameOf(trace)), ["card_any", "rate_any"]);
    assertEquals(namesAt(trace), ["card_any", "late", "fee"]);
  }
});

Deno.test("labels are asked for in order: one that comes before the last begins a run", async () => {
  const { runs } = await importAll([synthesisLine("fee", [fee]), ...start]);
  assertEquals(runs.map(({ trace }) => namesAt(trace)), [["fee"], ["card_any", "rate_any"]]);
});

Deno.test("labels come in the order of their code points, as Python sorts them", async () => {
  const labels = ["a", "\uff41", "\u{1f600}"];
  const lines = labels.map((label) => synthesisLine(label, [{ ...fee, label, name: label }]));
  const { trace } = await importOne(lines);
  assertEquals(namesAt(trace), labels);
});

Deno.test("a log that ends before all labels were asked for does not tell that the run failed", async () => {
  const evidence = '\n- card (3 examples): "late card"\n- rate (2 examples): "low rate"\n';
  const empty = (label: string) =>
    line("rule_synthesis_per_class", evidence, { rules: [] }, {
      task_name: "cards",
      task_type: "classification",
      target_class: label,
    });
  const killed = await importOne([empty("card")]);
  assertEquals([typesOf(killed.trace), killed.trace.run.status], [["synthesis"], "unknown"]);
  const failed = await importOne([empty("card"), empty("rate")]);
  assertEquals([typesOf(failed.trace), failed.trace.run.status], [
    ["synthesis", "failure"],
    "failed",
  ]);
  assertEquals(failed.unknown.map(({ what }) => what), ["the F1 of its rules"]);
});

/** Returns the lines, each with more metadata. */
function withMetadata(lines: readonly string[], more: (place: number) => object): string[] {
  return lines.map((text, place) => {
    const value = JSON.parse(text);
    return JSON.stringify({ ...value, metadata: { ...value.metadata, ...more(place) } });
  });
}

const run = [
  ...start,
  patchLine([card, rate], [late]),
  decisionLine(1, true, [late], even),
  patchLine([card, rate, late], [fee]),
  decisionLine(2, false, [fee], even),
];

Deno.test("metadata that differ from line to line, or are on some lines only, do not split a run", async () => {
  const { trace } = await importOne(run);
  for (
    const more of [
      (place: number) => ({ latency: place, model: "m" }),
      (place: number) => (place % 3 === 0 ? {} : { exploratory: place }),
      (place: number) => (place === 0 ? { seed: 7 } : {}),
    ]
  ) {
    const { trace: found } = await importOne(withMetadata(run, more));
    assertEquals(
      found.steps.map(({ digest: _, ...step }) => step),
      trace.steps.map(
        ({ digest: _, ...step }) => step,
      ),
    );
  }
  // Also after another run without such metadata.
  const { runs } = await importAll([...run, ...withMetadata(run, (latency) => ({ latency }))]);
  assertEquals(runs.map(({ lines }) => lines), [6, 6]);
});

Deno.test("metadata of the user on all lines of a run tell it from other runs", async () => {
  const one = withMetadata(run.slice(0, 4), () => ({ experiment: "a" }));
  const other = withMetadata(run.slice(4), () => ({ experiment: "b" }));
  const { runs } = await importAll([...one, ...other]);
  assertEquals(runs.map(({ lines }) => lines), [4, 2]);
});

Deno.test("mixed runs are told apart if only one of them has metadata of the user", async () => {
  const marked = withMetadata(run, () => ({ experiment: "b" }));
  for (const [one, other] of [[run, marked], [marked, run]]) {
    const mixed = one.flatMap((text, place) => [text, other[place]]);
    const { runs, counts } = await importAll(mixed);
    assertEquals([runs.map(({ lines }) => lines), counts.ambiguous], [[6, 6], 0]);
  }
});

Deno.test("a line that went to the later run counts as ambiguous once the earlier run goes on", async () => {
  const other = [patchLine([card, rate], [fee]), decisionLine(1, true, [fee], even)];
  const { counts, runs } = await importAll([...start, ...start, ...run.slice(2, 4), ...other]);
  assertEquals([counts.ambiguous, runs.map(({ lines }) => lines)], [1, [4, 4]]);
});

Deno.test("a trace does not overwrite the log or the rules that it is made of", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    const text = run.map((one) => `${one}\n`).join("");
    await Deno.mkdir(join(folder, "runs"));
    await Deno.writeTextFile(join(folder, "runs/cards.trace.json"), text);
    await Deno.symlink(join(folder, "runs/cards.trace.json"), join(folder, "run.jsonl"));
    for (const path of ["runs/cards.trace.json", "run.jsonl"]) {
      const { code, stdout, stderr } = await executeScript(
        "review/rulechef_log.ts",
        [path],
        folder,
      );
      assertEquals([code, stdout], [2, ""]);
      assertMatch(stderr, /^rulechef_log\.ts: .*cards\.trace\.json, which is an input.*\n$/);
    }
    const names = [...Deno.readDirSync(join(folder, "runs"))].map(({ name }) => name);
    assertEquals(names, ["cards.trace.json"]);
    assertEquals(await Deno.readTextFile(join(folder, "runs/cards.trace.json")), text);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
