/**
 * Names of arms and rules from files.
 *
 * @module
 */
import { entryId } from "../../learn/rules/playbook.ts";
import { describeContent } from "../../learn/text/contents.ts";
import { readInput } from "../../learn/text/reading.ts";
import { parsePlaybook } from "../../pipeline/rule_files.ts";
import { lastRules } from "../../record/fold.ts";
import { parseTrace } from "../../trace.ts";

/**
 * Reads names: the ids of the rules that a trace ends with, the ids of the entries of a playbook, or the lines of any
 * other text, but for empty ones. A name that comes again counts once.
 *
 * @param path a file, or `-` for the standard input
 * @throws {Error} if it cannot be read
 * @throws {SyntaxError | TypeError} if it is not valid, naming the line; or if it holds something else
 */
export async function readNames(path: string): Promise<string[]> {
  const { text, source } = await readInput(path);
  return [...new Set(listNames(text, source))];
}

function listNames(text: string, source: string): string[] {
  const content = describeContent(text);
  if (content === "a trace" || content === "the journal of a run") {
    return lastRules(parseTrace(text, source)).map(({ id }) => id);
  }
  if (content !== undefined && content !== "a playbook") {
    throw new TypeError(
      `Cannot read ${source}: it holds ${content}, expected names, a trace or a playbook`,
    );
  }
  if (text.trimStart().startsWith("{")) return parsePlaybook(text, source).entries.map(entryId);
  return text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
}
