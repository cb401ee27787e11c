/**
 * The package as a registry and an editor see it: what is published, how it is documented, and its types.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "jsr:@std/assert@^1";
import { fileURLToPath } from "node:url";
import { learnRules, type Trace, withTrace } from "../mod.ts";
import { execute, type Output } from "./script/process.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const config = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url)));
const exported = Object.values(config.exports as Record<string, string>);

function deno(...args: string[]): Promise<Output> {
  return execute(Deno.execPath(), args, root, { env: { NO_COLOR: "1" } });
}

let published: Promise<readonly string[]> | undefined;

/** The files that `deno publish` would send, asked for once. */
const readPublished = () => published ??= listPublished();

async function listPublished(): Promise<readonly string[]> {
  // Types are checked by `deno check`; what is too slow for a registry is found without that.
  const { code, stdout, stderr } = await deno(
    "publish",
    "--dry-run",
    "--allow-dirty",
    "--no-check",
  );
  assertEquals(code, 0, stderr);
  assertEquals((stdout + stderr).match(/^(?:warning|error).*/gim) ?? [], []);
  const listed = (stdout + stderr).matchAll(/^ +file:\/\/(\S+) /gm);
  return Array.from(listed, ([, path]) => path.slice(root.length));
}

Deno.test("the package can be published: modules and docs, without tests, benches and data", async () => {
  const files = await readPublished();
  const others = files.filter((path) => !/^[a-z]\w*\/.*\.ts$|^(docs\/)?\w+\.md$/.test(path));
  assertEquals([...others].sort(), [
    "LICENSE",
    "deno.json",
    "docs/page.png",
    "examples/LICENSE-CC-BY-4.0",
    "examples/README.md",
    "mod.ts",
    "pipeline.ts",
    "print.ts",
    "trace.ts",
  ]);
  assertEquals(files.filter((path) => /^(tests|bench|runs)\//.test(path)), []);
});

Deno.test("links between the pages that are published lead to files that are published too", async () => {
  const files = await readPublished();
  const dead: string[] = [];
  let count = 0;
  for (const page of files.filter((path) => path.endsWith(".md"))) {
    const text = await Deno.readTextFile(root + page);
    for (const [, link] of text.matchAll(/\]\(((?![a-z]+:|#)[^)\s#]+)/g)) {
      const path = new URL(link, `file:///${page}`).pathname.slice(1);
      count++;
      if (!files.includes(path)) dead.push(`${page}: ${link}`);
    }
  }
  assert(count > 15);
  assertEquals(dead, []);
});

Deno.test("all that the package exports is documented, with the types that it names", async () => {
  const { code, stdout, stderr } = await deno("doc", "--lint", ...exported);
  assertEquals([code, (stdout + stderr).match(/^error.*/gm) ?? []], [0, []], stderr);
});

/** A module in the output of `deno doc --json`, as far as it is read here. */
interface Documented {
  readonly symbols: readonly {
    readonly name: string;
    readonly declarations: readonly Declared[];
  }[];
}

/** A declaration of a symbol: an overload, or a type of the same name. */
interface Declared {
  readonly kind: string;
  readonly jsDoc?: { readonly tags?: readonly { readonly kind: string; readonly doc?: string }[] };
}

let exportedSymbols: Promise<Documented["symbols"]> | undefined;

/** The symbols that the package exports, asked for once. */
const readSymbols = () => exportedSymbols ??= listSymbols();

async function listSymbols(): Promise<Documented["symbols"]> {
  const { stdout } = await deno("doc", "--json", ...exported);
  const { nodes } = JSON.parse(stdout) as { readonly nodes: Record<string, Documented> };
  return Object.values(nodes).flatMap(({ symbols }) => symbols);
}

Deno.test("links in the documentation lead to what the package exports", async () => {
  const symbols = await readSymbols();
  const names = new Set(symbols.map(({ name }) => name));
  const links = Array.from(
    JSON.stringify(symbols).matchAll(/\{@link(?:code)? (\w+)/g),
    ([, name]) => name,
  );
  assert(links.length > 10);
  assertEquals(links.filter((name) => !names.has(name)), []);
});

Deno.test("every function that the package exports has an example, which deno test --doc runs", async () => {
  const functions = (await readSymbols())
    .filter(({ declarations }) => declarations.some(({ kind }) => kind === "function"));
  assert(functions.length > 50);
  const runs = ({ jsDoc }: Declared) =>
    jsDoc?.tags?.some(({ kind, doc }) => kind === "example" && doc?.startsWith("```ts\n"));
  const without = functions.filter(({ declarations }) => !declarations.some(runs));
  assertEquals(without.map(({ name }) => name), []);
});

// As in a consumer's module, where the field task of a variable is any string.
const labelled = {
  name: "intents",
  task: "classification",
  examples: [
    { text: "What is the exchange rate?", label: "rate" },
    { text: "Which rates do you offer?", label: "rate", id: "rates" },
    { text: "My card has not arrived", label: "card" },
    { text: "When does the card arrive?", label: "card" },
  ],
};
const entities = {
  name: "cities",
  task: "ner",
  labels: ["city", "airline"],
  examples: [
    { text: "off to Rome", entities: [{ text: "Rome", type: "city" }] },
    { text: "off to Oslo", entities: [{ start: 7, end: 11, type: "city" }] },
    { text: "off we go", entities: [] },
  ],
};
const spans = {
  name: "places",
  task: "extraction",
  examples: [
    { text: "off to Rome", spans: [{ text: "Rome" }] },
    { text: "off to Oslo", spans: [{ start: 7, end: 11 }] },
    { text: "off we go", spans: [] },
  ],
};

Deno.test("a data set in a variable is learned from, whatever its task, without as const", async () => {
  for (const data of [labelled, entities, spans]) {
    const { trace } = await withTrace(learnRules)(data);
    assertEquals(trace.run.dataset.task, data.task);
  }
  const { scores } = await learnRules(labelled, { test: labelled });
  assertEquals(scores.test?.examples, 4);
});

Deno.test("data of a wrong form does not compile, and an unknown task is refused at once", async () => {
  const name = "wrong";
  const numbered = { name, task: "classification", examples: [{ text: "a", label: 1 }] };
  const untyped = {
    name,
    task: "ner",
    examples: [{ text: "a", entities: [{ start: 0, end: 1 }] }],
  };
  const bare = { name, examples: [{ text: "a" }] };
  // @ts-expect-error: labels are texts.
  await assertRejects(() => learnRules(numbered), TypeError, "label");
  // @ts-expect-error: entities have types.
  await assertRejects(() => learnRules(untyped), TypeError, "type");
  // @ts-expect-error: examples have a label, spans or entities.
  await assertRejects(() => withTrace(learnRules)(bare), TypeError, "label");
  const misspelt = { ...labelled, task: "clasification" };
  await assertRejects(() => learnRules(misspelt), RangeError, 'task is "clasification", expected');
});

Deno.test("the scores of a recorded run are numbers to a compiler, those of any trace may be unknown", async () => {
  const f1Of = ({ steps: [step] }: Trace) => {
    // @ts-expect-error: the log of an imported run may not say it.
    return step.type === "synthesis" ? step.scores.f1.toFixed(1) : "";
  };
  const { trace } = await withTrace(learnRules)(labelled);
  const [step] = trace.steps;
  assert(step.type === "synthesis");
  assertEquals([step.scores.f1.toFixed(1), f1Of(trace)], ["1.0", "1.0"]);
});
