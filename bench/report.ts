/// <reference lib="dom" />
/**
 * Measures the page of a large trace in Chromium: how soon it is painted, can be used and has checked
 * its digests, and how smoothly it scrolls.
 *
 *     deno run -A bench/report.ts [--quick]
 *
 * @module
 */
import { renderReport } from "../review/report.ts";
import { browserPath, withPage } from "../tests/review/browser.ts";
import { generateTrace } from "../tests/review/report/report_fixture.ts";
import { type BenchOptions, type BenchResult, formatRanges, median, runBench } from "./table.ts";

/** Milliseconds: of frames their duration, of others since the start of the navigation. */
interface Times {
  readonly paint: number;
  readonly interactive: number;
  readonly verified: number;
  readonly frame: number;
  readonly longest: number;
}

/** Opens the page of a generated trace a few times over, each time in a new browser. */
export async function benchReport({ quick }: BenchOptions): Promise<BenchResult> {
  if (browserPath === undefined) {
    return { text: "report: skipped, as Chromium is missing", problems: [] };
  }
  const run = quick ? { iterations: 40, rules: 100 } : { iterations: 1_950, rules: 1_500 };
  const { trace } = generateTrace(11, { ...run, growth: 0.55, sets: false });
  const start = performance.now();
  const html = renderReport(trace);
  const rendered = performance.now() - start;
  const times: Times[] = [];
  for (let time = 0; time < (quick ? 1 : 5); time++) times.push(await openPage(html));
  const of = (name: keyof Times) => times.map((time) => time[name]);
  const rules = Object.keys(trace.rules).length;
  const size = `${(html.length / 1e6).toFixed(1)} MB`;
  return formatRanges(
    `report: the page of ${trace.steps.length} steps and ${rules} rules`,
    [
      ["first paint", of("paint"), "ms"],
      ["interactive", of("interactive"), "ms", "under 2000"],
      ["digests checked", of("verified"), "ms"],
      ["scrolling from end to end, median frame", of("frame"), "ms"],
      ["scrolling from end to end, longest frame", of("longest"), "ms"],
    ],
    [`rendered in ${rendered.toFixed(0)} ms, ${size}; each time in a new browser`],
  );
}

async function openPage(html: string): Promise<Times> {
  let times: Times | undefined;
  await withPage(html, async (page) => {
    await page.waitForSelector("#verdict.verified", { timeout: 60_000 });
    const verified = await page.evaluate(() => performance.now());
    const { paint, interactive } = await page.evaluate(() => {
      const [navigation] = performance.getEntriesByType(
        "navigation",
      ) as PerformanceNavigationTiming[];
      const [first] = performance.getEntriesByName("first-contentful-paint");
      return { paint: first.startTime, interactive: navigation.domContentLoadedEventEnd };
    });
    const frames = await page.evaluate(async () => {
      const durations: number[] = [];
      let before = await new Promise<number>(requestAnimationFrame);
      const step = document.documentElement.scrollHeight / 120;
      for (let frame = 0; frame < 120; frame++) {
        scrollBy(0, step);
        const now = await new Promise<number>(requestAnimationFrame);
        durations.push(now - before);
        before = now;
      }
      return durations;
    });
    times = { paint, interactive, verified, frame: median(frames), longest: Math.max(...frames) };
  });
  return times!;
}

if (import.meta.main) await runBench(benchReport);
