/// <reference lib="dom" />
import { assert, assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { renderTrace } from "../../../trace.ts";
import { completed } from "../../print/print_fixture.ts";
import { browserPath, inEachView, lookOver, withPage } from "../browser.ts";
import { accepted, blame, forks, makeFork, reseeded } from "../report/blame_fixture.ts";
import { fileOf, serving, writeRuns } from "./serve_fixture.ts";

const [both, fork, seed] = forks;
const own = `/run?file=${fileOf(completed)}`;
const blameFile = fileOf(completed).replace(".trace.", ".blame.");

Deno.test("forks are listed under the run that they were made from, with what was changed", () => {
  const deeper = makeFork("deeper", [accepted], { parent: fork.digest });
  const orphan = makeFork("orphan", [reseeded], {
    parent: `sha256:${"0".repeat(64)}`,
  });
  return serving([orphan, deeper, completed, fork, both], async ({ get }) => {
    const { html } = await get("/");
    const rows = [...html.matchAll(/<tr( class="fork")?><th scope="row"><a [^>]*>([^<]*)</g)];
    assertEquals(rows.map(([, kind, id]) => [id, kind !== undefined]), [
      ["orphan", true],
      [completed.run.id, false],
      ["fork", true],
      ["deeper", true],
      ["both", true],
    ]);
    assertStringIncludes(html, `fork of ${completed.run.id}: step 3 accepted; seed 7`);
    assertStringIncludes(html, "fork of sha256:");
    const link = `compare?before=${fileOf(completed)}&amp;after=${fileOf(fork)}`;
    assertStringIncludes(html, `<a href="${link}">compare with it</a>`);
    const found = await get("/?find=deeper");
    assertStringIncludes(found.html, "fork of fork: step 3 accepted");
  });
});

Deno.test("the page of a run has the forks and the blame that the folder has", () =>
  serving([completed, fork, both], async ({ get, folder }) => {
    const bare = (await get(own)).html;
    assertStringIncludes(bare, `<a href="run?file=${fileOf(fork)}">Its page</a>`);
    assertStringIncludes(
      bare,
      `<a href="compare?before=${fileOf(completed)}&amp;after=${fileOf(both)}">Compare</a>`,
    );
    assert(!bare.includes('<section id="seeds"'));
    await Deno.writeTextFile(join(folder, blameFile), JSON.stringify(blame));
    await writeRuns(folder, seed);
    const { html } = await get(own);
    assertStringIncludes(html, '<section id="seeds"');
    assertStringIncludes(html, `<a href="run?file=${fileOf(seed)}">Its page</a>`);
    // That of another run is not.
    const other = (await get(`/run?file=${fileOf(fork)}`)).html;
    assert(!other.includes('<section id="seeds"') && !other.includes("is not shown"));
    assertStringIncludes(
      other,
      `<a href="run?file=${fileOf(completed)}">Made from ${completed.run.id}</a>`,
    );
  }));

Deno.test("blame and forks that cannot be read are a note on the page of their run", () =>
  serving([completed], async ({ get, folder }) => {
    const place = join(folder, blameFile);
    const told = async (text: string) => {
      await Deno.writeTextFile(place, text);
      const { status, html } = await get(own);
      assertEquals(status, 200);
      const notes = [...html.matchAll(/<p class="note">([^<]*)</g)].map(([, note]) => note);
      return notes.join("\n").replace(`${blameFile} is not shown: `, "");
    };
    assertStringIncludes(await told("{\n"), "line 2, column 1");
    assertStringIncludes(await told('{"format":"ruletrace"}'), "it is not a blame file");
    assertStringIncludes(await told(JSON.stringify({ ...blame, f1: "<b>" })), "field f1: ");
    const other = { ...blame, run: { ...blame.run, digest: fork.digest } };
    assertStringIncludes(
      await told(JSON.stringify(other)),
      `it is of the trace ${fork.digest.slice(0, 19)}…`,
    );
    await Deno.remove(place);
    await Deno.mkdir(place);
    assertStringIncludes((await get(own)).html, "is not shown: it is a folder");
    await Deno.remove(place);
    const outside = await Deno.makeTempFile();
    await Deno.writeTextFile(outside, JSON.stringify(blame));
    await Deno.symlink(outside, place);
    const { html } = await get(own);
    assertStringIncludes(html, "it is a link that leads out of the folder");
    assert(!html.includes('<section id="seeds"'));
    await Deno.remove(outside);
    // The list only looks at the end of a trace.
    const broken = renderTrace(fork).replace(
      '"analysis":"rates are missed"',
      '"analysis":"changed"',
    );
    await Deno.writeTextFile(join(folder, fileOf(fork)), broken);
    assertStringIncludes((await get(own)).html, `The fork ${fileOf(fork)} is not shown: step 1 `);
  }));

Deno.test("a comparison that is served does not speak of arguments of a script", () =>
  serving([completed, fork], async ({ get }) => {
    const { html } = await get(`/compare?before=${fileOf(completed)}&after=${fileOf(fork)}`);
    assertStringIncludes(html, "traces hold no texts");
    assert(!/--[a-z]+ [A-Z]/.test(html.slice(html.indexOf("</style>"))));
  }));

const checks = inEachView("axe finds nothing wrong", async (page) => {
  await page.waitForSelector("#verdict.verified");
  await page.$$eval("details", (parts) => parts.forEach((part) => part.open = true));
  const { violations, passes } = await lookOver(page);
  assertEquals(violations, []);
  assert(passes > 20);
  const [content, window] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    innerWidth,
  ]);
  assertEquals(content, window);
});

Deno.test({
  name: "a run with forks and blame in a browser: whole, accessible, and leading to its forks",
  ignore: browserPath === undefined,
  fn: () =>
    serving([completed, fork, both, seed], async ({ folder, origin }) => {
      await Deno.writeTextFile(join(folder, blameFile), JSON.stringify(blame));
      await withPage(new URL(origin + own), async (page, log) => {
        for (const check of Object.values(checks)) await check(page, log);
        await page.setViewportSize({ width: 1200, height: 900 });
        const credit = page.getByRole("columnheader", { name: "Credit" });
        await credit.getByRole("button").click();
        const cells = () =>
          page.$$eval("#rules .body .credit", (all) => all.map((one) => one.textContent));
        assertEquals(await cells(), ["+12.5", "-0.5 ± 0.3", "–", "–"]);
        await page.getByRole("link", { name: "Its page" }).nth(1).click();
        await page.waitForURL(/run\?/);
        await page.waitForSelector("#verdict.verified");
        assertStringIncludes(await page.textContent(".made") ?? "", "step 3 accepted");
        for (const check of Object.values(checks)) await check(page, log);
        assertEquals(log.problems, []);
      });
    }),
});
