import { assertEquals } from "jsr:@std/assert@^1";
import { auditLine, critiqueLine, decisionLine, type LoggedRule, patchLine } from "./fixture.ts";
import {
  card,
  even,
  importAll,
  importOne,
  lost,
  nameOf,
  rate,
  returnedOf,
  start,
  stepOf,
} from "./importing.ts";

const late: LoggedRule = { id: "l1", name: "late", content: "(?i)\\blate\\b", label: "card" };
const found: LoggedRule = { id: "f1", name: "found", content: "fees?", label: "fee" };

Deno.test("a rule that displaces a double comes last, as in RuleChef", async () => {
  const double = { ...card, id: "d1", name: "double", label: "rate", priority: 9 };
  const deleted = ["double", "rate_any"];
  const { trace, contradictions } = await importOne([
    ...start,
    patchLine([card, rate], [double]),
    decisionLine(1, true, [double], even),
    patchLine([rate, double], [late], { deleted }),
    decisionLine(2, true, [late], even, { deleted }),
  ]);
  assertEquals(contradictions, []);
  // Removed rules are listed in the order that they had.
  const { removed } = stepOf(trace, "iteration", 1).patch;
  assertEquals(removed.map(nameOf(trace)), ["rate_any", "double"]);
});

Deno.test("only an F1 above all before it is the best", async () => {
  const f1s = [[0.5, 0.4], [0.4, 0.8], [0.8, 0.6], [0.6, 0.7], [0.7, 0.8], [0.8, 0.81]];
  const bodies = f1s.map((_, place) => ({ ...late, name: `late_${place}`, content: `l${place}` }));
  const { trace } = await importOne([
    ...start,
    ...f1s.flatMap(([from, to], place) => [
      patchLine([card, rate, ...bodies.slice(0, place)], [bodies[place]]),
      decisionLine(place + 1, true, [bodies[place]], [from, 0.5, to, 0.5]),
    ]),
  ]);
  const steps = trace.steps.filter((step) => step.type === "iteration");
  assertEquals(steps.map(({ best }) => best), [false, true, false, false, false, true]);
});

Deno.test("the best F1 is that of the rules so far, even if they were lost or rejected since", async () => {
  const more = { ...late, name: "more", content: "more" };
  const { trace } = await importOne([
    ...start,
    patchLine([card, rate], [late]),
    decisionLine(1, true, [late], [0.5, 0.5, 0.8, 0.5]),
    auditLine([card, rate, late], [{ action: "remove", rule_ids: ["l1"], reason: "noise" }]),
    patchLine([card, rate], [found]),
    decisionLine(2, false, [found], [0.7, 0.5, 0.9, 0.5]),
    patchLine([card, rate], [late]),
    decisionLine(3, true, [late], [0.7, 0.5, 0.75, 0.5]),
    patchLine([card, rate, late], [more]),
    decisionLine(4, true, [more], [0.75, 0.5, 0.85, 0.5]),
  ]);
  const steps = trace.steps.filter((step) => step.type === "iteration");
  assertEquals(steps.map(({ best }) => best), [true, false, false, true]);
});

Deno.test("clusters with more failures than there are in all are ignored", async () => {
  const failures = [
    { text: "where is it", label: "card" },
    { text: "the rate of my card", label: "rate", got: "card" },
  ];
  const whole = patchLine([card, rate], [], { failures });
  const odd = whole.replace("(all 2 failures", "(all 1 failures");
  const read = async (text: string) => {
    const { failures } = stepOf((await importOne([...start, text])).trace, "iteration");
    return [failures.count, failures.clusters.length];
  };
  assertEquals(await read(whole), [2, 2]);
  assertEquals(await read(odd), [1, 0]);
});

Deno.test("a run that begins with other rules does not leave a contradiction in the run before", async () => {
  const { runs } = await importAll([
    ...start,
    patchLine([card, rate], [late]),
    decisionLine(1, true, [late], even),
    patchLine([card, found], [late]),
    decisionLine(1, true, [late], even),
  ]);
  assertEquals(runs.map(({ contradictions }) => contradictions), [[], []]);
  assertEquals(runs.map(({ lines }) => lines), [4, 2]);
});

Deno.test("a rule with the name of another one is called another rule of that name", async () => {
  const other = { ...rate, content: "rate of" };
  const shown = await importOne([...start, lost, patchLine([card, other, found], [])]);
  assertEquals(shown.contradictions.map(({ text }) => text), [
    'compared with the steps before, the rules it shows have "found", another "rate_any"',
  ]);
  const returned = await importOne(start, returnedOf([other]));
  assertEquals(returned.contradictions.map(({ text }) => text), [
    'no step has them: compared with step 0 they have another "rate_any" and lack "card_any"',
  ]);
});

Deno.test("a number of rules that does not fit is a contradiction with numbers", async () => {
  const { contradictions } = await importOne([...start, lost, critiqueLine([card], {})]);
  assertEquals(contradictions.map(({ text }) => text), [
    "it mentions 1 rule, the steps give 2",
  ]);
});
