import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { createRunsHandler } from "../../../review/serve.ts";
import { renderTrace } from "../../../trace.ts";
import { completed } from "../../print/print_fixture.ts";
import { evil, hostile } from "../report/report_fixture.ts";
import { fileOf, inFolder, runOn, sendRaw, serving, writeRuns } from "./serve_fixture.ts";

/** The first line of an answer. */
const statusOf = (answer: string) => answer.split("\r\n")[0];

/** Sends a request line with a Host of its own, and returns the answer. */
const ask = (port: number, line: string, host: string | undefined = `127.0.0.1:${port}`) =>
  sendRaw(port, `${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);

/** The links of a page. */
const linksOf = (html: string) =>
  [...html.matchAll(/<a [^>]*?href="([^"#]*)"/g)].map(([, href]) => href.replaceAll("&amp;", "&"))
    .filter((href) => href !== "");

Deno.test("the list, a run and a comparison are pages that lead to each other", () => {
  const runs = [runOn(1), runOn(2), runOn(3, "arts")];
  return serving(runs, async ({ get, origin }) => {
    const list = await get("/");
    assertEquals(list.status, 200);
    assertStringIncludes(list.html, "3 runs of 2 data sets");
    for (const trace of runs) assertStringIncludes(list.html, trace.run.id);
    const links = linksOf(list.html);
    assertEquals(links, [
      `run?file=${fileOf(runs[2])}`,
      `run?file=${fileOf(runs[1])}`,
      `compare?before=${fileOf(runs[0])}&after=${fileOf(runs[1])}`,
      `run?file=${fileOf(runs[0])}`,
    ]);
    const seen = new Set<string>();
    for (const from of links) {
      const { status, html } = await get(`/${from}`);
      assertEquals(status, 200, from);
      for (const link of linksOf(html)) seen.add(new URL(link, `${origin}/${from}`).href);
    }
    assert(seen.has(`${origin}/`));
    for (const url of seen) assertEquals((await get(url.slice(origin.length))).status, 200, url);
    const compared = await get(`/${links[2]}`);
    assertStringIncludes(compared.html, "banking: run-1 and run-2");
  });
});

Deno.test("every page states its policy in itself and in a header, and may not be kept, framed or sniffed", () =>
  serving([runOn(1), runOn(2)], async ({ get }) => {
    const [one, two] = [fileOf(runOn(1)), fileOf(runOn(2))];
    const paths = ["/", `/run?file=${one}`, `/compare?before=${one}&after=${two}`, "/none"];
    for (const path of paths) {
      const { html, headers } = await get(path);
      const stated = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1];
      assertEquals(headers.get("content-security-policy"), `${stated}; frame-ancestors 'none'`);
      assertMatch(stated ?? "", /^default-src 'none'; /);
      const sent = ["cache-control", "x-content-type-options", "referrer-policy", "content-type"];
      assertEquals(sent.map((name) => headers.get(name)), [
        "no-store",
        "nosniff",
        "no-referrer",
        "text/html; charset=utf-8",
      ]);
    }
  }));

Deno.test("runs that are new, changed or gone are seen at the next request", () =>
  serving([runOn(1)], async ({ get, folder }) => {
    assertStringIncludes((await get("/")).html, "1 run of 1 data set");
    await writeRuns(folder, runOn(2));
    assertStringIncludes((await get("/")).html, "2 runs of 1 data set");
    await Deno.writeTextFile(join(folder, fileOf(runOn(1))), "{");
    const { html } = await get("/");
    assertStringIncludes(html, "1 run of 1 data set");
    assertStringIncludes(html, "1 file cannot be listed");
    await Deno.remove(join(folder, fileOf(runOn(2))));
    assertEquals((await get(`/run?file=${fileOf(runOn(2))}`)).status, 404);
    assertStringIncludes((await get("/")).html, "No runs here yet.");
  }));

Deno.test("a file that cannot be read has its reason in the list and on its page, and no stack", () =>
  serving([runOn(1)], async ({ get, folder }) => {
    const changed = renderTrace(completed).replace("card_lost", "card_lust");
    await Deno.writeTextFile(join(folder, "changed.trace.json"), changed);
    await Deno.writeTextFile(join(folder, "torn.trace.json"), "{\n");
    await Deno.mkdir(join(folder, "folder.trace.json"));
    const { html } = await get("/");
    assertStringIncludes(html, "3 files cannot be listed");
    for (
      const [file, reason] of [
        ["changed", "its digest fits other rules or other steps"],
        ["torn", "line 2, column 1"],
        ["folder", "it is a folder"],
      ]
    ) {
      const page = await get(`/run?file=${file}.trace.json`);
      assertEquals(page.status, 422);
      assertStringIncludes(page.html, `${file}.trace.json cannot be read: ${reason}`);
      assert(!page.html.includes(folder) && !/ at .*\.ts/.test(page.html));
      assertStringIncludes(html, `${file}.trace.json<small>`);
    }
    const half = await get(`/compare?before=${fileOf(runOn(1))}`);
    assertEquals(half.status, 400);
    assertStringIncludes(half.html, "No run was chosen as the one after.");
  }));

Deno.test("a folder that is gone has a page that says so", () =>
  inFolder(async (parent) => {
    const folder = join(parent, "runs");
    await Deno.mkdir(folder);
    const answer = createRunsHandler(folder);
    await Deno.remove(folder);
    const headers = { host: "localhost" };
    const response = await answer(new Request("http://localhost/", { headers }));
    assertEquals(response.status, 500);
    assertMatch(await response.text(), /The page cannot be made: no such file/);
  }));

Deno.test("names in the folder are the only ones there are: no path leads to another file", () =>
  serving([runOn(1)], async ({ folder, port }) => {
    await Deno.mkdir(join(folder, "inner"));
    await writeRuns(join(folder, "inner"), runOn(9));
    await Deno.writeTextFile(join(folder, "secret.json"), renderTrace(completed));
    const file = fileOf(runOn(1));
    const names = [
      `inner/${fileOf(runOn(9))}`,
      `inner%2f${fileOf(runOn(9))}`,
      `inner%5c${fileOf(runOn(9))}`,
      `./${file}`,
      `${folder}/${file}`,
      `..%2f${folder.split("/").at(-1)}%2f${file}`,
      "secret.json",
      `${file}%00`,
      `${file.toUpperCase()}`,
      "..",
      ".trace.json",
      "",
      "%ff%fe",
    ];
    for (const name of names) {
      const answer = await ask(port, `GET /run?file=${name}`);
      assertEquals(statusOf(answer), "HTTP/1.1 404 Not Found", name);
    }
    const paths = [
      "/../../etc/passwd",
      "/%2e%2e/%2e%2e/etc/passwd",
      "/..%2f..%2fetc%2fpasswd",
      `/${file}`,
      `/run/${file}`,
      "//etc/passwd",
      "/run/",
      "/constructor",
      "/__proto__",
      "/favicon.ico",
    ];
    for (const path of paths) {
      assertEquals(statusOf(await ask(port, `GET ${path}`)), "HTTP/1.1 404 Not Found", path);
    }
    assertEquals(statusOf(await ask(port, `GET /a/../run?file=${file}`)), "HTTP/1.1 200 OK");
  }));

Deno.test({
  name: "a link is followed within the folder only, however it leads out",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder((outside) =>
      serving([runOn(1)], async ({ folder, get }) => {
        await writeRuns(outside, runOn(2));
        await Deno.mkdir(join(folder, "inner"));
        await writeRuns(join(folder, "inner"), runOn(3));
        const links = {
          "absolute.trace.json": join(outside, fileOf(runOn(2))),
          "relative.trace.json": join("..", outside.split("/").at(-1)!, fileOf(runOn(2))),
          "twice.trace.json": "absolute.trace.json",
          "by_folder.trace.json": join("out", fileOf(runOn(2))),
          "inner.trace.json": join("inner", fileOf(runOn(3))),
          "nowhere.trace.json": "none",
          "itself.trace.json": "itself.trace.json",
        };
        await Deno.symlink(outside, join(folder, "out"));
        for (const [name, to] of Object.entries(links)) await Deno.symlink(to, join(folder, name));
        const { html } = await get("/");
        assertStringIncludes(html, "2 runs of 1 data set");
        for (const name of Object.keys(links)) {
          const { status, html } = await get(`/run?file=${name}`);
          assertEquals(status, name === "inner.trace.json" ? 200 : 422, name);
          assertEquals(html.includes("run-2"), false);
          const reason = /nowhere|itself|inner/.test(name) ? "" : "leads out of the folder";
          assertStringIncludes(html, reason);
        }
      })
    ),
});

Deno.test("a host that is not this machine by name and port is not answered", () =>
  serving([runOn(1)], async ({ port }) => {
    const good = [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`];
    for (const host of good) {
      assertEquals(statusOf(await ask(port, "GET /", host)), "HTTP/1.1 200 OK", host);
    }
    const bad = [
      "evil.example",
      `evil.example:${port}`,
      `127.0.0.1:${port}.evil.example`,
      `localhost.evil.example:${port}`,
      `127.0.0.1:${port === 7777 ? 7778 : 7777}`,
      "127.0.0.1",
      `[::1]:${port}`,
      `0.0.0.0:${port}`,
      `user@127.0.0.1:${port}`,
      `127.0.0.1:${port}/..`,
      "a b",
      "",
    ];
    for (const host of bad) {
      const answer = await ask(port, "GET /", host);
      assertEquals(statusOf(answer), "HTTP/1.1 421 Misdirected Request", host);
      assert(!answer.includes("run-1"));
    }
    // Without a Host, with two, and with another one in the address.
    const close = "Connection: close\r\n\r\n";
    const none = await sendRaw(port, `GET / HTTP/1.0\r\n${close}`);
    assertMatch(statusOf(none), / 421 /);
    const own = `Host: 127.0.0.1:${port}\r\n`;
    const two = await sendRaw(port, `GET / HTTP/1.1\r\n${own}Host: evil.example\r\n${close}`);
    assertMatch(statusOf(two), / 4\d\d /);
    assertMatch(statusOf(await ask(port, "GET http://evil.example/")), / 421 /);
    assertMatch(statusOf(await ask(port, `GET http://127.0.0.1:${port}/`)), / 200 /);
  }));

Deno.test("methods other than GET and HEAD are refused, and HEAD sends no page", () =>
  serving([runOn(1)], async ({ port, origin, get, folder }) => {
    const before = [...Deno.readDirSync(folder)].length;
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"]) {
      const answer = await ask(port, `${method} /run?file=${fileOf(runOn(1))}`);
      assertMatch(statusOf(answer), / 405 /, method);
      assertMatch(answer, /^allow: GET, HEAD\r$/im);
    }
    assertEquals([...Deno.readDirSync(folder)].length, before);
    const head = await fetch(`${origin}/`, { method: "HEAD" });
    assertEquals([head.status, await head.text()], [200, ""]);
    const { headers } = await get("/");
    assertEquals(head.headers.get("content-length"), headers.get("content-length"));
    // A server may leave it to the handler to send none.
    const request = { method: "HEAD", headers: { host: "localhost" } };
    const answer = createRunsHandler(folder);
    assertEquals((await answer(new Request("http://localhost/", request))).body, null);
  }));

Deno.test("requests that are too long, torn or no requests leave the server as it was", () =>
  serving([runOn(1)], async ({ port, get }) => {
    const long = "x".repeat(1_000_000);
    const requests = [
      `GET /run?file=${long} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: ${long}\r\n\r\n`,
      "nonsense\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
      "GET ../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
    ];
    for (const request of requests) {
      assertMatch(await sendRaw(port, request), /^$|^HTTP\/1.1 4\d\d /);
    }
    const name = "y".repeat(20_000);
    assertMatch(statusOf(await ask(port, `GET /run?file=${name}`)), / 404 /);
    assertMatch(statusOf(await ask(port, `GET /?find=${name}&page=1e999`)), / 200 /);
    assertEquals((await get("/?page=-1&page=x")).status, 200);
  }));

Deno.test("whatever a trace or a name says is text on the page", () =>
  serving([], async ({ get, folder }) => {
    const names = [`${evil.name.replaceAll("/", "")}.trace.json`, "a\u202eb\nc & d=1.trace.json"];
    for (const name of names) await Deno.writeTextFile(join(folder, name), renderTrace(hostile));
    await Deno.writeTextFile(join(folder, '"><b>.trace.json'), evil.pattern);
    const list = await get(`/?find=${encodeURIComponent(`"><script>`)}&before=${evil.name}`);
    assertEquals(/<(script|img|svg|b)\b/.test(list.html), false);
    const { html } = await get("/");
    assertEquals(/<(script|img|svg|b)\b/.test(html), false);
    assert(!/[\u202e\u2028]/.test(html));
    const [link] = linksOf(html);
    const page = await get(`/${link}`);
    assertEquals(page.status, 200);
    assert(!page.html.includes("<img") && !page.html.includes("<svg onload"));
    // A name that has to be written in another way than it is leads to its file all the same.
    const turned = encodeURIComponent(String.raw`a\u202eb\nc & d=1.trace.json`);
    assertEquals((await get(`/run?file=${turned}`)).status, 200);
    const unknown = await get(`/run?file=${encodeURIComponent(evil.name)}`);
    assert(unknown.status === 404 && !unknown.html.includes("<img"));
  }));

Deno.test("the pages can be a part of another server, below a path", () =>
  inFolder(async (folder) => {
    await writeRuns(folder, runOn(1), runOn(2));
    const answer = createRunsHandler(folder, { prefix: "/a/runs", hosts: ["ml.example"] });
    const ask = async (path: string, host = "ml.example") => {
      const response = await answer(new Request(`http://ml.example${path}`, { headers: { host } }));
      const { status, headers } = response;
      return { status, location: headers.get("location"), html: await response.text() };
    };
    assertEquals(await ask("/a/runs"), { status: 308, location: "/a/runs/", html: "" });
    const links = linksOf((await ask("/a/runs/")).html);
    assertEquals(links.length, 3);
    for (const link of links) assertEquals((await ask(`/a/runs/${link}`)).status, 200);
    const lost = await ask("/a/runs/x/y");
    assertEquals([lost.status, linksOf(lost.html)], [404, ["/a/runs/"]]);
    for (const path of ["/", "/run", "/a/runsrun", "/a/run"]) {
      assertEquals((await ask(path)).status, 404, path);
    }
    assertEquals((await ask("/a/runs/", "other.example")).status, 421);
    for (const prefix of ["runs", "/", "/runs/"]) {
      assertThrows(() => createRunsHandler(folder, { prefix }), TypeError, "expected a path");
    }
  }));
