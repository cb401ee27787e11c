import { assert, assertEquals, assertRejects } from "jsr:@std/assert@^1";
import { createDataset, type LabelledDataset, readDataset } from "../../../learn/data/dataset.ts";
import type { Example } from "../../../learn/data/examples.ts";
import { type LearnOptions, learnRules } from "../../../pipeline.ts";
import { blameClusters } from "../../../review/blame/clusters.ts";
import {
  blameExamples,
  countTrainings,
  type ExampleOptions,
} from "../../../review/blame/examples.ts";
import { blameLabels } from "../../../review/blame/mislabels.ts";
import { createRetraining, type LearnWithout } from "../../../review/blame/retraining.ts";

const [banking, bankingTest] = await Promise.all(
  ["banking", "banking_test"].map((name) => readLabelled(`examples/${name}.jsonl`)),
);

async function readLabelled(path: string): Promise<LabelledDataset> {
  const dataset = await readDataset(path);
  assert(dataset.task === "classification");
  return dataset;
}

/** Returns the data with another label on the examples that have a word. */
function mislabel(word: RegExp, from: string, to: string) {
  const faulty = new Set<string>();
  const examples = banking.examples.map((example) => {
    if (example.label !== from || !word.test(example.text)) return example;
    faulty.add(example.id);
    return { ...example, label: to };
  });
  return { dataset: { ...banking, examples }, faulty };
}

/** Few rules cannot make up for what is mislabelled. Without a refit, learning takes half as long. */
const quick: LearnOptions = { refit: false, maxRules: 30 };

function learnWithout(dataset: LabelledDataset, options = quick): LearnWithout {
  return (dropped) => {
    const ids = new Set(dropped);
    const examples = dataset.examples.filter(({ id }) => !ids.has(id));
    return learnRules({ ...dataset, examples }, options);
  };
}

async function findClusters(
  dataset: LabelledDataset,
  test?: LabelledDataset,
  options = quick,
) {
  const retraining = createRetraining(learnWithout(dataset, options));
  const blame = await blameClusters(dataset, await learnRules(dataset, options), retraining, {
    test,
  });
  return { ...blame, trainings: retraining.trainings };
}

const planted = mislabel(/\btransactions?\b/i, "disposable_card_limits", "exchange_rate");

Deno.test("a mislabelled group comes first, is decisive, and is called what it was before", async () => {
  const { clusters, considered, trainings } = await findClusters(planted.dataset, bankingTest);
  const [first] = clusters;
  assert(first.examples.filter((id) => planted.faulty.has(id)).length > 0.9 * planted.faulty.size);
  assertEquals([first.label, first.called], ["exchange_rate", "disposable_card_limits"]);
  assertEquals(first.evidence, "decisive");
  assert(first.otherwise <= first.examples.length && first.low < first.otherwise);
  assertEquals(clusters.slice(1).filter(({ evidence }) => evidence === "decisive"), []);
  assert(trainings === clusters.length && trainings <= 12 && trainings < considered);
});

Deno.test("no group is called decisive in data without a fault", async () => {
  const { clusters } = await findClusters(banking, bankingTest);
  assertEquals(clusters.filter(({ evidence }) => evidence === "decisive"), []);
});

Deno.test("without a test set, no group is decisive", async () => {
  const retraining = createRetraining(learnWithout(planted.dataset));
  const learned = await learnRules(planted.dataset, quick);
  const { clusters } = await blameClusters(planted.dataset, learned, retraining, { most: 2 });
  assertEquals(clusters.length, 2);
  assert(clusters.every(({ evidence, onTest }) => evidence !== "decisive" && onTest === undefined));
});

Deno.test("what tells a label from another is only blamed if the test set does not have it", async () => {
  const write = (label: string, words: string[], size: number) =>
    Array.from({ length: size }, (_, n) => ({ text: `${words[n % words.length]} ${n}`, label }));
  // Without the virtual cards, every card is one to order. Of so few examples, rules have one pattern.
  const make = (size: number, virtual: string) => {
    const dataset = createDataset({
      name: "cards",
      examples: [
        ...write("limits", ["what is the limit"], 3 * size),
        ...write(virtual, ["a new card please virtual", "my new card please virtual"], 2 * size),
        ...write("order", ["a new card please", "my new card please"], 6 * size),
      ],
    });
    assert(dataset.task === "classification");
    return dataset;
  };
  const find = async (test?: LabelledDataset) => {
    const { clusters } = await findClusters(make(4, "limits"), test, {});
    return clusters.map(({ label, called, evidence }) => [label, called, evidence]);
  };
  assertEquals(await find(make(4, "limits")), []);
  assertEquals(await find(), [["limits", "order", "suggestive"]]);
  assertEquals(await find(make(4, "order")), [["limits", "order", "decisive"]]);
  // A test set that has next to nothing of the label cannot speak for it, nor against it.
  assertEquals(await find(make(1, "order")), [["limits", "order", "suggestive"]]);
});

Deno.test("a decision list is asked for the same group, in numbers that JSON has", async () => {
  const blame = await findClusters(planted.dataset, bankingTest, { ...quick, decide: "first" });
  const [first] = blame.clusters;
  assert(first.examples.filter((id) => planted.faulty.has(id)).length > 0.5 * planted.faulty.size);
  assertEquals(JSON.parse(JSON.stringify(blame)), blame);
});

Deno.test("single mislabelled examples come first", async () => {
  const faulty = new Set(banking.examples.filter((_, n) => n % 40 === 7).map(({ id }) => id));
  const examples = banking.examples.map((example) => {
    const at = banking.labels.indexOf(example.label);
    const other = banking.labels[(at + 1) % banking.labels.length];
    return faulty.has(example.id) ? { ...example, label: other } : example;
  });
  const dataset = { ...banking, examples };
  const retraining = createRetraining(learnWithout(dataset));
  const blame = await blameLabels(dataset, retraining, { folds: 4, partitions: 1 });
  const top = blame.examples.slice(0, faulty.size).filter(({ example }) => faulty.has(example));
  assert(top.length >= 0.7 * faulty.size, `${top.length} of ${faulty.size}`);
  const label = new Map(banking.examples.map(({ id, label }) => [id, label]));
  assert(
    top.filter(({ example, called }) => called === label.get(example)).length > 0.9 * top.length,
  );
  assertEquals(retraining.trainings, 4);
  // One trial of each is too few to suggest anything.
  assert(
    blame.examples.every(({ trials, evidence }) => trials === 1 && evidence === "no evidence"),
  );
});

const small = createDataset({
  name: "small",
  examples: ["rate", "card"].flatMap((label) =>
    Array.from({ length: 12 }, (_, n) => {
      return { id: `${label}${n}`, text: `my ${label} ${n}`, label: n === 4 ? "card" : label };
    })
  ),
});

Deno.test("equal trials are learned and counted once", async () => {
  assert(small.task === "classification");
  // With as many folds as texts, each partition leaves out the same examples.
  const retraining = createRetraining(learnWithout(small));
  const blame = await blameLabels(small, retraining, { folds: 24, partitions: 3 });
  assertEquals(retraining.trainings, 24);
  assertEquals(blame.examples.map(({ example, trials }) => [example, trials]), [["rate4", 1]]);
});

Deno.test("equal texts are left out together", async () => {
  const { examples } = small;
  const dataset = createDataset({
    name: "twice",
    examples: [...examples, ...examples.map((example) => ({ ...example, id: `${example.id}-2` }))],
  });
  const dropped: (readonly string[])[] = [];
  await blameLabels(
    dataset,
    createRetraining((ids) => {
      dropped.push(ids);
      return learnRules(small);
    }),
  );
  for (const ids of dropped) {
    for (const id of ids) assert(ids.includes(id.endsWith("-2") ? id.slice(0, -2) : `${id}-2`), id);
  }
});

Deno.test("of spans, texts come first in which the rules find what is not marked", async () => {
  const cities = ["Rome", "Bern", "Oslo", "Kiel", "Lyon"];
  const examples = Array.from({ length: 40 }, (_, n) => {
    const entities = n === 9 ? [] : [{ text: cities[n % 5], type: "city" }];
    return { id: `e${n}`, text: `train ${n} to ${cities[n % 5]} please`, entities };
  });
  const dataset = createDataset({ name: "trains", examples });
  const blame = await blameExamples(dataset, await learnRules(dataset), (dropped) => {
    const kept: readonly Example[] = dataset.examples;
    return learnRules({ ...dataset, examples: kept.filter(({ id }) => !dropped.includes(id)) });
  }, { folds: 2, partitions: 2 });
  assertEquals(blame.clusters, undefined);
  const [{ example, otherwise, trials }] = blame.mislabels.examples;
  assertEquals([example, otherwise, trials], ["e9", 2, 2]);
  assertEquals(blame.trainings, 4);
});

Deno.test("trainings are told before they begin, and no more are made", async () => {
  assert(small.task === "classification");
  const options: ExampleOptions = { folds: 2, partitions: 2, most: 1 };
  const told: number[][] = [];
  const onTraining = (number: number, most: number) => told.push([number, most]);
  const learned = await learnRules(small);
  const { trainings } = await blameExamples(small, learned, learnWithout(small), {
    ...options,
    onTraining,
  });
  const most = countTrainings(small, learned, options);
  assertEquals(told, Array.from({ length: trainings }, (_, n) => [n + 1, most]));
  const all = countTrainings(small, learned);
  assert(trainings <= most && all >= 20 && all <= 32, `${trainings}, ${most}, ${all}`);
});

Deno.test("nothing that is said of examples holds their text", async () => {
  assert(small.task === "classification");
  const blame = await blameExamples(small, await learnRules(small), learnWithout(small));
  assert(!JSON.stringify(blame).includes("my "));
});

Deno.test("a fold or a partition too few is refused", async () => {
  const retraining = createRetraining(() => learnRules(small));
  const folds = "folds is 1, expected a whole number of 2 or more";
  await assertRejects(() => blameLabels(small, retraining, { folds: 1 }), RangeError, folds);
  const partitions = "partitions is 0, expected a whole number of 1 or more";
  await assertRejects(
    () => blameLabels(small, retraining, { partitions: 0 }),
    RangeError,
    partitions,
  );
  assertEquals(retraining.trainings, 0);
});
