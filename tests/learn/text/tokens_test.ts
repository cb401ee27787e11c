import { assert, assertEquals } from "jsr:@std/assert@^1";
import { chooseAlphabet, fold, tokenize } from "../../../learn/text/tokens.ts";
import { createNastyCorpora } from "../labels/corpora.ts";
import { createRandom } from "../../record/generate_run.ts";

/** All code points that are characters. */
const characters = Array.from({ length: 0x110000 }, (_, point) => point)
  .filter((point) => point < 0xd800 || point > 0xdfff)
  .map((point) => String.fromCodePoint(point));
const folded = characters.map(fold);
/** Characters that cannot have case: ideographs, Hangul, private use, not assigned. */
const CASELESS = String.raw`[\p{Ideographic}\p{sc=Hang}\p{Co}\p{Cn}]`;

function escape(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}

Deno.test("an English text is cut into runs of word characters, in lower case", () => {
  const { words, runs } = tokenize("Don't_x 2nd-RATE café!", "ascii");
  assertEquals([words, runs], [["don", "t_x", "2nd", "rate", "caf"], []]);
});

Deno.test("a text in other scripts is cut into runs of letters, marks and digits, folded", () => {
  const { words } = tokenize("Größe ΣΊΣΥΦΟΣ, e\u0301te\u0301 карта_1!", "unicode");
  assertEquals(words, ["größe", "σίσυφοσ", "e\u0301te\u0301", "карта_1"]);
});

Deno.test("a text without spaces has its ASCII words and the runs of its own script", () => {
  const { words, runs } = tokenize("我的Visa卡丢了。OK 𠮷野家", "ideographic");
  assertEquals([words, runs], [["visa", "ok"], ["我的", "卡丢了", "𠮷野家"]]);
  assertEquals(tokenize("カードのレート", "ideographic").runs, ["カードのレート"]);
});

Deno.test("a text without words has no tokens", () => {
  for (const alphabet of ["ascii", "unicode", "ideographic"] as const) {
    for (const text of ["", " ", "…!?", "👍", "\u0000"]) {
      assertEquals(tokenize(text, alphabet), { words: [], runs: [] });
    }
  }
});

Deno.test("an alphabet is chosen that a tenth of the texts need", () => {
  const english = Array.from({ length: 9 }, () => "a card");
  const [german, chinese] = ["größe", "卡"];
  assertEquals(chooseAlphabet([]), "ascii");
  assertEquals(chooseAlphabet([...english, german]), "ascii");
  assertEquals(chooseAlphabet([...english, german, german]), "unicode");
  assertEquals(chooseAlphabet([...english, chinese]), "ascii");
  assertEquals(chooseAlphabet([...english, chinese, chinese]), "ideographic");
  assertEquals(chooseAlphabet([german, german, chinese]), "ideographic");
});

Deno.test("characters that fold to the same are equal under the flags iu", () => {
  const equal = /^(.)\1$/isu;
  characters.forEach((character, index) => {
    if (folded[index] === character) return;
    assert(equal.test(character + folded[index]), escape(character));
    assertEquals(fold(folded[index]), folded[index]);
  });
});

Deno.test("characters that are equal under the flags iu fold to the same", () => {
  const caseless = new RegExp(CASELESS, "u");
  const numbers = new Map<string, number>();
  const others: { character: string; number: number }[] = [];
  characters.forEach((character, index) => {
    if (caseless.test(character)) {
      if (folded[index] !== character) throw new Error(`${escape(character)} is folded`);
      return;
    }
    const number = numbers.get(folded[index]) ?? numbers.size;
    numbers.set(folded[index], number);
    others.push({ character, number });
  });
  const all = others.map(({ character }) => character).join("");
  assertEquals(all.match(new RegExp(CASELESS, "giu")), null);
  // Characters of two numbers differ in some bit, so that one is in the class and the other is not.
  for (let bit = 1; bit < numbers.size; bit *= 2) {
    const inside = others.filter(({ number }) => number & bit);
    const outside = others.filter(({ number }) => !(number & bit));
    const expression = new RegExp(
      `[${inside.map(({ character }) => escape(character)).join("")}]`,
      "giu",
    );
    const text = outside.map(({ character }) => character).join("");
    assertEquals(text.match(expression)?.map(escape), undefined);
  }
});

Deno.test("folding and the flag i keep word characters word characters, and others others", () => {
  for (const [flags, word] of [["u", /^\p{IDC}$/u], ["iu", /^\p{IDC}$/iu]] as const) {
    const isOther = new RegExp(String.raw`^\P{IDC}$`, flags);
    characters.forEach((character, index) => {
      const isWord = word.test(character);
      if (isWord === word.test(folded[index]) && isWord !== isOther.test(character)) return;
      throw new Error(`${escape(character)} is a letter or not, depending on case`);
    });
  }
});

Deno.test("under the flag i alone no other character equals one of ASCII", () => {
  const others = characters.slice(0x80).join("");
  assertEquals(others.match(/[\0-\x7f]/i), null);
  assertEquals(others.match(/\w/i), null);
});

Deno.test("characters of scripts without spaces are equal to themselves only", () => {
  const scripts = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmr}\p{sc=Mymr}]/u;
  characters.forEach((character, index) => {
    if (!scripts.test(character)) return;
    const isPlain = folded[index] === character && character.toUpperCase() === character;
    if (!isPlain) throw new Error(`${escape(character)} has case`);
  });
});

Deno.test("a text folds as its characters do, one by one", () => {
  for (const { texts } of createNastyCorpora(createRandom(3), 60)) {
    for (const text of texts) assertEquals(fold(text), [...text].map(fold).join(""));
  }
});
