import { assert, assertEquals } from "jsr:@std/assert@^1";
import { createConcealer } from "../../../learn/chat/secrets.ts";
import { createRandom } from "../../record/generate_run.ts";

const random = createRandom(5);
const below = (limit: number) => Math.floor(random() * limit);
const pick = <T>(list: readonly T[]): T => list[below(list.length)];

const SIGNS = "ABCXYZabcxyz0189-_.~+/=$^*()[]{}|?!%&#@,;:'<>\"\\`";
const bytes = (text: string) => new TextEncoder().encode(text);
const hex = (value: number, digits: number) => {
  const text = value.toString(16).padStart(digits, "0");
  return random() < 0.5 ? text : text.toUpperCase();
};

/** Ways to say a text; each says every character of it. */
const ways: Readonly<Record<string, (text: string) => string>> = {
  "as it is": (text) => text,
  "in another case": (text) =>
    Array.from(text, (one) => random() < 0.5 ? one.toLowerCase() : one.toUpperCase()).join(""),
  "in JSON": (text) => JSON.stringify(text).slice(1, -1),
  "in JSON in JSON": (text) => JSON.stringify(JSON.stringify(text)).slice(3, -3),
  "in JSON with escaped slashes": (text) =>
    JSON.stringify(text).slice(1, -1).replaceAll("/", "\\/"),
  "in escapes": (text) =>
    Array.from(
      text,
      (one) =>
        pick([
          `\\u${hex(one.charCodeAt(0), 4)}`,
          `\\\\u${hex(one.charCodeAt(0), 4)}`,
          `\\u{${hex(one.charCodeAt(0), below(6))}}`,
          `\\x${hex(one.charCodeAt(0), 2)}`,
        ]),
    ).join(""),
  "for a URL": encodeURIComponent,
  "for a URL, twice": (text) => encodeURIComponent(encodeURIComponent(text)),
  "for a URL, all of it": (text) =>
    Array.from(text, (one) => `%${hex(one.charCodeAt(0), 2)}`).join(""),
  "for HTML": (text) =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;").replaceAll(
        /['/+=`]/g,
        (one) => pick([`&#${one.charCodeAt(0)};`, `&#x${hex(one.charCodeAt(0), 2)};`]),
      ),
  "in hexadecimal": (text) => Array.from(bytes(text), (byte) => hex(byte, 2)).join(""),
  "as a regular expression": (text) => text.replaceAll(/\W/g, "\\$&"),
};
const base64 = (text: string, alphabet: "base64" | "base64url", omitPadding: boolean) =>
  bytes(text).toBase64({ alphabet, omitPadding });

const keys = Array.from(
  { length: 24 },
  (_, place) => Array.from({ length: 8 + 2 * place }, () => pick([...SIGNS])).join(""),
);

for (const [how, say] of Object.entries(ways)) {
  Deno.test(`a secret is found ${how}`, () => {
    for (const key of keys) {
      const said = say(key);
      const text = createConcealer([key], "[key]")(`before ${said} after ${said}`);
      assertEquals(text.replaceAll("\\", ""), "before [key] after [key]", `${key}: ${said}`);
    }
  });
}

for (const alphabet of ["base64", "base64url"] as const) {
  Deno.test(`a secret is found in ${alphabet}, wherever it is in a longer text`, () => {
    for (const key of keys) {
      const conceal = createConcealer([key], "[key]");
      for (const before of ["", "a", "ab", "abc", "user:"]) {
        for (const after of ["", "z", "zz", "zzz"]) {
          for (const omitPadding of [false, true]) {
            const said = base64(before + key + after, alphabet, omitPadding);
            for (const form of [said, encodeURIComponent(said), ways["in escapes"](said)]) {
              const text = conceal(`"${form}"`);
              assert(text.includes("[key]"), `${key}: ${form}`);
              // What is left is of the text around it.
              const left = text.replace("[key]", "").slice(1, -1);
              if (before + after === "") assertEquals(left, "", `${key}: ${form}`);
            }
          }
        }
      }
    }
  });
}

Deno.test("a text without the secret stays as it is", () => {
  for (const key of keys) {
    const conceal = createConcealer([key], "[key]");
    const other = keys.filter((one) => one !== key && !one.includes(key)).join(" ");
    for (
      const text of [other, key.slice(1), key.slice(0, -1), `${key.slice(0, 4)} ${key.slice(4)}`]
    ) {
      assertEquals(conceal(text), text);
    }
  }
});

Deno.test("secrets of less than eight characters are not looked for", () => {
  const text = "none of the ollama models sets a token";
  assertEquals(createConcealer(["none", "ollama", "", "token", "a"], "[key]")(text), text);
  assertEquals(createConcealer(["ollama"], "[key]")(base64("ollama", "base64", false)), "b2xsYW1h");
});

Deno.test("of secrets that begin alike the longer one is found", () => {
  const conceal = createConcealer(["0123456789", "0123456789abc"], "[key]");
  assertEquals(conceal("0123456789abc 0123456789"), "[key] [key]");
});

Deno.test("a secret of any characters is found, a space also as a plus", () => {
  const key = "clé 🎴 日本";
  const conceal = createConcealer([key], "[query]");
  const form = encodeURIComponent(key);
  const escaped = key.split("").map((unit) => `\\u${hex(unit.charCodeAt(0), 4)}`).join("");
  for (const said of [key, key.toUpperCase(), form, form.replaceAll("%20", "+"), escaped]) {
    assertEquals(conceal(`?${said}!`), "?[query]!");
  }
});

Deno.test("long texts that almost have the secret are read in time", () => {
  const conceal = createConcealer(["s".repeat(40)], "[key]");
  for (
    const part of [
      "s".repeat(39),
      "S",
      raw`\u0073`.repeat(39),
      "&#115;".repeat(39),
      "&#00",
      "73".repeat(39),
      "\\",
      "%25",
      "c3Nz",
    ]
  ) {
    const text = `${part} `.repeat(Math.floor(200_000 / part.length));
    assertEquals(conceal(text), text);
  }
});

function raw({ raw: [text] }: TemplateStringsArray): string {
  return text;
}
