import { assert, assertEquals } from "jsr:@std/assert@^1";
import { createRandom } from "../../../learn/score/random.ts";
import {
  checkAll,
  createProtection,
  type ProtectedMatch,
  rememberChecks,
} from "../../../review/dataset/protecting.ts";

const protect = (...files: string[][]) =>
  createProtection(files.map((texts, file) => ({
    texts: texts.map((text, place) => ({ id: `${file}.${place}`, text })),
  })));
const match = (kind: string, id: string, similarity = 1) => ({
  reason: `protected-${kind}` as ProtectedMatch["reason"],
  file: Number(id[0]),
  id,
  similarity,
});

Deno.test("a protected text is found as it is, and whatever its case, spaces, marks and form", () => {
  const { check } = protect(["Where's my new card?", "Größe Ångström: 5 €", "e-mail"]);
  assertEquals(check("Where's my new card?"), match("exact", "0.0"));
  for (
    const text of ["WHERE'S MY NEW CARD", "where’s\nmy  new\u00a0card…", "W\u200bhere smynewcard"]
  ) {
    assertEquals(check(text), match("normalised", "0.0"), text);
  }
  assertEquals(check("grO\u0308ße A\u030angstro\u0308m 5€"), match("normalised", "0.1"));
  const letters = [..."Where's my new card?"];
  const wide = letters.map((one) => String.fromCodePoint(one.codePointAt(0)! + 0xfee0)).join("");
  // Full-width letters, and characters between the letters that cannot be seen.
  const unseen = ["\u034f", "\ufe0f", "\u3164", "\ud800", "\u00ad", "`"].map((one) =>
    letters.join(one)
  );
  for (const text of [wide.replaceAll("\uff00", " "), ...unseen]) {
    assertEquals(check(text), match("normalised", "0.0"), JSON.stringify(text));
  }
  assertEquals([check("Email")?.id, protect(["5 €"]).check("5 $")], ["0.2", undefined]);
});

Deno.test("texts are nearly the same by their words as they are, or by these written together", () => {
  const { check } = protect([
    "I cannot find my card pin",
    "ab cd ef gh ij kl mn op qr st uv wx yz ba dc fe",
  ]);
  // Written together, the one has 16 parts of five characters, and the other has one more.
  assertEquals(check("I can not find my card pins!"), match("near", "0.0", 16 / 17));
  assertEquals(check("I cannot find my new card pin"), undefined);
  // A letter is in 5 of the 45 parts of the words as they are, but of the 28 of these written together.
  assertEquals(
    check("ab cd ef gh ij kk mn op qr st uv wx yz ba dc fe"),
    match("near", "0.1", 40 / 50),
  );
  assertEquals(check("ab cd ef gh ij kk mn op qr st uv wx yz ba dc ff"), undefined);
});

Deno.test("texts of fewer than five characters are only like their equals", () => {
  const { check } = protect(["ok", "no", "?!", "好的"]);
  assertEquals(
    ["OK!", "n o", "?!", "!", "", " ", "nope", "好的。"].map((text) => check(text)?.id),
    [
      "0.0",
      "0.1",
      "0.2",
      undefined,
      undefined,
      undefined,
      undefined,
      "0.3",
    ],
  );
  assertEquals(check("?!")?.reason, "protected-exact");
});

Deno.test("the strongest match counts, then the most similar text, then the first", () => {
  const { check } = protect(
    ["my card is lost today", "My card is lost.", "my card is lost"],
    ["my card is lost", "my card is lost toda"],
  );
  assertEquals(check("my card is lost"), match("exact", "0.2"));
  assertEquals(check("my card is lost?"), match("normalised", "0.1"));
  const near = protect(["my new card is lost now", "my new card is lost"], ["my new card is lost"]);
  const found = near.check("my new card is lost n");
  assertEquals([found?.reason, found?.id], ["protected-near", "0.1"]);
  const texts = ["my new card is lost n", "My new card is lost!"];
  assertEquals(checkAll(texts, near), match("normalised", "0.1"));
  assertEquals(checkAll(["nothing like it"], near), undefined);
});

Deno.test("each text is looked up once if checks are remembered, also if nothing is found", () => {
  const asked: string[] = [];
  const { check } = rememberChecks({
    check: (text) => {
      asked.push(text);
      return text === "a" ? match("exact", "0.0") : undefined;
    },
  });
  assertEquals(["a", "b", "a", "b"].map((text) => check(text)?.reason), [
    "protected-exact",
    undefined,
    "protected-exact",
    undefined,
  ]);
  assertEquals(asked, ["a", "b"]);
});

/** The parts of five characters of a text, the plain way. */
function partsOf(text: string): Set<string> {
  const characters = [...text];
  if (characters.length < 5) return new Set([text]);
  return new Set(characters.slice(4).map((_, at) => characters.slice(at, at + 5).join("")));
}

Deno.test("a text is found exactly if comparing it with every protected one finds it", () => {
  const random = createRandom(3);
  const draw = (below: number) => Math.floor(random() * below);
  const words = [
    "Card",
    "pin",
    "lost",
    "Überweisung",
    "my",
    "a",
    "👍",
    "exchange-rate",
    "the",
    "новый",
  ];
  const write = () =>
    Array.from({ length: 2 + draw(7) }, () => words[draw(words.length)]).join(" ");
  const change = (text: string) => {
    const at = draw(text.length);
    return [
      `${text}!`,
      text.toUpperCase(),
      text.slice(1).toWellFormed(),
      (text.slice(0, at) + text.slice(at + 1)).toWellFormed(),
      `${text} ${words[draw(words.length)]}`,
      text.replace(" ", ""),
    ][draw(6)];
  };
  const texts = Array.from({ length: 150 }, write);
  const { check } = protect(texts);
  const plain = (text: string) => {
    const joined = text.normalize("NFC").toLowerCase().replaceAll(/[\p{P}\s]/gu, "");
    const spaced = ` ${
      text.normalize("NFC").toLowerCase().replaceAll(/[\p{P}\s]+/gu, " ").trim()
    } `;
    return { joined, parts: [partsOf(joined), partsOf(spaced)] };
  };
  const forms = texts.map(plain);
  const counts = { exact: 0, normalised: 0, near: 0, none: 0 };
  for (let n = 0; n < 600; n++) {
    const text = n % 5 === 0
      ? write()
      : n % 5 === 1
      ? texts[n % 150]
      : change(n % 2 === 0 ? texts[n % 150] : change(texts[n % 150]));
    const { joined, parts } = plain(text);
    const shares = forms.map((form) =>
      Math.max(
        ...form.parts.map((set, reading) =>
          set.intersection(parts[reading]).size / set.union(parts[reading]).size
        ),
      )
    );
    const most = Math.max(...shares);
    const exact = texts.indexOf(text);
    const equal = forms.findIndex((form) => form.joined === joined);
    const kind = exact >= 0 ? "exact" : equal >= 0 ? "normalised" : most >= 0.8 ? "near" : "none";
    const place = exact >= 0 ? exact : equal >= 0 ? equal : shares.indexOf(most);
    const expected = kind === "none"
      ? undefined
      : match(kind, `0.${place}`, kind === "near" ? most : 1);
    assertEquals(check(text), expected, text);
    counts[kind]++;
  }
  assert(Object.values(counts).every((count) => count > 20), JSON.stringify(counts));
});
