import { assertEquals } from "jsr:@std/assert@^1";
import { askNearest, findNearest } from "../../../learn/text/nearest.ts";

const options = ["seed", "holdout", "max-rules", "max-iterations", "evaluate", "test", "task"];

Deno.test("a name with letters that are missing, too many, others or swapped finds the one that is meant", () => {
  const asked = ["sed", "seeed", "sead", "sede", "SEED", "max-ruls", "max_iterations", "evalute"];
  assertEquals(asked.map((name) => findNearest(name, options)), [
    ...["seed", "seed", "seed", "seed", "seed"],
    ...["max-rules", "max-iterations", "evaluate"],
  ]);
});

Deno.test("the beginning of one name finds it, but not of several", () => {
  assertEquals(["max-iter", "eval", "max", "ho", "hol"].map((name) => findNearest(name, options)), [
    ...["max-iterations", "evaluate", undefined, undefined, "holdout"],
  ]);
});

Deno.test("nothing is offered for what is not near, nor a name for itself", () => {
  for (const name of ["", "x", "zz", "verbose", "seed", "🙂", "max-depth-of-all"]) {
    assertEquals([name, findNearest(name, options)], [name, undefined]);
  }
  assertEquals(findNearest("a", []), undefined);
});

Deno.test("of names that are equally near the first in code unit order is offered, in any order", () => {
  assertEquals(findNearest("tesk", ["test", "task"]), "task");
  assertEquals(findNearest("tesk", ["task", "test"]), "task");
});

Deno.test("long names are compared by their beginning, and quickly", () => {
  const long = "a".repeat(10_000);
  const names = Array.from({ length: 500 }, (_, place) => `${long}${place}`);
  assertEquals(findNearest(`b${long}`, names), `${long}0`);
});

Deno.test("the question is the end of a message, with the name as it is to be written", () => {
  assertEquals(askNearest("sead", options, (name) => `--${name}`), ": did you mean --seed?");
  assertEquals(askNearest("verbose", options), "");
});
