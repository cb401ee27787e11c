import { assert, assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import { createHash } from "node:crypto";
import { createDataset } from "../../../learn/data/dataset.ts";
import { displayWidth } from "../../../print/text.ts";
import { compareTraces, formatComparison, renderComparison } from "../../../review/compare.ts";
import { inEachView, lookOver, testPages } from "../browser.ts";
import { hostileTraces, twoRuns, withStep } from "./fixture.ts";
import { many } from "../../pipeline/fixture.ts";
import { completed, failed } from "../../print/print_fixture.ts";

Deno.test("no line is wider than asked, and no control character is shown as it is", () => {
  const pairs = [hostileTraces(), [completed, failed], [
    completed,
    withStep(2, { clause: "precision" }),
  ]];
  for (const [before, after] of pairs) {
    const comparison = compareTraces(before, after);
    for (const width of [20, 40, 80, 200]) {
      for (const line of formatComparison(comparison, { width }).split("\n")) {
        assert(displayWidth(line) <= width, `${width}: ${line}`);
        // deno-lint-ignore no-control-regex -- that is what must not be there
        assert(!/[\u0000-\u001f\u202e]/.test(line), line);
      }
    }
  }
});

Deno.test("a page is in one piece: its policy allows its style alone, and names are text", () => {
  const page = renderComparison(compareTraces(...hostileTraces()));
  const [, style] = /<style>([^<]*)<\/style>/.exec(page)!;
  const hash = createHash("sha256").update(style).digest("base64");
  const policy = `content="default-src 'none'; style-src 'sha256-${hash}'"`;
  assertStringIncludes(page, `<meta http-equiv="Content-Security-Policy" ${policy}>`);
  assertEquals([...page.matchAll(/<style|<\/style/g)].length, 2);
  const allowed = new Set(
    "html head meta title style body main h1 h2 h3 p section dl dt dd div table caption thead tbody tr th td"
      .split(" "),
  );
  const tags = [...page.matchAll(/<\/?([^\s>]*)/g)].map(([, name]) => name).filter((name) =>
    name !== "!doctype" && !allowed.has(name)
  );
  assertEquals(tags, []);
  assertEquals(/<[^>]*\son\w+=/.test(page) || /<[^>]*\sstyle=/.test(page), false);
  assertStringIncludes(page, "&lt;img src=x onerror=alert(1)&gt;");
});

Deno.test("a page has the sections of the text", async () => {
  const [before, after] = await twoRuns();
  const dataset = createDataset(many);
  const comparison = compareTraces(before, after, { data: { dataset } });
  const page = renderComparison(comparison);
  for (const heading of ["runs", "what the runs were given", "rules", "labels"]) {
    assertStringIncludes(page, `<h2>${heading}</h2>`);
    assertStringIncludes(formatComparison(comparison), `\n${heading}\n`);
  }
  assertStringIncludes(page, "exact McNemar test");
});

const testPage = testPages("the page of a comparison in a browser");

testPage(
  "two hostile runs",
  () => renderComparison(compareTraces(...hostileTraces())),
  inEachView("the page does nothing, and axe finds nothing wrong", async (page, log) => {
    assertEquals(log, { requests: [page.url()], problems: [] });
    assertEquals(await page.locator("img, script").count(), 0);
    const [content, window] = await page.evaluate(
      "[document.documentElement.scrollWidth, innerWidth]",
    ) as number[];
    assertEquals(content, window);
    const { violations, passes } = await lookOver(page);
    assertEquals(violations, []);
    assert(passes > 10);
  }),
);
