import { assert, assertEquals } from "jsr:@std/assert@^1";
import { createNameRedactor, createRedactor, redact } from "../../record/redact.ts";
import { createRandom } from "./generate_run.ts";

const examples = [
  { id: "long", text: "please tell me when my new card will arrive at home" },
  { id: "mid", text: "lost card" },
  { id: "word", text: "fee" },
  { id: "wide", text: "カード 🎴🎴🎴🎴🎴🎴🎴🎴🎴🎴 が届かない" },
];

Deno.test("a whole text of eight characters or more is replaced anywhere", () => {
  assertEquals(redact("no rule for lost card yet", examples), "no rule for [mid] yet");
});

Deno.test("a shorter text is replaced only between quotation marks", () => {
  assertEquals(
    redact('the fee of "fee", ‘fee’ and `fees`', examples),
    'the fee of "[word]", ‘[word]’ and `fees`',
  );
});

Deno.test("a run of twenty characters of a text is replaced, one of nineteen is not", () => {
  const text = "abcdefghijklmnopqrstuvwxyz0123456789";
  for (let start = 0; start + 20 <= text.length; start++) {
    const message = (length: number) => `<${text.slice(start, start + length)}>`;
    assertEquals(redact(message(20), [{ id: "e", text }]), "<[e]>");
    assertEquals(redact(message(19), [{ id: "e", text }]), message(19));
  }
});

Deno.test("a quote in other cases is replaced", () => {
  assertEquals(redact("LOST CARD: Tell me WHEN my new card ıs", examples), "[mid]:[long]ıs");
  const wide = [{ id: "e", text: "ΕΠΙΣΤΡΟΦΉ ΧΡΗΜΆΤΩΝ İ" }];
  assertEquals(redact("x επιστροφή χρημάτων İ y", wide), "x [e] y");
});

Deno.test("a quote with other white space, or without the control characters, is replaced", () => {
  const text = "Dear team,\nmy card 4711\u00a0has\r\nnever come\u200e to me";
  const quotes = [
    text,
    text.replaceAll(/[\n\r\u00a0\u200e]/g, " "),
    text.replaceAll(/\s/g, "\u3000"),
  ];
  for (const quote of quotes) {
    const message = `as in\n${quote}!`;
    assertEquals(redact(message, [{ id: "e", text }]), "as in\n[e]!");
    assertEquals(createRedactor([{ id: "e", text }])(message), "as in\n[e]!");
  }
});

Deno.test("a quote with more or less white space is replaced, and the text around it stays", () => {
  const text = "  Name: John Smith\r\nborn: 1970\r\n\r\ncity:  Rome\n";
  for (const quote of [text.trim(), text.replace(/\s+/g, " "), text.replace(/\s/g, "  ")]) {
    for (const message of [`as  in\n\n“${quote.trim()}”  and so on`, quote.trim()]) {
      const told = message.replace(quote.trim(), "[e]");
      assertEquals(redact(message, [{ id: "e", text }]), told);
      assertEquals(createRedactor([{ id: "e", text }])(message), told);
      assertEquals(createNameRedactor([{ id: "e", text }])(message), told);
    }
  }
});

Deno.test("all that is quoted of several texts goes, each under its own id", () => {
  assertEquals(
    redact("lost card; tell me when my new card will; lost card", examples),
    "[mid];[long]; [mid]",
  );
});

Deno.test("no character is cut in two", () => {
  const redacted = redact("x 🎴🎴🎴🎴🎴🎴🎴🎴🎴🎴🎴 y", examples);
  assert(redacted.isWellFormed(), redacted);
  assert(redacted.includes("[wide]"), redacted);
});

Deno.test("an example without an id is named by the one derived from its text", () => {
  const redacted = redact("lost card", [{ text: "lost card" }]);
  assert(/^\[e[0-9a-f]{10}\]$/.test(redacted), redacted);
});

Deno.test("a message that quotes nothing stays as it is", () => {
  const message = "Cannot read properties of undefined (reading 'fees')";
  assertEquals(redact(message, examples), message);
  assertEquals(redact("", examples), "");
  assertEquals(redact(message, []), message);
});

Deno.test("no run of twenty characters of any text is left in any message", () => {
  const random = createRandom(7);
  const letters = (length: number) =>
    Array.from({ length }, () => "abc"[Math.floor(random() * 3)]).join("");
  for (let round = 0; round < 200; round++) {
    const texts = Array.from({ length: 4 }, () => letters(15 + Math.floor(random() * 40)));
    const cut = (text: string) => {
      const start = Math.floor(random() * text.length);
      return text.slice(start, start + 30);
    };
    const message = texts.map((text) => `${letters(3)}${cut(text)}`).join(" ");
    const redacted = redact(message, texts.map((text, at) => ({ id: `${at}`, text })));
    for (const text of texts) {
      assert(!(text.length >= 8 && redacted.includes(text)), redacted);
      for (let start = 0; start + 20 <= text.length; start++) {
        assert(!redacted.includes(text.slice(start, start + 20)), redacted);
      }
    }
  }
});

Deno.test("long repeats do not take forever", () => {
  const text = "ha".repeat(20_000);
  assertEquals(redact(`it says ${text}!`, [{ id: "e", text }]), "it says [e]!");
});

Deno.test("a redactor for many messages returns the same as redact", () => {
  const random = createRandom(11);
  const letters = (length: number) =>
    Array.from({ length }, () => "ab\"'"[Math.floor(random() * 4)]).join("");
  const texts = Array.from({ length: 60 }, (_, at) => ({
    id: `${at}`,
    text: letters(at % 3 === 0 ? 1 + at % 8 : 8 + at),
  }));
  const redactor = createRedactor([...examples, ...texts, ...texts.slice(0, 5)]);
  let changed = 0;
  for (let round = 0; round < 500; round++) {
    const { text } = texts[Math.floor(random() * texts.length)];
    const message = letters(10) + text.slice(Math.floor(random() * 9)) + ` "fee" ${letters(20)}`;
    const redacted = redactor(message);
    assertEquals(redacted, redact(message, [...examples, ...texts, ...texts.slice(0, 5)]));
    if (redacted !== message) changed++;
  }
  assert(changed > 100);
  assertEquals(redactor(""), "");
  assertEquals(createRedactor([])("as it is"), "as it is");
});

const named = createNameRedactor([
  { id: "short", text: "my card has not arrived" },
  { id: "long", text: "My card has not arrived\nyet, please help" },
  { id: "inner", text: "arrived yet, please help me out" },
  { id: "word", text: "nineteen characters" },
]);

Deno.test("in a name the longest whole text is replaced, in any case and with any white space", () => {
  assertEquals(
    named('for "MY CARD has not arrived yet, please help", twice'),
    'for "[long]", twice',
  );
  assertEquals(named("my\tcard has not arrived: x"), "[short]: x");
});

Deno.test("a replaced part of a name is not searched again", () => {
  assertEquals(named("my card has not arrived yet, please help me out"), "[long] me out");
  assertEquals(
    named("my card has not arrivedmy card has not arrived"),
    "[short][short]",
  );
});

Deno.test("a name keeps quotes that are shorter than twenty characters, or not of a whole text", () => {
  for (const name of ["nineteen characters", "card has not arrived yet, please help", "", "card"]) {
    assertEquals(named(name), name);
  }
});
