import { assertEquals } from "jsr:@std/assert@^1";
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
  namesAt,
  rate,
  returnedOf,
  start,
  stepOf,
  three,
  typesOf,
} from "./importing.ts";

const late: LoggedRule = { id: "l1", name: "late", content: "(?i)\\blate\\b", label: "card" };

/** Imports a log, and returns how many lines each of its runs has. */
async function linesOf(lines: readonly string[]): Promise<number[]> {
  const { runs } = await importAll(lines);
  for (const { contradictions } of runs) assertEquals(contradictions, []);
  return runs.map(({ lines }) => lines);
}

Deno.test("a patch that was asked for without scores begins a run, whatever came before it", async () => {
  const { runs } = await importAll([
    ...start,
    patchLine([card, rate], [{ ...late, content: card.content }], { isStart: true }),
    patchLine([card, rate, { ...late, content: card.content }], [cards]),
    decisionLine(1, true, [cards], even),
  ]);
  assertEquals(runs.map(({ lines }) => lines), [2, 3]);
  const { trace, contradictions } = runs[1];
  assertEquals(contradictions, []);
  assertEquals(stepOf(trace, "synthesis").start?.length, 2);
  // The patch of an iteration drops doubles, the one before the iterations does not.
  assertEquals(namesAt(trace, 1), ["card_any", "rate_any", "late"]);
  assertEquals(namesAt(trace), ["card_any", "rate_any", "cards"]);
  assertEquals([stepOf(trace, "iteration").iteration, stepOf(trace, "iteration", 1).iteration], [
    0,
    1,
  ]);
});

Deno.test("an empty patch before the iterations leaves one rule of each name, the last one", async () => {
  const twin = { ...rate, name: "card_any" };
  const { trace, contradictions } = await importOne([
    patchLine([card, twin], [], { isStart: true }),
    patchLine([twin], []),
  ]);
  assertEquals([contradictions, stepOf(trace, "iteration").patch.removed.length], [[], 1]);
  assertEquals(namesAt(trace), ["card_any"]);
});

Deno.test("a run is over if a line counts back, or counts up to another number, or after its end", async () => {
  const guided = [...start, guideLine(2, "More.")];
  assertEquals(await linesOf([...guided, guideLine(3, "More.")]), [4]);
  assertEquals(await linesOf([...guided, guideLine(1, "More.")]), [3, 1]);
  assertEquals(await linesOf([...guided, guideLine(3, "More.", { max_iterations: 3 })]), [3, 1]);
  const stop = guideLine(2, "Enough.", { should_continue: 0 });
  assertEquals(await linesOf([...start, stop, guideLine(3, "More.")]), [3, 1]);
  const audit = auditLine([card, rate], []);
  assertEquals(await linesOf([...start, stop, audit, audit]), [4, 1]);
});

Deno.test("a line without a number belongs to the run that the line after it begins", async () => {
  const done = [...start, patchLine([card, rate], [late]), decisionLine(1, false, [late], even)];
  const critique = critiqueLine([card, rate], {});
  const patch = patchLine([card, rate], [late]);
  assertEquals(await linesOf([...done, critique, guideLine(1, "More.")]), [4, 2]);
  assertEquals(await linesOf([...done, critique, guideLine(2, "More.")]), [6]);
  assertEquals(await linesOf([...done, patch, decisionLine(1, true, [late], even)]), [4, 2]);
  assertEquals(await linesOf([...done, patch, decisionLine(2, true, [late], even)]), [6]);
  // Guidance is for the patch after it, whose rules are others here.
  const guided = [
    guideLine(1, "A."),
    guideLine(2, "B."),
    patchLine([late], [], { guidance: "B." }),
  ];
  assertEquals(await linesOf([...start, ...guided]), [2, 3]);
});

Deno.test("guidance that the next patch was not asked with is an iteration of its own", async () => {
  for (const guidance of ["Other words.", null]) {
    const { trace } = await importOne([
      ...start,
      guideLine(1, "More."),
      patchLine([card, rate], [late], { guidance }),
      decisionLine(2, true, [late], even),
    ]);
    const steps = trace.steps.flatMap((step) => step.type === "iteration" ? [step] : []);
    assertEquals(steps.map(({ iteration, verdict }) => [iteration, verdict]), [
      [1, "unknown"],
      [2, "accepted"],
    ]);
    assertEquals(steps.map((step) => step.guidance), ["More.", guidance ?? undefined]);
    assertEquals(steps.map(({ train }) => train?.f1), [0.6, undefined]);
  }
});

Deno.test("iterations have a number only as far as lines tell it", async () => {
  const patch = patchLine([card, rate], []);
  const decided = (number: number) => [
    patchLine([card, rate], [late]),
    decisionLine(number, false, [late], even),
  ];
  const numbersOf = async (lines: readonly string[]) =>
    (await importOne([...start, ...lines])).trace.steps.flatMap((step) =>
      step.type === "iteration" ? [step.iteration] : []
    );
  assertEquals(await numbersOf([patch, ...decided(2)]), [1, 2]);
  assertEquals(await numbersOf([patch, ...decided(3)]), [0, 3]);
  assertEquals(await numbersOf([...decided(1), patch]), [1, 0]);
  assertEquals(await numbersOf([...[1, 2, 3].flatMap(decided), patch]), [1, 2, 3, 4]);
});

Deno.test("rules that differ in nothing but a priority are other rules", async () => {
  const raised = { ...card, priority: 9 };
  const patched = [
    ...start,
    patchLine([card, rate], [raised]),
    decisionLine(1, true, [raised], [0.5, 0.5, 0.5, 0.5]),
  ];
  const { trace, contradictions } = await importOne(patched, returnedOf([card, rate]));
  assertEquals([typesOf(trace).slice(2), contradictions], [["restore", "final"], []]);
  const audited = await importOne([...patched, auditLine([card, rate], [])]);
  assertEquals(typesOf(audited.trace).slice(2), ["restore", "audit", "final"]);
  const kept = await importOne(patched, returnedOf([raised, rate]));
  assertEquals([typesOf(kept.trace).slice(2), kept.contradictions], [["final"], []]);
});

Deno.test("an audit of other rules than the best ones is not the last one", async () => {
  const phaseOf = async (f1: number) => {
    const { trace } = await importOne([
      ...start,
      patchLine([card, rate], [late]),
      decisionLine(1, true, [late], [0.5, 0.5, f1, 0.6]),
      auditLine([card, rate, late], []),
    ]);
    return [stepOf(trace, "audit").phase, trace.run.status];
  };
  assertEquals(await phaseOf(0.4), ["refine", "unknown"]);
  assertEquals(await phaseOf(0.6), ["final", "unknown"]);
});

Deno.test("the scores after an audit of which nothing tells whether it was kept are open", async () => {
  const { trace } = await importOne(
    [
      ...three,
      patchLine([card, cards, rate], [late]),
      decisionLine(1, true, [late], [0.8, 0.8, 0.7, 0.9]),
      auditLine([card, cards, rate, late], [merge]),
      guideLine(2, "More."),
    ],
    returnedOf([card, cards, rate]),
  );
  assertEquals(stepOf(trace, "audit").verdict, "unknown");
  const { before, after } = stepOf(trace, "restore");
  assertEquals([before, after.f1], [{}, 0.8]);
  const kept = await importOne(
    [...three, auditLine([card, cards, rate], [merge])],
    returnedOf([rate, merged]),
  );
  assertEquals(stepOf(kept.trace, "audit").verdict, "kept");
});

Deno.test("lines of a task that a trace does not have do not go to another run", async () => {
  const other = { task_name: "forms", task_type: "transformation" };
  const { runs, counts } = await importAll([
    ...start,
    line("rule_synthesis", "", { rules: [] }, other),
    guideLine(1, "More."),
    critiqueLine([late], {}),
    synthesisLine("late", [late]),
    guideLine(1, "More."),
  ]);
  assertEquals(runs.map(({ lines }) => lines), [2, 2]);
  assertEquals(counts.task, 3);
});

Deno.test("the returned rules are those that a run began with, if none of its lines changes rules", async () => {
  const { trace, contradictions } = await importOne(
    [guideLine(1, "More.", { task_name: "cards", task_type: "classification" })],
    returnedOf([card, rate]),
  );
  assertEquals([contradictions, stepOf(trace, "synthesis").start?.length], [[], 2]);
  assertEquals(namesAt(trace), ["card_any", "rate_any"]);
});
