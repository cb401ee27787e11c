import { assertEquals } from "jsr:@std/assert@^1";
import { escapeMarkdown, quoteCode } from "../../../learn/text/markdown.ts";

Deno.test("nothing that begins markup is left in a text, wherever it stands", () => {
  for (
    const [text, escaped] of [
      ["F1 fell by 1.46 points (p = 0.5)", "F1 fell by 1.46 points (p = 0.5)"],
      ["card_arrival, 00:55", "card_arrival, 00:55"],
      ["_x_ __y__", "&#95;x&#95; &#95;&#95;y&#95;&#95;"],
      ["<img src=x>&lt;", "&#60;img src=x&#62;&#38;lt;"],
      [
        "![a](b) `c` **d** ~~e~~ $f$ #1",
        "!&#91;a&#93;(b) &#96;c&#96; &#42;&#42;d&#42;&#42; " +
        "&#126;&#126;e&#126;&#126; &#36;f&#36; &#35;1",
      ],
      [String.raw`a|b\|`, "a&#124;b&#92;&#124;"],
      ["https://x.y www.x.y a@b.c", "https:<!-- -->//x.y www&#46;x.y a@<!-- -->b.c"],
      ["- a", "&#45; a"],
      ["---", "&#45;--"],
      ["1. a", "1&#46; a"],
      ["    a", "&#32;   a"],
      ["-1.5", "-1.5"],
      [
        "a\n## b\u202e\u001b[2J",
        String.raw`a\n## b\u202e\x1b[2J`.replaceAll("\\", "&#92;")
          .replaceAll("#", "&#35;").replaceAll("&&#35;92;", "&#92;").replaceAll("[", "&#91;"),
      ],
    ]
  ) assertEquals(escapeMarkdown(text), escaped);
  assertEquals(quoteCode("`a`"), "<code>&#96;a&#96;</code>");
});
