import { assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { isNotCapable } from "../../system/permissions.ts";
import {
  codeOf,
  createFile,
  describeCause,
  makeFolder,
  removeFile,
  stat,
  statOrNothing,
} from "../../system/files.ts";
import { inFolder } from "../pipeline/fixture.ts";

Deno.test("errors of the system have the same words on each runtime, without call and path", () => {
  const make = (code: string, message: string) => Object.assign(new Error(message), { code });
  for (
    const message of [
      "ENOSPC: no space left on device, write",
      "ENOSPC: no space left on device, open '/a, b\n'",
      "No space left on device (os error 28): writefile '/dev/full'",
    ]
  ) assertEquals(describeCause(make("ENOSPC", message)), "no space left on device");
  assertEquals(describeCause(make("ERR_X", "Another thing, told")), "Another thing, told");
  assertEquals(describeCause("text"), "text");
});

Deno.test("what is not there is nothing, and any other error has its code", () =>
  inFolder((folder) => {
    assertEquals(statOrNothing(join(folder, "none")), undefined);
    Deno.writeTextFileSync(join(folder, "file"), "");
    const below = join(folder, "file", "below");
    assertEquals(statOrNothing(below), undefined);
    assertEquals(codeOf(assertThrows(() => stat(below))), "ENOTDIR");
    assertEquals(codeOf(assertThrows(() => makeFolder(join(folder, "file")))), "EEXIST");
    assertEquals(codeOf(assertThrows(() => createFile(join(folder, "file")))), "EEXIST");
    assertEquals(codeOf(assertThrows(() => removeFile(join(folder, "none")))), "ENOENT");
    return Promise.resolve();
  }));

Deno.test({
  name: "a missing permission is told from errors of the system, and names its flag",
  permissions: { read: false },
  fn() {
    const error = assertThrows(() => statOrNothing("any"), Error, "--allow-read");
    assertEquals([isNotCapable(error), codeOf(error)], [true, undefined]);
    assertEquals(isNotCapable(Object.assign(new Error(), { code: "EACCES" })), false);
  },
});
