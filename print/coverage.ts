/**
 * The coverage of rules as text: how many answers stay, and are right, by the trust that is asked for.
 *
 * @module
 */
import type { AnswerCoverage, CoveragePoint, TrustBasis } from "../learn/score/coverage.ts";
import { separate } from "./layout.ts";
import { formatCount, formatPercent } from "./phrases.ts";
import { formatTable, numberColumn, textColumn } from "./table.ts";
import { wrap } from "./text.ts";

const MEANING: Readonly<Record<TrustBasis, string>> = {
  confidence:
    "trust: the confidence of a label, by how often labels with its margin were right on held-out examples",
  rules:
    "trust: how often the rule was right where it was learned or checked, at the lower end of the 95 % interval",
  examples:
    "trust: how often the rule was right on these same examples, at the lower end of the 95 % interval, as no rule says it of others: so this is too optimistic",
};

/** Says what trust is. */
export function phraseTrust({ basis }: Pick<AnswerCoverage, "basis">): string {
  return MEANING[basis];
}

/** The headings of the cells of {@linkcode listCells}. */
export const COVERAGE_HEADINGS = ["trust", "routed", "correct", "P", "95 % of it", "deferred"];

/** Returns the cells of a point: shares in per cent of all texts, or of the spans found and wanted, and a count. */
export function listCells(
  { trust, routed, correct, deferred, precision, interval }: CoveragePoint,
  { gold }: Pick<AnswerCoverage, "gold">,
): string[] {
  const share = (part: number, whole: number) => formatPercent(whole === 0 ? 0 : part / whole);
  return [
    trust === 0 ? "all" : formatPercent(trust),
    share(routed, routed + deferred),
    share(correct, gold),
    ...(precision === undefined
      ? ["–", "–"]
      : [formatPercent(precision), interval.map(formatPercent).join(" to ")]),
    formatCount(deferred),
  ];
}

/** Formats coverage in lines of at most `width` columns. */
export function formatCoverage(coverage: AnswerCoverage, width: number): string[] {
  const rows = coverage.points.map((point) => listCells(point, coverage));
  const [trust, routed, correct, precision, interval, deferred] = COVERAGE_HEADINGS
    .map((heading, place) =>
      (place === 0 ? textColumn : numberColumn)<string[]>(heading, (cells) => cells[place])
    );
  const layouts = [
    [trust, routed, correct, precision, interval, deferred],
    [trust, routed, correct, precision, deferred],
    [trust, routed, correct, precision],
    [trust, routed],
  ];
  return separate([wrap(phraseTrust(coverage), width), formatTable(rows, layouts, trust, width)]);
}
