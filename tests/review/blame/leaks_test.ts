import { assert, assertEquals } from "jsr:@std/assert@^1";
import { readDataset } from "../../../learn/data/dataset.ts";
import type { Example } from "../../../learn/data/examples.ts";
import { findLeaks } from "../../../review/blame/leaks.ts";

const [examples, test] = await Promise.all(
  ["banking", "banking_test"].map(async (name): Promise<readonly Example[]> => {
    return (await readDataset(`examples/${name}.jsonl`)).examples;
  }),
);

Deno.test("the same test texts are found as by comparing each with every example", () => {
  const wordsOf = ({ text }: Example) => new Set(text.toLowerCase().match(/\w+/g));
  const sets = examples.map(wordsOf);
  const expected = test.flatMap((example) => {
    const words = wordsOf(example);
    const shares = sets.map((set) => words.intersection(set).size / words.union(set).size);
    const most = Math.max(...shares);
    return most >= 0.8 ? [[example.id, examples[shares.indexOf(most)].id, most]] : [];
  });
  const found = findLeaks(examples, test);
  assertEquals(found.map(({ test, example, similarity }) => [test, example, similarity]), expected);
  assert(found.length > 5);
});

Deno.test("a test text that is learned from is found, also with a word more", () => {
  const leaked = test.slice(0, 20);
  const added = leaked.map(({ id, text }, n) => {
    return { id: `leak-${id}`, text: n % 2 === 0 ? text : `${text} Hello`, label: "exchange_rate" };
  });
  const found = findLeaks([...added, ...examples], leaked);
  assertEquals(found.map(({ test }) => test), leaked.map(({ id }) => id));
  const isEqual = found.map(({ test, example, isEqual }) => isEqual && example === `leak-${test}`);
  assert(isEqual.every((one, n) => one === (n % 2 === 0)));
});

Deno.test("texts without spaces between words are compared by character", () => {
  const one = { id: "a", text: "我的银行卡不见了怎么办", label: "lost" };
  const other = { id: "b", text: "我的银行卡不见了怎么办呢", label: "lost" };
  assertEquals(findLeaks([one], [other]).map(({ isEqual }) => isEqual), [false]);
  assertEquals(findLeaks([one], [{ ...other, text: "今天的汇率是多少请告诉我" }]), []);
});

Deno.test("texts without a word are found if they are equal", () => {
  const mute = (id: string, text: string) => ({ id, text, label: "mood" });
  assertEquals(
    findLeaks([mute("a", "?!")], [mute("b", "?!"), mute("c", "!")]).map(({ test }) => test),
    ["b"],
  );
});
