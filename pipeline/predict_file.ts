/**
 * Prediction of the texts of a file, by the script.
 *
 * @module
 */
import type { UnlabelledText } from "../learn/data/checks.ts";
import type { FieldNames } from "../learn/data/fields.ts";
import { readTexts } from "../learn/data/texts.ts";
import type { DecisionOptions } from "../learn/rules/decisions.ts";
import type { Rule } from "../learn/rules/rule.ts";
import { escapeControls } from "../learn/text/quoting.ts";
import { formatCount, phraseLeft, phraseRefusals, phraseUnfinished } from "../print/phrases.ts";
import { requirePermission, write } from "../script/script.ts";
import { createProgressLine, type ProgressLine } from "../script/terminal.ts";
import { stat } from "../system/files.ts";
import { isTerminal, writeTo } from "../system/process.ts";
import { checkDecision } from "./evaluating.ts";
import { createPredictor } from "./predicting.ts";
import { readRules } from "./rule_files.ts";

/** Rules and texts to predict, and options that override those in the rules' file. */
export interface PredictionRequest {
  /** Path of the rules. */
  readonly rules: string;
  /** Path of the texts. */
  readonly predict: string;
  readonly decision: Partial<DecisionOptions>;
  /** The least trust of an answer. */
  readonly trust?: number;
  readonly fields?: FieldNames;
}

/** How much text is written at once. */
const WRITTEN = 64 * 1024;

/**
 * Writes what the rules of a file say of the texts of another, one line of JSON for each, as the texts come. Ends
 * early if nobody reads on. Writes what comes before an error first.
 */
export async function predictFile(request: PredictionRequest): Promise<void> {
  const { rules: path, predict: input, fields } = request;
  await requirePermission("read", path);
  await requirePermission("read", input);
  const read = await readRules(path);
  checkDecision(request, read.task);
  for (const refusals of phraseRefusals(read.refused)) note(refusals);
  /** On how many texts searches for a rule were given up, and the last of these. */
  const unfinished = new Map<Rule, { texts: number; last: number }>();
  let count = 0;
  const predict = createPredictor(
    { ...read, decision: { ...read.decision, ...request.decision } },
    {
      ...(request.trust !== undefined && { trust: request.trust }),
      onUnfinished(rule) {
        const { texts, last } = unfinished.get(rule) ?? { texts: 0, last: -1 };
        unfinished.set(rule, { texts: last === count ? texts : texts + 1, last: count });
      },
    },
  );
  const isRead = await writeTexts(input, fields, (text) => {
    const prediction = predict(text);
    count++;
    return prediction;
  });
  if (!isRead) return;
  const found = [...unfinished].map(([{ name }, { texts }]) => ({ rule: name, texts }));
  const searches = phraseUnfinished(found, (name) => name);
  if (searches !== undefined) note(searches);
}

/**
 * Writes a line of JSON for each text of a file, or of standard input for the path `-`, as the texts come, and shows
 * how far it is. Ends early if nobody reads on. Writes what comes before an error first.
 *
 * @param toValue returns what to write of a text; nothing is written if it is undefined
 * @returns whether somebody read to the end
 * @throws what {@linkcode readTexts} and `toValue` throw
 */
export async function writeTexts(
  path: string,
  fields: FieldNames | undefined,
  toValue: (text: UnlabelledText) => unknown,
): Promise<boolean> {
  // Lines that are shown tell how far the work is.
  const line = isTerminal("stdout") ? undefined : createProgressLine();
  const progress = line && createProgress(line, path);
  const encoder = new TextEncoder();
  let count = 0;
  try {
    for await (const texts of readTexts(path, { fields, onRead: progress?.onRead })) {
      for (let next = 0; next < texts.length;) {
        let lines = "";
        for (; next < texts.length && lines.length < WRITTEN; next++) {
          const value = toValue(texts[next]);
          if (value !== undefined) lines += `${escapeControls(JSON.stringify(value))}\n`;
          progress?.onText(++count);
        }
        if (lines !== "" && !writeTo("stdout", encoder.encode(lines))) return false;
      }
    }
    return true;
  } finally {
    line?.clear();
  }
}

/** Says on the standard error what the predictions do not tell. */
function note(text: string): void {
  write(`pipeline.ts: ${text}\n`, "stderr");
}

/** Milliseconds between two states of the progress. */
const SHOWN = 200;

/** Shows on a line how far the work is. */
function createProgress(line: ProgressLine, path: string) {
  const size = sizeOf(path);
  const began = performance.now();
  let shown = began;
  let read = 0;
  return {
    onRead(bytes: number): void {
      read += bytes;
    },
    onText(texts: number): void {
      const now = performance.now();
      if (now - shown < SHOWN) return;
      shown = now;
      line.show([phrasePrediction({ texts, read, size, elapsed: now - began })]);
    },
  };
}

/** Returns how many bytes a file has, 0 if that is not known. */
function sizeOf(path: string): number {
  if (path === "-") return 0;
  try {
    const facts = stat(path);
    return facts.isFile() ? facts.size : 0;
  } catch {
    // Reading it says why.
    return 0;
  }
}

/**
 * Returns how far a prediction is in one line.
 *
 * @param state.read how many bytes were read
 * @param state.size how many there are, 0 if that is not known
 * @param state.elapsed milliseconds
 */
export function phrasePrediction(
  { texts, read, size, elapsed }: {
    readonly texts: number;
    readonly read: number;
    readonly size: number;
    readonly elapsed: number;
  },
): string {
  const share = Math.min(1, read / size);
  const done = size === 0 ? `${(read / 1e6).toFixed(1)} MB` : `${(100 * share).toFixed(0)} %`;
  const rate = formatCount(Math.round(texts / elapsed * 1000));
  const left = size === 0 ? [] : [phraseLeft(elapsed / share * (1 - share))];
  return [done, `${formatCount(texts)} texts`, `${rate} a second`, ...left].join(" · ");
}
