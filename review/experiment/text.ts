/**
 * What an experiment came to, as text for people.
 *
 * @module
 */
import { dim } from "jsr:@std/fmt@^1/colors";
import { showText } from "../../learn/text/quoting.ts";
import { layOut, separate } from "../../print/layout.ts";
import {
  count,
  formatCount,
  formatDuration,
  formatPercent,
  listFew,
  showName,
} from "../../print/phrases.ts";
import { type Column, formatTable, numberColumn, textColumn } from "../../print/table.ts";
import { wrap } from "../../print/text.ts";
import type { FormatOptions } from "../../script/terminal.ts";
import type { PolicyEstimate, PolicyRefusal } from "./bandit/what_if.ts";
import type {
  ArmPosterior,
  ContextMetrics,
  ExperimentMetrics,
  ExperimentReport,
  ExperimentTotals,
  MistakeClass,
  RuleChanges,
  SessionMetrics,
} from "./format.ts";

/** How many lines of a table are shown. */
export const LISTED = 20;

/**
 * Formats a report: all sessions in sum, then contexts, classes of mistakes, arms and the last sessions. Ends in a
 * line break.
 *
 * @param listed how many lines of each table to show at most
 * @throws {RangeError} if `width` is not a whole number from 20 to 1000
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { foldExperiment } from "./folding.ts";
 * import { reportExperiment } from "./metrics.ts";
 * import { formatExperiment } from "./text.ts";
 *
 * const report = reportExperiment(foldExperiment([]));
 * assertEquals(formatExperiment(report), "no sessions\n");
 * ```
 */
export function formatExperiment(
  { totals, contexts, classes, arms, sessions }: ExperimentReport,
  listed: number = LISTED,
  options: FormatOptions = {},
): string {
  return layOut(options, (width) =>
    separate([
      describeTotals(totals, width),
      ...(totals.sessions === 0 ? [] : [
        formatContexts(contexts, listed, width),
        formatClasses(classes, listed, width),
        formatArms(arms, listed, width),
        formatSessions(sessions, listed, width),
      ]),
    ]));
}

/** Formats the metrics of all sessions, and of each context. */
export function formatTotals(
  { totals, contexts }: Pick<ExperimentReport, "totals" | "contexts">,
  listed: number = LISTED,
  options: FormatOptions = {},
): string {
  return layOut(
    options,
    (width) => separate([describeTotals(totals, width), formatContexts(contexts, listed, width)]),
  );
}

/** Formats the metrics of a session. */
export function formatSession(metrics: SessionMetrics, options: FormatOptions = {}): string {
  const { session, context, endedAt, milliseconds, policy, arms, chosen, propensity } = metrics;
  const state = endedAt === undefined
    ? "open"
    : milliseconds === undefined
    ? "ended before it began, by the clock"
    : formatDuration(milliseconds);
  return layOut(options, (width) => [
    ...wrap(`session ${session} in ${showText(context)} · ${state}`, width),
    ...item(
      "arms",
      `${listFew(chosen.map(showName), ", ", String, 10) || "none"} of ${
        formatCount(arms)
      }, by ${policy}, probability ${formatShare(propensity)}`,
      width,
    ),
    ...describeMetrics(metrics, width),
    ...describeRules(metrics.rules, width),
    ...(metrics.entry === undefined ? [] : item("entry", showText(metrics.entry), width)),
    ...(metrics.notes === undefined
      ? []
      : metrics.notes.split("\n").flatMap((note, place) =>
        item(place === 0 ? "notes" : "", showText(note), width)
      )),
  ]);
}

/** Formats what another policy would have come to. */
export function formatWhatIf(
  policy: string,
  estimate: PolicyEstimate | PolicyRefusal,
  options: FormatOptions = {},
): string {
  const of = `${formatCount(estimate.taken)} of ${count(estimate.sessions, "judged session")}`;
  const worth = `worth ${estimate.effective.toFixed(1)} sessions of it`;
  return layOut(options, (width) => {
    if (estimate.kind === "refused") {
      return wrap(
        `${showText(policy)}: cannot tell: ${showText(estimate.reason)} (${of} fit)`,
        width,
      );
    }
    const { mean, low, high, unbiased } = estimate;
    return wrap(
      `${showText(policy)}: mean reward of a session ${formatShare(mean)} (95 %: ${
        formatShare(low)
      } to ${formatShare(high)}), unbiased ${formatShare(unbiased)}; ${of} fit, ${worth}`,
      width,
    );
  });
}

function describeTotals(totals: ExperimentTotals, width: number): string[] {
  if (totals.sessions === 0) return ["no sessions"];
  const open = totals.open === 0 ? "" : `, ${formatCount(totals.open)} open`;
  return [
    ...wrap(`${count(totals.sessions, "session")}${open}`, width),
    ...describeMetrics(totals, width),
    ...describeRules(totals.rules, width),
  ];
}

function describeMetrics(metrics: ExperimentMetrics, width: number): string[] {
  const { mistakes, repeats, repeatRate, outcomes, replaced, reward } = metrics;
  const rate = repeatRate === undefined
    ? ""
    : `, ${count(repeats, "repeat")} (${formatPercent(repeatRate)} %)`;
  const parts = [
    [outcomes.accepted, "accepted"],
    [outcomes.revision, "revised"],
    [outcomes.rejected, "rejected"],
    [outcomes.mistakes, outcomes.mistakes === 1 ? "mistake" : "mistakes"],
  ] as const;
  const counted = parts.filter(([times]) => times > 0)
    .map(([times, name]) => `${formatCount(times)} ${name}`);
  const away = replaced === 0 ? "" : `; ${formatCount(replaced)} replaced by a later reward`;
  return [
    ...item("mistakes", `${formatCount(mistakes)}${rate}`, width),
    ...item(
      "reward",
      reward === undefined
        ? "nothing judged"
        : `${formatReward(reward)} over ${counted.join(", ")}${away}`,
      width,
    ),
  ];
}

function describeRules(rules: RuleChanges | undefined, width: number): string[] {
  if (rules === undefined) return [];
  const list = (names: readonly string[], verb: string) =>
    names.length === 0
      ? []
      : [`${formatCount(names.length)} ${verb}: ${listFew(names.map(showName))}`];
  const parts = [...list(rules.added, "added"), ...list(rules.removed, "removed")];
  return item("rules", parts.join("; ") || "as before", width);
}

const INDENT = 11;

function item(name: string, text: string, width: number): string[] {
  return wrap(text, Math.max(10, width - INDENT)).map((line, place) =>
    `  ${(place === 0 ? name : "").padEnd(INDENT - 2)}${line}`
  );
}

function formatContexts(
  contexts: readonly ContextMetrics[],
  listed: number,
  width: number,
): string[] {
  const name = textColumn<ContextMetrics>("context", ({ context }) => showName(context));
  const sessions = numberColumn<ContextMetrics>("sessions", (row) => formatCount(row.sessions));
  const { mistakes, repeats, rate, reward, bounds } = metricColumns<ContextMetrics>();
  return cutTable(contexts, listed, (rows) =>
    formatTable(
      rows,
      [
        [name, sessions, mistakes, repeats, rate, reward, bounds],
        [name, sessions, mistakes, repeats, rate, reward],
        [name, sessions, rate, reward],
        [name, reward],
      ],
      name,
      width,
    ));
}

function formatClasses(
  classes: readonly MistakeClass[],
  listed: number,
  width: number,
): string[] {
  const name = textColumn<MistakeClass>("class", (row) => showName(row.class));
  const mistakes = numberColumn<MistakeClass>("mistakes", (row) => formatCount(row.mistakes));
  const repeats = numberColumn<MistakeClass>("repeats", (row) => formatCount(row.repeats));
  const most = textColumn<MistakeClass>(
    "repeated most",
    ({ repeated: [first] }) =>
      first === undefined
        ? ""
        : `${formatCount(first.repeats)}× ${showText(first.description.slice(0, 400))}`,
  );
  return cutTable(classes, listed, (rows) =>
    formatTable(
      rows,
      [[name, mistakes, repeats, most], [name, repeats, most], [most]],
      most,
      width,
    ));
}

function formatArms(arms: readonly ArmPosterior[], listed: number, width: number): string[] {
  // The best first, in each context; those that nothing is known of last.
  const sorted = [...Map.groupBy(arms, ({ context }) => context).values()].flatMap((members) =>
    members.toSorted((one, other) =>
      Math.sign(other.trials) - Math.sign(one.trials) || other.mean - one.mean
    )
  );
  const name = textColumn<ArmPosterior>("arm", ({ arm }) => showName(arm));
  const context = textColumn<ArmPosterior>("context", (row) => showName(row.context));
  const trials = numberColumn<ArmPosterior>("cases", (row) => formatTrials(row.trials));
  const mean = numberColumn<ArmPosterior>("reward", (row) => formatShare(row.mean));
  const bounds = numberColumn<ArmPosterior>("95 %", formatBounds);
  return cutTable(sorted, listed, (rows) =>
    formatTable(
      rows,
      // With its context as long as it can be: an arm has a row in each.
      [
        [name, context, trials, mean, bounds],
        [name, context, mean, bounds],
        [name, context, mean],
        [name, mean],
      ],
      name,
      width,
    ));
}

function formatSessions(
  sessions: readonly SessionMetrics[],
  listed: number,
  width: number,
): string[] {
  const name = textColumn<SessionMetrics>("session", ({ session }) => session);
  const context = textColumn<SessionMetrics>("context", (row) => showName(row.context));
  const chosen = textColumn<SessionMetrics>("chosen", (row) => listFew(row.chosen.map(showName)));
  const length = numberColumn<SessionMetrics>(
    "length",
    ({ endedAt, milliseconds }) =>
      endedAt === undefined
        ? "open"
        : milliseconds === undefined
        ? "?"
        : formatDuration(milliseconds),
  );
  const { mistakes, repeats, reward } = metricColumns<SessionMetrics>();
  return cutTable(sessions.toReversed(), listed, (rows) =>
    formatTable(
      rows,
      [
        [name, context, length, mistakes, repeats, reward, chosen],
        [name, length, mistakes, reward, chosen],
        [name, reward, chosen],
        [name, chosen],
      ],
      chosen,
      width,
    ));
}

function metricColumns<Row extends ExperimentMetrics>(): Record<
  "mistakes" | "repeats" | "rate" | "reward" | "bounds",
  Column<Row>
> {
  return {
    mistakes: numberColumn("mistakes", (row) => formatCount(row.mistakes)),
    repeats: numberColumn("repeats", (row) => formatCount(row.repeats)),
    rate: numberColumn(
      "repeat %",
      (row) => row.mistakes === 0 ? "" : formatPercent(row.repeatRate),
    ),
    reward: numberColumn(
      "reward",
      ({ reward }) => reward === undefined ? "" : formatShare(reward.mean),
    ),
    bounds: numberColumn("95 %", ({ reward }) => reward === undefined ? "" : formatBounds(reward)),
  };
}

function cutTable<Row>(
  rows: readonly Row[],
  listed: number,
  format: (rows: readonly Row[]) => string[],
): string[] {
  const more = rows.length - listed;
  return [
    ...format(rows.slice(0, listed)),
    ...(more > 0 ? [dim(`+ ${formatCount(more)} more (--limit lists more)`)] : []),
  ];
}

function formatReward(reward: { mean: number; low: number; high: number }): string {
  return `${formatShare(reward.mean)} (95 %: ${formatBounds(reward)})`;
}

function formatBounds({ low, high }: { readonly low: number; readonly high: number }): string {
  return `${formatShare(low)} to ${formatShare(high)}`;
}

function formatShare(share: number): string {
  return share.toFixed(2);
}

function formatTrials(trials: number): string {
  return Number.isInteger(trials) ? formatCount(trials) : trials.toFixed(1);
}
