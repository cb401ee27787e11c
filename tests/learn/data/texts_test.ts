import { assert, assertEquals, assertRejects } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { parseTable, streamTable, type TableRow } from "../../../learn/data/csv.ts";
import { parseLines } from "../../../learn/data/formats.ts";
import { readTexts, type TextOptions } from "../../../learn/data/texts.ts";
import { decodeUtf8 } from "../../../learn/text/json.ts";
import { splitLines, textOf } from "../../../learn/text/lines.ts";

/** Reads the texts of a file with a name and a content; returns them, and the error that came after them. */
async function read(
  name: string,
  content: string | Uint8Array<ArrayBuffer>,
  options?: TextOptions,
): Promise<{ texts: unknown[]; problem?: string }> {
  const folder = await Deno.makeTempDir();
  const path = join(folder, name);
  await Deno.writeFile(
    path,
    typeof content === "string" ? new TextEncoder().encode(content) : content,
  );
  const texts: unknown[] = [];
  try {
    for await (const some of readTexts(path, options)) texts.push(...some);
    return { texts };
  } catch (error) {
    const { name, message } = error as Error;
    return { texts, problem: `${name}: ${message.replace(JSON.stringify(path), "a file")}` };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const fields = { text: "Message" };
/** The same texts in each format, with blank lines, a byte order mark and both line ends. */
const files: Readonly<Record<string, string>> = {
  "a.jsonl":
    '\ufeff\n{"Message":"which rate","id":"a","label":7}\r\n \n{"Message":" é\\n🙂"}\n{"Message":""}',
  "a.NDJSON": '{"id":"a","Message":"which rate"}\n{"Message":" é\\n🙂"}\n{"Message":""}\n',
  "a.json": '[{"Message":"which rate","id":"a"},{"Message":" é\\n🙂"},{"Message":""}]',
  "b.json":
    '{"name":"x","examples":[{"Message":"which rate","id":"a"},{"Message":" é\\n🙂"},{"Message":""}]}',
  "a.csv": '\ufeffid,Message,label\r\n\na,which rate,\r\n,"" é\n🙂"",\n,,\n'.replaceAll('""', '"'),
};

for (const [name, content] of Object.entries(files)) {
  Deno.test(`texts of ${name} come with their ids, empty ones too, without labels`, async () => {
    const expected = [{ id: "a", text: "which rate" }, { text: " é\n🙂" }, { text: "" }];
    assertEquals(await read(name, content, { fields }), { texts: expected });
  });
}

Deno.test("plain text has one text a line, as it is but for the line end", async () => {
  const content = '\ufeff which rate \r\n\n \t\n{"text"\n\ufeffé🙂\u2028.\nlast';
  const lines = [" which rate ", '{"text"', "\ufeffé🙂\u2028.", "last"];
  assertEquals(await read("a.txt", content), { texts: lines.map((text) => ({ text })) });
  assertEquals(await read("a.txt", ""), { texts: [] });
});

Deno.test("an error comes after the texts before it, and names the line and what was expected", async () => {
  const text = (content: string) => JSON.stringify({ text: content });
  const broken: [string, string | Uint8Array<ArrayBuffer>, string][] = [
    [
      "a.jsonl",
      `${text("a")}\n\n${text("b")}\n{"text": secret\n`,
      "SyntaxError: line 4, column 10: expected a value",
    ],
    [
      "a.jsonl",
      `${text("a")}\n${text("b")}\n{"Text":"secret"}`,
      'TypeError: line 3: "text" is missing, expected a string; it has "Text"',
    ],
    [
      "a.jsonl",
      `${text("a")}\n${text("b")}\n{"text":"secret","id":7}`,
      'TypeError: line 3: "id" is a number, expected a string',
    ],
    [
      "a.jsonl",
      `${text("a")}\n${text("b")}\n{"text":"\\ud800"}`,
      'RangeError: line 3: "text" has a lone surrogate, expected valid Unicode',
    ],
    [
      "a.json",
      `[${text("a")},\n${text("b")},\n["secret"]]`,
      'TypeError: example 3 (line 3): it is an array, expected an object with "text"',
    ],
    [
      "a.csv",
      'text,b\na,1\n"b",\nsecret\n',
      "SyntaxError: line 4 has 1 field, expected 2 as in the header " +
      "(a field with commas needs quotes)",
    ],
    [
      "a.csv",
      'text\na\n"b"\n"secret\n',
      "SyntaxError: the row that begins on line 4 has a quote that is never closed",
    ],
    [
      "a.txt",
      new Uint8Array([0x61, 0x0a, 0x62, 0x0d, 0x0a, 0x63, 0xff, 0x0a]),
      "SyntaxError: line 3 is not valid UTF-8",
    ],
  ];
  for (const [name, content, problem] of broken) {
    const found = await read(name, content);
    const [kind, ...rest] = problem.split(": ");
    assertEquals(found, {
      texts: [{ text: "a" }, { text: "b" }],
      problem: `${kind}: Cannot read a file: ${rest.join(": ")}`,
    });
  }
});

Deno.test("texts are refused if there is no such field, file, or format", async () => {
  const refusals: [string, string, string][] = [
    [
      "a.csv",
      "Message,Class\na,b\n",
      'SyntaxError: Cannot read a file: line 1: expected a header with the column text, got "Message" ' +
      'and "Class" (--text-column names another)',
    ],
    [
      "a.json",
      '{"texts":[]}',
      'TypeError: Cannot read a file: "examples" is missing, expected an array',
    ],
    [
      "a.json",
      '{"format":"ruletrace-rules","version":1,"task":"ner","rules":[]}',
      "TypeError: Cannot read a file: it holds rules, expected texts",
    ],
    [
      "a.jsonl",
      '{"version":2,"run":{"id":"x"}}\n{}',
      "TypeError: Cannot read a file: it holds the journal of a run, expected texts",
    ],
    [
      "a.log",
      "",
      "RangeError: Cannot read a file: expected a name that ends in .jsonl, .ndjson, .json, .csv or .txt",
    ],
  ];
  for (const [name, content, problem] of refusals) {
    assertEquals(await read(name, content), { texts: [], problem });
  }
  await assertRejects(
    () => Array.fromAsync(readTexts("none.txt")),
    Error,
    'Cannot read "none.txt": there is no such file',
  );
  await assertRejects(
    () => Array.fromAsync(readTexts("examples")),
    Error,
    'Cannot read "examples": it is a folder, expected a file',
  );
});

/** Cuts bytes into parts of a size, which all share their memory with each other. */
async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const memory = new Uint8Array(size);
  for (let start = 0; start < bytes.length; start += size) {
    const part = bytes.subarray(start, start + size);
    memory.fill(0x3f);
    memory.set(part);
    yield await Promise.resolve(memory.subarray(0, part.length));
  }
}

/** Returns what was read, and the message of the error after it. */
async function settle<Item>(items: AsyncIterable<Item> | Iterable<Item>): Promise<unknown[]> {
  const found: unknown[] = [];
  try {
    for await (const item of items) found.push(item);
  } catch (error) {
    found.push((error as Error).message);
  }
  return found;
}

Deno.test("rows and lines of a stream are those of the whole text, whatever its parts", async () => {
  const tables = [
    'text,id\r\n"a\r\n\r\nb",x\r\n\r\n"é\nb"\r\n',
    'text,id\n"a ""b"" é🙂",x\n\n ,\n"c\n\n\nd",e\nf,g',
    '\ufefftext,id\na,b\n"c" d,e\n',
    'text,id\na,b\nc,"d\n\n',
    "text,text,id\n",
    "",
  ];
  async function* rowsOf(bytes: Uint8Array, size: number): AsyncGenerator<TableRow> {
    const blocks = splitLines(cut(bytes, size), "a file");
    for await (const rows of streamTable(blocks, "a file", ["text"])) yield* rows;
  }
  for (const text of tables) {
    const bytes = new TextEncoder().encode(text);
    const whole = (() => {
      try {
        return parseTable(text, "a file", ["text"]);
      } catch (error) {
        return [(error as Error).message];
      }
    })();
    for (const size of [1, 2, 3, 5, 8, 100]) {
      const streamed = await settle(rowsOf(bytes, size));
      // A stream gives the rows before an error too.
      const isBroken = typeof whole[0] === "string";
      assertEquals(isBroken ? streamed.slice(-1) : streamed, whole, `${text} by ${size}`);
    }
  }
  const limited = streamTable(
    splitLines(cut(new TextEncoder().encode('text\na\n"secret\nsecret"\n'), 4), "a file"),
    "a file",
    ["text"],
    8,
  );
  const [problem] = (await settle(limited)).slice(-1);
  const expected = "line 3 has too many bytes, or a quote that is never closed";
  assertEquals(problem, `Cannot read a file: the row that begins on ${expected}`);
  const json = '\ufeff{"a":"é"}\n\n \r\n["🙂"]\r\n"x"';
  async function* linesOf(size: number) {
    for await (const block of splitLines(cut(new TextEncoder().encode(json), size), "a file")) {
      yield* parseLines(textOf(block), "a file", block.firstLine);
    }
  }
  const lines = await settle(parseLines(json.slice(1), "a file"));
  assertEquals(lines.length, 3);
  for (const size of [1, 2, 7, 100]) assertEquals(await settle(linesOf(size)), lines);
});

Deno.test("a row of a stream comes before more is read, and before an error after it", async () => {
  const lines = ["text,id", "a,b", '"c","d ""e"""', '"f', 'g",h', "", "\xff,"];
  let given = 0;
  async function* chunks(end: string) {
    given = 0;
    for (const line of lines) {
      given++;
      yield Uint8Array.from(line + end, (character) => character.charCodeAt(0));
    }
  }
  for (const end of ["\n", "\r\n"]) {
    const seen: unknown[] = [];
    const blocks = splitLines(chunks(end), "a file");
    await assertRejects(
      async () => {
        for await (const rows of streamTable(blocks, "a file", ["text"])) {
          for (const { fields, line } of rows) seen.push([given, line, fields.text]);
        }
      },
      SyntaxError,
      "line 7 is not valid UTF-8",
    );
    assertEquals(seen, [[2, 2, "a"], [3, 3, "c"], [5, 4, `f${end}g`]]);
  }
});

Deno.test("blocks of lines hold few bytes, and name the line that is refused", async () => {
  const blocks = async (bytes: Uint8Array, size: number, most: number) => {
    const found = await settle(splitLines(cut(bytes, size), "a file", most));
    return found.map((one) => typeof one === "string" ? one : textOf(one as never));
  };
  const encode = (text: string) => new TextEncoder().encode(text);
  for (const size of [1, 3, 4, 50]) {
    const found = await blocks(encode("abcd\n\nabcde\nf\n"), size, 4);
    assertEquals(found.at(-1), "Cannot read a file: line 3 has over 4 bytes, which is the limit");
    assertEquals(found.slice(0, -1).join(""), "abcd\n\n");
    const invalid = new Uint8Array([...encode("é\nb\nc"), 0xc3, 0x0a, 0x64]);
    const kept = await blocks(invalid, size, 4);
    assertEquals(kept.slice(0, -1).join(""), "é\nb\n");
    assertEquals(kept.at(-1), "Cannot read a file: line 3 is not valid UTF-8");
  }
  const long = await blocks(encode("line\n".repeat(1_000)), 64, 4);
  assert(long.every((text) => text.length <= 64 + 4) && long.join("").length === 5_000);
  assertEquals(decodeUtf8(encode("\ufeffa"), "a file", 3), "a");
});
