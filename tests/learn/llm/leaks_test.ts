/** Whole runs with a model that says in every place what no record may hold. */
import { assert, assertEquals } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { createChat } from "../../../learn/chat/client.ts";
import { createAgenticCoordinator } from "../../../learn/llm/coordinator.ts";
import { createLlmSynthesizer } from "../../../learn/llm/synthesizer.ts";
import { learnRules } from "../../../pipeline.ts";
import { type Trace, verifyTrace, withTrace } from "../../../trace.ts";
import { inFolder } from "../../pipeline/fixture.ts";
import { type Answer, completion, serveChat } from "../chat/chat_server.ts";
import { train } from "./coordinator_fixture.ts";

const raw = String.raw;
const LETTER = { id: "letter", text: "Send my aunt Eulalia's card to Via Roma 7\nplease" };
const examples = [...train, { ...LETTER, label: "card" }];

/** What the replies to requests are, by the title of their schemas; strings are the text itself. */
type Replies = Readonly<Record<string, unknown>>;

/** Replies that say `words` wherever a model can say anything. */
function saying(words: string): Replies {
  const rule = { name: "fees", label: "fee", patterns: ["fee|charge"], not: [], flags: "i" };
  const loose = [
    { ...rule, name: words },
    { ...rule, name: `fee ${words}` },
    { ...rule, label: words },
    { ...rule, patterns: [words] },
    { ...rule, patterns: ["fee", words] },
    { ...rule, patterns: [`${words}(`] },
    { ...rule, not: [words] },
    { ...rule, flags: words },
    { name: words },
  ];
  const numbered = loose.map((one) => ({ ...one, replaces: null }));
  return {
    "rules-1": { rules: [{ ...rule, name: "cards", label: "card", patterns: ["card"] }, ...loose] },
    "patch-1": {
      remove: [words],
      rules: [rule, ...numbered, { ...rule, replaces: words }, { ...numbered[3], replaces: 1 }],
    },
    "critique-1": {
      analysis: words,
      advice: [{ rule: words, text: words }, { rule: null, text: `not ${words} again` }, words],
    },
    "guidance-1": { guidance: `look at ${words}`, stop: false },
    "audit-1": {
      actions: [
        ...loose.map((rule) => ({ kind: "tighten", rules: ["R1"], rule, reason: words })),
        { kind: "remove", rules: [words], rule: null, reason: words },
        { kind: words, rules: [words], rule: loose[0], reason: words },
      ],
    },
  };
}

interface Run {
  readonly trace: Trace;
  /** The texts of files, by what they are. */
  readonly files: Readonly<Record<"trace" | "journal" | "tape", string>>;
}

/** Learns with a model behind a server; `write` makes the text of a reply. */
async function learn(
  replies: Replies,
  { write = JSON.stringify, apiKey, query = "" }: {
    readonly write?: (reply: unknown) => string;
    readonly apiKey?: string;
    readonly query?: string;
  } = {},
): Promise<Run> {
  const answer: Answer = ({ body }) =>
    Response.json(completion(write(replies[body.response_format.json_schema.name])));
  await using server = serveChat(answer);
  const chat = createChat({ baseUrl: server.baseUrl + query, model: "loose", apiKey });
  return await inFolder(async (storage) => {
    let journal = "";
    const { trace, path, tape } = await withTrace(learnRules, { storage })(
      { name: "few", task: "classification", examples },
      {
        synthesizer: createLlmSynthesizer({ chat }),
        coordinator: createAgenticCoordinator({ chat, every: 1 }),
        maxIterations: 2,
        holdout: 0,
        generateId: () => "run-1",
        onStep: () => journal = Deno.readTextFileSync(join(storage, "few.run-1.trace.jsonl")),
      },
    );
    verifyTrace(trace);
    const files = { trace: path, tape: tape! };
    const read = Object.entries(files).map(([what, path]) => [what, Deno.readTextFileSync(path)]);
    return { trace, files: { ...Object.fromEntries(read), journal } };
  });
}

const quotes: Readonly<Record<string, string>> = {
  "as it is": LETTER.text,
  "but for its ends": LETTER.text.slice(2, -2),
  "in capitals": LETTER.text.toUpperCase(),
  "with patterns for white space": LETTER.text.replaceAll(/\s/g, raw`\s+`),
  "with classes for white space": LETTER.text.replaceAll(/\s/g, "[ ,]"),
  "with other signs between words": LETTER.text.replaceAll(/\W+/g, ", "),
  "without spaces and signs": LETTER.text.replaceAll(/\W+/g, ""),
  "in groups": LETTER.text.replaceAll(/\w+/g, "(?:$&)"),
  "in optional groups": LETTER.text.replaceAll(/\s\w+/g, "($&)?"),
  "with classes of one letter": LETTER.text.replaceAll("e", "[eE]"),
  "with escaped letters": LETTER.text.replaceAll("a", raw`\x61`).replaceAll("i", raw`\u0069`),
};
for (const [how, words] of Object.entries(quotes)) {
  Deno.test(`no record but the tape has an example that a model quotes ${how}`, async () => {
    const { trace, files: { tape, ...files } } = await learn(saying(words));
    for (const [what, text] of Object.entries(files)) {
      assert(!text.toLowerCase().includes("eulalia"), what);
      assert(!text.includes(JSON.stringify(words).slice(1, -1)), what);
      assert(text.includes("[letter]"), what);
    }
    assert(tape.includes(JSON.stringify(JSON.stringify(words).slice(1, -1)).slice(1, -1)));
    const [synthesis] = trace.steps;
    assert(synthesis.type === "synthesis");
    const quoting = synthesis.refused.filter(({ code }) => code === "quote");
    assert(quoting.length >= 5);
    for (const { name, detail } of quoting) {
      assert(/^r[0-9a-f]{12}$/.test(name), name);
      assertEquals(detail, 'has 20 characters or more of the example "letter" in a row');
    }
    const audits = trace.steps.filter((step) => step.type === "audit");
    assert(
      audits.some(({ actions }) => actions.some(({ reason }) => reason.startsWith("quote: "))),
    );
  });
}

Deno.test("nineteen characters of an example in a row are no quote, and make rules", async () => {
  const words = LETTER.text.slice(0, 19);
  const { trace } = await learn(saying(words));
  const rules = Object.values(trace.rules);
  assert(rules.some(({ name }) => name === words));
  assert(rules.some(({ patterns }) => patterns[0] === words));
  assert(!JSON.stringify(trace).includes('"code":"quote"'));
});

const KEY = "sk-Live/7f3K+q9Zx_Tt20";
const bytes = (text: string) => new TextEncoder().encode(text);
const base64 = (text: string) => bytes(text).toBase64();
const keys: Readonly<Record<string, string>> = {
  "as it is": KEY,
  "in capitals": KEY.toUpperCase(),
  "for a URL": encodeURIComponent(KEY),
  "in base64": base64(KEY),
  "in base64 with a user": base64(`a:${KEY}`),
  "in base64 for URLs": bytes(`bearer ${KEY}`).toBase64({ alphabet: "base64url" }),
};
/** Tells whether a text has the key in any of the ways it was said. */
const hasKey = (text: string) =>
  [...Object.values(keys), base64(KEY).slice(4, 24)].some((form) =>
    text.toLowerCase().includes(form.toLowerCase())
  );
const escapeAll = (json: string) =>
  json.replaceAll(
    /"(?:[^"\\]|\\.)*"/g,
    (text) =>
      JSON.stringify(JSON.parse(text)).slice(1, -1).length > 14
        ? `"${
          [...JSON.parse(text) as string]
            .map((unit) => raw`\u` + unit.charCodeAt(0).toString(16).padStart(4, "0")).join("")
        }"`
        : text,
  );
for (const [how, said] of Object.entries(keys)) {
  for (
    const [form, write] of [["", JSON.stringify], [
      ", in escapes of JSON",
      (reply: unknown) => escapeAll(JSON.stringify(reply)),
    ]] as const
  ) {
    Deno.test(`no record has the key that a model says ${how}${form}`, async () => {
      for (
        const options of [{ apiKey: KEY }, { query: `?api-key=${encodeURIComponent(KEY)}` }, {
          query: `?${encodeURIComponent(KEY)}`,
        }]
      ) {
        const { trace, files } = await learn(saying(said), { ...options, write });
        for (const [what, text] of Object.entries(files)) {
          assert(!hasKey(text), what);
          assert(text.includes(options.apiKey ? "[key]" : "[query]"), what);
        }
        const strings: string[] = [];
        JSON.stringify(trace, (_, value) => (strings.push(`${value}`), value));
        assert(!strings.some(hasKey));
      }
    });
  }
}
