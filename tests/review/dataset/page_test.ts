import { assert, assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import { createHash } from "node:crypto";
import { digest } from "../../../learn/text/digest.ts";
import type { RowKind } from "../../../review/dataset/format.ts";
import type { WrittenRows } from "../../../review/dataset/making.ts";
import { renderDatasetPage } from "../../../review/dataset/page.ts";
import { summariseDataset } from "../../../review/dataset/summary/summarising.ts";
import { inEachView, lookOver, testPages } from "../browser.ts";
import { item } from "../evidence/evidence_fixture.ts";
import { HOSTILE, judged, makeParts, makeRow } from "./summary/summary_fixture.ts";

const { trace, evidence } = { trace: judged[0].source.trace, evidence: judged[0].evidence[0] };

/** A file of rows, each with what proves it. */
function makeFile(path: string, kind: RowKind, rows: readonly unknown[]): WrittenRows {
  const lines = rows.map((row) => JSON.stringify(row));
  const source = {
    trace: trace.digest,
    step: 1_234,
    stepDigest: digest("step"),
    dataset: digest("data"),
    evidence: evidence.id,
    judgement: "accepted",
    reason: "survived",
    exchange: digest("exchange"),
    response: digest("response"),
  } as const;
  const lineage = lines.map((line) => ({
    row: digest(line),
    kind,
    ...(kind === "sft" && { variant: "curated" as const }),
    sources: kind === "preference"
      ? [source, { ...source, judgement: "rejected" as const }]
      : [source],
    shown: [`id${HOSTILE}`],
    tainted: `dev ${digest("dev")}`,
  }));
  return { path, lines, lineage };
}

const say = (role: string, content: string) => ({ role, content });
const answer = (label: string) => say("assistant", JSON.stringify({ rules: [item(label)] }));
const prompt = [say("system", "Write rules."), say("user", `{"examples":["${HOSTILE}"]}`)];

/** Files in both formats, one of them longer than the page shows, and all of them hostile. */
const files: readonly WrittenRows[] = [
  makeFile("sft.jsonl", "sft", [
    { messages: [...prompt, answer("fee")] },
    { messages: [...prompt, answer(HOSTILE)] },
    { messages: [say("user", "?"), say("assistant", `nowhere ${HOSTILE}`)] },
  ]),
  makeFile("preference.jsonl", "preference", [
    { prompt, chosen: [answer("card")], rejected: [answer("rate")] },
    {
      input: { messages: prompt },
      preferred_output: [answer("c")],
      non_preferred_output: [answer("d")],
    },
  ]),
  makeFile("playbook.jsonl", "playbook", [{ failure: { expected: HOSTILE }, [HOSTILE]: null }]),
  makeFile(
    "hard.jsonl",
    "hard",
    Array.from({ length: 1_000 }, (_, place) => ({ text: `${place} ${HOSTILE}`, label: "fee" })),
  ),
];

const parts = makeParts({ rows: [{ row: makeRow("sft", "fee") }] });
const page = renderDatasetPage(summariseDataset(parts), files);

Deno.test("a page of a data set is in one piece, holds few rows of many, and all texts are text", () => {
  const hashOf = (kind: string) => {
    const [, source] = new RegExp(`<${kind}>([^]*?)</${kind}>`).exec(page)!;
    return `${kind}-src 'sha256-${createHash("sha256").update(source).digest("base64")}'`;
  };
  const policy = `content="default-src 'none'; ${hashOf("script")}; ${hashOf("style")}; ` +
    `base-uri 'none'; form-action 'none'"`;
  assertStringIncludes(page, `<meta http-equiv="Content-Security-Policy" ${policy}>`);
  assertEquals(page.match(/<img/g), null);
  assertEquals(page.match(/<\/script>/g)?.length, 1);
  // deno-lint-ignore no-control-regex -- that is what must not be there
  assert(!/[\u0000-\u0009\u000b-\u001f\u202e]/.test(page));
  assertStringIncludes(page, "300 rows of 1,006, from all over each file: the other 706 are");
  const names = page.matchAll(/id="row-([^"]*)"/g).toArray().map(([, name]) => name);
  assertEquals(names.slice(0, 7), [
    ...["sft:1", "sft:2", "sft:3", "preference:1", "preference:2", "playbook:1", "hard:1"],
  ]);
  assertEquals([names.length, names.at(-1)], [300, "hard:997"]);
  assertEquals(renderDatasetPage(summariseDataset(parts), files), page);
  const empty = makeParts({ judged: [], skipped: [], rows: [], quarantined: [] });
  assertStringIncludes(renderDatasetPage(summariseDataset(empty), []), "0 rows of training data");
});

const testPage = testPages("the page of a data set in a browser");

testPage("a data set", () => page, {
  "shows what came in, what was judged, what was left out, and each row with its lineage": async (
    page,
    log,
  ) => {
    assertEquals(await page.locator("h2").allTextContents(), [
      ...["What came in", "How it was judged", "What was made of it", "What was left out"],
      ...["Biases", "Rows with lineage"],
    ]);
    const row = page.locator('[id="row-preference:1"]');
    await page.locator("summary", { hasText: "preference.jsonl" }).click();
    await row.locator("summary").first().press("Enter");
    assertEquals(await row.locator("pre:visible").count(), 2);
    assertStringIncludes(await row.locator("pre:visible").first().innerText(), '"label":"card"');
    const text = await row.innerText();
    for (
      const shown of [
        ...["accepted: survived · card", "Source of the rejected answer", "many.b.trace.json"],
        ...["1,234", trace.digest, evidence.id, digest("exchange"), digest("response")],
        "id</script><img src=x onerror=alert(1)>",
      ]
    ) assertStringIncludes(text, shown);
    assertEquals(log, { requests: [page.url()], problems: [] });
  },
  "finds rows by their words and digests": async (page) => {
    const search = page.locator("#search");
    await search.fill("NoWhere onerror");
    assertEquals(await page.locator("#found").textContent(), "1 of 300 rows");
    assertEquals(await page.locator(".sought:visible .count").allTextContents(), ["sft:3"]);
    await search.fill("nothing has this");
    assertEquals(await page.locator("#found").textContent(), "No row has all these words.");
    await search.fill("");
    await page.evaluate(() => location.hash = "row-sft:2");
    await page.locator('[id="row-sft:2"]').waitFor({ state: "visible" });
  },
});

const small = renderDatasetPage(summariseDataset(parts), files.slice(0, 3));

testPage(
  "all of a small data set",
  () => small,
  inEachView("nothing is wrong with it, and no width makes it scroll", async (page) => {
    await page.evaluate(() => {
      for (const details of document.querySelectorAll("details")) details.open = true;
    });
    assertEquals((await lookOver(page)).violations, []);
    const wide = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
    assertEquals(await page.evaluate(wide), 0);
  }),
);
