import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import type { Proposal, Rule } from "../../learn/rules/rule.ts";
import type { Patch } from "../../learn/synthesizer.ts";
import { applyPatch, countChanges, startRules } from "../../pipeline/changes.ts";
import { a, b, c, context, contextOf, labels, proposal, rule, UNKNOWN } from "./changes_fixture.ts";
import { names } from "./fixture.ts";

Deno.test("a patch removes, replaces in place, adds at the end and reweights", () => {
  const patch = applyPatch([a, b, c], {
    removed: [a.id],
    replaced: [{ from: b.id, to: proposal("d") }],
    added: [proposal("e")],
    reweighted: [{ rule: c.id, weight: 0.5 }],
  }, context);
  assertEquals(names(patch.rules), ["d", "c", "e"]);
  assertEquals(patch.removed, [a.id]);
  assertEquals(patch.replaced, [{ from: b.id, to: rule("d").id }]);
  assertEquals(patch.added, [rule("e").id]);
  assertEquals(patch.refused, []);
  assertEquals(patch.reweighted, [{ rule: c.id, weight: 0.5 }]);
  assertEquals(patch.rules[1], { ...c, weight: 0.5 });
  assertEquals(countChanges(patch), 4);
});

Deno.test("a patch leaves the set that it is applied to alone", () => {
  const before = structuredClone([a, b]);
  const rules = [a, b];
  applyPatch(rules, { removed: [a.id], reweighted: [{ rule: b.id, weight: 9 }] }, context);
  assertEquals(rules, before);
});

Deno.test("an empty patch changes nothing", () => {
  const patch = applyPatch([a, b], {}, context);
  assertEquals(countChanges(patch), 0);
  assertEquals(patch.rules, [a, b]);
});

const refusals: { what: string; patch: Patch; code: string; name: string }[] = [
  {
    what: "an empty object as a rule",
    patch: { added: [{} as Proposal] },
    code: "invalid-rule",
    name: "",
  },
  {
    what: "null",
    patch: { added: [null as unknown as Proposal] },
    code: "invalid-rule",
    name: "",
  },
  {
    what: "a weight below 0",
    patch: { added: [proposal("x", { weight: -1 })] },
    code: "invalid-rule",
    name: "x",
  },
  {
    what: "half a character",
    patch: { added: [proposal("x", { patterns: ["\ud800"] })] },
    code: "invalid-rule",
    name: "x",
  },
  {
    what: "an invalid regular expression",
    patch: { added: [proposal("x", { patterns: ["("] })] },
    code: "invalid-pattern",
    name: "x",
  },
  {
    what: "exponential backtracking",
    patch: { added: [proposal("x", { patterns: ["(a+)+$"] })] },
    code: "backtracking",
    name: "x",
  },
  {
    what: "a rule that matches everything",
    patch: { added: [proposal("x", { patterns: ["y*"] })] },
    code: "catch-all",
    name: "x",
  },
  {
    what: "a label that no example has",
    patch: { added: [proposal("x", { label: "fee" })] },
    code: "unknown-label",
    name: "x",
  },
  {
    what: "a rule that is there",
    patch: { added: [proposal("again", { patterns: ["a"] })] },
    code: "duplicate",
    name: "again",
  },
  {
    what: "a rule that the same patch has added",
    patch: { added: [proposal("a2", { patterns: ["a"] })] },
    code: "duplicate",
    name: "a2",
  },
  {
    what: "the removal of an unknown rule",
    patch: { removed: [UNKNOWN] },
    code: "unknown-rule",
    name: UNKNOWN,
  },
  {
    what: "the removal of a number",
    patch: { removed: [7 as unknown as string] },
    code: "unknown-rule",
    name: "7",
  },
  {
    what: "the second removal of a rule",
    patch: { removed: [b.id, b.id] },
    code: "unknown-rule",
    name: b.id,
  },
  {
    what: "the replacement of an unknown rule",
    patch: { replaced: [{ from: UNKNOWN, to: proposal("x") }] },
    code: "unknown-rule",
    name: "x",
  },
  {
    what: "the replacement of a rule that was removed",
    patch: { removed: [b.id], replaced: [{ from: b.id, to: proposal("x") }] },
    code: "unknown-rule",
    name: "x",
  },
  {
    what: "the second replacement of a rule",
    patch: {
      replaced: [{ from: b.id, to: proposal("x") }, { from: b.id, to: proposal("y") }],
    },
    code: "unknown-rule",
    name: "y",
  },
  {
    what: "the replacement of a rule that this patch has brought",
    patch: {
      replaced: [{ from: b.id, to: proposal("x") }, { from: rule("x").id, to: proposal("y") }],
    },
    code: "unknown-rule",
    name: "y",
  },
  {
    what: "a replacement by nothing",
    patch: { replaced: [{ from: b.id } as { from: string; to: Proposal }] },
    code: "invalid-rule",
    name: "",
  },
  {
    what: "null as a replacement",
    patch: { replaced: [null as unknown as { from: string; to: Proposal }] },
    code: "unknown-rule",
    name: "undefined",
  },
  {
    what: "new strength for an unknown rule",
    patch: { reweighted: [{ rule: UNKNOWN, weight: 1 }] },
    code: "unknown-rule",
    name: UNKNOWN,
  },
  {
    what: "new strength for a rule that was removed",
    patch: { removed: [b.id], reweighted: [{ rule: b.id, weight: 3 }] },
    code: "unknown-rule",
    name: b.id,
  },
  {
    what: "a weight that is not a number",
    patch: { reweighted: [{ rule: b.id, weight: Number.NaN }] },
    code: "invalid-rule",
    name: b.id,
  },
];
for (const { what, patch, code, name } of refusals) {
  Deno.test(`a patch with ${what} has that refused as ${code}, and the rest goes on`, () => {
    const more = { ...patch, added: [...patch.added ?? [], proposal("new")] };
    const { rules, refused, added } = applyPatch([a, b], more, context);
    assertEquals(refused.map(({ code, name }) => [code, name]), [[code, name]]);
    assert(refused[0].detail.length > 0);
    assertEquals(added.at(-1), rule("new").id);
    assertEquals(rules.at(-1)?.name, "new");
  });
}

Deno.test("a patch that is not an object of lists is an error", () => {
  const apply = (patch: unknown) => () => applyPatch([a], patch as Patch, context);
  assertThrows(apply(undefined), TypeError, "Not a patch: expected object");
  assertThrows(apply("text"), TypeError, "expected object, received string");
  for (const name of ["added", "replaced", "removed", "reweighted"]) {
    assertThrows(
      apply({ [name]: "x" }),
      TypeError,
      `field ${name}: expected array, received string`,
    );
  }
});

Deno.test("what a step cannot record is refused, under the name of the rule", () => {
  const patch = { removed: [a.id], replaced: [{ from: b.id, to: proposal("x") }] };
  const { rules, refused } = applyPatch([a, b], patch, context, []);
  assertEquals(rules, [a, b]);
  assertEquals(refused.map(({ name, code }) => [name, code]), [
    [a.id, "invalid-rule"],
    ["x", "invalid-rule"],
  ]);
  const refit = applyPatch([a, b], patch, context, ["removed"]);
  assertEquals([refit.removed, refit.refused.map(({ name }) => name)], [[a.id], ["x"]]);
});

Deno.test("a rule that comes back is as first proposed, with its new strengths", () => {
  const first = rule("a", { weight: 2, precision: 0.5, support: 4, priority: 3 });
  const again = proposal("other name", { patterns: ["a"], weight: 5, support: 7 });
  const { rules, reweighted } = applyPatch([], { added: [again] }, contextOf(first));
  assertEquals(rules, [{ ...first, weight: 5, support: 7, priority: 0 }]);
  assertEquals(reweighted, [{ rule: first.id, weight: 5, priority: 0, support: 7 }]);
});

Deno.test("a rule that comes back without a weight keeps the one it had at first", () => {
  const { rules, reweighted } = applyPatch([], { added: [proposal("a")] }, context);
  assertEquals(rules, [a]);
  assertEquals(reweighted, []);
});

Deno.test("a rule that goes and comes in one patch is compared with its first definition", () => {
  const now = { ...a, weight: 5 };
  const back = { removed: [a.id], added: [proposal("a", { weight: 5 })] };
  assertEquals(applyPatch([now, b], back, context).reweighted, [{ rule: a.id, weight: 5 }]);
  const replaced = { replaced: [{ from: a.id, to: proposal("d") }], added: back.added };
  const { rules, reweighted } = applyPatch([now, b], replaced, context);
  assertEquals(names(rules), ["d", "b", "a"]);
  assertEquals(reweighted, [{ rule: a.id, weight: 5 }]);
});

Deno.test("a new strength that equals the old one changes nothing", () => {
  const reweighted = [{ rule: a.id, weight: 2 }, { rule: b.id, priority: 0 }, { rule: c.id }];
  const patch = applyPatch([a, b, c], { reweighted }, context);
  assertEquals([patch.reweighted, countChanges(patch)], [[], 0]);
});

Deno.test("weights are rounded to millionths, and a strength left undefined stays", () => {
  const change = { rule: a.id, weight: 1 / 3, precision: undefined, support: 2 };
  const { rules, reweighted } = applyPatch([a], { reweighted: [change] }, context);
  assertEquals(rules, [{ ...a, weight: 0.333333, support: 2 }]);
  assertEquals(reweighted, [{ rule: a.id, weight: 0.333333, support: 2 }]);
});

Deno.test("of two strengths for one rule the last counts", () => {
  const reweighted = [{ rule: a.id, weight: 3, support: 1 }, { rule: a.id, weight: 4 }];
  assertEquals(applyPatch([a], { reweighted }, context).reweighted, [
    { rule: a.id, weight: 4, support: 1 },
  ]);
});

Deno.test("start rules get ids of their own, doubles with a number", () => {
  const given = [proposal("a"), { ...a, id: "whatever" }, proposal("b"), proposal("a")];
  const rules = startRules(given, labels);
  assertEquals(rules.map(({ id }) => id), [a.id, `${a.id}-2`, b.id, `${a.id}-3`]);
  assertEquals(rules[1].weight, 2);
});

Deno.test("a start rule that is invalid, may not run or has an unknown label is named in one line", () => {
  const start = (rule: unknown) => () => startRules([a, rule as Rule], labels);
  const invalid: [unknown, string][] = [
    [null, "invalid-rule"],
    [{}, "invalid-rule"],
    [proposal("x", { patterns: ["("] }), "invalid-pattern"],
    [proposal("x", { patterns: [String.raw`(a+)+\1b`] }), "backtracking"],
    [proposal("x", { label: "fee" }), "unknown-label"],
  ];
  for (const [rule, code] of invalid) {
    const { message } = assertThrows(start(rule), RangeError, "Cannot begin with rule 2");
    assert(message.includes(`: ${code}: `) && !message.includes("\n"), message);
  }
});
