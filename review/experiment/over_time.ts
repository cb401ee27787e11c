/**
 * Rewards and mistakes over the sessions of an experiment, drawn so that the text keeps its size at any width.
 *
 * @module
 */
import { formatCount } from "../../print/phrases.ts";
import { type Content, type Markup, markup } from "../markup.ts";
import { chooseTicks, roundPlace } from "../report/marks.ts";
import type { SessionMetrics } from "./format.ts";

/** How many places the chart has, each for a session or for several that follow each other. */
const MAX_POINTS = 60;

/** The style of the chart. */
export const timeStyle = `
.over-time { margin-top: .25rem; }
.over-time .chart { grid-template-rows: 12rem; }
.over-time .chart + .caption { margin-top: 1.25rem; }
.over-time .chart.low { grid-template-rows: 5rem; }
.dot { fill: var(--accent); stroke: var(--sheet); stroke-width: 1; }
.line.reward { stroke: var(--accent); stroke-width: 2; }
.column { fill: var(--bar); }
.column.repeats { fill: var(--alert); }
`;

/** Sessions that follow each other, as one place of the chart. */
interface ChartPoint {
  /** The mean of their mean rewards; missing if nothing was judged. */
  readonly reward?: number;
  /** Mistakes a session, and repeats among them. */
  readonly mistakes: number;
  readonly repeats: number;
}

/** Draws the rewards and, under them, the mistakes of sessions in their order. */
export function renderTime(sessions: readonly SessionMetrics[]): Markup {
  if (sessions.length === 0) return markup`<p class="none">No session began.</p>`;
  const size = Math.ceil(sessions.length / MAX_POINTS);
  const points = Array.from(
    { length: Math.ceil(sessions.length / size) },
    (_, place) => summarise(sessions.slice(place * size, (place + 1) * size)),
  );
  const x = (place: number) => roundPlace((place + 0.5) / points.length * 100);
  const y = (share: number) => roundPlace((1 - share) * 100);
  const judged = points.flatMap(({ reward }, place) =>
    reward === undefined ? [] : [{ reward, place }]
  );
  const path = judged.map(({ reward, place }, index) =>
    `${index === 0 ? "M" : "L"}${10 * Number(x(place))} ${10 * Number(y(reward))}`
  ).join("");
  const dots = judged.map(({ reward, place }) =>
    markup`<circle class="dot" cx="${x(place)}%" cy="${y(reward)}%" r="3"/>`
  );
  const most = Math.max(1, ...points.map(({ mistakes }) => mistakes));
  const column = (place: number, amount: number, kind: string) => {
    const height = amount / most * 100;
    return markup`<rect class="column ${kind}" x="${
      roundPlace((place + 0.15) / points.length * 100)
    }%" width="${roundPlace(70 / points.length)}%" y="${roundPlace(100 - height)}%" height="${
      roundPlace(height)
    }%"/>`;
  };
  const columns = points.map(({ mistakes, repeats }, place) => [
    mistakes > 0 ? column(place, mistakes, "mistakes") : undefined,
    repeats > 0 ? column(place, repeats, "repeats") : undefined,
  ]);
  const [first, last] = [sessions[0], sessions[sessions.length - 1]];
  const each = size === 1
    ? "Each point is a session"
    : `Each point is the mean of ${formatCount(size)} sessions`;
  const span = `${formatTime(first.startedAt)} to ${formatTime(last.startedAt)}`;
  const ticks = chooseTicks(Math.floor(most), 2).filter((tick) => tick > 0);
  return markup`<div class="sheet over-time"><p class="caption">Mean reward. ${each}, in the order of the log: ${span}.</p>
${
    renderPlot("reward", describeRewards(judged.map(({ reward }) => reward)), [
      [0, "0"],
      [0.5, "0.5"],
      [1, "1"],
    ], [
      markup`<svg viewBox="0 0 1000 1000" preserveAspectRatio="none"><path class="line reward" d="${path}"/></svg>`,
      dots,
    ])
  }<p class="caption">Mistakes a session</p>
${
    renderPlot(
      "low",
      `At most ${formatAmount(most)} mistakes a session.`,
      [[0, "0"], ...ticks.map((tick) => [tick / most, String(tick)] as const)],
      columns,
    )
  }<p class="legend" aria-hidden="true">${keyOf("mistakes", "new")}${
    keyOf("repeats", "repeats of an earlier one")
  }</p></div>
`;
}

function summarise(sessions: readonly SessionMetrics[]): ChartPoint {
  const rewards = sessions.flatMap(({ reward }) => reward === undefined ? [] : [reward.mean]);
  const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
  return {
    ...(rewards.length > 0 && { reward: sum(rewards) / rewards.length }),
    mistakes: sum(sessions.map(({ mistakes }) => mistakes)) / sessions.length,
    repeats: sum(sessions.map(({ repeats }) => repeats)) / sessions.length,
  };
}

function describeRewards(rewards: readonly number[]): string {
  if (rewards.length === 0) return "No reward yet.";
  const [first, last] = [rewards[0], rewards[rewards.length - 1]];
  return `Mean reward from ${formatShare(first)} at first to ${formatShare(last)} at last.`;
}

/** Renders a drawing with numbers beside it, each at its part of the height. */
function renderPlot(
  kind: string,
  about: string,
  ticks: readonly (readonly [number, string])[],
  drawn: Content,
): Markup {
  const place = (share: number) => roundPlace((1 - share) * 100);
  const numbers = ticks.map(([share, text]) =>
    markup`<text x="100%" y="${place(share)}%" dx="-8" dy="4">${text}</text>`
  );
  const grid = ticks.map(([share]) =>
    markup`<line class="grid" x2="100%" y1="${place(share)}%" y2="${place(share)}%"/>`
  );
  return markup`<div class="chart ${kind}"><svg class="axis-y" aria-hidden="true">${numbers}</svg>
<svg class="plot" role="img" aria-label="${about}">${grid}${drawn}</svg></div>
`;
}

function keyOf(kind: string, name: string): Markup {
  return markup`<span><svg class="key mark"><rect class="column ${kind}" width="14" height="14"/></svg>${name}</span>`;
}

/** Formats a number of mistakes a session, which may be a mean. */
export function formatAmount(amount: number): string {
  return Number.isInteger(amount) ? formatCount(amount) : amount.toFixed(1);
}

/** Formats an ISO time as a date and a time of day. */
export function formatTime(at: string): string {
  return at.slice(0, 16).replace("T", " ");
}

/** Formats a reward from 0 to 1. */
export function formatShare(share: number): string {
  return share.toFixed(2);
}
