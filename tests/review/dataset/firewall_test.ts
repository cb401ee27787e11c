import { assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { createLlmSynthesizer } from "../../../learn/llm/synthesizer.ts";
import { applyFirewall, recheckLines } from "../../../review/dataset/firewall.ts";
import type { ChatContent, LineageSource, TrainingRow } from "../../../review/dataset/format.ts";
import { createProtection } from "../../../review/dataset/protecting.ts";
import { formOf } from "../../../review/evidence/forms.ts";
import { ShownExamples } from "../../../review/dataset/rows/lineage.ts";
import { ruleForEach, scriptChat, task, train } from "../../learn/llm/synthesizer_fixture.ts";

const protection = createProtection([
  { texts: [{ id: "p0", text: "How do I top up my account?" }] },
  { texts: [{ id: "p1", text: "Where is my new card? I want it today" }] },
]);
const source: LineageSource = { trace: "sha256:a", dataset: "sha256:d", step: 3 };

/** A row whose prompt shows texts. */
function row(
  texts: readonly string[],
  { sources = [source], completion = "{}", kind = "sft", shown = texts }: {
    readonly sources?: readonly LineageSource[];
    readonly completion?: string;
    readonly kind?: "sft" | "teacher";
    readonly shown?: readonly string[];
  } = {},
): TrainingRow {
  const examples = texts.map((text) => ({ text, label: "card" }));
  const prompt = [{ role: "user", content: JSON.stringify({ examples }) }] as const;
  const content: ChatContent = { prompt, completion };
  return { kind, content, sources, shown: shown.map((text) => ({ id: `id of ${text}`, text })) };
}

const reasons = (rows: readonly TrainingRow[], options = {}) =>
  applyFirewall(rows, { protection, ...options }).quarantined.map(({ reason }) => reason);

Deno.test("rows that show protected texts are left out, with the strongest match and no text", () => {
  const rows = [
    row(["a harmless text", "how do i top-up my account"]),
    row(["a harmless text"]),
    row(["how do I top up my account??", "Where is my new card? I want it today"]),
    row(["Where is my new card? I want it todays"]),
  ];
  const { kept, quarantined } = applyFirewall(rows, { protection });
  assertEquals(kept, [rows[1]]);
  assertEquals(
    quarantined.map(({ reason, protected: found }) => [reason, found?.file, found?.id]),
    [
      ["protected-normalised", 0, "p0"],
      ["protected-exact", 1, "p1"],
      ["protected-near", 1, "p1"],
    ],
  );
  assertEquals(quarantined[0], {
    kind: "sft",
    reason: "protected-normalised",
    sources: [source],
    shown: ["id of a harmless text", "id of how do i top-up my account"],
    protected: { file: 0, id: "p0", similarity: 1 },
  });
});

Deno.test("a whole text counts if the prompt shows a part of it, and so does what only a reply says", () => {
  const whole = "How do I top up my account?";
  assertEquals(reasons([row([whole.slice(0, 9)], { shown: [whole] })]), ["protected-exact"]);
  const completion = `Sure: {"rules": [{"name": "as in: ", "patterns": ["${whole}`;
  assertEquals(reasons([row([], { completion })]), ["protected-exact"]);
  const content = { cluster: { examples: [{ text: whole }] } };
  const playbook = { kind: "playbook", content, sources: [source], shown: [] } as const;
  assertEquals(reasons([playbook]), ["protected-exact"]);
});

Deno.test("a prompt may not show what the run of any of its sources held out; rows about texts may", () => {
  const heldOutOf = (trace: string) => new Set(trace === "sha256:b" ? ["id of one"] : []);
  const other = { ...source, trace: "sha256:b" };
  const about = {
    content: { text: "one" },
    sources: [other],
    shown: [{ id: "id of one", text: "one" }],
  };
  const rows = [
    row(["one", "two"]),
    row(["two", "one"], { sources: [source, other] }),
    row(["two"], { sources: [other] }),
    { kind: "weak", ...about } as const,
    { kind: "hard", ...about } as const,
    { kind: "playbook", ...about } as const,
  ];
  const { kept, quarantined } = applyFirewall(rows, { protection, heldOutOf });
  assertEquals(kept, [rows[0], rows[2], rows[3], rows[4]]);
  assertEquals(quarantined.map(({ kind, reason, detail }) => [kind, reason, detail]), [
    ["sft", "held-out-in-prompt", 'it shows "id of one"'],
    ["playbook", "held-out-in-prompt", 'it shows "id of one"'],
  ]);
});

Deno.test("a row with the content of a kept one of its kind is a duplicate, wherever it comes from", () => {
  const elsewhere = { sources: [{ ...source, trace: "sha256:b" }] };
  const rows = [row(["one"]), row(["one"], elsewhere), row(["one"], { kind: "teacher" })];
  assertEquals(applyFirewall(rows, { protection }).kept, [rows[0], rows[2]]);
  assertEquals(reasons(rows), ["duplicate"]);
  const broken = ["\ud800", "\ud800", "\ud801"].map((completion) => row(["one"], { completion }));
  assertEquals(applyFirewall(broken, { protection }).kept, [broken[0], broken[2]]);
  // What is left out itself makes no duplicate.
  const heldOutOf = (trace: string) => new Set(trace === "sha256:a" ? ["id of one"] : []);
  assertEquals(reasons(rows, { heldOutOf }), ["held-out-in-prompt", "held-out-in-prompt"]);
});

Deno.test("no more rows of a kind with the same prompt than the cap are kept, of whichever runs", () => {
  const many = (trace: string, kind: "sft" | "teacher" = "sft") =>
    Array.from({ length: 4 }, (_, n) => {
      return row(["x"], { kind, completion: `${trace} ${n}`, sources: [{ ...source, trace }] });
    });
  assertEquals(reasons(many("a")), []);
  assertEquals(reasons([...many("a"), ...many("b")]), Array(3).fill("over-cap"));
  assertEquals(reasons([...many("a"), ...many("b", "teacher")]), []);
  assertEquals(reasons([row(["x"]), row(["y"])], { cap: 1 }), []);
  const weak = Array.from({ length: 7 }, (_, n) => {
    return { kind: "weak", content: { text: `${n}` }, sources: [source], shown: [] } as const;
  });
  assertEquals(reasons(weak), []);
  for (const cap of [0, 1.5, NaN]) assertThrows(() => reasons([], { cap }), RangeError, "cap is");
});

Deno.test("a text that runs of one data set label otherwise gets no weak label", () => {
  const weak = (trace: string, label: string, dataset = "d") => {
    const shown = [{ id: "x", text: "one" }];
    const content = { id: "x", text: "one", label };
    return { kind: "weak", content, shown, sources: [{ trace, dataset }] } as const;
  };
  assertEquals(reasons([weak("a", "card"), weak("b", "rate"), weak("c", "card")]), [
    ...Array(3).fill("tie"),
  ]);
  assertEquals(reasons([weak("a", "card"), weak("b", "rate", "other")]), []);
});

Deno.test("a text is one weak and one hard row, of whichever runs, unless it is of other examples", () => {
  const about = (kind: "weak" | "hard", trace: string, dataset: string) => {
    const content = { text: "one", margin: trace };
    const shown = [{ id: "e1", text: "one" }];
    return { kind, content, sources: [{ ...source, trace, dataset }], shown } as const;
  };
  const rows = [
    about("hard", "a", "d"),
    about("hard", "b", "d"),
    about("weak", "c", "d"),
    about("hard", "d", "other"),
  ];
  assertEquals(applyFirewall(rows, { protection }).kept, [rows[0], rows[2], rows[3]]);
  assertEquals(reasons(rows, { cap: 3 }), ["over-cap"]);
});

Deno.test("the written lines are checked again: those that are not JSON or show protected texts are told", () => {
  const bad = JSON.stringify({
    messages: [{ content: '{"examples":[{"text":"how do i top up my account"}]}' }],
  });
  const lines = [
    JSON.stringify(row(["one"])),
    bad,
    '{"text":"One',
    "",
    '{"text":"Where is my new card? I want it today',
  ];
  const problems = recheckLines(lines, protection);
  assertEquals(problems.map(({ line, reason }) => [line, reason]), [
    [2, "protected-normalised"],
    [3, "unreadable"],
    [4, "unreadable"],
    [5, "unreadable"],
  ]);
  assertEquals(problems[0], {
    line: 2,
    reason: "protected-normalised",
    file: 0,
    id: "p0",
    similarity: 1,
  });
  assertEquals(JSON.stringify(problems).includes("today"), false);
  assertEquals(
    problems[1],
    {
      line: 3,
      reason: "unreadable",
      detail: "Cannot read the row: line 3, column 13: expected a closing quote, but the text ends",
    },
  );
});

Deno.test("a prompt with a playbook shows what earlier runs learned, and the examples of its own run", async () => {
  /** A row whose prompt has an entry with this rule. */
  const rowWith = async (rule: { name: string; patterns: string[] }): Promise<TrainingRow> => {
    const chat = scriptChat(ruleForEach);
    const known = { label: "card", flags: "i", priority: 0, ...rule };
    const entry = {
      task: "classification",
      failure: { expected: "card", predicted: null, count: 2 },
      ...{ rules: [known], support: 2 },
    } as const;
    const own = { ...task, labels: ["card"], playbook: [entry] };
    await createLlmSynthesizer({ chat }).synthesize(own, train, []);
    const [{ messages: prompt, data }] = chat.requests;
    assertEquals(data.playbook.length, 1);
    const form = formOf({ dataset: { task: "classification" } });
    const shown = new ShownExamples(train).find(prompt, form);
    assertEquals(
      shown,
      data.examples.map(({ text }: { text: string }) => ({
        ...{ id: text.replace(" ", "-"), text },
      })),
    );
    return { kind: "sft", content: { prompt, completion: "{}" }, sources: [source], shown: [] };
  };
  const rows = await Promise.all([
    { name: "card", patterns: [String.raw`\bcards?\b`] },
    { name: "How do I top up my account?", patterns: ["card"] },
    { name: "card", patterns: ["Where is my new card\\? I want it today"] },
  ].map(rowWith));
  assertEquals(reasons(rows), ["protected-exact", "protected-normalised"]);
});
