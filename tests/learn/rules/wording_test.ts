import { assert, assertEquals } from "jsr:@std/assert@^1";
import { listWordings } from "../../../learn/rules/wording.ts";

const raw = String.raw;
const TEXT = "my card has not arrived yet";

/** Tells whether a reader finds the text in a pattern. */
const holds = (pattern: string, text = TEXT) =>
  listWordings(pattern).some((wording) =>
    wording.toLowerCase().replace(/\s+/g, " ").includes(text)
  );

const disguised: Readonly<Record<string, string>> = {
  "as it is": TEXT,
  "between word edges": raw`^\bmy card\b \bhas not arrived yet\b$`,
  "with classes for white space": raw`my\s+card\s*has\W+not[ ]arrived[\s,.]+yet`,
  "with more ways to match white space": raw`my\tcard\u0020has\x20not\040arrived\P{L}yet`,
  "with one character of any kind for white space": raw`my.card.?has[^a-z]not[^\w]arrived.{1}yet`,
  "with repeated classes of no letters":
    raw`my[^a-z]+card[^\p{L}\p{N}]+has[^A-Za-z]*not arrived yet`,
  "with flags of other engines": raw`(?i)my card (?s)has not arrived yet`,
  "with escaped characters": raw`\x6dy \u0063ard \u{68}as no\164 \arrived yet`,
  "with classes of one letter": raw`[m][yY] [cC]ard [\x68]as [[n]]ot arrived yet`,
  "within groups": raw`(?:my) (card) (?<a>has)(?: not)(?i: arr)(?-i:ived) yet`,
  "with optional parts": raw`my (?:card )?has (?:not)? ?arrived yet`,
  "with optional parts that are not in the text":
    raw`myx? (?:big )?card q*has not arrived z{0,2}yet`,
  "with empty alternatives": raw`my (?:|card) (?:has|) not arrived yet`,
  "with parts that never match": raw`mx{0}y card has (?:no){0}not arrived yet`,
  "with counted letters": raw`my{1} card has not ar{2}ived yet`,
  "with lookarounds between the words": raw`my(?=.) (?!lost)card(?<!x) has not arrived(?= ) yet`,
  "partly in lookarounds": raw`(?<=my card )has not(?= arrived yet)`,
  "in a negative lookaround": raw`(?!.*my card has not arrived yet)x`,
  "with references to nothing": raw`()my\1 card() has not arrived yet`,
  "as the name of a group": "(?<my_card_has_not_arrived_yet>x)",
  "as the name of a rule": "my-card_has/notArrivedYet",
  "as one of many alternatives": raw`\b(?:fee|my\s+card\s+has not arrived yet|rate)\b`,
  "after what does not compile": raw`(?:[z-a]*** my\x20card has not arrived yet`,
};
for (const [how, pattern] of Object.entries(disguised)) {
  Deno.test(`a text is found in a pattern ${how}`, () => assert(holds(pattern), pattern));
}

const others: Readonly<Record<string, string>> = {
  "words with gaps": raw`\bmy\b.*\bcard\b.*\bhas not\b.+\barrived\b.{0,9}yet`,
  "words with any word between them": raw`my \w+ has not \S+ yet`,
  "many words, of which any will do": raw`\b(?:my|card|has|not|arrived|yet)\b`,
  "words with different ones between them": raw`my (?:card|fee) has (?:not|never) arrived yet`,
  "classes of several letters": raw`my [a-z]ard [fh]as not arrived yet`,
};
for (const [what, pattern] of Object.entries(others)) {
  Deno.test(`a text is not found in a pattern of ${what}`, () => assert(!holds(pattern), pattern));
}

Deno.test("a long pattern is read in pieces, one that is longer than a rule may have as it is", () => {
  for (const length of [3_990, 4_000, 6_990, 90_000]) {
    assert(holds(`${"x".repeat(length)}|${TEXT.replaceAll(" ", raw`\x20`)}`), `${length}`);
  }
  const long = `${"x".repeat(100_000)} my\\x20card`;
  assertEquals(listWordings(long), [long, `${"x".repeat(100_000)} my\\x20card`]);
  assert(holds("y".repeat(1_000_000) + TEXT));
});

Deno.test("patterns of any signs are read in time", () => {
  const parts = ["[", "(", "(?<", raw`\p{`, "{9", raw`\\`, "(?!", "x{9}", "(x{9}){9}", "[a-", "_"];
  for (const part of parts) {
    const wordings = listWordings(part.repeat(Math.floor(4_000 / part.length)));
    assert(wordings.every(({ length }) => length < 1_000_000), part);
  }
});
