/**
 * Runs the tests with the real packages of JSR: `deno task test:jsr [ARGUMENTS OF DENO TEST]`.
 *
 * They run in a copy of the repository whose `deno.json` has no import map. So the processes that tests
 * start have none either, whether they are given the configuration or find it.
 *
 * @module
 */
import { dirname, join } from "jsr:@std/path@^1";
import { fileURLToPath } from "node:url";
import { execute } from "./process.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Copies the files of the repository, those that are not yet in git included, to a folder. The data sets
 * beside the repository are linked, if there are any.
 *
 * @throws {Error} if git does not know the files
 */
export async function copyWithoutMap(folder: string): Promise<void> {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"];
  const { code, stdout, stderr } = await execute("git", args, root);
  if (code !== 0) throw new Error(`Cannot list the files of ${root}: ${stderr.trim()}`);
  for (const path of stdout.split("\0").filter((path) => path !== "")) {
    await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
    try {
      await Deno.copyFile(join(root, path), join(folder, path));
    } catch (error) {
      // A file that was removed is in git until that is committed.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  const { imports: _, ...config } = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
  await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify(config, null, 2));
}

/** Runs the tests in a copy, and returns the code that they end with. */
async function testWithoutMap(args: readonly string[]): Promise<number> {
  const parent = await Deno.realPath(await Deno.makeTempDir());
  try {
    const folder = join(parent, "ruletrace");
    await copyWithoutMap(folder);
    await Deno.symlink(join(root, "..", "shared"), join(parent, "shared"));
    const command = new Deno.Command(Deno.execPath(), {
      args: ["task", "test", ...args],
      cwd: folder,
    });
    return (await command.spawn().status).code;
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await testWithoutMap(Deno.args));
