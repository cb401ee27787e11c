/// <reference lib="dom" />
/**
 * Draws `docs/page.png`: the page of `examples/banking.trace.json` in Chromium, from the top to the first
 * lives of rules.
 *
 *     deno run -A tests/review/page_png.ts
 */
import { renderReport } from "../../review/report.ts";
import { readTrace } from "../../trace.ts";
import { withPage } from "./browser.ts";

/** How much of the lives is drawn, in CSS pixels. */
const LIVES = 262;

if (import.meta.main) {
  const root = new URL("../../", import.meta.url).pathname;
  const trace = await readTrace(`${root}examples/banking.trace.json`);
  await Deno.mkdir(`${root}docs`, { recursive: true });
  await withPage(renderReport(trace), async (page) => {
    await page.waitForSelector("#verdict.verified");
    // Folded, so that chart and lives are nearer to each other.
    await page.$$eval(".panel", (parts) => parts.forEach((part) => part.removeAttribute("open")));
    const lives = await page.locator("#lives-of-rules").boundingBox();
    await page.setViewportSize({ width: 1200, height: Math.round(lives!.y + LIVES) });
    await page.screenshot({ path: `${root}docs/page.png` });
  });
}
