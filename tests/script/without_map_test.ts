import { assert, assertEquals } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { execute } from "./process.ts";
import { copyWithoutMap } from "./without_map.ts";

const { imports, ...rest } = JSON.parse(
  await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
);

async function checkCopy(): Promise<void> {
  const parent = await Deno.realPath(await Deno.makeTempDir());
  try {
    const folder = join(parent, "copy");
    await copyWithoutMap(folder);
    const config = JSON.parse(await Deno.readTextFile(join(folder, "deno.json")));
    assertEquals(config, rest);
    const specifiers = Object.keys(imports);
    const script = join(folder, "tests", "fixtures", "resolve.ts");
    const code = specifiers.map((one) =>
      `console.log(import.meta.resolve(${JSON.stringify(one)}));`
    );
    await Deno.writeTextFile(script, code.join("\n"));
    for (const flags of [[], ["--config", join(folder, "deno.json")]]) {
      for (const cwd of [parent, folder]) {
        const args = ["run", "--no-check", ...flags, script];
        const { stdout, stderr } = await execute(Deno.execPath(), args, cwd);
        assertEquals(stdout.trim().split("\n"), specifiers, stderr);
      }
    }
    for (const path of ["mod.ts", "learn/rules/rule.ts", "examples/banking.jsonl", "deno.lock"]) {
      assert((await Deno.stat(join(folder, path))).isFile, path);
    }
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
}

Deno.test({
  name: "a process in the copy has no import map, given the configuration or not",
  // A copy has no map to leave out.
  ignore: imports === undefined,
  fn: checkCopy,
});

Deno.test("test:jsr runs what test runs", () => {
  const { tasks } = rest;
  assert(tasks["test:jsr"].endsWith("tests/script/without_map.ts"), tasks["test:jsr"]);
  assert(tasks.test.includes("--doc"), tasks.test);
});
