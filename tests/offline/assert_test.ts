/**
 * The assertions that stand in for those of JSR, beside those that the tests import: the same by default,
 * the real ones under `deno task test:jsr`.
 */
import * as imported from "jsr:@std/assert@^1";
import * as adapter from "../../offline/assert.ts";

/** Calls that pass, or fail, with either. */
const calls: readonly (readonly [what: string, passes: boolean, (a: typeof adapter) => unknown])[] =
  [
    [
      "almost equal, by less than a ten-millionth",
      true,
      (a) => a.assertAlmostEquals(1e9 + 99, 1e9),
    ],
    [
      "almost equal, by more than a ten-millionth",
      false,
      (a) => a.assertAlmostEquals(1e9 + 101, 1e9),
    ],
    ["small numbers that differ", false, (a) => a.assertAlmostEquals(2e-8, 1e-8)],
    ["small numbers that hardly differ", true, (a) => a.assertAlmostEquals(1e-8 + 1e-16, 1e-8)],
    ["a small number and zero", false, (a) => a.assertAlmostEquals(1e-12, 0)],
    ["zero and zero", true, (a) => a.assertAlmostEquals(0, -0)],
    ["a number below zero", true, (a) => a.assertAlmostEquals(-1 - 1e-8, -1)],
    ["numbers within a tolerance", true, (a) => a.assertAlmostEquals(1, 1.5, 0.5)],
    ["numbers beyond a tolerance", false, (a) => a.assertAlmostEquals(1, 1.6, 0.5)],
    ["infinity", true, (a) => a.assertAlmostEquals(Infinity, Infinity)],
    ["a number and infinity", false, (a) => a.assertAlmostEquals(1, Infinity)],
    ["no number", true, (a) => a.assertAlmostEquals(NaN, NaN)],
    ["a number and no number", false, (a) => a.assertAlmostEquals(1, NaN)],
    [
      "a promise that is rejected",
      true,
      (a) => a.assertRejects(() => Promise.reject(new Error("x"))),
    ],
    ["a rejection with a value", true, (a) => a.assertRejects(() => Promise.reject("x"))],
    [
      "a rejection with a value, not an error",
      false,
      (a) => a.assertRejects(() => Promise.reject("x"), Error),
    ],
    [
      "a rejection with another error",
      false,
      (a) => a.assertRejects(() => Promise.reject(new RangeError("x")), TypeError),
    ],
    [
      "a rejection with another message",
      false,
      (a) => a.assertRejects(() => Promise.reject(new RangeError("x")), RangeError, "y"),
    ],
    [
      "a rejection with this message",
      true,
      (a) => a.assertRejects(() => Promise.reject(new RangeError("xyz")), RangeError, "y"),
    ],
    ["a promise that is not rejected", false, (a) => a.assertRejects(() => Promise.resolve())],
    ["a function that throws in place of a promise", false, (a) =>
      a.assertRejects(() => {
        throw new Error("x");
      })],
    [
      "a function without a promise",
      false,
      (a) => a.assertRejects((() => 1) as unknown as () => Promise<void>),
    ],
    ["a function that throws", true, (a) =>
      a.assertThrows(
        () => {
          throw new RangeError("xyz");
        },
        Error,
        "y",
      )],
    ["a function that throws a value", true, (a) =>
      a.assertThrows(() => {
        throw "x";
      })],
    ["a function that throws a value, not an error", false, (a) =>
      a.assertThrows(() => {
        throw "x";
      }, Error)],
    ["a function that throws another error", false, (a) =>
      a.assertThrows(() => {
        throw new RangeError("x");
      }, TypeError)],
    ["a function that does not throw", false, (a) => a.assertThrows(() => {})],
    ["a function with a promise that is rejected", false, (a) =>
      a.assertThrows(() => {
        Promise.reject(new Error("x")).catch(() => {});
      })],
    ["a text in a text", true, (a) => a.assertStringIncludes("abc", "b")],
    ["a text that is not in a text", false, (a) => a.assertStringIncludes("abc", "d")],
    ["a text that matches", true, (a) => a.assertMatch("abc", /b/)],
    ["a text that does not match", false, (a) => a.assertMatch("abc", /d/)],
    ["objects with the same members", true, (a) => a.assertEquals({ x: [1] }, { x: [1] })],
    [
      "objects of which one has an undefined member",
      false,
      (a) => a.assertEquals<object>({ x: undefined }, {}),
    ],
    ["no number and no number", true, (a) => a.assertEquals([NaN], [NaN])],
    ["sets with the same members", true, (a) => a.assertEquals(new Set([1, 2]), new Set([2, 1]))],
    [
      "an object and an instance of a class",
      false,
      (a) => a.assertEquals<object>(new (class A {})(), {}),
    ],
    ["other objects", true, (a) => a.assertNotEquals({ x: 1 }, { x: 2 })],
    [
      "equal objects, one of them without a prototype",
      false,
      (a) => a.assertNotEquals(Object.assign(Object.create(null), { x: 1 }), { x: 1 }),
    ],
    ["something", true, (a) => a.assert([])],
    ["nothing", false, (a) => a.assert("")],
  ];

/** Tells whether an assertion passes. */
async function passes(run: () => unknown): Promise<boolean> {
  try {
    await run();
    return true;
  } catch {
    return false;
  }
}

for (const [what, expected, call] of calls) {
  Deno.test(`the assertions ${expected ? "accept" : "refuse"} ${what}, as the real ones do`, async () => {
    for (const assertions of [adapter, imported]) {
      if (await passes(() => call(assertions)) !== expected) throw new Error("they do not");
    }
  });
}
