import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { parseFeedback } from "../../../../review/observe.ts";

const set = `sha256:${"0".repeat(64)}`;
const write = (...lines: object[]) => lines.map((line) => JSON.stringify(line)).join("\n");

Deno.test("a line says what a person made of an answer, by its outcome or its label", () => {
  const log = write(
    { text: "a", given: "x", outcome: "accepted", set, at: "2026-11-21" },
    { text: "b", given: "x", outcome: "corrected", label: "y" },
    { text: "c", given: "x", outcome: "rejected", label: "x", id: "c1" },
    { text: "d", given: "x", label: "y", votes: [], rules: ["r"] },
    { text: "e", given: "x", label: "x", confidence: 0.9 },
    { text: "f", given: null, label: null },
    { text: "g", given: null, label: "y" },
    { text: "h", given: "x", label: null },
    { text: "i", given: null, outcome: "accepted" },
    { text: "j", given: "x" },
  );
  const lines = parseFeedback(`\n${log}`, "a log");
  assertEquals(lines.map(({ outcome = "-", label = "-" }) => `${outcome} ${label}`), [
    "accepted x",
    "corrected y",
    "rejected -",
    "corrected y",
    "- -",
    "- -",
    "corrected y",
    "rejected -",
    "accepted -",
    "- -",
  ]);
  const first = { line: 2, text: "a", given: "x", outcome: "accepted", label: "x" } as const;
  assertEquals(lines[0], { ...first, set, at: "2026-11-21" });
  assertEquals([lines[2].id, lines[9].line], ["c1", 11]);
  const reviewed = parseFeedback(log, "a log", { reviewed: true });
  assertEquals(reviewed.map(({ outcome = "-" }) => outcome[0]).join(""), "acrcaacraa");
});

Deno.test("a line that is not as expected is an error that names it, and does not quote the text", () => {
  const good = write({ text: "fine", given: "x" });
  const cases: readonly (readonly [object, string])[] = [
    [{ given: "x" }, '"text" is missing'],
    [{ text: "secret", label: "x" }, '"given" is missing'],
    [{ text: "secret", given: 7 }, '"given" is a number'],
    [{ text: "secret", given: "" }, '"given" is empty'],
    [{ text: "secret", given: [] }, "only feedback on labels is read"],
    [{ text: "secret", given: "x", outcome: "ok" }, '"outcome" is "ok", expected "accepted"'],
    [{ text: "secret", given: "x", outcome: null }, '"outcome" is null'],
    [{ text: "secret", given: "x", outcome: "corrected" }, 'expected a "label" other than'],
    [{ text: "secret", given: "x", outcome: "corrected", label: "x" }, "it is corrected"],
    [{ text: "secret", given: "x", outcome: "accepted", label: "y" }, "it is accepted, but"],
    [{ text: "secret", given: "x", outcome: "rejected", label: "y" }, 'expected "corrected"'],
    [{ text: "secret", given: "x", label: 5 }, '"label" is a number'],
    [{ text: "secret", given: "x", set: "mine" }, "expected sha256:"],
    [{ text: "secret", given: "x", at: 12 }, '"at" is a number'],
    [{ text: "secret", given: "x", at: "1".repeat(101) }, '"at" is 101 characters long'],
    [{ text: "secret", given: "x", id: 4 }, "id"],
  ];
  for (const [line, problem] of cases) {
    const error = assertThrows(() => parseFeedback(`${good}\n\n${write(line)}`, "a log"), Error);
    assert(error.message.startsWith("Cannot read a log: line 3: "), error.message);
    assert(error.message.includes(problem) && !error.message.includes("secret"), error.message);
  }
  for (
    const [text, problem] of [["", "no lines of feedback"], ['{"text": secret', "line 1, col"]]
  ) {
    const error = assertThrows(() => parseFeedback(text, "a log"), Error, problem);
    assert(!error.message.includes("secret"));
  }
});
