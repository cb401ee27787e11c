import { assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { parseArgs } from "../../script/arguments.ts";

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
