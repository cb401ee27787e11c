/**
 * Measures on test examples the rules in what rows teach to answer, next to those in the replies as they came.
 *
 * @module
 */
import { readReply } from "../../learn/chat/structured.ts";
import { countMatches } from "../../learn/llm/failures.ts";
import { readRule, RulesReply } from "../../learn/llm/replies.ts";
import { createRule, type Rule } from "../../learn/rules/rule.ts";
import { admit } from "../../learn/rules/running.ts";
import { createMatches } from "../../learn/score/matches.ts";
import { rulesOfTrace } from "../../record/rule_set.ts";
import type { TrainingRow } from "../../review/dataset/format.ts";
import { makeRows } from "../../review/dataset/rows/making.ts";
import type { EvidenceCounts, JudgedSource } from "../../review/evidence/format.ts";
import { judge } from "../../review/evidence/judging.ts";
import { type BenchResult, formatTable } from "../table.ts";
import { describePrecision, type TestedSource } from "./judge.ts";

/** An answer with rules, and the run that it is of. */
interface Answer {
  readonly name: string;
  readonly source: TestedSource;
  readonly text: string;
}

/** Makes rows of the runs, before any firewall, and measures the rules in their answers. */
export function benchAnswers(sources: readonly TestedSource[]): BenchResult {
  const judged = sources.map((source): JudgedSource => ({ source, evidence: judge(source) }));
  const byTrace = new Map(sources.map((source) => [source.trace.digest, source]));
  const { rows } = makeRows(judged, new Set(["sft", "teacher", "unpaired"]));
  const came = sources.flatMap((source) =>
    source.tape.flatMap(({ purpose, response }): Answer[] =>
      (purpose === "synthesis" || purpose === "patch") && response !== undefined
        ? [{ name: "replies as they came", source, text: response }]
        : []
    )
  );
  const answers = rows.flatMap((row): Answer[] => {
    const source = byTrace.get(row.sources[0].trace)!;
    if (!("completion" in row.content)) return [];
    return [{ name: nameOf(row), source, text: row.content.completion as string }];
  });
  const groups = [...Map.groupBy([...came, ...answers], ({ name }) => name)];
  const table = groups.map(([name, members]) => {
    const counts = members.map(countRules);
    const rules = counts.flat();
    const { pooled, mean } = describePrecision(rules);
    const empty = counts.filter(({ length }) => length === 0).length;
    return [
      ...[name, ...[members.length, empty, rules.length].map(String)],
      ...[pooled, mean].map((share) => Number.isFinite(share) ? share.toFixed(3) : ""),
    ];
  });
  const headings = ["answers", "rows", "without a rule", "rules", "pooled", "mean"];
  const text = formatTable("evidence: precision on test of the rules in answers", headings, table);
  return { text, problems: [] };
}

function nameOf(row: TrainingRow): string {
  if (row.kind === "sft") return `sft, ${row.variant}`;
  return row.kind === "unpaired" ? `unpaired, ${row.content.label ? "good" : "bad"}` : row.kind;
}

/** Counts what each rule of an answer gets right and wrong on test examples, alone. */
function countRules({ source: { trace, test }, text }: Answer): EvidenceCounts[] {
  const reading = readReply(RulesReply, { text });
  if (reading.outcome === "refused") return [];
  const { match, labels } = rulesOfTrace(trace);
  const known = new Set(trace.run.dataset.labels);
  const rules = reading.value.rules.flatMap((item): Rule[] => {
    const proposal = readRule(item);
    return "rule" in admit(proposal, known, new Set()) ? [createRule(proposal)] : [];
  });
  const distinct = [...new Map(rules.map((rule) => [rule.id, rule])).values()];
  const matches = createMatches(test, labels, match);
  matches.add(distinct);
  return distinct.map((rule) => countMatches(matches, rule));
}
