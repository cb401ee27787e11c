/**
 * What a file holds, told by its beginning, for the error that it is not what was expected.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { describeContent } from "./contents.ts";
 *
 * assertEquals(describeContent('{"text": "my card", "label": "card"}\n'), "examples");
 * assertEquals(describeContent("text,label\nmy card,card\n"), "examples");
 * assertEquals(describeContent('{\n"format":"ruletrace",\n"version":2}'), "a trace");
 * assertEquals(describeContent("Dear all,"), undefined);
 * ```
 *
 * @module
 */
import { isRecord, parseJson } from "./json.ts";

/** What a file may hold. */
export type FileContent =
  | "examples"
  | "a trace"
  | "the journal of a run"
  | "the exchanges of a run"
  | "rules"
  | "a playbook"
  | "the log of an experiment"
  | "rules of RuleChef"
  | "a log of RuleChef";

/** A longer first line is not looked at, nor a longer document. */
const MAX_LENGTH = 64 * 1024 * 1024;

/** Tells what the text of a file holds, by its first value; `undefined` if it cannot be told. */
export function describeContent(text: string): FileContent | undefined {
  const content = text.trimStart();
  if (!/^[[{]/.test(content)) return isTable(content) ? "examples" : undefined;
  // A line of JSON Lines, or a document that is written over many lines.
  const first = content.split("\n", 1)[0];
  const value = parseOrNothing(first) ?? parseOrNothing(content);
  // A data set of RuleChef with both is what it is read for.
  if (isRecord(value) && isFilled(value.rules) && isFilled(value.examples)) return undefined;
  const list = isRecord(value) ? value.examples ?? value.rules ?? value : value;
  const item = Array.isArray(list) ? list[0] : list;
  return describeDocument(value) ?? (isRecord(item) ? describeItem(item) : undefined);
}

/**
 * Returns the error to throw for a text that cannot be read: that it holds something else, if that can be told,
 * or `error`.
 *
 * @param source what errors call the text: `Cannot read <source>: …`
 * @param expected what was expected, in words
 * @param fits what the text may hold and still have the error
 */
export function nameOther(
  error: unknown,
  text: string,
  source: string,
  expected: string,
  fits: readonly FileContent[],
): unknown {
  const content = describeContent(text);
  if (content === undefined || fits.includes(content)) return error;
  const message = `Cannot read ${source}: it holds ${content}, expected ${expected}`;
  return new TypeError(message, { cause: error });
}

function isFilled(list: unknown): boolean {
  return Array.isArray(list) && list.length > 0;
}

function isTable(content: string): boolean {
  const columns = content.split("\n", 1)[0].split(",").map((cell) => cell.trim());
  return columns.includes("text") && columns.includes("label");
}

function parseOrNothing(text: string): unknown {
  if (text.length > MAX_LENGTH) return undefined;
  try {
    return parseJson(text, "");
  } catch {
    // The reader of the file tells what is wrong with it.
    return undefined;
  }
}

function describeDocument(value: unknown): FileContent | undefined {
  if (!isRecord(value)) return undefined;
  if (value.format === "ruletrace") return "a trace";
  if (value.format === "ruletrace-rules") return "rules";
  if (value.format === "ruletrace experiment") return "the log of an experiment";
  if ("version" in value && isRecord(value.run)) return "the journal of a run";
  if (isRecord(value.failure) && Array.isArray(value.rules)) return "a playbook";
  return undefined;
}

function describeItem(item: Readonly<Record<string, unknown>>): FileContent | undefined {
  const has = (...names: string[]) => names.every((name) => name in item);
  if (has("purpose", "prompt", "outcome")) return "the exchanges of a run";
  if (has("text") && (has("label") || has("entities") || has("spans"))) return "examples";
  if (isRecord(item.input) && (has("expected_output") || has("output"))) return "examples";
  if (has("patterns", "label")) return "rules";
  if (has("content") && (has("output_template") || has("output_key"))) return "rules of RuleChef";
  if (has("messages", "call_type")) return "a log of RuleChef";
  return undefined;
}
