/**
 * Reads rules from files: rule files, traces, rule sets of RuleChef and playbooks. Writes rule files.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { listNames } from "../learn/data/fields.ts";
import { type JsonLine, parseLines } from "../learn/data/formats.ts";
import {
  createPlaybook,
  type PlaybookEntry,
  PlaybookEntrySchema,
  type RunPlaybook,
} from "../learn/rules/playbook.ts";
import {
  isRuleFile,
  parseRules,
  renderRules,
  RULES_FORMAT,
  type RuleSet,
} from "../learn/rules/rule_set.ts";
import { describeContent, type FileContent, nameOther } from "../learn/text/contents.ts";
import { describeKind, isRecord, parseJson } from "../learn/text/json.ts";
import { quote } from "../learn/text/quoting.ts";
import { readInput } from "../learn/text/reading.ts";
import { describeProblem } from "../learn/text/schemas.ts";
import { parseRuleChef } from "../rulechef/rule_set.ts";
import { writeOutput } from "../script/outputs.ts";
import { isJournal } from "../record/journal.ts";
import { rulesOfTrace } from "../record/rule_set.ts";
import { parseTrace } from "../trace.ts";

/**
 * Reads the rules of a file, or of standard input for the path `-`: a file of rules, as
 * {@linkcode writeRules} or people write it; those after the last step of a trace or a journal; or a rule
 * set of RuleChef. Needs read permission for a file.
 *
 * @throws {Error} if the file cannot be read, or holds none of these
 * @throws {SyntaxError} if a rule cannot run; for a file of rules with its name and line
 * @throws {TypeError | RangeError} if a field is not as expected; for a file of rules with the line
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createClassifier, readRules } from "../mod.ts";
 *
 * const classify = createClassifier(await readRules("examples/banking.trace.json"));
 * assertEquals(classify("Which rate do I get?").label, "exchange_rate");
 * ```
 */
export async function readRules(path: string): Promise<RuleSet> {
  const { text, source } = await readInput(path);
  try {
    return parseAny(text, source);
  } catch (error) {
    throw nameOther(error, text, source, "rules", RULES);
  }
}

/** What a file may hold to have rules. */
const RULES: readonly FileContent[] = [
  "a trace",
  "the journal of a run",
  "rules",
  "rules of RuleChef",
];

function parseAny(text: string, source: string): RuleSet {
  if (isJournal(text)) return rulesOfTrace(parseTrace(text, source), source);
  const document = parseJson(text, source);
  if (isRecord(document) && document.format === "ruletrace") {
    return rulesOfTrace(parseTrace(text, source), source);
  }
  if (isRuleFile(document)) return parseRules(text, source);
  // Rules as this project writes them, whose head is left out or misspelt.
  if (describeContent(text) === "rules") throw new TypeError(describeHead(document, source));
  const { task, rules, refused, formats } = parseRuleChef(text, source);
  if (!formats.includes("regex")) {
    throw new RangeError(
      `Cannot read ${source}: it has no rules of the format "regex", which alone run here, ` +
        `but ${listNames(formats)}`,
    );
  }
  const decision = { decide: "first", threshold: 0 } as const;
  const labels = [...new Set(rules.map(({ label }) => label))].sort();
  return task === "classification"
    ? { task, labels, rules, decision, refused }
    : { task, labels, rules, decision: { ...decision, overlaps: "keep" }, match: "text", refused };
}

/** Returns what of the head of a document with rules is not as expected. */
function describeHead(document: unknown, source: string): string {
  const expected = `an object with "format": ${quote(RULES_FORMAT)}`;
  if (!isRecord(document)) {
    return `Cannot read ${source}: it is ${describeKind(document)} of rules, expected ${expected}`;
  }
  const { format } = document;
  const found = typeof format === "string" ? quote(format) : describeKind(format);
  return `Cannot read ${source}: "format" is ${found}, expected ${expected}`;
}

/**
 * Writes rules to a file that {@linkcode readRules} reads and people can edit: JSON with a line for each rule.
 * The path holds the whole file, or its old content. Rules that cannot run are left out.
 *
 * @throws {Error} if it cannot be written, naming the path
 * @throws {Deno.errors.NotCapable} if a permission is missing
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readRules, writeRules } from "../mod.ts";
 *
 * const path = await Deno.makeTempFile({ suffix: ".json" });
 * const rules = await readRules("examples/banking.trace.json");
 * await writeRules(path, rules);
 * assertEquals(await readRules(path), rules);
 * await Deno.remove(path);
 * ```
 */
// deno-lint-ignore require-await -- errors become rejections
export async function writeRules(path: string, rules: RuleSet): Promise<void> {
  writeOutput(path, renderRules(rules), "rules");
}

/**
 * Reads a playbook, as `review/dataset.ts` writes it: a line of JSON for each entry. Needs read permission.
 *
 * @throws {Error} if the file cannot be read
 * @throws {TypeError | SyntaxError} naming the file and the first line that is not an entry
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readPlaybook } from "./rule_files.ts";
 *
 * const path = await Deno.makeTempFile();
 * const rules = [{ name: "rate", label: "rate", patterns: ["rates?"] }];
 * const failure = { expected: "rate", predicted: null, count: 9 };
 * const entry = { task: "classification", failure, rules, support: 8 };
 * await Deno.writeTextFile(path, JSON.stringify(entry));
 * assertEquals((await readPlaybook(path)).entries[0].failure, failure);
 * await Deno.remove(path);
 * ```
 */
export async function readPlaybook(path: string): Promise<RunPlaybook> {
  const { text, source } = await readInput(path);
  return parsePlaybook(text, source);
}

/**
 * Parses a playbook.
 *
 * @param source what errors call the text: `Cannot read <source>: line 3: …`
 * @throws {TypeError | SyntaxError} naming the first line that is not an entry
 */
export function parsePlaybook(text: string, source: string): RunPlaybook {
  try {
    return createPlaybook([...parseLines(text, source)].map((line) => readEntry(line, source)));
  } catch (error) {
    throw nameOther(error, text, source, "a playbook", ["a playbook"]);
  }
}

function readEntry({ value, line }: JsonLine, source: string): PlaybookEntry {
  const parsed = z.safeParse(PlaybookEntrySchema, value);
  const problem = parsed.success ? findIllFormed(parsed.data) : describeProblem(parsed.error);
  if (problem === undefined) return parsed.data!;
  throw new TypeError(
    `Cannot read ${source}: line ${line}: not an entry of a playbook: ${problem}`,
  );
}

function findIllFormed(
  { failure: { expected, predicted }, rules }: PlaybookEntry,
): string | undefined {
  const texts = rules.flatMap((
    { name, label, patterns, not = [] },
  ) => [name, label, ...patterns, ...not]);
  const isWellFormed = [expected ?? "", predicted ?? "", ...texts].every((one) =>
    one.isWellFormed()
  );
  return isWellFormed ? undefined : "it has a lone surrogate, expected valid Unicode";
}
