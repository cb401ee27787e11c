import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { createRandom } from "../../../learn/score/random.ts";
import { splitRows } from "../../../review/dataset/splitting.ts";

const options = { share: 0.9, seed: 1 };

/** Returns the share of the rows that are to train on. */
function shareOf(sides: readonly string[]): number {
  return sides.filter((side) => side === "train").length / sides.length;
}

/** A row with a source for each `trace` or `trace exchange`. */
function from(...names: string[]) {
  const sources = names.map((name) => {
    const [trace, exchange] = name.split(" ");
    return { trace, dataset: "d", ...(exchange === undefined ? {} : { exchange }) };
  });
  return { sources };
}

/** Returns the relatives of each trace by going from one to the next, until there is no more. */
function findRelatives(
  rows: readonly ReturnType<typeof from>[],
  parentOf: (trace: string) => string | undefined,
): (trace: string) => Set<string> {
  const links: [string, string][] = rows.flatMap(({ sources }) =>
    sources.flatMap(({ trace, exchange }): [string, string][] => [
      [trace, sources[0].trace],
      [trace, `exchange ${exchange ?? trace}`],
    ])
  );
  const nodes = new Set(links.flat());
  for (const node of nodes) {
    const parent = parentOf(node);
    if (parent === undefined) continue;
    links.push([node, parent]);
    nodes.add(parent);
  }
  return (trace) => {
    const found = new Set([trace]);
    for (const node of found) {
      for (const [a, b] of links) {
        if (a === node) found.add(b);
        if (b === node) found.add(a);
      }
    }
    return found;
  };
}

Deno.test("no two rows that are connected in any way fall on different sides, and others do", () => {
  let both = 0;
  for (let seed = 0; seed < 20; seed++) {
    const random = createRandom(seed);
    const draw = (below: number) => Math.floor(random() * below);
    const name = () => `t${draw(60)}${random() < 0.4 ? ` e${draw(80)}` : ""}`;
    const rows = Array.from(
      { length: 60 },
      () => random() < 0.2 ? from(name(), name()) : from(name()),
    );
    const parents = new Map(Array.from({ length: 15 }, () => [`t${draw(60)}`, `t${draw(80)}`]));
    const parentOf = (trace: string) => parents.get(trace);
    const sides = splitRows(rows, { share: 0.5, seed, parentOf });
    const relativesOf = findRelatives(rows, parentOf);
    const names = rows.map(({ sources: [{ trace }] }) => {
      return [...relativesOf(trace)].filter((node) => node.startsWith("t")).sort()[0];
    });
    const bySide = new Map<string, Set<string>>();
    names.forEach((name, place) => {
      bySide.set(name, (bySide.get(name) ?? new Set()).add(sides[place]));
    });
    assert([...bySide.values()].every(({ size }) => size === 1), `seed ${seed}`);
    both += new Set(sides).size - 1;
  }
  assert(both > 15, `${both}`);
});

Deno.test("the side of a row does not depend on the order of the rows", () => {
  const rows = Array.from({ length: 200 }, (_, n) => from(`b${n % 50} e${n % 20}`));
  const sides = splitRows(rows, options);
  assertEquals(splitRows([...rows].reverse(), options), [...sides].reverse());
});

Deno.test("the share is that of the rows, however large the groups, and other seeds choose others", () => {
  // Half of the rows are of one group, as of runs that share requests.
  const rows = Array.from({ length: 2_000 }, (_, n) => from(n < 1_000 ? "t" : `t${n >> 2}`));
  const sides = splitRows(rows, options);
  assertEquals(shareOf(sides), 0.9);
  const other = splitRows(rows, { ...options, seed: 2 });
  assert(sides.some((side, place) => side !== other[place]));
  assertEquals(shareOf(splitRows(rows, { share: 1, seed: 1 })), 1);
  assertEquals(shareOf(splitRows(rows, { share: 0, seed: 1 })), 0);
  assertEquals(splitRows([], options), []);
});

Deno.test("if no group is small enough, the smallest is to test on, but not the only one", () => {
  const rows = [...Array(6).fill(from("large")), ...Array(4).fill(from("small"))];
  assertEquals(shareOf(splitRows(rows, options)), 0.6);
  assertEquals(shareOf(splitRows(rows.slice(0, 6), options)), 1);
});

Deno.test("runs made from one that has no rows are one group, and a circle of parents ends", () => {
  const rows = Array.from({ length: 30 }, (_, n) => from(`t${n}`));
  const parentOf = (trace: string) => trace === "root" ? "t7" : "root";
  assertEquals(shareOf(splitRows(rows, { ...options, parentOf })), 1);
});

Deno.test("shares and seeds out of range, and rows of nowhere, are refused", () => {
  for (const share of [-0.1, 1.1, NaN]) {
    assertThrows(() => splitRows([], { share, seed: 1 }), RangeError, "share is");
  }
  assertThrows(() => splitRows([], { share: 0.9, seed: 0.5 }), RangeError, "seed is 0.5");
  assertThrows(() => splitRows([from()], options), RangeError, "Row 0 has no source");
});
