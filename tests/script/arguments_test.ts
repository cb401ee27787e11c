import { assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { parseArgs, parseShare, parseWhole } from "../../script/arguments.ts";

const options = {
  seed: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean" },
} as const;

Deno.test("known options are parsed as node:util does", () => {
  const { values, positionals } = parseArgs({
    args: ["a", "--seed=3", "--json"],
    options,
    allowPositionals: true,
  });
  assertEquals([values.seed, values.json, positionals], ["3", true, ["a"]]);
});

Deno.test("an unknown option is named in one line, with the nearest one if any is near", () => {
  const cases = [
    ["--sead", "unknown option --sead: did you mean --seed?"],
    ["--sead=--", "unknown option --sead: did you mean --seed?"],
    ["--Jsno", "unknown option --Jsno: did you mean --json?"],
    ["-h", "unknown option -h: did you mean --help?"],
    ["--verbose", "unknown option --verbose"],
    ["-x", "unknown option -x (a file whose name begins with a dash is given as ./-…)"],
    ["--\u001b[2J", "unknown option --\u001b[2J"],
  ];
  for (const [option, message] of cases) {
    const error = assertThrows(() => parseArgs({ args: [option], options }), TypeError);
    assertEquals(error.message, message);
  }
  assertThrows(() => parseArgs({ args: ["--seed"], options }), TypeError, "argument missing");
});

Deno.test("a whole number is read if it is in its range, and told with the range if not", () => {
  assertEquals([parseWhole("--cap", "7", 1), parseWhole("--seeds", "0", 0, 9)], [7, 0]);
  for (const value of ["0", "-1", "1.5", "1e3", "", "1234567890"]) {
    const message = `--cap is ${value}, expected a whole number from 1`;
    assertThrows(() => parseWhole("--cap", value, 1), TypeError, message);
  }
  const message = "--seeds is 10, expected a whole number from 0 to 9";
  assertThrows(() => parseWhole("--seeds", "10", 0, 9), TypeError, message);
});

Deno.test("a share is a number from 0 to 1 in digits", () => {
  assertEquals(["0", "1", ".5", "0.25", "1.0"].map((one) => parseShare("--x", one)), [
    0,
    1,
    0.5,
    0.25,
    1,
  ]);
  assertEquals(parseShare("--x", undefined), undefined);
  for (const bad of ["", "1.1", "-0.1", "1e-1", "2", "half"]) {
    assertThrows(() => parseShare("--x", bad), TypeError, "expected a number from 0 to 1");
  }
});
