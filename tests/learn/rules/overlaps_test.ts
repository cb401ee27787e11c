import { assert, assertEquals } from "jsr:@std/assert@^1";
import { keepSpans, overlapOf } from "../../../learn/rules/overlaps.ts";
import { createRandom, keepNaively, overlapNaively } from "../score/generate_spans.ts";

/** A span of label `label` from `start` to before `end`. */
function span(start: number, end: number, label = 0) {
  return { start, end, label };
}

Deno.test("overlap is the intersection of two spans over their union", () => {
  assertEquals(overlapOf(span(0, 10), span(0, 10)), 1);
  assertEquals(overlapOf(span(0, 10), span(5, 15)), 5 / 15);
  assertEquals(overlapOf(span(0, 10), span(2, 4)), 0.2);
  assertEquals(overlapOf(span(0, 10), span(10, 20)), 0);
  assertEquals(overlapOf(span(0, 10), span(30, 40)), 0);
});

Deno.test("an empty span overlaps nothing, not even itself", () => {
  assertEquals(overlapOf(span(3, 3), span(3, 3)), 0);
  assertEquals(overlapOf(span(3, 3), span(0, 9)), 0);
});

Deno.test("with drop an earlier span stays, whatever its length and label", () => {
  const [long, short, touching] = [span(0, 9), span(3, 5, 1), span(9, 10)];
  assertEquals(keepSpans([long, short, touching], "drop"), [long, touching]);
  assertEquals(keepSpans([short, long, touching], "drop"), [short, touching]);
});

Deno.test("with drop a dropped span excludes no other", () => {
  const [first, dropped, last] = [span(0, 4), span(3, 9), span(5, 9)];
  assertEquals(keepSpans([first, dropped, last], "drop"), [first, last]);
});

Deno.test("with keep spans of other labels overlap, those of one label up to 0.7", () => {
  const spans = [span(0, 10), span(0, 7), span(1, 10, 1), span(2, 5), span(100, 103)];
  assertEquals(keepSpans(spans, "keep"), spans);
  assertEquals(keepSpans([span(0, 10), span(0, 8)], "keep"), [span(0, 10)]);
  assertEquals(keepSpans([span(0, 8), span(0, 10)], "keep"), [span(0, 8)]);
});

Deno.test("the same offsets again are dropped, whatever the label", () => {
  for (const overlaps of ["drop", "keep"] as const) {
    assertEquals(keepSpans([span(2, 5, 1), span(2, 5, 0)], overlaps), [span(2, 5, 1)]);
    assertEquals(keepSpans([span(2, 2, 1), span(2, 2, 0)], overlaps), [span(2, 2, 1)]);
  }
});

Deno.test("a span that is dropped for its overlap still excludes equal offsets", () => {
  const [kept, alike, same] = [span(0, 10, 0), span(1, 10, 0), span(1, 10, 1)];
  assertEquals(keepSpans([kept, alike, same], "keep"), [kept]);
  assertEquals(keepSpans([kept, same], "keep"), [kept, same]);
});

Deno.test("with keep a span that is dropped for its overlap excludes no overlapping one", () => {
  // The second shares 9 of 11 with the first and with the third, they share 8 of 12.
  const spans = [span(0, 10), span(1, 11), span(2, 12)];
  assertEquals(keepSpans(spans, "keep"), [spans[0], spans[2]]);
});

Deno.test("without spans nothing is kept", () => {
  assertEquals([keepSpans([], "drop"), keepSpans([], "keep")], [[], []]);
});

Deno.test("generated spans are kept as the definition says, in short and long texts", () => {
  const random = createRandom(7);
  const fates = { repeated: 0, overlapping: 0, similar: 0, kept: 0, empty: 0 };
  for (let round = 0; round < 600; round++) {
    const scale = [1, 1, 9, 120][round % 4];
    const spans = Array.from({ length: random(30) }, () => {
      const start = random(20 * scale);
      return span(start, start + random(8 * scale), random(3));
    });
    for (const overlaps of ["drop", "keep"] as const) {
      const kept = keepNaively(spans, overlaps);
      assertEquals(keepSpans(spans, overlaps), kept, JSON.stringify({ overlaps, spans }));
      fates[overlaps === "drop" ? "overlapping" : "similar"] += spans.length - kept.length;
      fates.kept += kept.length;
    }
    const distinct = new Set(spans.map(({ start, end }) => `${start},${end}`));
    fates.repeated += spans.length - distinct.size;
    fates.empty += spans.filter(({ start, end }) => start === end).length;
  }
  for (const [fate, count] of Object.entries(fates)) assert(count > 100, `${fate}: ${count}`);
  assert(fates.similar > fates.repeated + 100, "some are dropped for their overlap alone");
});

Deno.test("generated spans overlap as much as the definition says", () => {
  const random = createRandom(3);
  for (let round = 0; round < 500; round++) {
    const [one, other] = [0, 1].map(() => {
      const start = random(12);
      return span(start, start + random(9));
    });
    assertEquals(overlapOf(one, other), overlapNaively(one, other));
    assertEquals(overlapOf(other, one), overlapNaively(one, other));
  }
});
