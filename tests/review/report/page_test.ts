/// <reference lib="dom" />
import { assert, assertEquals, assertMatch, assertStringIncludes } from "jsr:@std/assert@^1";
import type { Page } from "npm:playwright-core@^1";
import { sayRule } from "../../../learn/rules/reading.ts";
import { embedJson } from "../../../review/markup.ts";
import { renderReport } from "../../../review/report.ts";
import { renderTrace } from "../../../trace.ts";
import { type Check, inEachView, lookOver, testPages } from "../browser.ts";
import { completed } from "../../print/print_fixture.ts";
import { evil, generateTrace, hostile, hostileTexts } from "./report_fixture.ts";

const testPage = testPages("the page of a run in a browser");

/** A completed run, and one with many rules and steps. */
const small = () => renderReport(completed);
const large = () => renderReport(generateTrace(7, { iterations: 30, rules: 90 }).trace);

/** What the page says of its digests, once it has checked them. */
async function readVerdict(page: Page): Promise<string> {
  await page.waitForFunction(() =>
    /verified|does not hold|cannot/.test(document.querySelector("#verdict")?.textContent ?? "")
  );
  return await page.textContent("#verdict") ?? "";
}

/** The page of a trace, with another record in it than it was drawn from. */
function tamper(change: (record: { steps: { took: number; index: number }[] }) => void): string {
  const html = small();
  const record = JSON.parse(renderTrace(completed));
  change(record);
  const start = html.indexOf('id="trace">') + 'id="trace">'.length;
  const end = html.indexOf("</script>", start);
  return html.slice(0, start) + embedJson(JSON.stringify(record)).html + html.slice(end);
}

/** The text of the cells of a kind, in the rows that are shown. */
const cells = (page: Page, kind: string) =>
  page.$$eval(`#rules .body .${kind}`, (cells) => cells.map((cell) => cell.textContent ?? ""));

/** Opens all that is folded. */
const unfold = (page: Page) =>
  page.$$eval("details", (parts) => parts.forEach((part) => part.open = true));

/** Axe on the page with all that is folded open, in each view. */
const accessible = inEachView("axe finds nothing wrong", async (page) => {
  await readVerdict(page);
  await unfold(page);
  const { violations, passes } = await lookOver(page);
  assertEquals(violations, []);
  assert(passes > 20);
});

const shownLives = (page: Page) => page.locator("#lives li:visible").count();

/** Waits until the browser has scrolled to a part of the page. */
const inSight = (page: Page, part: string) =>
  page.waitForFunction(
    (part) => {
      const { top } = document.querySelector(part)!.getBoundingClientRect();
      return top >= 0 && top < innerHeight;
    },
    part,
    { timeout: 5_000 },
  );

testPage("a run that was completed", small, {
  "the page says that its record holds, asks for nothing and has no problems": async (
    page,
    log,
  ) => {
    assertEquals(await readVerdict(page), "✓ verified: all 14 steps fit their digests");
    assertEquals(log.requests, [page.url()]);
    assertEquals(log.problems, []);
  },
  "short tables and lists take no more room than they need before they are in sight": async (
    page,
  ) => {
    const wasted = await page.$$eval(".body, .lives ul", (parts) =>
      parts.filter((part) => {
        const rows = [...part.children].reduce((sum, row) => sum + row.clientHeight, 0);
        return part.clientHeight > 2 * rows + 40;
      }).length);
    assertEquals(wasted, 0);
  },
  "the chart is drawn: lines with a height, a mark for each change, a name": async (page) => {
    const line = await page.$eval(".plot .line.f1", (path) => {
      const { width, height } = path.getBoundingClientRect();
      return { width, height };
    });
    assert(line.width > 600 && line.height > 20);
    const places = await page.$$eval(
      ".plot use",
      (marks) =>
        marks.map((mark) => mark.getBoundingClientRect()).filter(({ width }) => width > 2).length,
    );
    // Without one for the refit, whose F1 is of what was learned from; with one for what failed, and one on test.
    assertEquals(places, 10);
    const name = /^Chart of F1, precision and recall/;
    assertEquals(await page.getByRole("img", { name }).count(), 1);
  },
  "a rule is found by its pattern, and its life says it in words": async (page) => {
    await page.fill("#search", String.raw`\brates?\b and`);
    assertEquals(await cells(page, "said"), ["rate(s) + exchang* but not fee(s)"]);
    await page.locator("#rules .rule a").click();
    const life = await page.locator(".why").textContent();
    assertStringIncludes(life ?? "", String.raw`not \bfees?\brate(s) + exchang* but not fee(s)`);
    await page.fill("#search", "");
  },
  "the cursor of the chart moves by keyboard and describes its step": async (page) => {
    await page.focus("#scrub");
    await page.keyboard.press("Home");
    for (let n = 0; n < 2; n++) await page.keyboard.press("ArrowRight");
    assertEquals(
      await page.textContent("#scrubbed"),
      "2: iteration 1 accepted, F1 71.4 → 77.8 % on dev, 7 rules",
    );
    assertEquals(await page.getAttribute("#cursor", "visibility"), "visible");
    // At the end comes what the rules do on test, not on what they were learned from.
    await page.keyboard.press("End");
    assertEquals(await page.textContent("#scrubbed"), "13: final, test F1 81.1 %, 4 rules");
  },
  ...accessible,
  "what slips into the page can neither run nor load": async (page, log) => {
    const ran = await page.evaluate(async () => {
      const holder = document.createElement("div");
      holder.innerHTML =
        `<img src="https://example.invalid/a.png" onerror="document.title = 'ran'">`;
      const script = document.createElement("script");
      script.textContent = "document.title = 'ran'";
      document.body.append(holder, script);
      const fetched = await fetch("https://example.invalid/").then(() => true, () => false);
      return [document.title, fetched];
    });
    assertEquals(ran, ["banking, run 20250102-abc", false]);
    assert(log.problems.every((text) => text.includes("Content Security Policy")));
    assertEquals(log.problems.length >= 3, true);
  },
});

// It failed, too.
testPage("a hostile run", () => renderReport(hostile, hostileTexts), {
  "names and patterns that look like markup are shown as text and do nothing": async (
    page,
    log,
  ) => {
    await readVerdict(page);
    await unfold(page);
    await page.hover("#lives .name");
    assertEquals(await cells(page, "said"), [sayRule({ patterns: [evil.pattern, evil.comment] })]);
    assertEquals(await page.locator("img, svg[onload], body script:not([id])").count(), 1);
    assertEquals(log.problems, []);
    assertEquals(log.requests, [page.url()]);
  },
  ...accessible,
});

// Enough rules for folded labels, and as quick to look through as can be.
testPage(
  "a run of many rules",
  () => renderReport(generateTrace(7, { iterations: 8, rules: 36 }).trace),
  accessible,
);

const lead: Check = async (page) => {
  const bar = await page.locator("nav").boundingBox();
  for (const link of (await page.locator("nav a").all()).toReversed()) {
    await link.click();
    const section = (await link.getAttribute("href"))!;
    // The last ones may be too short to come to the top.
    const isThere = await page.waitForFunction(
      ([section, height]) => {
        const { top } = document.querySelector(section as string)!.getBoundingClientRect();
        const isAtEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
        return top >= 0 && (top < 2 * (height as number) || (isAtEnd && top < innerHeight));
      },
      [section, bar!.height],
      { timeout: 5_000 },
    ).then(() => true, () => false);
    assert(isThere, `${section} is not in sight`);
  }
};
testPage("a long run", large, {
  "links lead to their sections, wide and narrow": async (page, log) => {
    await lead(page, log);
    await page.setViewportSize({ width: 360, height: 900 });
    await lead(page, log);
    await page.setViewportSize({ width: 1200, height: 900 });
    await page.evaluate(() => location.hash = "");
  },
  "the search shows the rules that have the text, and says how many": async (page) => {
    const all = await cells(page, "said");
    await page.fill("#search", "WORD1");
    const expected = all.filter((text) => text.includes("word1"));
    assert(expected.length > 0 && expected.length < all.length);
    assertEquals(await cells(page, "said"), expected);
    assertEquals(await page.textContent("#found"), `${expected.length} of ${all.length} rules`);
    const [label, name] = [(await cells(page, "label"))[0], (await cells(page, "rule a"))[0]];
    await page.fill("#search", `${label}/${name}`);
    assertEquals((await cells(page, "rule a"))[0], name);
    // Cells that follow each other are not searched as one text.
    await page.fill("#search", `${label}${name}`);
    assertEquals(await cells(page, "rule"), []);
    await page.fill("#search", "no such rule");
    assertEquals(await cells(page, "said"), []);
    const nothing = "No rule has “no such rule” in its name, pattern, label or id.";
    assertEquals(await page.getByText(nothing).isVisible(), true);
    await page.fill("#search", "");
    assertEquals(await cells(page, "said"), all);
    assertEquals(await page.locator("#nothing").isVisible(), false);
  },
  "rules are chosen by label": async (page) => {
    const labels = await cells(page, "label");
    await page.selectOption("#label", { label: "constructor" });
    const shown = await cells(page, "label");
    assertEquals(shown, labels.filter((label) => label === "constructor"));
    assert(shown.length > 0 && shown.length < labels.length);
    await page.selectOption("#label", "");
    assertEquals(await cells(page, "label"), labels);
  },
  "headings sort by keyboard, numbers from the top first, and say so": async (page) => {
    const rank = page.getByRole("columnheader", { name: "Weight" });
    const before = (await cells(page, "rank")).map(Number);
    await rank.getByRole("button").focus();
    await page.keyboard.press("Enter");
    assertEquals(await rank.getAttribute("aria-sort"), "descending");
    assertEquals((await cells(page, "rank")).map(Number), before.toSorted((a, b) => b - a));
    await page.keyboard.press("Space");
    assertEquals(await rank.getAttribute("aria-sort"), "ascending");
    assertEquals((await cells(page, "rank")).map(Number), before.toSorted((a, b) => a - b));
    assertEquals(await page.locator("[aria-sort=ascending], [aria-sort=descending]").count(), 1);
  },
  "lives unfold all at once, and those that were never accepted can be left out": async (page) => {
    assertEquals(await shownLives(page), 0);
    await page.click("#unfold");
    const all = await shownLives(page);
    const never = await page.locator("#lives li.never").count();
    assert(never > 0 && never < all);
    await page.uncheck("input[value=never]");
    assertEquals(await shownLives(page), all - never);
    await page.check("input[value=never]");
    assertEquals(await shownLives(page), all);
  },
  "the list of rules keeps its box at any width": async (page) => {
    for (const width of [1440, 768, 390]) {
      await page.setViewportSize({ width, height: 900 });
      const box = await page.locator(".box").boundingBox();
      assert(box!.height < 760, `${box!.height} at ${width}`);
    }
    await page.setViewportSize({ width: 1200, height: 900 });
  },
  "on paper the controls are hidden, and long lists are cut and say how to get the rest": async (
    page,
  ) => {
    const rules = (await cells(page, "said")).length;
    await page.emulateMedia({ media: "print" });
    assertEquals(await page.locator("nav:visible, .controls:visible, .scrub:visible").count(), 0);
    assertEquals(await page.locator("#rules .body .row:visible").count(), 80);
    const told = `Paper shows the first 80 rules: print.ts TRACE --rules lists all ${rules}.`;
    assertEquals(await page.getByText(told).isVisible(), true);
    await page.emulateMedia({ media: null });
    assertEquals(await page.getByText(told).isVisible(), false);
  },
  "a rule's name leads to its whole life, under an address of its own, by keyboard and back":
    async (
      page,
      log,
    ) => {
      await page.uncheck("input[value=never]");
      const link = page.locator(".story a").first();
      const address = await link.getAttribute("href");
      await link.focus();
      await page.keyboard.press("Enter");
      const life = page.locator(`${address} .why`);
      await life.waitFor();
      assertMatch(
        await life.textContent() ?? "",
        /^rule \d for .*step \d+ (added|proposed) by iter/,
      );
      assertEquals(new URL(page.url()).hash, address);
      await inSight(page, address!);
      assertEquals(await page.locator(".why").count(), 1);
      // The steps of a life lead to the table of steps.
      await life.locator("a[href^='#step-']").first().click();
      await page.locator(".steps .row:target").waitFor({ state: "attached" });
      await page.goBack();
      await life.waitFor();
      await page.goBack();
      await inSight(page, ".story a");
      await page.locator(".why").waitFor({ state: "detached" });
      // What was filtered out comes back if it is asked for.
      const never = await page.locator("#lives li.never").first().getAttribute("id");
      await page.evaluate((id) => location.hash = id!, never);
      await page.locator(`#${never} .why`).waitFor();
      assertEquals(await page.isChecked("input[value=never]"), true);
      assertEquals(log.problems, []);
      await page.evaluate(() => location.hash = "");
    },
  ...inEachView("the page does not scroll sideways", async (page) => {
    await unfold(page);
    const [content, window] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      innerWidth,
    ]);
    assertEquals(content, window);
  }),
});

testPage(
  "the check of a page that was tampered with names the step that was changed",
  () =>
    tamper((record) =>
      record.steps[3] = { ...record.steps[3], index: 3, type: "critique" } as never
    ),
  async (page, log) => {
    const verdict = "✕ does not hold: step 3 does not fit its digest: it was changed";
    assertEquals(await readVerdict(page), verdict);
    assertEquals(log.problems, []);
  },
);

testPage(
  "the check says so if the record is not JSON",
  () => small().replace('id="trace">{', 'id="trace">{{'),
  async (page) => assertMatch(await readVerdict(page), /^✕ does not hold: /),
);

testPage(
  "the page says that a browser without SHA-256 for files cannot check",
  small,
  async (page, log) => {
    assertMatch(await readVerdict(page), /^\? digests cannot be checked in this browser/);
    assertEquals(log.problems, []);
  },
  { before: () => Object.defineProperty(crypto, "subtle", { value: undefined }) },
);

testPage(
  "without a script the page is still complete",
  () => small().replace(/<script>[^]*<\/script>/, ""),
  async (page) => {
    assertStringIncludes(await page.textContent("#verdict") ?? "", "not checked");
    assertEquals((await cells(page, "rule")).length, 4);
    assertEquals(await page.locator(".controls:visible").count(), 0);
  },
);
