/// <reference lib="dom" />
import { assert, assertEquals, assertMatch } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import type { Page } from "npm:playwright-core@^1";
import { renderTrace } from "../../../trace.ts";
import { browserPath, inEachView, lookOver, withPage } from "../browser.ts";
import { hostile } from "../report/report_fixture.ts";
import { runOn, serving } from "./serve_fixture.ts";

const accessible = inEachView("axe finds nothing wrong", async (page) => {
  const { violations, passes } = await lookOver(page);
  assertEquals(violations, []);
  assert(passes > 15);
  const [content, window] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    innerWidth,
  ]);
  assertEquals(content, window);
});

/** Goes on by keyboard to what has a role and a name, and presses a key there. */
async function press(page: Page, role: "link" | "button" | "radio", name: RegExp, key = "Enter") {
  const target = page.getByRole(role, { name }).first();
  await target.focus();
  assertEquals(await target.evaluate((element) => element === document.activeElement), true);
  await page.keyboard.press(key);
  await page.waitForLoadState();
}

Deno.test({
  name: "the runs of a folder in a browser: found, opened and compared by keyboard",
  ignore: browserPath === undefined,
  fn: () =>
    serving([runOn(1), runOn(2), runOn(3, "arts")], async ({ folder, origin }) => {
      await Deno.writeTextFile(join(folder, "hostile.trace.json"), renderTrace(hostile));
      await Deno.writeTextFile(join(folder, "torn.trace.json"), "{");
      await withPage(new URL(origin), async (page, log) => {
        for (const check of Object.values(accessible)) await check(page, log);
        await page.setViewportSize({ width: 1200, height: 900 });
        // Without a script, the browser asks for the run that was not chosen.
        await press(page, "radio", /^before:\s+run-1$/, "Space");
        await press(page, "button", /^Compare/);
        assertEquals(page.url(), `${origin}/`);
        await press(page, "radio", /^after:\s+run-2$/, "Space");
        await press(page, "button", /^Compare/);
        await page.waitForURL(/compare\?/);
        assertEquals(await page.title(), "banking: run-1 and run-2");
        await press(page, "link", /All runs/);
        await page.waitForURL(`${origin}/`);
        await page.fill("input[type=search]", "arts");
        await page.keyboard.press("Enter");
        await page.waitForURL(/find=arts/);
        assertEquals(await page.locator("tbody tr").count(), 1);
        await press(page, "link", /^run-3$/);
        await page.waitForURL(/run\?/);
        await page.waitForSelector("#verdict.verified");
        await press(page, "link", /Compare with a later run/);
        await page.waitForURL(/before=/);
        assertEquals(await page.locator("input[name=before]:checked").count(), 1);
        assertEquals(log.problems, []);
        assertEquals(log.requests.filter((url) => !url.startsWith(`${origin}/`)), []);
        await page.goto(`${origin}/run?file=torn.trace.json`);
        assertMatch(
          await page.textContent("main") ?? "",
          /^torn\.trace\.json cannot be read: line/,
        );
        for (const check of Object.values(accessible)) await check(page, log);
      });
    }),
});
