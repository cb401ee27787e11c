import { assert, assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import { createHash } from "node:crypto";
import { posteriorsOf } from "../../../review/experiment/bandit/posteriors.ts";
import type { ExperimentReport, SessionMetrics } from "../../../review/experiment/format.ts";
import { renderExperimentPage } from "../../../review/experiment/page.ts";
import { inEachView, lookOver, testPages } from "../browser.ts";

const HOSTILE = "</style><script>alert(1)</script><img src=x onerror=alert(1)>\u001b[2J\u202e\n'\"";
const contexts = ["refunds", "billing", `shipping ${HOSTILE}`];
const arms = ["plan first", "ask when unsure", "quote the source", "short_answers_only", HOSTILE];

/** A report of so many sessions, some of them not judged, that get better with time. */
function makeReport(amount: number): ExperimentReport {
  const outcomes = { accepted: amount, revision: 2, rejected: 1, mistakes: amount };
  const sessions = Array.from({ length: amount }, (_, place): SessionMetrics => {
    const mistakes = place % 4 === 0 ? 3 - Math.floor(3 * place / amount) : 0;
    const mean = 0.4 + 0.5 * place / amount - (place % 3) / 10;
    const day = String(1 + Math.floor(place / 20) % 28).padStart(2, "0");
    return {
      session: `s-${place}${HOSTILE}`,
      context: contexts[place % 3],
      startedAt: `2026-01-${day}T09:00:00.000Z`,
      ...(place < amount - 1 && { endedAt: `2026-01-${day}T09:25:00.000Z`, milliseconds: 1.5e6 }),
      policy: "thompson",
      arms: arms.length,
      chosen: [arms[place % 5], arms[(place + 1) % 5]],
      propensity: 0.25,
      ...{ mistakes, repeats: mistakes > 1 ? 1 : 0, outcomes, replaced: 0 },
      ...(mistakes > 0 && { repeatRate: mistakes > 1 ? 1 / mistakes : 0 }),
      ...(place % 7 > 0 && { reward: { mean, low: mean - 0.1, high: mean + 0.1 } }),
      ...(place % 5 === 0 && { rules: { added: [HOSTILE], removed: ["old"] } }),
      ...(place % 2 === 0 && { notes: `first line ${HOSTILE}\nsecond line` }),
    };
  });
  const reward = { mean: 0.612, low: 0.58, high: 0.64 };
  const metrics = { mistakes: 9, repeats: 3, repeatRate: 1 / 3, outcomes, replaced: 0, reward };
  const credits = arms.flatMap((arm, place) =>
    Array.from({ length: 12 * place }, (_, trial) => ({
      ...{ context: contexts[trial % 3], arm, weight: 1 },
      reward: trial % 5 < place ? 1 : 0,
    }))
  );
  return {
    totals: {
      ...(amount === 0 ? { ...metrics, reward: undefined, repeatRate: undefined } : metrics),
      ...{ sessions: amount, open: Math.min(1, amount) },
    },
    sessions,
    contexts: amount === 0 ? [] : contexts.map((context, place) => ({
      ...{ ...metrics, context, sessions: 40 },
      ...(place === 2 && { mistakes: 0, repeats: 0, repeatRate: undefined, reward: undefined }),
    })),
    classes: amount === 0 ? [] : ["tone", HOSTILE].map((name, place) => ({
      class: name,
      ...{ mistakes: 40 - 30 * place, repeats: 12 - 12 * place },
      repeated: place > 0 ? [] : [{ id: `m-1${HOSTILE}`, description: HOSTILE, repeats: 7 }],
    })),
    arms: amount === 0 ? [] : posteriorsOf(credits, { arms, contexts }),
  };
}

const page = renderExperimentPage(makeReport(400));

Deno.test("a page of an experiment is in one piece, runs nothing, and all that was logged is text", () => {
  const [, source] = /<style>([^]*?)<\/style>/.exec(page)!;
  const hash = createHash("sha256").update(source).digest("base64");
  assertStringIncludes(
    page,
    `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
  );
  assertEquals(page.match(/<(script|img|link|iframe)|undefined|NaN/g), null);
  // deno-lint-ignore no-control-regex -- that is what must not be there
  assert(!/[\u0000-\u0009\u000b-\u001f\u202e]/.test(page));
  assertEquals(renderExperimentPage(makeReport(400)), page);
  // Each list says what it leaves out.
  assertEquals(page.match(/class="item"/g)?.length, 300);
  assertStringIncludes(page, "+ 100 more sessions");
  assertStringIncludes(page, "Each point is the mean of 7 sessions");
  const many = makeReport(1);
  const [arm] = many.arms;
  const crowded = renderExperimentPage({
    ...many,
    arms: Array.from({ length: 1_200 }, (_, place) => ({ ...arm, arm: String(place) })),
    classes: Array.from({ length: 203 }, (_, place) => ({ ...many.classes[0], class: `${place}` })),
  });
  assertStringIncludes(crowded, "+ 200 more arms");
  assertStringIncludes(crowded, "+ 3 more rows");
  const empty = renderExperimentPage(makeReport(0));
  assertStringIncludes(empty, "<h1>0 sessions</h1>");
  assertEquals(empty.match(/class="none"/g)?.length, 5);
});

const testPage = testPages("the page of an experiment in a browser");

testPage("an experiment", () => renderExperimentPage(makeReport(30)), {
  "shows arms with their intervals, the best first, and each session with its notes": async (
    page,
    log,
  ) => {
    assertEquals(await page.locator("h2").allTextContents(), [
      ...["Over time", "Contexts", "Arms", "Mistakes", "Sessions"],
    ]);
    const shares = await page.locator("#arms details[open] td:nth-child(3)").allTextContents();
    assertEquals(shares, shares.toSorted((one, other) => Number(other) - Number(one)));
    assertEquals(shares.length, 5);
    const bar = (await page.locator("#arms details[open] .bounds").first().boundingBox())!;
    const whole = (await page.locator("#arms details[open] .whole").first().boundingBox())!;
    assert(bar.width > 20 && bar.x > whole.x && bar.x + bar.width <= whole.x + whole.width + 0.1);
    await page.locator("summary", { hasText: "newest first" }).click();
    const [newest, before] = [page.locator(".item").first(), page.locator(".item").nth(1)];
    await newest.locator("summary").press("Enter");
    const text = await newest.innerText();
    for (const shown of ["shipping", "s-29</style><script>", "not yet", "0.250, by thompson"]) {
      assertStringIncludes(text, shown);
    }
    await before.locator("summary").click();
    assertStringIncludes(await before.innerText(), "\nsecond line");
    assertEquals(log, { requests: [page.url()], problems: [] });
  },
  ...inEachView("nothing is wrong with it, and no width makes it scroll", async (page) => {
    await page.evaluate(() => {
      for (const details of document.querySelectorAll("details")) details.open = true;
    });
    assertEquals((await lookOver(page)).violations, []);
    const wide = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
    assertEquals(await page.evaluate(wide), 0);
  }),
});
