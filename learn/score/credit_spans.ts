/**
 * Shapley values of rules that find spans.
 *
 * What rules do to an example falls into parts: spans that neither overlap nor can be paired with the same gold
 * span have nothing to do with each other. A value of the whole is the sum of the values of the parts, in which few
 * rules meet, so that all their sets can be tried.
 *
 * @module
 */
import type { DecisionOptions } from "../rules/decisions.ts";
import type { Rule } from "../rules/rule.ts";
import type { ExampleCredit } from "./credit.ts";
import type { DrawnOrders } from "./credit_orders.ts";
import { compareSpans, countOutcomes, type PredictedSpan, predictSpans } from "./outcomes.ts";
import { createRandom } from "./random.ts";
import type { SpanMatches } from "./span_matches.ts";

/** Sets of more rules have no number of 32 bits; to try them all would take too long in any case. */
const MOST_RULES = 30;

/** About how many additions it takes to pair one span. */
const ADDITIONS = 100;

/** Returns a function that shares the credit for the spans of one example: the correct ones less the others. */
export function shareSpans(
  matches: SpanMatches,
  rules: readonly Rule[],
  options: DecisionOptions,
  { permutations, seed, effort }: DrawnOrders,
): (example: number) => ExampleCredit {
  const random = createRandom(seed);
  const positions = new Map(rules.map((rule, position) => [rule, position]));
  const predicted = predictSpans(matches, rules);
  return (example) => {
    const shares = new Map<number, number>();
    const variances = new Map<number, number>();
    let isExact = true;
    for (const spans of separate(matches, predicted[example])) {
      const players = [...new Set(spans.map(({ by }) => by))];
      const places = new Map(players.map((rule, place) => [rule, place]));
      const value = (isThere: (place: number) => boolean) => {
        const kept = spans.filter(({ by }) => isThere(places.get(by)!));
        const { tp, predicted } = countOutcomes(compareSpans(matches, example, kept, options));
        return tp - (predicted - tp);
      };
      const sets = 2 ** players.length;
      const most = effort === undefined
        ? permutations * players.length
        : effort / (ADDITIONS * (spans.length + matches.goldItems[example].length));
      const areTried = sets <= most && players.length <= MOST_RULES;
      const credit = areTried
        ? trySets(players.length, value)
        : drawOrders(players.length, value, permutations, random);
      isExact &&= areTried;
      players.forEach((rule, place) => {
        const position = positions.get(rule)!;
        const [share, variance] = [credit.shares[place], credit.variances?.[place] ?? 0];
        shares.set(position, (shares.get(position) ?? 0) + share);
        variances.set(position, (variances.get(position) ?? 0) + variance);
      });
    }
    return {
      rules: [...shares.keys()],
      shares: [...shares.values()],
      ...(isExact ? {} : { variances: [...variances.values()] }),
    };
  };
}

/** Puts the spans of one example into parts that have nothing to do with each other, each in their order. */
function separate(matches: SpanMatches, spans: readonly PredictedSpan[]): PredictedSpan[][] {
  /** For each span one that it meets, and so on to one that stands for the part. */
  const leaders = Int32Array.from(spans.keys());
  const leaderOf = (place: number): number => {
    while (leaders[place] !== place) place = leaders[place] = leaders[leaders[place]];
    return place;
  };
  const join = (one: number, other: number) => leaders[leaderOf(one)] = leaderOf(other);
  const byStart = spans.keys().toArray().sort((a, b) => spans[a].start - spans[b].start);
  let end = -1;
  byStart.forEach((place, at) => {
    const before = byStart[at - 1];
    if (at > 0 && (spans[place].start < end || spans[place].start === spans[before].start)) {
      join(place, before);
    }
    end = Math.max(end, spans[place].end);
  });
  const byGold = new Map<number, number>();
  spans.forEach((span, place) => {
    for (const item of matches.alike(span)) {
      const other = byGold.get(item);
      if (other === undefined) byGold.set(item, place);
      else join(place, other);
    }
  });
  return [...Map.groupBy(spans.keys(), leaderOf).values()]
    .map((places) => places.map((place) => spans[place]));
}

/** The value of the rules that are there. */
type Value = (isThere: (place: number) => boolean) => number;

/** Shapley values by their definition: a set of `s` others counts with `s! (size - 1 - s)! / size!`. */
function trySets(size: number, value: Value): { shares: Float64Array; variances?: undefined } {
  const weights = [1 / size];
  for (let others = 1; others < size; others++) {
    weights.push(weights[others - 1] * others / (size - others));
  }
  const shares = new Float64Array(size);
  for (let set = 0; set < 2 ** size; set++) {
    const worth = value((place) => (set >> place & 1) === 1);
    if (worth === 0) continue;
    let members = 0;
    for (let place = 0; place < size; place++) members += set >> place & 1;
    for (let place = 0; place < size; place++) {
      const isMember = (set >> place & 1) === 1;
      shares[place] += isMember ? weights[members - 1] * worth : -weights[members] * worth;
    }
  }
  return { shares };
}

/** Means over random orders, as `createOrders` draws them. */
function drawOrders(
  size: number,
  value: Value,
  permutations: number,
  random: () => number,
): { shares: Float64Array; variances: Float64Array } {
  const [sums, squares] = [new Float64Array(size), new Float64Array(size)];
  const order = Int32Array.from({ length: size }, (_, place) => place);
  const isThere = new Uint8Array(size);
  for (let left = permutations; left > 0; left--) {
    isThere.fill(0);
    let before = 0;
    for (let at = 0; at < size; at++) {
      const drawn = at + Math.floor(random() * (size - at));
      const place = order[drawn];
      order[drawn] = order[at];
      order[at] = place;
      isThere[place] = 1;
      const after = value((place) => isThere[place] === 1);
      sums[place] += after - before;
      squares[place] += (after - before) ** 2;
      before = after;
    }
  }
  const shares = sums.map((sum) => sum / permutations);
  const variances = squares.map((square, place) =>
    Math.max(0, square / permutations - shares[place] ** 2) / (permutations - 1)
  );
  return { shares, variances };
}
