/**
 * A comparison as annotations of a step in GitHub Actions.
 *
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 *
 * @module
 */
import { showName } from "../../print/phrases.ts";
import { cut, showText } from "../../learn/text/quoting.ts";
import type { Comparison, Finding, Thresholds } from "./comparison.ts";
import { describeVerdict, GATES } from "./describing.ts";
import { isFailing } from "./gate.ts";

/** Characters of one message. */
const MAX_MESSAGE = 4_000;

/**
 * Formats a comparison as workflow commands, one a line: an error for what makes it worse or incomparable by
 * what was asked for, a warning for other warnings and alerts, else a notice. Names cannot end a command or begin
 * another. Ends in a line break.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readTrace } from "../../trace.ts";
 * import { compareTraces, formatAnnotations } from "../compare.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * assertEquals(
 *   formatAnnotations(compareTraces(trace, trace)),
 *   "::notice title=banking%3A fine::identical: same inputs, same steps, same rules\n",
 * );
 * ```
 */
export function formatAnnotations(comparison: Comparison): string {
  const { gate, after, findings, severity, identical, thresholds } = comparison;
  const title = `${showName(after.dataset)}: ${GATES[gate]}`;
  // Then the verdict begins with a line that is of no finding.
  const [sum] = identical || severity === "ok" ? describeVerdict(comparison) : [];
  return [
    ...(sum === undefined ? [] : [annotate("notice", title, sum.text)]),
    ...findings.map((finding) => annotate(levelOf(finding, thresholds), title, finding.text)),
  ].join("");
}

/** Formats the reason why a comparison could not be made as an annotation. */
export function annotateFailure(reason: string): string {
  return annotate("error", GATES.incomparable, reason);
}

function levelOf(finding: Finding, { failOn }: Thresholds): "error" | "warning" | "notice" {
  if (isFailing(finding, failOn)) return "error";
  return finding.severity === "note" ? "notice" : "warning";
}

function annotate(level: string, title: string, text: string): string {
  return `::${level} title=${escapeProperty(title)}::${escapeMessage(text)}\n`;
}

/** Escapes what ends a command; a runner reads it back. Control characters are written out before. */
function escapeMessage(text: string): string {
  return cut(showText(text), MAX_MESSAGE).replaceAll("%", "%25").replaceAll("\r", "%0D")
    .replaceAll("\n", "%0A");
}

/** Escapes what ends a property as well. */
function escapeProperty(text: string): string {
  return escapeMessage(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
