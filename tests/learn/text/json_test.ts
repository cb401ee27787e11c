import { assert, assertEquals, assertMatch, assertThrows } from "jsr:@std/assert@^1";
import {
  decodeUtf8,
  findItemLines,
  type JsonOptions,
  parseJson,
} from "../../../learn/text/json.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function errorOf(text: string, options?: JsonOptions): string {
  return assertThrows(() => parseJson(text, "a.json", options), SyntaxError).message;
}

function nest(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

Deno.test("parseJson gives what JSON.parse gives", () => {
  const text = ' {"a": [1, -2.5e3, true, null], "b\\"]": "\\u00e9\\\\", "a": 2} ';
  assertEquals(parseJson(text, "a.json"), JSON.parse(text));
});

Deno.test("parseJson skips one byte order mark", () => {
  assertEquals(parseJson("\ufeff[1]", "a.json"), [1]);
  assertMatch(errorOf("\ufeff\ufeff[1]"), /line 1, column 1: expected a value/);
});

Deno.test("parseJson accepts nesting up to the bound and refuses one level more", () => {
  assertEquals(JSON.stringify(parseJson(nest(64), "a.json")), nest(64));
  assertEquals(
    errorOf(nest(65)),
    "Cannot read a.json: line 1, column 65: nested deeper than 64 levels",
  );
  assertMatch(errorOf('{"a":\n[]}', { maxDepth: 1 }), /line 2, column 1: nested deeper than 1 /);
});

Deno.test("parseJson refuses ten million brackets at once", () => {
  assertMatch(errorOf("[".repeat(10_000_000)), /nested deeper than 64 levels/);
});

Deno.test("parseJson counts no brackets in strings, whatever is escaped in them", () => {
  const text = JSON.stringify(['[[[["[[[', "\\", '\\"[[[', "{{{{\\\\"]);
  assertEquals(parseJson(text, "a.json", { maxDepth: 1 }), JSON.parse(text));
});

Deno.test("parseJson counts the depth again after a string that ends in backslashes", () => {
  assertMatch(errorOf('["\\\\", [[]]]', { maxDepth: 2 }), /column 9: nested deeper than 2/);
});

Deno.test("parseJson counts depth, not the number of arrays", () => {
  const text = `[${Array(1000).fill("[]").join(",")}]`;
  assertEquals((parseJson(text, "a.json", { maxDepth: 2 }) as unknown[]).length, 1000);
});

Deno.test("parseJson refuses a text beyond maxLength, naming both lengths", () => {
  assertEquals(parseJson("[1]", "a.json", { maxLength: 3 }), [1]);
  assertEquals(
    errorOf("[12]", { maxLength: 3 }),
    "Cannot read a.json: it is 4 characters long, at most 3 are read",
  );
});

Deno.test("parseJson names line, column and what was expected", () => {
  const cases: [string, string][] = [
    ["", "line 1, column 1: expected a value, but the text ends"],
    ["hello", "line 1, column 1: expected a value"],
    ["[1,]", "line 1, column 4: expected a value"],
    ["[1 2]", 'line 1, column 4: expected "," or "]"'],
    ['{\n  "a" 1}', 'line 2, column 7: expected ":"'],
    ["{a: 1}", "line 1, column 2: expected a name in double quotes"],
    ['{"a": 1,}', "line 1, column 9: expected a name in double quotes"],
    ['{"a": 1\r\n', 'line 2, column 1: expected "," or "}", but the text ends'],
    ["01", "line 1, column 1: expected a value"],
    ["1\n2", "line 2, column 1: expected the end of the text"],
    ['"\\x"', "line 1, column 2: expected a valid escape"],
    ['"a', "line 1, column 3: expected a closing quote, but the text ends"],
    ['["a\nb"]', "line 1, column 4: expected a closing quote (control characters need an escape)"],
  ];
  for (const [text, problem] of cases) {
    assertEquals(errorOf(text), `Cannot read a.json: ${problem}`);
  }
});

Deno.test("parseJson counts lines from firstLine", () => {
  assertMatch(errorOf("[1\nx", { firstLine: 7 }), /line 8, column 1: expected/);
});

Deno.test("parseJson does not quote the document, in the message or the cause", () => {
  const error = assertThrows(() => parseJson('{"text": "a secret" oops}', "a.json"), SyntaxError);
  assert(!/secret|oops/.test(Deno.inspect(error)), Deno.inspect(error));
});

Deno.test("parseJson names a place for exactly the texts that JSON.parse refuses", () => {
  const base = '{"a": [1, -2.5e+3, true],\n "b\\n\\u00e9": {"c": "d\\"e"}, "f": [[], {}]}';
  let refused = 0;
  for (let at = 0; at <= base.length; at++) {
    for (const inserted of ["", '"', "\\", "{", "]", ",", ":", "1", ".", "-", "\n", "\0", "u"]) {
      for (const removed of [0, 1]) {
        const text = base.slice(0, at) + inserted + base.slice(at + removed);
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          refused++;
          assertMatch(errorOf(text), /^Cannot read a\.json: line [123], column \d+: expected /);
          continue;
        }
        assertEquals(parseJson(text, "a.json"), expected);
      }
    }
  }
  assert(refused > 1000, `only ${refused} texts were refused`);
});

Deno.test("findItemLines finds the lines on which the items of an array begin", () => {
  const text = '\ufeff{\r\n"a": 1,\n "examples": [\n{"x":\n[1]},\n\n  "y", 2]}';
  assertEquals(findItemLines(text, ["examples"]), [4, 7, 7]);
  assertEquals(findItemLines("[1]", []), [1]);
});

Deno.test("findItemLines finds no lines if the path leads to no array", () => {
  assertEquals(findItemLines('{"a": {"b": 1}}', ["a"]), []);
  assertEquals(findItemLines('{"a": [1]}', ["b"]), []);
});

Deno.test("findItemLines takes the last of two members of one name, as JSON.parse does", () => {
  assertEquals(findItemLines('{"a": [1],\n"a": [2]}', ["a"]), [2]);
});

Deno.test("decodeUtf8 decodes any script and skips one byte order mark", () => {
  assertEquals(decodeUtf8(encode("\ufeffé\0日本🙂\r\n"), "a.txt"), "é\0日本🙂\r\n");
});

Deno.test("decodeUtf8 names the line of the first invalid byte", () => {
  const bytes = new Uint8Array([...encode("a\r\né\n🙂"), 0xff, 0x0a, 0xc3, 0x28]);
  const error = assertThrows(() => decodeUtf8(bytes, "a.txt"), SyntaxError);
  assertEquals(error.message, "Cannot read a.txt: line 3 is not valid UTF-8");
});

Deno.test("decodeUtf8 names the line of a character cut off by a line's end or the text's", () => {
  const cut = encode("é").subarray(0, 1);
  const inside = new Uint8Array([...encode("a\n"), ...cut, 0x0a, 0x61]);
  assertThrows(() => decodeUtf8(inside, "a.txt"), SyntaxError, "line 2 is not valid UTF-8");
  const atEnd = new Uint8Array([...encode("a\nb\n"), ...cut]);
  assertThrows(() => decodeUtf8(atEnd, "a.txt"), SyntaxError, "line 3 is not valid UTF-8");
});

Deno.test("decodeUtf8 refuses surrogates and overlong forms", () => {
  const surrogate = new Uint8Array([0xed, 0xa0, 0x80]);
  assertThrows(() => decodeUtf8(surrogate, "a.txt"), SyntaxError, "line 1 is not valid UTF-8");
  const overlong = new Uint8Array([0xc0, 0xaf]);
  assertThrows(() => decodeUtf8(overlong, "a.txt"), SyntaxError, "line 1 is not valid UTF-8");
});
