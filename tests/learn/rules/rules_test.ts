import { assert, assertEquals, assertMatch, assertThrows } from "jsr:@std/assert@^1";
import type { LabelledExample } from "../../../learn/data/examples.ts";
import { digest } from "../../../learn/text/digest.ts";
import { createMatches, joinMatches } from "../../../learn/score/matches.ts";
import {
  createRule,
  type Proposal,
  type RefusalCode,
  roundWeight,
  ruleId,
  RuleSchema,
} from "../../../learn/rules/rule.ts";
import { admit, compileRule, findDefect } from "../../../learn/rules/running.ts";

const base: Proposal = { name: "fx_rate", label: "exchange", patterns: [String.raw`\brates?\b`] };
const labels = new Set(["card", "exchange"]);

/** Returns the code of a proposal's refusal, if any. Checks that the refusal can be recorded. */
function refusalOf(
  proposal: unknown,
  taken: { has(id: string): boolean } = new Set(),
  known: ReadonlySet<string> = labels,
): RefusalCode | undefined {
  const admitted = admit(proposal, known, taken);
  if ("rule" in admitted) {
    RuleSchema.parse(admitted.rule);
    digest(admitted.rule);
    return undefined;
  }
  const { name, code, detail } = admitted.refused;
  assert(name.length <= 400 && detail.length > 0 && detail.length < 3_000, detail);
  digest(admitted.refused);
  return code;
}

function matches(rule: Partial<Proposal>, text: string): boolean {
  return compileRule(createRule({ ...base, ...rule })).test(text);
}

Deno.test("a proposal becomes a rule with an id and defaults", () => {
  const admitted = admit({ ...base, weight: 0.12345678 }, labels, new Set());
  assert("rule" in admitted);
  const { id, ...rest } = admitted.rule;
  assertMatch(id, /^r[0-9a-f]{12}$/);
  assertEquals(rest, { ...base, flags: "i", priority: 0, weight: 0.123457 } as typeof rest);
});

Deno.test("a rule with fields of a wrong kind is refused as invalid", () => {
  const changes: readonly Record<string, unknown>[] = [
    { name: "" },
    { name: 7 },
    { name: "x".repeat(401) },
    { label: "" },
    { patterns: [] },
    { patterns: "rate" },
    { patterns: [""] },
    { patterns: Array(17).fill("rate") },
    { not: [] },
    { not: [null] },
    { flags: "g" },
    { flags: "y" },
    { flags: "i\n" },
    { priority: 0.5 },
    { priority: "1" },
    { weight: -1 },
    { weight: NaN },
    { weight: Infinity },
    { weight: 1e6 + 1 },
    { weight: "1" },
    { precision: 1.01 },
    { precision: NaN },
    { support: -1 },
    { support: 2.5 },
    { group: 1 },
    { id: "r000000000000" },
  ];
  for (const change of changes) {
    assertEquals(refusalOf({ ...base, ...change }), "invalid-rule", JSON.stringify(change));
  }
});

Deno.test("a value that is not a proposal is refused as invalid", () => {
  const values = [
    undefined,
    null,
    0,
    NaN,
    "rule",
    [],
    [base],
    {},
    () => base,
    new Map(),
    Symbol("x"),
  ];
  for (const value of values) assertEquals(refusalOf(value), "invalid-rule");
});

Deno.test("a pattern that does not compile, in patterns or not, is refused with the reason", () => {
  for (const pattern of ["(", "[z-a]", "a**", "(?<x>", "\\"]) {
    assertEquals(refusalOf({ ...base, patterns: ["rate", pattern] }), "invalid-pattern", pattern);
    assertEquals(refusalOf({ ...base, not: [pattern] }), "invalid-pattern", pattern);
  }
  assertEquals(
    refusalOf({ ...base, patterns: [String.raw`\p{Nonsense}`], flags: "u" }),
    "invalid-pattern",
  );
  const defect = findDefect({ patterns: ["("], flags: "i" });
  assertMatch(defect!.detail, /Unterminated group/);
});

Deno.test("flags that do not go together are refused with the pattern", () => {
  for (const flags of ["uv", "ii"]) {
    assertEquals(refusalOf({ ...base, flags }), "invalid-pattern", flags);
  }
  for (const flags of ["", "i", "imsu", "v"]) {
    assertEquals(refusalOf({ ...base, flags }), undefined, flags);
  }
});

Deno.test("a pattern that is too large for V8, or has too many classes, is refused", () => {
  assertEquals(refusalOf({ ...base, patterns: ["a".repeat(99_000)] }), "invalid-pattern");
  const classes = Array.from(
    { length: 1_001 },
    (_, at) => `[a${String.fromCodePoint(0x4e00 + at)}]`,
  );
  const defect = findDefect({ patterns: [classes.join("|")], flags: "" });
  assertEquals(defect?.detail, "it has 1001 different classes, expected at most 1000");
  assertEquals(refusalOf({ ...base, patterns: ["[ab".repeat(33_000)] }), "invalid-pattern");
});

Deno.test("a pattern of 100 kB is refused for its length, at once", () => {
  const defect = findDefect({ patterns: ["(a|b)*".repeat(17_000)], flags: "i" });
  assertEquals(defect, {
    code: "invalid-pattern",
    detail: "pattern of 102000 characters, at most 100000",
  });
  assertEquals(refusalOf({ ...base, patterns: ["a".repeat(100_000)] }), "invalid-pattern");
  assertEquals(refusalOf({ ...base, patterns: ["a".repeat(4_000)] }), undefined);
  const phrases = Array.from({ length: 250 }, (_, at) => String.raw`card\s+number\s+c${at}`);
  assertEquals(refusalOf({ ...base, patterns: [phrases.join("|")] }), undefined);
});

Deno.test("a pattern that can backtrack exponentially is refused, in patterns or not", () => {
  assertEquals(refusalOf({ ...base, patterns: ["(a+)+b"] }), "backtracking");
  assertEquals(refusalOf({ ...base, not: [String.raw`(?:\w+\s?)*x`] }), "backtracking");
});

Deno.test("a rule that matches the empty text is refused as a catch-all", () => {
  for (const patterns of [[".*"], ["rate|"], ["^", "$"], ["(?!x)"], ["(?:)"]]) {
    assertEquals(refusalOf({ ...base, patterns }), "catch-all", patterns.join());
  }
  assertEquals(refusalOf({ ...base, patterns: ["x*"], not: ["rate"] }), "catch-all");
  assertEquals(refusalOf({ ...base, patterns: ["x*", "rate"] }), undefined);
  assertEquals(refusalOf({ ...base, patterns: ["x*"], not: ["^$"] }), undefined);
});

Deno.test("a rule for a label that is not in the data set is refused", () => {
  assertEquals(refusalOf({ ...base, label: "Exchange" }), "unknown-label");
  assertEquals(refusalOf({ ...base, label: "x".repeat(100_000) }), "unknown-label");
  for (const label of ["__proto__", "constructor", "toString"]) {
    assertEquals(refusalOf({ ...base, label }), "unknown-label", label);
  }
});

Deno.test("labels and names may be those of object members", () => {
  for (const label of ["__proto__", "constructor", "hasOwnProperty"]) {
    const proposal = { ...base, label, name: label };
    assertEquals(refusalOf(proposal, new Set(), new Set([label])), undefined, label);
    assertEquals(createRule(proposal).label, label);
  }
});

Deno.test("a rule that matches what another of its label matches is refused as a duplicate", () => {
  const { id } = createRule(base);
  assertEquals(refusalOf({ ...base, name: "other", weight: 3 }, new Set([id])), "duplicate");
  assertEquals(refusalOf({ ...base, label: "card" }, new Set([id])), undefined);
});

Deno.test("lone surrogates are refused wherever they are, and never stop the run", () => {
  const [lone, long] = ["\ud83d", `${"x".repeat(399)}👍👍`];
  assertEquals(refusalOf({ ...base, name: lone }), "invalid-rule");
  assertEquals(refusalOf({ ...base, patterns: [lone] }), "invalid-rule");
  assertEquals(refusalOf({ ...base, not: [lone] }), "invalid-rule");
  assertEquals(refusalOf({ ...base, label: lone }), "invalid-rule");
  assertEquals(refusalOf({ ...base, label: lone }, new Set(), new Set([lone])), "invalid-rule");
  assertEquals(refusalOf({ ...base, [lone]: 1 }), "invalid-rule");
  assertEquals(refusalOf({ ...base, name: lone, weight: -1 }), "invalid-rule");
  // Texts that are cut in the middle of a character.
  assertEquals(refusalOf({ ...base, name: long }), "invalid-rule");
  assertEquals(refusalOf({ ...base, label: `${"x".repeat(198)}👍` }), "unknown-label");
  assertEquals(refusalOf({ ...base, [`${"x".repeat(380)}${"👍".repeat(20)}`]: 1 }), "invalid-rule");
});

Deno.test("ids depend only on the label of a rule and what it matches", () => {
  const id = ruleId(createRule(base));
  const { name, label, patterns } = base;
  assertEquals(createRule({ patterns, label, name }).id, id);
  assertEquals(createRule({ flags: "i", priority: 9, weight: 2, support: 1, ...base }).id, id);
  assertEquals(createRule({ ...base, name: "other", precision: 0.5, not: undefined }).id, id);
  const others: readonly Partial<Proposal>[] = [
    { label: "card" },
    { flags: "" },
    { patterns: ["rates?"] },
    { patterns: [...patterns, "x"] },
    { not: ["x"] },
  ];
  assertEquals(
    new Set([id, ...others.map((other) => createRule({ ...base, ...other }).id)]).size,
    6,
  );
});

Deno.test("the order of patterns counts, as it does when a trace is read", () => {
  const [one, other] = [["a", "b"], ["b", "a"]].map((patterns) =>
    createRule({ ...base, patterns })
  );
  assert(one.id !== other.id);
});

Deno.test("the id of a rule is the same on any machine", () => {
  // printf '%s' '{"flags":"i","label":"exchange","patterns":["\\\\brates?\\\\b"]}' | sha256sum
  assertEquals(createRule(base).id, "r420745867907");
});

Deno.test("weights are rounded to a millionth, and members without a value are left out", () => {
  assertEquals(roundWeight(0.1234564999), 0.123456);
  assertEquals(createRule({ ...base, weight: 1e-9 }).weight, 0);
  const { weight, ...rest } = { weight: 1, ...createRule({ ...base, not: undefined }) };
  assertEquals([weight, Object.keys(rest).sort()], [
    1,
    ["flags", "id", "label", "name", "patterns", "priority"],
  ]);
});

Deno.test("creating a rule from an invalid proposal is a TypeError that says what is wrong", () => {
  assertThrows(() => createRule({ ...base, weight: NaN }), TypeError, "weight");
  assertThrows(() => createRule({ ...base, patterns: [] }), TypeError, "patterns");
});

Deno.test("a rule matches if all its patterns do and none of its not patterns does", () => {
  const rule = { patterns: ["rate", "card"], not: ["lost", "stolen"] };
  assertEquals(matches(rule, "The CARD has a Rate"), true);
  assertEquals(matches(rule, "a card"), false);
  assertEquals(matches(rule, "the rate of a lost card"), false);
  assertEquals(matches(rule, "the rate of a STOLEN card"), false);
  assertEquals(matches({ ...rule, flags: "" }, "the Rate of a card"), false);
});

Deno.test("a compiled rule gives the same answer each time", () => {
  const { test } = compileRule(createRule(base));
  assertEquals([1, 2, 3].map(() => test("rate rate")), [true, true, true]);
});

Deno.test("compiling a rule whose pattern does not compile is a SyntaxError", () => {
  assertThrows(() => compileRule(createRule({ ...base, patterns: ["("] })), SyntaxError);
});

Deno.test("joined matches are those on the examples of one, then of the other", () => {
  const example = (text: string, label: string): LabelledExample => ({ id: text, text, label });
  const train = [example("the rate", "exchange"), example("my card", "card")];
  const dev = [
    example("a card", "card"),
    example("rates of cards", "exchange"),
    example("hi", "card"),
  ];
  const [one, other, both] = [train, dev, [...train, ...dev]].map((examples) =>
    createMatches(examples, [...labels])
  );
  const joined = joinMatches(one, other);
  const rules = [base, { ...base, patterns: ["card"] }, { ...base, patterns: ["z"] }].map(
    createRule,
  );
  assertThrows(() => joined.of(rules[0].id), RangeError);
  for (const matches of [joined, both]) matches.add(rules);
  for (const { id } of rules) assertEquals(joined.of(id), both.of(id));
  assertEquals([joined.gold, joined.labels, joined.examples], [
    both.gold,
    both.labels,
    both.examples,
  ]);
  assertEquals(joined.indexOf("exchange"), both.indexOf("exchange"));
  assertEquals(joined.of(rules[0].id), Int32Array.of(0, 3));
});

Deno.test("joined matches run a rule that ran on one side only", () => {
  const train = [{ id: "a", text: "rate", label: "exchange" }];
  const [one, other] = [createMatches(train, [...labels]), createMatches([], [...labels])];
  const rule = createRule(base);
  one.add([rule]);
  const joined = joinMatches(one, other);
  joined.add([rule]);
  assertEquals(joined.of(rule.id), Int32Array.of(0));
});
