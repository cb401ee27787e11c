import { assert, assertEquals, assertRejects, assertStringIncludes } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { type KeptFile, readFolder } from "../../../review/history/reading.ts";
import { renderTrace } from "../../../trace.ts";
import { makeTrace, run } from "../../print/print_fixture.ts";
import { fileOf, inFolder, runOn, serving, writeRuns } from "./serve_fixture.ts";

/** A run that was only begun: the shortest trace that there is. */
const begun = (number: number) =>
  makeTrace({ ...run, id: `run-${String(number).padStart(4, "0")}`, status: "running" }, [], []);

Deno.test("a file is read again only if it changed", () =>
  inFolder(async (folder) => {
    await writeRuns(folder, runOn(1), runOn(2), runOn(3));
    const broken = join(folder, "broken.trace.json");
    await Deno.writeTextFile(broken, "{");
    const kept = new Map<string, KeptFile>();
    const first = await readFolder(folder, { kept });
    assertEquals(await readFolder(folder), first);
    // Another file of the same size and age as the one that was read.
    const path = join(folder, fileOf(runOn(2)));
    await Deno.writeTextFile(`${path}.new`, renderTrace(runOn(4)));
    const { atime, mtime } = await Deno.stat(path);
    await Deno.utime(`${path}.new`, atime!, mtime!);
    await Deno.rename(`${path}.new`, path);
    await Deno.remove(join(folder, fileOf(runOn(3))));
    const second = await readFolder(folder, { kept });
    assertEquals(second.files.map(({ run }) => run.id), ["run-1", "run-4"]);
    assert(second.files[0] === first.files[0]);
    assert(second.problems[0] === first.problems[0]);
    assertEquals(kept.size, 3);
    await Deno.writeTextFile(broken, renderTrace(runOn(3)));
    assertEquals((await readFolder(folder, { kept })).problems, []);
  }));

Deno.test("what is kept of a run for a list has no settings, labels or ids of examples", () =>
  inFolder(async (folder) => {
    await writeRuns(folder, runOn(1));
    const [{ run }] = (await readFolder(folder)).files;
    assertEquals(Object.keys(run).sort(), [
      "dataset",
      "id",
      "learner",
      "origin",
      "parent",
      "startedAt",
      "status",
    ]);
    assertEquals(Object.keys(run.dataset), ["name", "task"]);
  }));

Deno.test("a folder that is not there cannot be read", () =>
  inFolder(async (folder) => {
    await assertRejects(() => readFolder(join(folder, "none")), Error, "Cannot read the folder");
  }));

Deno.test("a folder of 6,000 files is listed in pages, and a choice on one page holds on the next", () =>
  serving([], async ({ folder, get }) => {
    // Most of them are copies of a broken file, which take the least time to make and to read.
    for (let number = 0; number < 450; number++) {
      const trace = begun(number);
      Deno.writeTextFileSync(join(folder, fileOf(trace)), renderTrace(trace));
    }
    const broken = join(folder, "broken.trace.json");
    Deno.writeTextFileSync(broken, "{");
    for (let number = 1; number < 5_550; number++) {
      Deno.linkSync(broken, join(folder, `broken${number}.trace.json`));
    }
    let page = await get("/");
    while (page.headers.has("refresh")) {
      assertStringIncludes(page.html, "of 6,000 files are read");
      page = await get("/");
    }
    const { html } = page;
    assertStringIncludes(html, "450 runs of 1 data set");
    assertStringIncludes(html, "page 1 of 3");
    assertStringIncludes(html, "5,550 files cannot be listed");
    assertStringIncludes(html, "and 5,450 more files");
    const rows = (html: string) => html.match(/<tr><th scope="row">/g)?.length;
    assertEquals(rows(html), 200);
    const first = fileOf(begun(0));
    const last = await get(`/?page=99&before=${first}`);
    assertEquals(rows(last.html), 50);
    assertStringIncludes(last.html, `value="${first}" checked`);
    const other = await get(`/?page=2&before=${first}`);
    assertStringIncludes(other.html, `<input type="hidden" name="before" value="${first}">`);
    const found = await get("/?find=BANKING+0003");
    assertEquals(rows(found.html), 1);
    assertStringIncludes(found.html, "1 found");
    const none = await get("/?find=nothing+of+the+kind");
    assertStringIncludes(none.html, "No run has all these words.");
    assert(rows(none.html) === undefined);
  }));
