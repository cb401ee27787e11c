import { assertAlmostEquals, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { normalQuantile, wilsonLowerBound } from "../../../learn/score/wilson.ts";

Deno.test("the normal quantile has the values of R's qnorm", () => {
  assertEquals(normalQuantile(0.5), 0);
  const known = [
    [0.6, 0.2533471031357997],
    [0.95, 1.6448536269514722],
    [0.975, 1.959963984540054],
    [0.999, 3.090232306167813],
    [1 - 1e-6, 4.753424308822899],
  ];
  for (const [probability, z] of known) assertAlmostEquals(normalQuantile(probability), z, 1e-10);
  for (const probability of [0.49, 1, NaN]) {
    assertThrows(() => normalQuantile(probability), RangeError, "expected 0.5 to below 1");
  }
});

Deno.test("Wilson's bound is the share from which the counted one is z deviations away", () => {
  for (const z of [0.5, 1, 1.6448536269514722, 3]) {
    for (const [tp, n] of [[1, 1], [3, 10], [99, 100]]) {
      const bound = wilsonLowerBound(tp, n, z);
      assertAlmostEquals((tp / n - bound) / Math.sqrt(bound * (1 - bound) / n), z, 1e-9);
    }
  }
  assertEquals(wilsonLowerBound(3, 4), wilsonLowerBound(3, 4, 1));
});
