import { assertEquals } from "jsr:@std/assert@^1";
import { createRule, type Rule } from "../../../learn/rules/rule.ts";
import { alignRules } from "../../../review/compare/alignment.ts";
import { makeRule } from "../../print/print_fixture.ts";

Deno.test("rules are aligned by id, then matches, then pattern, then name within the label", () => {
  const make = (name: string, label: string, pattern: string, extra: Partial<Rule> = {}) =>
    createRule({ name, label, patterns: [pattern], ...extra });
  const before = [
    make("same", "fee", "fees?"),
    make("weight", "fee", "charge", { weight: 1 }),
    make("old name", "card", "cards?"),
    make("flags", "card", "lost", { flags: "" }),
    make("__proto__", "card", "stolen"),
    make("gone", "card", "nothing"),
  ];
  const after = [
    make("new name", "card", "card|cards"),
    make("other label", "fee", "card|cards"),
    make("__proto__", "card", "stole[n]"),
    make("same", "fee", "fees?"),
    make("weight", "fee", "charge", { weight: 2 }),
    make("flags too", "card", "lost"),
    make("fresh", "card", "void"),
  ];
  const matches = new Map([["cards?", "1,2"], ["card|cards", "1,2"]]);
  const { renamed, changed, lost, added, unchanged } = alignRules(
    before,
    after,
    ({ patterns }) => matches.get(patterns[0]) ?? "",
  );
  assertEquals(unchanged, 1);
  assertEquals(renamed.map(({ before, after }) => [before.name, after.name]), [[
    "old name",
    "new name",
  ]]);
  assertEquals(changed.map(({ by, before, after }) => [by, before.name, after.name]), [
    ["id", "weight", "weight"],
    ["pattern", "flags", "flags too"],
    ["name", "__proto__", "__proto__"],
  ]);
  assertEquals(changed[0].changes, [{ field: "weight", before: 1, after: 2 }]);
  assertEquals([lost, added].map((side) => side.map(({ name }) => name)), [
    ["gone"],
    ["other label", "fresh"],
  ]);
});

Deno.test("a rule that differs in its id alone is unchanged, however it was found", () => {
  const [one, other] = [makeRule("rate", "exchange"), makeRule("rate", "exchange")];
  const twin = { ...other, id: `${other.id}-2` };
  const { unchanged, renamed, changed } = alignRules([one], [twin], () => "0,1");
  assertEquals([unchanged, renamed, changed], [1, [], []]);
});

Deno.test("a precision that one side did not measure is not a change", () => {
  const { precision: _, support: __, ...unmeasured } = makeRule("rate", "exchange");
  const measured = { ...unmeasured, precision: 0.5, support: 4 };
  assertEquals(alignRules([unmeasured], [measured]).unchanged, 1);
  assertEquals(alignRules([{ ...measured, precision: 0.6 }], [measured]).changed.length, 1);
});
