import { assert, assertEquals, assertRejects } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { holdFile, readBetween } from "../../system/locking.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const by of ["system", "file"] as const) {
  Deno.test(`a file that is held by the ${by} waits for whoever has it`, () =>
    inFolder(async (folder) => {
      const path = join(folder, "log");
      const first = await holdFile(path, by);
      let isHeld = false;
      const second = holdFile(path, by).then((file) => {
        isHeld = true;
        return file;
      });
      first.append(bytesOf("one\ntwo"));
      await new Promise((resolve) => setTimeout(resolve, 20));
      assertEquals(isHeld, false);
      first.cut(4);
      first.release();
      const file = await second;
      file.append(bytesOf("three\n"));
      assertEquals(file.size(), 10);
      assertEquals(new TextDecoder().decode(file.read(4)), "three\n");
      assertEquals(file.read(99).length, 0);
      file.release();
      assertEquals(new TextDecoder().decode(await readBetween(path)), "one\nthree\n");
      assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["log"]);
    }));

  Deno.test(`a file in no folder cannot be held by the ${by}, and nothing is left`, () =>
    inFolder(async (folder) => {
      await assertRejects(() => holdFile(join(folder, "no", "log"), by));
      assertEquals([...Deno.readDirSync(folder)], []);
    }));
}

Deno.test("a file is read between changes, not in the middle of one", () =>
  inFolder(async (folder) => {
    const path = join(folder, "log");
    const file = await holdFile(path);
    file.append(bytesOf("one"));
    const reading = readBetween(path);
    await new Promise((resolve) => setTimeout(resolve, 20));
    file.append(bytesOf(" line\n"));
    file.release();
    assertEquals(new TextDecoder().decode(await reading), "one line\n");
  }));

Deno.test("the lock of a process that has ended is taken over, by one of those that wait", () =>
  inFolder(async (folder) => {
    const child = new Deno.Command("true").spawn();
    await child.status;
    const path = join(folder, "log");
    for (const left of [String(child.pid), ""]) {
      await Deno.writeTextFile(`${path}.lock`, left);
      // A lock without a number is of a process that ended before it wrote it, if that is long ago.
      await Deno.utime(`${path}.lock`, 0, 0);
      let held = 0;
      await Promise.all([0, 1, 2, 3].map(async () => {
        const file = await holdFile(path, "file");
        assertEquals(++held, 1);
        await new Promise((resolve) => setTimeout(resolve, 1));
        held--;
        file.release();
      }));
    }
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["log"]);
  }));

Deno.test("the lock of a process that is there stays, and so does one that was just made", () =>
  inFolder(async (folder) => {
    const path = join(folder, "log");
    for (const owner of [String(Deno.pid), ""]) {
      await Deno.writeTextFile(`${path}.lock`, owner);
      let isHeld = false;
      const waiting = holdFile(path, "file").then((file) => {
        isHeld = true;
        file.release();
      });
      await new Promise((resolve) => setTimeout(resolve, 30));
      assert(!isHeld);
      await Deno.remove(`${path}.lock`);
      await waiting;
    }
  }));
