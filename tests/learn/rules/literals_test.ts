import { assert, assertEquals } from "jsr:@std/assert@^1";
import { BOUNDARY, foldText, foldUnit } from "../../../learn/text/folding.ts";
import { findLiteralNeeds, type Literal, requiredLiterals } from "../../../learn/rules/literals.ts";
import { ANY_CAPITAL, ANY_DIGIT, MAX_SYMBOLS } from "../../../learn/rules/literals/sequences.ts";

const SHOWN = new Map([[BOUNDARY, "|"], [ANY_DIGIT, "9"], [ANY_CAPITAL, "A"]]);

/** Shows literals, with `|` for word boundaries, `9` for any digit and `A` for any capital. */
function showGroup(group: readonly Literal[]): string[] {
  return group.map((literal) =>
    literal.map((symbol) => SHOWN.get(symbol) ?? String.fromCharCode(symbol)).join("")
  );
}

/** Shows the literals of a pattern. */
function show(pattern: string, flags = "i"): string[][] {
  return requiredLiterals(pattern, flags).map(showGroup);
}

/** Shows the literals with which the matches of a pattern begin. */
function showOpening(pattern: string, flags = "i"): string[] | undefined {
  const { opening } = findLiteralNeeds(pattern, flags);
  return opening && showGroup(opening);
}

Deno.test("a word between boundaries is looked up as a whole word", () => {
  assertEquals(show(String.raw`\bto\b`), [["|to|"]]);
});

Deno.test("an optional ending doubles the literals of a word", () => {
  assertEquals(show(String.raw`\brates?\b`), [["|rates|", "|rate|"]]);
});

Deno.test("a prefix pattern is looked up with a boundary on the left alone", () => {
  assertEquals(show(String.raw`\barriv\w*`), [["|arriv"]]);
});

Deno.test("a separator without word characters closes the words on both sides", () => {
  assertEquals(show(String.raw`\bexchange\W+rates?\b`), [["|exchange|"], ["|rates|", "|rate|"]]);
});

Deno.test("a gap of words closes the words on both sides", () => {
  assertEquals(show(String.raw`\bhow\W+(?:\w+\W+){1,2}much\b`), [["|much|"], ["|how|"]]);
});

Deno.test("alternatives and small classes are multiplied out", () => {
  assertEquals(show(String.raw`\b(?:fee|charge)\b`), [["|fee|", "|charge|"]]);
  assertEquals(show(String.raw`\bcan['’]t\b`), [["|can|'|t|", "|can|’|t|"]]);
});

Deno.test("an anchored first word is looked up with a boundary on the left", () => {
  assertEquals(show(String.raw`^what\b`), [["|what|"]]);
  assertEquals(show(String.raw`(?:^|\W)to(?:\W|$)`), [["|to|"]]);
});

Deno.test("lookarounds that rule out word characters close a word", () => {
  assertEquals(show(String.raw`(?<!\p{IDC})to(?!\p{IDC})`, "iu"), [["|to|"]]);
});

Deno.test("words of other scripts are looked up without regard to case", () => {
  assertEquals(
    requiredLiterals(String.raw`(?<!\p{IDC})GRÖßE(?!\p{IDC})`, "iu"),
    [[foldText("größe")]],
  );
});

Deno.test("the literals of lookaheads and lookbehinds must be in the text", () => {
  assertEquals(show(String.raw`\d(?= fees?)`), [[" |fees", " |fee"]]);
  assertEquals(show(String.raw`(?<=no\. )\d`), [["no|. "]]);
});

Deno.test("an optional part yields no literal", () => {
  const patterns = [
    String.raw`\b\d{5}\b`,
    "(?:fee)?",
    "(?:fee)*x{0}",
    "fee|",
    "(?:fee|\\d)",
    "[^fee]",
    "(?!fee)",
    "(?:(?=fee))?",
    ".*",
    "(\\d)\\1",
    String.raw`(?-i:\b[A-Z]{3,}\b)`,
    "𐐀",
  ];
  for (const pattern of patterns) assertEquals(show(pattern, "iu"), [], pattern);
});

Deno.test("characters outside of the basic plane are looked up if case matters", () => {
  assertEquals(show("😀", "u"), [["😀"]]);
  assertEquals(show("😀", ""), [["😀"]]);
  assertEquals(show("(?i:𐐀)", "u"), []);
  assertEquals(show("(?-i:𐐀)", "iu"), [["𐐀"]]);
});

Deno.test("literals stay short, and alternatives few, whatever the pattern", () => {
  const long = requiredLiterals("a".repeat(1_999), "i");
  assert(long.flat().every((literal) => literal.length <= MAX_SYMBOLS));
  const many = requiredLiterals("(?:a|b)(?:c|d)".repeat(140), "i");
  assert(many.every((group) => group.length <= 256), "alternatives are bounded");
});

Deno.test("code units that a pattern takes for each other fold to the same symbol", () => {
  const plane = Array.from({ length: 0x10000 }, (_, unit) => String.fromCharCode(unit))
    .filter((character) => !/[\ud800-\udfff]/.test(character)).join("");
  const cased = plane.match(/[\p{CWCF}\p{CWL}\p{CWU}\p{CWT}\p{CWKCF}\p{Cased}]/gu)!;
  assert(cased.length > 2_000);
  for (const flags of ["gi", "giu"]) {
    for (const character of cased) {
      const pattern = new RegExp(character, flags);
      const folded = foldUnit(character.charCodeAt(0));
      const apart = plane.match(pattern)!.filter((one) => foldUnit(one.charCodeAt(0)) !== folded);
      assertEquals(apart, [], character);
    }
  }
});

Deno.test("each alternative is looked up with the boundaries around all of them", () => {
  assertEquals(show(String.raw`\b(?:traffic\w*|roads?|accid\w*)\b`), [
    ["|traffic", "|roads|", "|road|", "|accid"],
  ]);
  assertEquals(show(String.raw`(?:^\W*how\W+do\b|\bwhere\b)`), [["|how|", "|where|"]]);
  assertEquals(show(String.raw`\b(?:how\W+many|rates?)\b`), [
    ["|how|", "|rates|", "|rate|"],
    ["|many", "rates", "rate"],
  ]);
});

Deno.test("what follows alternatives of which some are not known whole is looked up too", () => {
  assertEquals(show(String.raw`(?:a\w*|b) cde`), [[" |cde"], ["a", "b| |cde"]]);
});

Deno.test("words and their beginnings are all there is to a pattern of them, without regard to case", () => {
  const isDecided = (pattern: string, flags = "i") => findLiteralNeeds(pattern, flags).isDecided;
  const decided = [
    String.raw`\bfees?\b`,
    String.raw`\b(?:traffic\w*|roads?|accid\w*)\b`,
    String.raw`\bfee\w*`,
    String.raw`\bcan't\b`,
    "[fg]ee",
  ];
  for (const pattern of decided) {
    assertEquals([isDecided(pattern), isDecided(pattern, "iu")], [true, true]);
  }
  assertEquals([isDecided("12/3", ""), isDecided("fee", "")], [true, false]);
  const open = [
    String.raw`^fee\b`,
    String.raw`\bfee\W+charge\b`,
    String.raw`\b(?:fee\w*s|charge)\b`,
    String.raw`-\w*\b`,
    String.raw`\Bfee`,
    "fee(?!s)",
    "fee(?=s)",
    "größe",
    "a very long sentence",
    String.raw`\b\d{3}\b`,
    "(?-i:fee)",
  ];
  for (const pattern of open) assertEquals(isDecided(pattern), false, pattern);
});

Deno.test("an opening is what each match begins with, also any digit or capital", () => {
  assertEquals(showOpening(String.raw`(?<!\p{IDC})(?:the|The) (\p{Lu}\w+)`, "u"), ["|the| A"]);
  assertEquals(showOpening(String.raw`(?<!\p{IDC})\p{Lu}\w+`, "u"), ["|A"]);
  assertEquals(showOpening(String.raw`\p{Lu}\w+`, "u"), ["A"]);
  assertEquals(showOpening(String.raw`\b(?:\d{1,9} the|against)`, "u"), ["|9", "|against"]);
  assertEquals(showOpening(String.raw`no\. (\d+)`), ["no|. |9"]);
  const unknown = [String.raw`\w+ fee`, "(?=fee)fee", "(?:fee)?", String.raw`^fee|\s`, ".*"];
  for (const pattern of unknown) assertEquals(showOpening(pattern), undefined, pattern);
  assertEquals(showOpening(String.raw`\p{Lu}\w+`, "iu"), undefined);
});

Deno.test("of ambiguous characters apart, only its other case folds to an ASCII letter", () => {
  for (let unit = 0x80; unit < 0x10000; unit++) {
    if (unit !== 0x17f && unit !== 0x212a) assert(foldUnit(unit) >= 0x80, unit.toString(16));
  }
});
