import { assert, assertEquals, assertMatch } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { fileURLToPath } from "node:url";
import { readRuleChef, type RuleChefRules } from "../../../rulechef/rule_set.ts";
import type { ImportedRun } from "../../../rulechef/log/import.ts";
import { renderTrace, rulesAt } from "../../../trace.ts";
import { importAll, importOne, namesAt, stepOf, typesOf } from "./importing.ts";

const data = fileURLToPath(new URL("../../../../shared/data/rulechef", import.meta.url));
let hasData = true;
try {
  Deno.statSync(data);
} catch {
  hasData = false;
}

const logOf = (name: string) => join(data, `run_${name}.training.jsonl`);

async function importLog(name: string, returned?: RuleChefRules): Promise<ImportedRun> {
  const lines = (await Deno.readTextFile(logOf(name))).trimEnd().split("\n");
  return await importOne(lines, returned);
}

interface Expected {
  readonly iterations: readonly {
    readonly rules: readonly string[];
    readonly select_eval: { readonly micro_f1: number; readonly micro_precision: number };
  }[];
}

const round = (share: number) => Math.round(share * 1e4) / 1e4;

for (const name of ["simple", "audited"]) {
  Deno.test({
    name: `the iterations of the run ${name} are those that RuleChef scored`,
    ignore: !hasData,
    async fn() {
      const path = join(data, `run_${name}.expected.json`);
      const { iterations } = JSON.parse(await Deno.readTextFile(path)) as Expected;
      const { trace, contradictions } = await importLog(name);
      assertEquals(contradictions, []);
      const steps = trace.steps.filter((step) => step.type === "iteration");
      assertEquals(steps.map(({ iteration }) => iteration), steps.map((_, place) => place + 1));
      for (const { index, iteration, before } of steps) {
        const { rules, select_eval } = iterations[iteration - 1];
        assertEquals(namesAt(trace, index - 1).sort(), rules.toSorted());
        assertEquals(before.f1, round(select_eval.micro_f1));
        assertEquals(before.precision, round(select_eval.micro_precision));
      }
      const last = iterations[steps.length] ?? iterations.at(-1)!;
      assertEquals(namesAt(trace).sort(), last.rules.toSorted());
    },
  });
}

for (const name of ["simple", "audited", "agentic"]) {
  Deno.test({
    name: `verdicts and scores of the run ${name} are those of its log`,
    ignore: !hasData,
    async fn() {
      const { trace } = await importLog(name);
      const lines = (await Deno.readTextFile(logOf(name))).trimEnd().split("\n");
      const decisions = lines.map((line) => JSON.parse(line))
        .filter(({ call_type }) => call_type === "patch_decision")
        .map(({ metadata: one }) => [
          one.iteration,
          one.accepted ? "accepted" : "rejected",
          one.decided_on_dev ? "dev" : "train",
          one.prev_micro_f1,
          one.prev_micro_precision,
          one.candidate_micro_f1,
          one.candidate_micro_precision,
        ]);
      const found = trace.steps.flatMap((step) =>
        step.type !== "iteration" ||
          step.after.f1 === step.before.f1 && step.patch.added.length === 0
          ? []
          : [[
            step.iteration,
            step.verdict,
            step.before.on,
            step.before.f1,
            step.before.precision,
            step.after.f1,
            step.after.precision,
          ]]
      ).filter(([, verdict]) => verdict !== "unknown");
      assertEquals(found, decisions);
    },
  });
}

Deno.test({
  name: "the log of the simple run agrees with its returned rules: the best set, not the last",
  ignore: !hasData,
  async fn() {
    const returned = await readRuleChef(join(data, "run_simple.expected.json"));
    const { trace, contradictions } = await importLog("simple", returned);
    assertEquals(contradictions, []);
    const { refused } = stepOf(trace, "synthesis");
    assertEquals(refused.map(({ name, code }) => [name, code]), [
      ["catch_all", "catch-all"],
      ["bad_regex", "invalid-pattern"],
    ]);
    const lowering = stepOf(trace, "iteration", 2);
    assertEquals([lowering.verdict, lowering.clause, lowering.before.f1, lowering.after.f1], [
      "accepted",
      "precision",
      0.7941,
      0.6441,
    ]);
    assertEquals(stepOf(trace, "restore").to, 0);
    const bases = (rules: readonly { id: string }[]) => rules.map(({ id }) => id).sort();
    assertEquals(bases(rulesAt(trace, trace.steps.length - 1)), bases(returned.rules));
    const { precision } = rulesAt(trace, trace.steps.length - 1).find(({ name }) =>
      name === "pend_any"
    )!;
    assertEquals(round(precision ?? 0), 0.5333);
  },
});

Deno.test({
  name: "no step has the returned rules of the audited run, and the difference is reported",
  ignore: !hasData,
  async fn() {
    const returned = await readRuleChef(join(data, "run_audited.expected.json"));
    const { trace, contradictions } = await importLog("audited", returned);
    assertEquals(contradictions.length, 1);
    assertMatch(
      contradictions[0].text,
      /have "fx_merged" and lack "ben_basic", "fx_rate", "fx_what"$/,
    );
    assertEquals(
      namesAt(trace),
      ["disp_any", "pend_any", "cash_pend", "fx_merged"].toSorted((a, b) =>
        namesAt(trace).indexOf(a) - namesAt(trace).indexOf(b)
      ),
    );
    assertEquals(trace.run.status, "completed");
  },
});

Deno.test({
  name: "the log of the agentic run shows the merge that was kept, and lost in the end",
  ignore: !hasData,
  async fn() {
    const { trace, contradictions, unknown } = await importLog("agentic");
    assertEquals(contradictions, []);
    assertEquals(typesOf(trace), [
      "synthesis",
      "critique",
      "iteration",
      "audit",
      "iteration",
      "iteration",
      "audit",
      "iteration",
      "critique",
      "iteration",
      "audit",
      "iteration",
      "restore",
      "audit",
      "final",
    ]);
    assertEquals(stepOf(trace, "audit").verdict, "kept");
    assertEquals([stepOf(trace, "audit").phase, stepOf(trace, "audit", -1).phase], [
      "refine",
      "final",
    ]);
    assert(namesAt(trace, 11).includes("fx_merged"));
    assert(!namesAt(trace).includes("fx_merged"));
    assertEquals(stepOf(trace, "restore").to, 0);
    assertEquals([trace.run.status, stepOf(trace, "final").stop], ["completed", "max-iterations"]);
    assertEquals(unknown, [{ step: 11, what: "what came of it" }]);
    const last = stepOf(trace, "iteration");
    assertEquals([last.failures.count, last.train?.macroF1], [67, 0.6426803899854516]);
    assertEquals(last.failures.clusters.map(({ count }) => count), [30, 11, 11, 10, 4, 1]);
  },
});

Deno.test({
  name: "the log of the failed run ends in a failure",
  ignore: !hasData,
  async fn() {
    const { trace } = await importLog("failed");
    assertEquals([typesOf(trace), trace.run.status], [["synthesis", "failure"], "failed"]);
    assertEquals(stepOf(trace, "synthesis").scores, {});
  },
});

Deno.test({
  name: "every rule that a model proposed in the committed logs is in their traces",
  ignore: !hasData,
  async fn() {
    for (const name of ["simple", "audited", "agentic", "failed"]) {
      const { trace } = await importLog(name);
      const refused = trace.steps.flatMap((step) =>
        step.type === "synthesis"
          ? step.refused
          : step.type === "iteration"
          ? step.patch.refused
          : []
      );
      const told = new Set([
        ...Object.values(trace.rules).map((rule) => rule.name),
        ...refused.map((one) => one.name),
      ]);
      for (const text of (await Deno.readTextFile(logOf(name))).trimEnd().split("\n")) {
        const { messages } = JSON.parse(text);
        const { content } = messages.at(-1);
        const names = [...content.matchAll(/"(?:merged_)?name": "([^"]*)", "(?:desc|reason)/g)];
        for (const [, proposed] of names) assert(told.has(proposed), `${name}: ${proposed}`);
      }
    }
  },
});

Deno.test({
  name: "no text of the committed logs is in their traces",
  ignore: !hasData,
  async fn() {
    for (const name of ["simple", "audited", "agentic"]) {
      const { trace } = await importLog(name);
      const written = renderTrace(trace);
      const texts = (await Deno.readTextFile(logOf(name))).matchAll(/\{\\"text\\": \\"(.*?)\\"\}/g);
      let count = 0;
      for (const [, text] of texts) {
        count++;
        assert(!written.includes(text.slice(0, 25)), text);
      }
      assert(count > 200);
    }
  },
});

Deno.test({
  name: "committed logs mixed line by line are told apart",
  ignore: !hasData,
  async fn() {
    const names = ["simple", "audited", "agentic"];
    const logs = await Promise.all(
      names.map(async (name) =>
        (await Deno.readTextFile(logOf(name))).trimEnd().split("\n").map((text) => {
          const value = JSON.parse(text);
          return JSON.stringify({ ...value, metadata: { ...value.metadata, run: name } });
        })
      ),
    );
    const mixed = Array.from({ length: 26 }, (_, place) => logs.flatMap((log) => log[place] ?? []));
    const { runs, counts } = await importAll(mixed.flat());
    assertEquals([counts.ambiguous, runs.length], [0, 3]);
    for (const [place, name] of names.entries()) {
      assertEquals(runs[place].trace.digest, (await importLog(name)).trace.digest);
    }
  },
});
