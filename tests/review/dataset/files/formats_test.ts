import { assert, assertEquals } from "jsr:@std/assert@^1";
import type { Json } from "../../../../learn/text/schemas.ts";
import type { RowContent } from "../../../../review/dataset/format.ts";
import { formatRow, renderLine, ROW_FORMATS } from "../../../../review/dataset/files/formats.ts";
import {
  LineageSchema,
  renderSchema,
  rowSchema,
} from "../../../../review/dataset/files/schemas.ts";

const prompt = [{ role: "system" as const, content: "rules" }, {
  role: "user" as const,
  content: "?",
}];
const answer = (content: string) => [{ role: "assistant", content }];
const text = { id: "e1", text: "t" };
const rows: readonly RowContent[] = [
  { kind: "sft", content: { prompt, completion: "a" } },
  { kind: "teacher", content: { prompt, completion: "b" } },
  { kind: "preference", content: { prompt, chosen: "a", rejected: "b" } },
  { kind: "unpaired", content: { prompt, completion: "a", label: false } },
  {
    kind: "playbook",
    content: {
      task: "classification",
      failure: { expected: "a", predicted: null, count: 1 },
      rules: [{ name: "a/b", label: "a", patterns: ["b"], flags: "i", priority: 0 }],
      support: 2,
    },
  },
  { kind: "weak", content: { ...text, label: "a", confidence: 1, rules: [] } },
  { kind: "hard", content: { ...text, label: "a", predicted: null, margin: 0, split: "dev" } },
  { kind: "hard", content: { ...text, spans: [], predictedSpans: [], wrong: 0, split: "dev" } },
];

/** What the rows say that are not conversations. */
const plain = rows.slice(4).map(({ content }) => content as Json);

Deno.test("rows are written as TRL reads them", () => {
  assertEquals(rows.map((row) => formatRow(row, "trl")), [
    { messages: [...prompt, ...answer("a")] },
    { messages: [...prompt, ...answer("b")] },
    { prompt, chosen: answer("a"), rejected: answer("b") },
    { prompt, completion: answer("a"), label: false },
    ...plain,
  ]);
});

Deno.test("rows are written as OpenAI reads them, which has no form for unpaired ones", () => {
  assertEquals(rows.map((row) => formatRow(row, "openai")), [
    { messages: [...prompt, ...answer("a")] },
    { messages: [...prompt, ...answer("b")] },
    {
      input: { messages: prompt },
      preferred_output: answer("a"),
      non_preferred_output: answer("b"),
    },
    undefined,
    ...plain,
  ]);
});

Deno.test("a line has the members in one order, whoever made the row", () => {
  const [{ role, content }] = prompt;
  const made = { content: { completion: "a", prompt: [{ extra: 1, content, role }] }, kind: "sft" };
  assertEquals(
    renderLine(formatRow(made as RowContent, "trl")),
    '{"messages":[{"role":"system","content":"rules"},{"role":"assistant","content":"a"}]}',
  );
});

Deno.test("a line is one line that harms no page, no terminal and no reader of UTF-8", () => {
  const text = "a\n\u2028\u2029\u001b[2J\u202e</script><!--\ud800\ufeff é 😀";
  const line = renderLine({ text, [`${text}2`]: [text] });
  // deno-lint-ignore no-control-regex -- these are the characters that must not be there
  assert(!/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e\ufeff]|\p{Surrogate}|<[/!]/u.test(line));
  const expected = text.toWellFormed();
  assertEquals(JSON.parse(line), { text: expected, [`${expected}2`]: [expected] });
  assert(line.includes("é 😀"));
});

Deno.test("each row fits the schema of its kind and format, and no other row does", () => {
  for (const format of ROW_FORMATS) {
    for (const row of rows) {
      const schema = rowSchema(row.kind, format);
      const content = formatRow(row, format);
      assertEquals(schema === undefined, content === undefined);
      if (schema === undefined) continue;
      assertEquals(schema.parse(content), content);
      const wrong = { ...(content as object), extra: 1 };
      assert(!schema.safeParse(wrong).success, `${row.kind} ${format}`);
    }
  }
  assert(!rowSchema("sft", "trl")!.safeParse({ messages: prompt }).success);
});

Deno.test("schemas are written as JSON Schema of 2020-12", () => {
  const schema = JSON.parse(renderSchema(LineageSchema, "Lineage"));
  assertEquals(
    [schema.$schema, schema.title, schema.additionalProperties, schema.required],
    ["https://json-schema.org/draft/2020-12/schema", "Lineage", false, [
      "row",
      "kind",
      "sources",
      "shown",
    ]],
  );
});
