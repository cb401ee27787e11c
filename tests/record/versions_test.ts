import { assert, assertEquals } from "jsr:@std/assert@^1";
import { differences, type Version, VersionedList } from "../../record/versions.ts";
import { createRandom } from "./generate_run.ts";

interface Item {
  readonly place: number;
  readonly value: number;
}

Deno.test("every version of a list holds what it held when it was saved", () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = createRandom(seed);
    const below = (limit: number) => Math.floor(random() * limit);
    const limit = [20, 40, 2_000, 50_000][seed % 4];
    const list = new VersionedList<Item>();
    let model = new Map<number, Item>();
    const saved: [Version<Item>, Map<number, Item>][] = [[list.save(), new Map()]];
    for (let turn = 0; turn < 400; turn++) {
      const place = below(limit);
      const kind = below(10);
      if (kind < 5) {
        const item = { place, value: turn };
        list.set(place, item);
        model.set(place, item);
      } else if (kind < 8) {
        list.set(place, undefined);
        model.delete(place);
      } else if (kind === 8) saved.push([list.save(), new Map(model)]);
      else {
        const [version, past] = saved[below(saved.length)];
        list.restore(version);
        model = new Map(past);
      }
      assertEquals(list.size, model.size);
      assertEquals(list.get(place), model.get(place));
    }
    for (const [version, past] of saved) {
      list.restore(version);
      const items = [...past.values()].sort((a, b) => a.place - b.place);
      assertEquals(list.items(), items);
      assertEquals(list.size, items.length);
    }
    const [[one, before], [other, after]] = [saved[below(saved.length)], saved.at(-1)!];
    const places = new Set([...before.keys(), ...after.keys()]);
    const changed = [...places].sort((a, b) => a - b)
      .map((place) => [before.get(place), after.get(place)])
      .filter(([left, right]) => left !== right);
    assertEquals([...differences(one, other)].map((pair) => [...pair]), changed);
  }
});

Deno.test("versions share what they have in common", () => {
  const list = new VersionedList<Item>();
  for (let place = 0; place < 10_000; place++) list.set(place, { place, value: 0 });
  const versions = Array.from({ length: 1_000 }, (_, value) => {
    list.set(value, { place: value, value });
    return list.save();
  });
  const nodes = new Set<unknown>();
  const visit = (node: unknown, level: number) => {
    if (node === undefined || nodes.has(node)) return;
    nodes.add(node);
    if (level === 0) return;
    for (const next of (node as { slots: unknown[] }).slots) visit(next, level - 1);
  };
  for (const { root, height } of versions) visit(root, height);
  // A list of its own for each would have 323,000; a change copies the three on the way to its slot.
  assert(nodes.size < 4_000, `${nodes.size} nodes`);
});
