/** Imports logs for tests, and has the rules that most of them are about. */
import { assert, assertEquals } from "jsr:@std/assert@^1";
import { parseRuleChef, type RuleChefRules } from "../../../rulechef/rule_set.ts";
import { formatRuleLife, formatTrace } from "../../../print.ts";
import { displayWidth } from "../../../print/text.ts";
import { compareTraces, renderComparison } from "../../../review/compare.ts";
import { renderReport } from "../../../review/report.ts";
import { tellLives } from "../../../review/report/lives/lives.ts";
import {
  type ImportedRun,
  importRuleChefLog,
  type LineCounts,
} from "../../../rulechef/log/import.ts";
import {
  parseTrace,
  renderTrace,
  rulesAt,
  type Step,
  type StepOf,
  type Trace,
} from "../../../trace.ts";
import { type LoggedRule, proposed, synthesisLine } from "./fixture.ts";

/** A clock that stands still. */
export const now = (): Date => new Date("2026-01-02T03:04:05Z");

/** Returns the bytes of a log. */
export function bytesOf(text: string): AsyncIterable<Uint8Array> {
  return new Blob([text]).stream();
}

/** Imports a log, and checks that its traces hold and can be shown. */
export async function importAll(
  lines: readonly string[],
  returned?: RuleChefRules,
): Promise<{ runs: readonly ImportedRun[]; counts: LineCounts }> {
  const text = lines.map((line) => `${line}\n`).join("");
  const imported = await importRuleChefLog(bytesOf(text), { now, ...(returned && { returned }) });
  // Every trace can be written, read and printed.
  for (const { trace } of imported.runs) {
    const read = parseTrace(renderTrace(trace));
    assertEquals(read, trace);
    for (const width of [40, 80, 200]) {
      for (const line of formatTrace(trace, { width }).split("\n")) {
        assert(displayWidth(line) <= width, line);
      }
    }
    for (const id of Object.keys(trace.rules)) formatRuleLife(trace, id);
    const lives = tellLives(trace);
    for (const step of trace.steps.keys()) {
      const alive = lives.filter(({ stays }) =>
        stays.some(({ from, end }) => from <= step && (end === undefined || step < end.step))
      );
      const ids = rulesAt(trace, step).map(({ id }) => id);
      assertEquals(alive.map(({ rule }) => rule.id).sort(), ids.sort(), `step ${step}`);
    }
    // The page and a comparison do not show values that are not known.
    const shown = renderReport(trace).replace(/<script[^]*/, "") +
      renderComparison(compareTraces(trace, trace));
    assert(!/>\s*NaN|NaN %|\bundefined\b/.test(shown.replace(/<style>[^]*?<\/style>/g, "")));
  }
  return imported;
}

/** Imports a log with one run, and returns the run. */
export async function importOne(
  lines: readonly string[],
  returned?: RuleChefRules,
): Promise<ImportedRun> {
  const { runs } = await importAll(lines, returned);
  assertEquals(runs.length, 1);
  return runs[0];
}

/** Returns a step of a type by its place among them. */
export function stepOf<T extends Step["type"]>(trace: Trace, type: T, place = 0): StepOf<T> {
  return trace.steps.filter((step): step is StepOf<T> => step.type === type).at(place)!;
}

/** Returns the types of the steps, in order. */
export const typesOf = ({ steps }: Trace): Step["type"][] => steps.map(({ type }) => type);
/** Returns the names of the rules after a step. */
export const namesAt = (trace: Trace, index = trace.steps.length - 1): string[] =>
  rulesAt(trace, index).map(({ name }) => name);
/** Returns a function that gives the name of a rule by its id. */
export const nameOf = ({ rules }: Trace): (id: string) => string => (id) => rules[id].name;

/** Returns rules as RuleChef returns them. */
export function returnedOf(rules: readonly LoggedRule[]): RuleChefRules {
  const plain = rules.map(({ content, id, ...rule }) => ({
    ...proposed({ content, ...rule }),
    ...(id === undefined ? {} : { id }),
    output_key: "label",
  }));
  return parseRuleChef(JSON.stringify(plain));
}

/** A rule for cards. */
export const card: LoggedRule = {
  id: "c1",
  name: "card_any",
  content: "(?i)\\bcard\\b",
  label: "card",
};

/** A rule for rates. */
export const rate: LoggedRule = {
  id: "r1",
  name: "rate_any",
  content: "(?i)\\brates?\\b",
  label: "rate",
};

/** A log that begins with those two. */
export const start = [synthesisLine("card", [card]), synthesisLine("rate", [rate])];
/** A line that cannot be read: what it was is lost. */
export const lost = "{";
/** Scores that do not change. */
export const even = [0.5, 0.5, 0.5, 0.5];
/** An action of an audit: two rules become one. */
export const merge = {
  action: "merge",
  rule_ids: ["c1", "c3"],
  merged_pattern: "(?i)\\bcards?\\b",
  merged_name: "card_merged",
  reason: "one covers the other",
};

/** Another rule for cards. */
export const cards: LoggedRule = {
  id: "c3",
  name: "cards",
  content: "(?i)\\bcards\\b",
  label: "card",
};

/** The rule that the audit makes of the two. */
export const merged: LoggedRule = {
  name: "card_merged",
  content: "(?i)\\bcards?\\b",
  label: "card",
};

/** A log that begins with three rules. */
export const three = [synthesisLine("card", [card, cards]), synthesisLine("rate", [rate])];
