import { assertAlmostEquals, assertEquals } from "jsr:@std/assert@^1";
import { readDataset } from "../../learn/data/dataset.ts";
import { createClassifier } from "../../learn/rules/classifier.ts";
import { changeStrengths, type Rule } from "../../learn/rules/rule.ts";
import { evaluateRules } from "../../learn/score/evaluation.ts";
import { createMatches, score, scoreLabels, scoreRules } from "../../learn/score/scoring.ts";
import { compareCodeUnits } from "../../learn/text/folding.ts";
import { parseRuleChef, readRuleChef } from "../../rulechef/rule_set.ts";

const DATA = new URL("../../../shared/data/", import.meta.url);

/** The results of RuleChef that are compared. */
interface Reference {
  readonly rules_file: string;
  readonly docs: {
    readonly id: string;
    readonly input: { readonly text: string };
    readonly expected_output: { readonly label: string };
  }[];
  readonly predictions: Readonly<Record<string, { label?: string; rule_id?: string }>>;
  readonly evaluate_dataset: { readonly text: ReferenceScores };
  readonly evaluate_rules_individually: (
    & Record<
      "precision" | "recall" | "f1" | "matches" | "true_positives" | "false_positives",
      number
    >
    & { readonly rule_id: string; readonly per_class: readonly ReferenceLabel[] }
  )[];
  readonly rank_rules_nostamp: {
    readonly rankings: { readonly rule_id: string; readonly marginal_f1: number }[];
  };
  readonly after_stamping: {
    readonly validated: Readonly<Record<string, readonly [number, number]>>;
    readonly evaluate_dataset: ReferenceScores;
  };
}

type ReferenceLabel =
  & Record<"tp" | "fp" | "fn" | "precision" | "recall" | "f1", number>
  & { readonly label: string };

type ReferenceScores =
  & Record<"micro_precision" | "micro_recall" | "micro_f1" | "macro_f1" | "exact_match", number>
  & Record<"total_tp" | "total_fp" | "total_fn" | "total_docs", number>
  & { readonly per_class: readonly ReferenceLabel[] };

const FIRST = { decide: "first", threshold: 0 } as const;

function isPresent(path: string): boolean {
  try {
    return Deno.statSync(new URL(path, DATA)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

for (const set of ["126", "108"]) {
  const path = `rulechef/ref_banking77_${set}_test5.json`;
  const ignore = !isPresent(path);

  const readAll = async () => {
    const reference: Reference = JSON.parse(await Deno.readTextFile(new URL(path, DATA)));
    const file = await Deno.readTextFile(new URL(`rulechef/${reference.rules_file}`, DATA));
    const { rules, origins, refused } = parseRuleChef(file);
    assertEquals(refused, []);
    const examples = reference.docs.map(({ id, input, expected_output }) => {
      return { id, text: input.text, label: expected_output.label };
    });
    const names = [...new Set([...examples, ...rules].map(({ label }) => label))].sort();
    const matches = createMatches(examples, names);
    const byOrigin = new Map(rules.map((rule) => [origins.get(rule.id)!, rule]));
    return { reference, rules, origins, examples, matches, byOrigin };
  };
  type Read = Awaited<ReturnType<typeof readAll>>;
  let all: Promise<Read> | undefined;
  /** What is read once for all tests of a set. */
  const read = () => all ??= readAll();

  const assertScores = ({ matches }: Read, rules: readonly Rule[], expected: ReferenceScores) => {
    const scores = score(matches, rules, FIRST, "test");
    assertEquals([scores.tp, scores.fp, scores.fn, scores.examples], [
      expected.total_tp,
      expected.total_fp,
      expected.total_fn,
      expected.total_docs,
    ]);
    assertAlmostEquals(scores.precision, expected.micro_precision, 1e-9);
    assertAlmostEquals(scores.recall, expected.micro_recall, 1e-9);
    assertAlmostEquals(scores.f1, expected.micro_f1, 1e-9);
    assertAlmostEquals(scores.macroF1, expected.macro_f1, 1e-9);
    assertAlmostEquals(scores.exact, expected.exact_match, 1e-9);
    assertLabels({ matches }, rules, expected.per_class);
  };

  const assertLabels = (
    { matches }: Pick<Read, "matches">,
    rules: readonly Rule[],
    expected: readonly ReferenceLabel[],
  ) => {
    const scores = scoreLabels(matches, rules, FIRST);
    const sorted = expected.toSorted((a, b) => compareCodeUnits(a.label, b.label));
    assertEquals(scores.map(({ label }) => label), sorted.map(({ label }) => label));
    scores.forEach((one, index) => {
      const { tp, fp, fn } = one;
      assertEquals([tp, fp, fn], [sorted[index].tp, sorted[index].fp, sorted[index].fn]);
      for (const name of ["precision", "recall", "f1"] as const) {
        assertAlmostEquals(one[name], sorted[index][name], 1e-9);
      }
    });
  };

  Deno.test({
    name: `the ${set} rules for Banking77 predict what they predict in RuleChef`,
    ignore,
    async fn() {
      const { reference, rules, origins, examples } = await read();
      const classify = createClassifier(rules, FIRST);
      for (const { id, text } of examples) {
        const { label, by } = classify(text);
        const { label: expected, rule_id } = reference.predictions[id];
        assertEquals([id, label, by && origins.get(by.id)], [id, expected, rule_id]);
      }
    },
  });

  Deno.test({
    name: `the ${set} rules for Banking77 have RuleChef's scores, in all and by label`,
    ignore,
    async fn() {
      const all = await read();
      assertScores(all, all.rules, all.reference.evaluate_dataset.text);
    },
  });

  Deno.test({
    name: `the ${set} rules for Banking77 with precisions are in RuleChef's order`,
    ignore,
    async fn() {
      const all = await read();
      const { validated, evaluate_dataset } = all.reference.after_stamping;
      const stamped = all.rules.map((rule) => {
        const [precision, support] = validated[all.origins.get(rule.id)!];
        return changeStrengths(rule, { precision, support });
      });
      assertScores(all, stamped, evaluate_dataset);
    },
  });

  Deno.test({
    name: `each of the ${set} rules for Banking77 alone has RuleChef's scores`,
    ignore,
    async fn() {
      const { reference, matches, byOrigin } = await read();
      assertEquals(reference.evaluate_rules_individually.length, byOrigin.size);
      for (const expected of reference.evaluate_rules_individually) {
        const rule = byOrigin.get(expected.rule_id)!;
        const scores = score(matches, [rule], FIRST, "test");
        assertEquals([scores.tp, scores.fp, scores.tp + scores.fp], [
          expected.true_positives,
          expected.false_positives,
          expected.matches,
        ]);
        for (const name of ["precision", "recall", "f1"] as const) {
          assertAlmostEquals(scores[name], expected[name], 1e-9);
        }
        assertLabels({ matches }, [rule], expected.per_class);
      }
    },
  });

  Deno.test({
    name: `each of the ${set} rules for Banking77 contributes what it does in RuleChef`,
    ignore,
    async fn() {
      const { reference, rules, matches, origins } = await read();
      const { rankings } = reference.rank_rules_nostamp;
      const marginals = new Map(rankings.map((one) => [one.rule_id, one.marginal_f1]));
      for (const { rule, marginal } of scoreRules(matches, rules, FIRST)) {
        // RuleChef reports the gain of adding the rule, scoreRules the change on removing it.
        assertAlmostEquals(-marginal, marginals.get(origins.get(rule)!)!, 1e-9);
      }
    },
  });
}

Deno.test({
  name: "the 22 rules for court texts are all taken",
  ignore: !isPresent("rulechef/rules_tab_22.json"),
  async fn() {
    const file = await Deno.readTextFile(new URL("rulechef/rules_tab_22.json", DATA));
    const { task, rules, refused } = parseRuleChef(file);
    assertEquals([task, rules.length, refused], ["ner", 22, []]);
  },
});

/**
 * Micro F1 of RuleChef with its 22 rules: of the format types, and of the others. What RuleChef counts of all types:
 * true and false positives, false negatives, by each way to match.
 */
const published = [
  [
    "test",
    [0.741, 0.496],
    { text: [3645, 996, 3696], exact: [3644, 997, 3697], partial: [4054, 587, 3287] },
  ],
  [
    "peer_protocol.test",
    [0.794, 0.522],
    { text: [2396, 513, 2106], exact: [2394, 515, 2108], partial: [2590, 319, 1912] },
  ],
] as const;

for (const [name, [formats, others], counts] of published) {
  const path = `tab/${name}.jsonl`;
  Deno.test({
    name: `the rules for court text reach on ${name} what they reach in RuleChef`,
    ignore: !isPresent(path),
    async fn() {
      const { rules } = await readRuleChef(new URL("rulechef/rules_tab_22.json", DATA).pathname);
      const dataset = await readDataset(new URL(path, DATA).pathname);
      const options = { decide: "first", threshold: 0, overlaps: "keep", match: "text" } as const;
      const { labels, scores } = evaluateRules(rules, dataset, options);
      for (const { match, tp, fp, fn } of scores) {
        assertEquals<readonly number[]>([tp, fp, fn], counts[match!]);
      }
      const isFormat = (label: string) => ["CODE", "DATETIME", "QUANTITY"].includes(label);
      const f1Of = (some: typeof labels) => {
        const sum = (field: "tp" | "fp" | "fn") => some.reduce((all, one) => all + one[field], 0);
        return 2 * sum("tp") / (2 * sum("tp") + sum("fp") + sum("fn"));
      };
      assertAlmostEquals(f1Of(labels.filter(({ label }) => isFormat(label))), formats, 5e-4);
      assertAlmostEquals(f1Of(labels.filter(({ label }) => !isFormat(label))), others, 5e-4);
    },
  });
}
