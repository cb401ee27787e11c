import { assertEquals } from "jsr:@std/assert@^1";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);

Deno.test({
  name:
    "the first Ctrl-C aborts, the second ends a script that goes on, and a pipe sees nothing of it",
  ignore: Deno.build.os === "windows",
  async fn() {
    const script = `
      import { listenForInterrupt } from "${new URL("script/interrupting.ts", root)}";
      import { createProgressLine } from "${new URL("script/terminal.ts", root)}";
      const { signal } = listenForInterrupt(createProgressLine());
      signal.addEventListener("abort", () => console.log(signal.reason.name));
      setInterval(() => {}, 1000);
      console.log("ready");
    `;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--config", fileURLToPath(new URL("deno.json", root)), script],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const errors = new Response(child.stderr).text();
    for (const expected of ["ready\n", "AbortError\n"]) {
      assertEquals((await reader.read()).value, expected);
      child.kill("SIGINT");
    }
    assertEquals((await reader.read()).done, true);
    assertEquals([(await child.status).code, await errors], [130, ""]);
  },
});
