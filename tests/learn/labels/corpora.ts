/**
 * Texts for tests of the embedded synthesizer for labels: real ones and nasty ones.
 *
 * @module
 */
import { exists } from "../../../record/journal.ts";
import type { LabelledExample } from "../../../learn/data/examples.ts";

/** A file of labelled texts, one JSON object a line. */
export interface Corpus {
  readonly name: string;
  readonly path: URL;
  /** Whether the file is missing, as all but the first may be. */
  readonly ignore: boolean;
}

/** Real corpora. */
export const corpora: readonly Corpus[] = [
  ["banking", "../../../examples/banking.jsonl"],
  ["five classes of banking77, 5 examples each", "banking77/five_class_5shot.train.jsonl"],
  ["snips, small", "snips/small.train.jsonl"],
  ["sms", "sms/train.jsonl"],
].map(([name, path], index) => {
  const url = new URL(index === 0 ? path : `../../../../shared/data/${path}`, import.meta.url);
  return { name, path: url, ignore: !exists(url.pathname) };
});

/** Reads a file of labelled texts; ids are numbers of lines. */
export function readExamples(path: URL): LabelledExample[] {
  const lines = Deno.readTextFileSync(path).split("\n").filter((line) => line !== "");
  return lines.map((line, index) => ({ id: `e${index + 1}`, ...JSON.parse(line) }));
}

/** The examples of `examples/<name>`. */
export function readShipped(name: string): LabelledExample[] {
  return readExamples(new URL(`../../../examples/${name}`, import.meta.url));
}

/** The labels of examples, sorted by code unit. */
export function labelsOf(examples: readonly LabelledExample[]): string[] {
  return [...new Set(examples.map(({ label }) => label))].sort();
}

const SEPARATORS = [
  " ",
  " ",
  " ",
  " ",
  "  ",
  ", ",
  "-",
  "'",
  "’",
  ". ",
  "\n",
  "\t",
  "…",
  "/",
  " – ",
];

/** Words of one kind of text each, and separators. */
const NASTY: readonly (readonly [string, readonly string[], (readonly string[])?])[] = [
  [
    "ASCII with apostrophes, underscores, digits and hyphens",
    [
      ..."don't can't won’t I'd foo_bar _x x_ __ 2nd 3 12 123 2024 12.50 £5 5p 7UP rate rates Rate"
        .split(" "),
      ..."arrive arrived arriving RATES on one ones One card cards Card's pre-paid a e-mail".split(
        " ",
      ),
      ..."me@x.com www.a.com http://b ! ? .. :-) (x) $& \\d [a] a+b ^ | constructor __proto__"
        .split(" "),
      "arriv" + "e".repeat(35),
      "arriv" + "e".repeat(36),
      "rates" + "x".repeat(50),
    ],
  ],
  [
    "German, Greek, Russian and Turkish",
    [
      ..."Größe GRÖẞE größen GRÖSSE Straße STRASSE straßen ß ẞ ss Σίσυφος ΣΊΣΥΦΟΣ σίσυφοσ Σ σ ς"
        .split(" "),
      ..."Москва москвы МОСКВЕ карта карты КАРТУ İstanbul istanbul ıstanbul ISTANBUL I i ı İ i̇"
        .split(" "),
      ..."ſ s S ſchön SCHÖN \u212a k K \u212b Å å \u00b5 μ Μ ϑ θ ϴ Θ \u2126 Ω ω ǅ ǆ Ǆ".split(" "),
      ..."ᾳ ᾼ ᾀ ᾈ ι \u0345 ﬁ ﬅ ﬆ".split(" "),
      ..."\u0390 \u1fd3 \u03b0 \u1fe3 rate rates card_1 _ 42 ё Ё й и\u0306".split(" "),
      "größ" + "e".repeat(40),
      "москв" + "а".repeat(40),
    ],
  ],
  [
    "Hindi, Tamil, Arabic, Hebrew and combining marks",
    [
      ..."नमस्ते नमस्कार कार्ड कार्डों कार्ड्स दर दरें क्\u200dष क्\u200cष १२३ தமிழ் தமிழில் ம் العربية".split(
        " ",
      ),
      ..."مَرْحَبًا مرحبا עִבְרִית עברית e\u0301 é E\u0301 É cafe\u0301 café a\u0301\u0302\u0303 \u0301"
        .split(" "),
      ..."\u0300\u0301 card cards ٣ · · l·l".split(" "),
    ],
  ],
  [
    "Chinese, Japanese, Thai, Lao, Khmer and Burmese among ASCII",
    [
      ..."你好 银行卡 卡 卡片 信用卡丢了 日本語 カード ーカ ﾊﾝｶｸ ひらがな 々 〇 漢字かな交じり สวัสดี บัตร บัตรหาย"
        .split(" "),
      ..."ສະບາຍດີ សួស្តី မင်္ဂလာပါ card cards Card 卡card card卡 abc卡def x1 𠮷野家 𠀀 𠀀𠀁 한국어 é 123 一二三"
        .split(" "),
    ],
    [" ", "", "", "。", "、", "-", "!"],
  ],
  [
    "emoji and letters beyond the basic plane",
    [
      ..."👍 👍🏽 👨‍👩‍👧 🇩🇪 𝒜𝓫 𝐀 𝐚 𐐀𐐁𐐂 𐐨𐐩𐐪 𐐀𐐁𐐂𐐃𐐄𐐅 𐐨𐐩𐐪𐐫𐐬𐐭 𞤀𞤁 𞤢𞤣 ok OK Ⓐ ⓐ ① Ⅷ ⅷ 🅰 x\ufe0f 1️⃣ 𑀓𑀸 𝟘𝟙".split(
        " ",
      ),
    ],
  ],
  [
    "control and invisible characters",
    [
      "\u0000",
      "a\u0000b",
      "a",
      "b",
      "\u0007",
      "\u001b[31m",
      "\r\n",
      "\u2028",
      "\u2029",
      "\u00a0",
      "\ufeff",
      "\u200b",
      "ra\u00adte",
      "rate",
      "\u0085",
      "\u202eetar",
      "\u007f",
      "$1",
      "é",
      "ж",
    ],
  ],
];

/** Corpora of random texts, `size` texts each, by name. */
export function createNastyCorpora(
  random: () => number,
  size: number,
): { readonly name: string; readonly texts: string[] }[] {
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)];
  const sets = NASTY.map(([name, words, separators = SEPARATORS]) => ({
    name,
    texts: Array.from({ length: size }, () => {
      let text = pick(["", "", " ", "¿", "- ", "_"]);
      for (let left = Math.floor(random() * 9); left > 0; left--) {
        text += pick(words) + pick(separators);
      }
      return text;
    }),
  }));
  const anything = sets.flatMap(({ texts }) => texts.slice(0, Math.ceil(size / 4)));
  return [...sets, { name: "all of these", texts: anything }];
}
