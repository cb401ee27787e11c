import { assertEquals } from "jsr:@std/assert@^1";
import stringWidth from "npm:string-width@^9";
import { displayWidth } from "../../print/width.ts";

/** Characters of which all have the same width. */
const alike = /[\p{Unified_Ideograph}\p{Co}\p{Cn}\uac01-\ud7a2]/u;

Deno.test("each character has the width that string-width gives it", () => {
  const other: string[] = [];
  for (let point = 0; point < 0x110000; point++) {
    const character = String.fromCodePoint(point);
    if (alike.test(character) && point % 1_009 !== 0) continue;
    // `displayWidth` is for text without controls; it counts them as string-width does all the same.
    if (displayWidth(character) !== stringWidth(character)) other.push(point.toString(16));
  }
  assertEquals(other, []);
});

const graphemes = [
  ...["e\u0301", "\u1100\u1161\u11a8", "각", "ก็", "กำ", "ส้ม", "नमस्ते", "शक्ति", "क्षि", "க்"],
  ...["עִבְרִית", "العَرَبِيَّة", "ﾊﾞ", "\u0600\u0661", "\ud83d", "\ud83da", "日本語"],
  ...[
    "👩‍👩‍👧‍👦",
    "👍🏽",
    "🏽",
    "a🏽",
    "🇩🇪",
    "🇩",
    "❤️",
    "❤",
    "1️⃣",
    "#️⃣",
    "⌚",
    "⌚︎",
    "👁‍🗨",
    "👁️‍🗨️",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "👩\u200d",
  ],
  ...["\u001b[31mé\u001b[0m", "→…·±Δ", "naïve café", "Москва", "Ελλάδα"],
];
for (const text of graphemes) {
  Deno.test(`the width of ${JSON.stringify(text)} is that of string-width`, () => {
    assertEquals(displayWidth(text), stringWidth(text));
    assertEquals(displayWidth(`a ${text} b`), stringWidth(`a ${text} b`));
  });
}
