/**
 * Draws `docs/page.png`: the top of the page of `examples/banking.trace.json`, in Chromium.
 *
 *     deno run -A tests/review/page_png.ts
 */
import { renderReport } from "../../review/report.ts";
import { readTrace } from "../../trace.ts";
import { withPage } from "./browser.ts";

if (import.meta.main) {
  const root = new URL("../../", import.meta.url).pathname;
  const trace = await readTrace(`${root}examples/banking.trace.json`);
  await Deno.mkdir(`${root}docs`, { recursive: true });
  await withPage(renderReport(trace), async (page) => {
    await page.waitForSelector("#verdict.verified");
    await page.screenshot({ path: `${root}docs/page.png` });
  }, { width: 1200, height: 900, scheme: "light" });
}
