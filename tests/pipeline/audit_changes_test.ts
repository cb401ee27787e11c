import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import type { AuditProposal } from "../../learn/coordinator.ts";
import type { Proposal } from "../../learn/rules/rule.ts";
import { applyAudit } from "../../pipeline/changes.ts";
import { a, b, c, context, proposal, rule, UNKNOWN } from "./changes_fixture.ts";

const merge: AuditProposal = {
  kind: "merge",
  from: [a.id, b.id],
  to: proposal("ab", { patterns: ["a|b"] }),
  reason: "alike",
};
const merged = rule("ab", { patterns: ["a|b"] });

Deno.test("an audit merges, tightens and removes in order, and tells what it made", () => {
  const { rules, actions, made, reweighted } = applyAudit([a, b, c], [
    merge,
    { kind: "tighten", from: [c.id], to: proposal("c+", { patterns: ["c", "d"] }), reason: "wide" },
    { kind: "remove", from: [merged.id], reason: "useless" },
  ], context);
  const tight = rule("c+", { patterns: ["c", "d"] });
  assertEquals(rules, [tight]);
  assertEquals(made, [merged, tight]);
  assertEquals(reweighted, []);
  assertEquals(actions, [
    { kind: "merge", from: [a.id, b.id], to: merged.id, outcome: "applied", reason: "alike" },
    { kind: "tighten", from: [c.id], to: tight.id, outcome: "applied", reason: "wide" },
    { kind: "remove", from: [merged.id], outcome: "applied", reason: "useless" },
  ]);
});

const skips: { what: string; proposal: AuditProposal; reason: string }[] = [
  {
    what: "an unknown rule",
    proposal: { kind: "remove", from: [a.id, UNKNOWN], reason: "" },
    reason: `unknown-rule: ${UNKNOWN}`,
  },
  { what: "no rule", proposal: { kind: "remove", from: [], reason: "" }, reason: "too-few-rules" },
  {
    what: "a merge of one rule, named twice",
    proposal: { ...merge, from: [a.id, a.id] },
    reason: "too-few-rules",
  },
  {
    what: "two rules to tighten",
    proposal: { ...merge, kind: "tighten" },
    reason: "too-many-rules",
  },
  {
    what: "an invalid pattern",
    proposal: { ...merge, to: proposal("x", { patterns: ["("] }) },
    reason: "invalid-pattern",
  },
  {
    what: "no rule to become",
    proposal: { ...merge, to: undefined as unknown as Proposal },
    reason: "invalid-rule",
  },
  {
    what: "another label",
    proposal: { ...merge, to: proposal("x", { label: "rate" }) },
    reason: 'other-label: "rate"',
  },
  {
    what: "a rule that is there",
    proposal: { ...merge, to: proposal("x", { patterns: ["c"] }) },
    reason: "duplicate",
  },
];
for (const { what, proposal, reason } of skips) {
  Deno.test(`an audit action with ${what} is skipped with its reason`, () => {
    const { rules, actions, made } = applyAudit([a, b, c], [proposal], context);
    assertEquals([rules, made], [[a, b, c], []]);
    assertEquals(actions.map(({ outcome, kind }) => [outcome, kind]), [["skipped", proposal.kind]]);
    assert(actions[0].reason.startsWith(reason), actions[0].reason);
    assertEquals(actions[0].to, undefined);
  });
}

Deno.test("an audit action that names a rule twice is about it once", () => {
  const { rules, actions } = applyAudit([a, b, c], [
    { ...merge, from: [a.id, b.id, a.id] },
    { kind: "remove", from: [c.id, c.id], reason: "" },
  ], context);
  assertEquals(actions.map(({ from }) => from), [[a.id, b.id], [c.id]]);
  assertEquals(rules, [merged]);
});

Deno.test("a merge into one of its own rules is compared with that rule's first definition", () => {
  const to = proposal("a", { weight: 5 });
  const { rules, reweighted, made } = applyAudit(
    [{ ...a, weight: 5 }, b],
    [{ kind: "merge", from: [a.id, b.id], to, reason: "" }],
    context,
  );
  assertEquals([rules, made], [[{ ...a, weight: 5 }], []]);
  assertEquals(reweighted, [{ rule: a.id, weight: 5 }]);
});

Deno.test("a rule that an audit makes, removes and makes again is compared with the first one", () => {
  const again = { kind: "tighten", from: [c.id], to: { ...merge.to, weight: 4 }, reason: "" };
  const { rules, made, reweighted } = applyAudit([a, b, c], [
    merge,
    { kind: "remove", from: [merged.id], reason: "" },
    again as AuditProposal,
  ], context);
  assertEquals(made, [merged]);
  assertEquals(rules, [{ ...merged, weight: 4 }]);
  assertEquals(reweighted, [{ rule: merged.id, weight: 4 }]);
});

Deno.test("an audit that is not a list of actions is an error in one line", () => {
  for (
    const audit of [5, [null], [{ kind: "rename", from: [], reason: "" }], [{ ...merge, from: 1 }]]
  ) {
    const error = assertThrows(
      () => applyAudit([a], audit as unknown as AuditProposal[], context),
      TypeError,
      "Not a list of audit actions",
    );
    assert(!error.message.includes("\n"));
  }
});
