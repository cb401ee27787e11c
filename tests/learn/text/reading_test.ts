import { assertEquals, assertRejects } from "jsr:@std/assert@^1";
import { readInput } from "../../../learn/text/reading.ts";

/** Returns the message of reading a file that is not there. */
async function refuse(path: string): Promise<string> {
  const { message } = await assertRejects(() => readInput(path), Error);
  return message;
}

Deno.test({
  name: "a file that is not there is asked for by the nearest name, which is a file as well",
  permissions: { read: true },
  async fn() {
    assertEquals(
      await refuse("examples/bankin.jsonl"),
      'Cannot read "examples/bankin.jsonl": there is no such file: ' +
        'did you mean "examples/banking.jsonl"?',
    );
    assertEquals(
      await refuse("exmaples/banking.jsonl"),
      'Cannot read "exmaples/banking.jsonl": there is no such file: ' +
        'did you mean the folder "examples"?',
    );
    // There is a folder of almost that name.
    for (const path of ["recrod", "examples/nothing.jsonl", "no/such/folder/a.jsonl"]) {
      assertEquals(await refuse(path), `Cannot read "${path}": there is no such file`);
    }
  },
});

Deno.test({
  name: "no name is offered if the folder may not be read, and no permission is asked for",
  permissions: { read: ["examples/bankin.jsonl"] },
  async fn() {
    const path = "examples/bankin.jsonl";
    assertEquals(await refuse(path), `Cannot read "${path}": there is no such file`);
  },
});
