/// <reference lib="dom" />
// deno-lint-ignore-file no-console
/**
 * Measures the page of a large trace in Chromium: how soon it is there, can be used and has checked its
 * digests, and how smoothly it scrolls.
 *
 *     deno run -A bench/report.ts [--quick]
 *
 * @module
 */
import { renderReport } from "../review/report.ts";
import { browserPath, withPage } from "../tests/review/browser.ts";
import { generateTrace } from "../tests/review/report/report_fixture.ts";
import { type BenchOptions, type BenchResult, formatTable, median } from "./table.ts";

/** Milliseconds from the start of the navigation, but for frames. */
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
    return { text: "report: skipped, as there is no Chromium", faults: [] };
  }
  const size = quick ? { iterations: 40, rules: 100 } : { iterations: 1_950, rules: 1_500 };
  const { trace } = generateTrace(11, { ...size, growth: 0.55, sets: false });
  const start = performance.now();
  const html = renderReport(trace);
  const rendered = performance.now() - start;
  const times: Times[] = [];
  for (let time = 0; time < (quick ? 1 : 5); time++) times.push(await openPage(html));
  const row = (what: string, values: readonly number[], target = "") => [
    what,
    ...[median(values), Math.min(...values), Math.max(...values)].map((value) => value.toFixed(0)),
    target,
  ];
  const of = (name: keyof Times) => times.map((time) => time[name]);
  const text = formatTable(
    `report: the page of ${trace.steps.length} steps and ${
      Object.keys(trace.rules).length
    } rules, ms`,
    ["what", "median", "least", "most", "held to"],
    [
      row("first paint", of("paint")),
      row("interactive", of("interactive"), "under 2000"),
      row("digests checked", of("verified")),
      row("scrolling from end to end, median frame", of("frame")),
      row("scrolling from end to end, longest frame", of("longest")),
    ],
    [
      `made in ${rendered.toFixed(0)} ms, ${
        (html.length / 1e6).toFixed(1)
      } MB; each time in a new browser`,
    ],
  );
  const isMeasured = times.every((time) => Object.values(time).every(Number.isFinite));
  return { text, faults: isMeasured ? [] : ["report: a time is no number"] };
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

if (import.meta.main) {
  const { text, faults } = await benchReport({ quick: Deno.args.includes("--quick") });
  console.log([text, ...faults].join("\n"));
}
