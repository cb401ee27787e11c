import { assert, assertEquals, assertMatch, assertStringIncludes } from "jsr:@std/assert@^1";
import { basename, dirname } from "jsr:@std/path@^1";
import { executeScript } from "../../script/process.ts";
import { inFolder, runOn, sendRaw, writeRuns } from "./serve_fixture.ts";

const { pathname: root } = new URL("../../..", import.meta.url);

/** Runs the script to its end with flags of Deno. */
const execute = (folder: string, args: readonly string[], flags = ["-A"]) =>
  executeScript("review/serve.ts", args, folder, { flags });

/** Starts the script on a free port with the permissions that it asks for. */
async function start(folder: string) {
  const name = basename(folder);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-check", "--no-prompt", `--config=${root}deno.json`],
      ...[`--allow-read=${name}`, "--allow-net=127.0.0.1"],
      ...[`${root}review/serve.ts`, name, "--port", "0"],
    ],
    cwd: dirname(folder),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "" } = await output.read();
  return { child, output, line: value, url: /http:\S+/.exec(value)?.[0] ?? "" };
}

Deno.test({
  name: "the script serves with the permissions it names, says where, and ends by Ctrl-C",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      await writeRuns(folder, runOn(1));
      const { child, output, line, url } = await start(folder);
      try {
        assertMatch(line, /^\S+ is at http:\/\/127\.0\.0\.1:\d+\/ \(Ctrl-C ends\)\n$/);
        const list = await (await fetch(url)).text();
        assertStringIncludes(list, basename(folder));
        const run = await fetch(new URL("run?file=banking.run-1.trace.json", url));
        assertStringIncludes(await run.text(), "banking, run run-1");
        // The port is taken.
        const { port } = new URL(url);
        const { code, stdout, stderr } = await execute(folder, [".", "--port", port]);
        assertEquals([code, stdout], [1, ""]);
        assertMatch(stderr, /^serve\.ts: Cannot listen on 127\.0\.0\.1:\d+: another program .*\n$/);
        const other = `GET / HTTP/1.1\r\nHost: evil.example:${port}\r\nConnection: close\r\n\r\n`;
        assertMatch(await sendRaw(Number(port), other), /^HTTP\/1\.1 421 /);
      } finally {
        child.kill("SIGINT");
      }
      const { code } = await child.status;
      assertEquals(code, 0);
      assertEquals((await output.read()).done, true);
      assertEquals(await new Response(child.stderr).text(), "");
    }),
});

Deno.test("what is wrong with the arguments or the folder is said in one line", () =>
  inFolder(async (folder) => {
    const cases: readonly (readonly [number, RegExp, readonly string[], string[]?])[] = [
      [2, /expected one FOLDER, got 0 \(see --help\)/, []],
      [2, /expected one FOLDER, got 2 /, ["a", "b"]],
      [2, /--port is 70000, expected a number from 0 to 65535/, [".", "--port", "70000"]],
      [2, /--port is 1e3, expected/, [".", "--port", "1e3"]],
      [2, /unknown|Unknown option/, [".", "--host"]],
      [1, /Cannot read the folder "none": no such file/, ["none"]],
      [1, /Cannot read \.: run with --allow-read=\./, ["."], ["--allow-net"]],
      [1, /127\.0\.0\.1:7777: run with --allow-net=127\.0\.0\.1:7777/, ["."], ["--allow-read"]],
    ];
    await Promise.all(cases.map(async ([status, expected, args, flags]) => {
      const { code, stdout, stderr } = await execute(folder, args, flags);
      assertEquals([code, stdout], [status, ""], stderr);
      assertMatch(stderr, /^serve\.ts: [^\n]*\n$/);
      assertMatch(stderr, expected);
    }));
    const { code, stdout } = await execute(folder, ["--help"], []);
    assert(code === 0 && stdout.includes("--port N"));
  }));
