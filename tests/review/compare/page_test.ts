import { assert, assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import { createHash } from "node:crypto";
import { createDataset } from "../../../learn/data/dataset.ts";
import { displayWidth } from "../../../print/text.ts";
import { compareTraces, formatComparison, renderComparison } from "../../../review/compare.ts";
import { type History, readHistory, renderHistory } from "../../../review/history.ts";
import { type Check, inEachView, lookOver, testPages } from "../browser.ts";
import { hostile, hostileTraces, twoRuns, withStep } from "./fixture.ts";
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

Deno.test("a page is in one piece: its policy allows its script and style, and names are text", () => {
  const page = renderComparison(compareTraces(...hostileTraces()));
  const hashOf = (kind: string) => {
    const [, source] = new RegExp(`<${kind}>([^]*?)</${kind}>`).exec(page)!;
    return `${kind}-src 'sha256-${createHash("sha256").update(source).digest("base64")}'`;
  };
  const policy = `content="default-src 'none'; ${hashOf("script")}; ${hashOf("style")}; ` +
    `base-uri 'none'; form-action 'none'"`;
  assertStringIncludes(page, `<meta http-equiv="Content-Security-Policy" ${policy}>`);
  const body = page.replace(/<script>[^]*<\/script>/, "").replace(/<style>[^]*<\/style>/, "");
  const allowed = new Set(
    ("html head meta title body main header nav footer h1 h2 p b a ul li span small section div " +
      "dl dt dd table thead tbody tr th td details summary code label input wbr").split(" "),
  );
  const tags = [...body.matchAll(/<\/?([^\s>]*)/g)].map(([, name]) => name).filter((name) =>
    name !== "!doctype" && !allowed.has(name)
  );
  assertEquals(tags, []);
  const unquoted = body.replaceAll(/"[^"]*"/g, '""');
  assertEquals(/<[^>]*\s(on\w+|style)=/.test(unquoted), false);
  assertStringIncludes(page, "&lt;img src=x onerror=alert(1)&gt;");
});

Deno.test("a page has the sections of the text, in their order", async () => {
  const [before, after] = await twoRuns();
  const comparison = compareTraces(before, after, { data: { dataset: createDataset(many) } });
  const headings = renderComparison(comparison).matchAll(/<h2 [^>]*>([^<]*)<\/h2>/g).toArray()
    .map(([, heading]) => heading.toLowerCase());
  const shown = formatComparison(comparison).matchAll(/^\n([^ ].*)$/gm).toArray()
    .map(([, heading]) => heading.toLowerCase());
  assertEquals(shown, ["runs", ...headings]);
  assertEquals(headings, [
    "on 30 examples of many",
    "recorded scores",
    "labels",
    "the runs part at step 0",
    "what the runs were given",
    "rules",
  ]);
});

const testPage = testPages("the pages of a comparison and of a folder in a browser");

/** Looks whether a page is quiet, fits and can be used by all; what is folded is opened. */
const lookAt: Check = async (page, log) => {
  assertEquals(log, { requests: [page.url()], problems: [] });
  assertEquals(await page.locator("img").count(), 0);
  await page.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)");
  const [content, window] = await page.evaluate(
    "[document.documentElement.scrollWidth, innerWidth]",
  ) as number[];
  assertEquals(content, window);
  const { violations, passes } = await lookOver(page);
  assertEquals(violations, []);
  assert(passes > 10);
};

testPage(
  "two hostile runs",
  () => renderComparison(compareTraces(...hostileTraces())),
  inEachView("the page does nothing, and axe finds nothing wrong", lookAt),
);

const dataset = createDataset(many);
const traces = await twoRuns();

testPage(
  "two runs on data",
  () => renderComparison(compareTraces(...traces, { data: { dataset } })),
  {
    "rules are folded, and a search unfolds those it finds": async (page) => {
      const rule = page.locator(".sought").first();
      assertEquals(await rule.isVisible(), false);
      await page.fill("#search", "FEE abc");
      assertEquals(await page.locator("#found").textContent(), "1 of 3 rules");
      assertEquals(await page.locator(".sought:visible").allTextContents(), [
        "fee/fee [abc]/fee [abc]/",
      ]);
      await page.fill("#search", "nowhere");
      assertEquals(await page.locator("#found").textContent(), "No rule has all these words.");
      assertEquals(await page.locator(".searched:visible").count(), 0);
      await page.fill("#search", "");
      assertEquals(await page.locator("#found").textContent(), "3 rules");
      assertEquals(await rule.isVisible(), false);
    },
    "the name of a label looks for its rules, that of a rule leads to it": async (page) => {
      await page.locator("#labels summary").click();
      await page.locator("a[data-find=rate]").click();
      await page.locator("#found", { hasText: "1 of 3 rules" }).waitFor();
      assertEquals(new URL(page.url()).hash, "#find=rate");
      await page.locator("#steps a", { hasText: "fee/fee [abc]" }).click();
      await page.locator(".sought:target").waitFor();
      assertEquals(await page.locator("#search").inputValue(), "");
    },
    "an address that is sent leads to the rule": async (page) => {
      const address = page.url();
      assertStringIncludes(address, "#rule-");
      await page.reload();
      assertEquals(await page.locator(".sought:target").isVisible(), true);
    },
  },
);

const list = await readHistory("examples");
const [listed] = list.runs;
const history: History = {
  ...list,
  runs: [
    listed,
    { ...listed, run: hostile[0], dataset: hostile[1], synthesizer: hostile[2] },
    {
      ...listed,
      run: "imported",
      status: "unknown",
      origin: { tool: "rulechef", version: "0.1.2" },
      parent: { digest: listed.digest },
      change: { since: listed.run, on: "test", points: -1.5 },
    },
  ],
  problems: [{ file: hostile[3], reason: hostile[0] }],
};

testPage("the runs of a folder", () => renderHistory(history, hostile[0]), {
  "the page does nothing, and axe finds nothing wrong": lookAt,
  "a run can be searched for, and what is not found is said": async (page) => {
    assertStringIncludes(await page.textContent("main") ?? "", "from a log of rulechef 0.1.2");
    await page.fill("#search", "IMPORTED unknown");
    assertEquals(await page.locator("#found").textContent(), "1 of 3 runs");
    assertEquals(await page.locator(".sought:visible").count(), 1);
    assertEquals(await page.locator("section.searched:visible").count(), 1);
    await page.fill("#search", "nowhere");
    assertEquals(await page.locator("#found").textContent(), "No run has all these words.");
  },
});
