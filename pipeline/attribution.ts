/**
 * Which failures a rule was added for.
 *
 * @module
 */
import type { Matches } from "../learn/matches.ts";
import type { Failures } from "../learn/scoring.ts";
import type { AppliedPatch } from "./changes.ts";

/** Clusters with the rules that were added for each: those whose matches lie there most. */
export function attributeRules(
  { clusters, members }: Failures,
  { rules, added, replaced }: AppliedPatch,
  matches: Matches,
): Failures["clusters"] {
  const clusterOf = new Map(
    members.flatMap((members, cluster) => members.map((example) => [example, cluster])),
  );
  const rulesOf: string[][] = clusters.map(() => []);
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  matches.add(rules);
  for (const id of [...added, ...replaced.map(({ to }) => to)]) {
    const { label } = byId.get(id)!;
    const counts = new Map<number, number>();
    for (const example of matches.of(id)) {
      const cluster = clusterOf.get(example);
      if (cluster === undefined || clusters[cluster].expected !== label) continue;
      counts.set(cluster, (counts.get(cluster) ?? 0) + 1);
    }
    const [most] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    if (most !== undefined) rulesOf[most[0]].push(id);
  }
  return clusters.map((cluster, index) => ({ ...cluster, rules: rulesOf[index] }));
}
