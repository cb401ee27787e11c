import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { createRandom } from "../../learn/score/random.ts";
import { betaQuantile, credibleInterval, drawShare, probabilityBelow } from "../../review/beta.ts";

/** Quantiles at 2.5, 50 and 97.5 %, computed by mpmath 1.2.1 with 40 digits. */
const quantiles: readonly (readonly [number, number, number, number, number])[] = [
  [1, 1, 0.025, 0.5, 0.975],
  [9, 3, 0.482244147639827291, 0.764214473364171604, 0.939782265827093362],
  [0.5, 0.5, 0.0015413331334360119, 0.5, 0.998458666866563988],
  [2, 30, 0.00791098346185470813, 0.0535520521170027312, 0.167021116230227766],
  [0.01, 3, 3.50324616081204268e-46, 1.77115626505632474e-31, 0.018517027223824977],
  [100, 7, 0.880862286137760734, 0.937277243439644948, 0.973039229212038443],
  [1501, 1499, 0.482445421991550715, 0.500333407417283007, 0.518220823710053451],
  [20000, 35, 0.997629251894923464, 0.998269608682842982, 0.998782837182475239],
  [3.7, 0.2, 0.634948944504053334, 0.993755899622897976, 0.999999998075900593],
];

/** Probabilities below x for a and b, by the same. */
const below: readonly (readonly [number, number, number, number])[] = [
  [0.5, 9, 3, 0.03271484375],
  [0.5, 3, 9, 0.96728515625],
  [0.5, 30, 12, 0.00216200246723019518],
  [0.5, 1000, 1100, 0.985483018256529607],
  [0.001, 0.01, 3, 0.947281024325473957],
  [0.9, 3.7, 0.2, 0.164338564748709615],
  [0.5, 120, 121, 0.525724802914679593],
  [0.5, 5, 60, 0.999999999999963185],
];

function assertClose(actual: number, expected: number, within: number, what: string): void {
  assert(Math.abs(actual - expected) <= within, `${what}: ${actual}, expected ${expected}`);
}

Deno.test("quantiles and probabilities equal those of a reference with 40 digits to 1e-11", () => {
  for (const [a, b, ...expected] of quantiles) {
    const found = [0.025, 0.5, 0.975].map((at) => betaQuantile(at, { a, b }));
    found.forEach((value, place) => assertClose(value, expected[place], 1e-11, `${a}, ${b}`));
    const { low, high } = credibleInterval({ a, b });
    assertClose(low, expected[0], 1e-11, `low of ${a}, ${b}`);
    assertClose(high, expected[2], 1e-11, `high of ${a}, ${b}`);
  }
  for (const [x, a, b, expected] of below) {
    assertClose(probabilityBelow(x, { a, b }), expected, 1e-12, `${x} of ${a}, ${b}`);
  }
});

Deno.test("a quantile is where the probability is, from both ends, for any numbers", () => {
  const random = createRandom(7);
  for (let round = 0; round < 300; round++) {
    const [a, b] = [Math.exp(10 * random() - 0.5), Math.exp(10 * random() - 0.5)];
    const probability = random();
    const x = betaQuantile(probability, { a, b });
    assertClose(probabilityBelow(x, { a, b }), probability, 1e-9, `${probability} of ${a}, ${b}`);
    assertClose(1 - probabilityBelow(1 - x, { a: b, b: a }), probability, 1e-9, `${a}, ${b}`);
  }
  assertEquals([betaQuantile(0, { a: 2, b: 2 }), betaQuantile(1, { a: 2, b: 2 })], [0, 1]);
  assertEquals([-1, 0, 1, 2].map((x) => probabilityBelow(x, { a: 2, b: 2 })), [0, 0, 1, 1]);
});

Deno.test("drawn shares fall below each quantile as often as they should, and are the same again", () => {
  for (const beta of [{ a: 0.05, b: 0.3 }, { a: 1, b: 1 }, { a: 40, b: 3 }]) {
    const draw = () => {
      const random = createRandom(1);
      return Array.from({ length: 4_000 }, () => drawShare(random, beta));
    };
    const drawn = draw();
    assertEquals(drawn, draw());
    for (const probability of [0.05, 0.5, 0.9]) {
      const under = drawn.filter((share) => share <= betaQuantile(probability, beta)).length;
      // Five standard deviations.
      const reach = 5 * Math.sqrt(probability * (1 - probability) / drawn.length);
      assertClose(under / drawn.length, probability, reach, `${probability} of ${beta.a}`);
    }
  }
});

Deno.test("numbers that no share has are refused by name", () => {
  for (
    const [a, b, name] of [[0, 1, "a"], [NaN, 1, "a"], [1, -1, "b"], [1, Infinity, "b"]] as const
  ) {
    assertThrows(() => probabilityBelow(0.5, { a, b }), RangeError, `${name} is `);
    assertThrows(() => betaQuantile(0.5, { a, b }), RangeError, `${name} is `);
    assertThrows(() => drawShare(createRandom(0), { a, b }), RangeError, `${name} is `);
  }
  for (const wrong of [-0.1, 1.1, NaN]) {
    assertThrows(() => betaQuantile(wrong, { a: 1, b: 1 }), RangeError, "The probability is ");
  }
});
