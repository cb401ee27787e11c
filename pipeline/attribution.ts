/**
 * Which failures a rule was added for.
 *
 * @module
 */
import type { Matches } from "../learn/score/matches.ts";
import type { Rule } from "../learn/rules/rule.ts";
import type { Failures } from "../learn/score/scoring.ts";
import type { AppliedPatch } from "./changes.ts";

/** Clusters with the rules that were added for each: those that set most right there. */
export function attributeRules(
  { clusters, members }: Failures,
  { rules, added, replaced }: AppliedPatch,
  matches: Matches,
): Failures["clusters"] {
  // Of what should not be found, nothing can be set right by a rule that finds more.
  const clusterOf = new Map(
    members.flatMap((members, cluster) =>
      clusters[cluster].expected === null
        ? []
        : members.map((item): [number, number] => [item, cluster])
    ),
  );
  const rulesOf: string[][] = clusters.map(() => []);
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  matches.add(rules);
  for (const id of [...added, ...replaced.map(({ to }) => to)]) {
    const rule = byId.get(id)!;
    const counts = new Map<number, number>();
    for (const item of wantedBy(rule, matches)) {
      const cluster = clusterOf.get(item);
      if (cluster === undefined || clusters[cluster].expected !== rule.label) continue;
      counts.set(cluster, (counts.get(cluster) ?? 0) + 1);
    }
    const [most] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    if (most !== undefined) rulesOf[most[0]].push(id);
  }
  return clusters.map((cluster, index) => ({ ...cluster, rules: rulesOf[index] }));
}

/** The items that a rule matches; for spans the wanted ones that are as good as those it finds. */
function wantedBy({ id, label }: Rule, matches: Matches): Iterable<number> {
  if (matches.kind === "labels") return matches.of(id);
  const index = matches.indexOf(label);
  const found = new Set<number>();
  for (const item of matches.of(id)) {
    for (const one of matches.alike(matches.items[item], index)) found.add(one);
  }
  return found;
}
