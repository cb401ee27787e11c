/**
 * F1, precision and recall over the steps, drawn so that the text keeps its size at any width.
 *
 * Places along an axis are percentages: lines stretch with the page, while letters and marks do not.
 *
 * @module
 */
import { formatCount, formatPercent } from "../../print/phrases.ts";
import { isUnlogged, standing } from "../../print/story.ts";
import type { KnownScores, Step, Trace } from "../../record/schema.ts";
import { type Content, type Markup, markup } from "../markup.ts";
import {
  chooseTicks,
  explainMark,
  MANY_MARKS,
  placeOf,
  renderAxis,
  renderMark,
  roundPlace,
} from "./marks.ts";

/** The scores of the rule set from a step on. */
interface Point {
  readonly step: number;
  readonly scores: KnownScores & { readonly f1: number };
}

/** The same, or a step after which the rule set is another one, without a known score. */
type CoursePoint = Point | { readonly step: number; readonly scores?: undefined };

/** A change that a step made or tried, and the F1 that it had or would have had. */
interface Mark {
  readonly step: number;
  readonly kind: "accepted" | "rejected" | "changed";
  readonly f1: number;
}

const MEASURES = [["f1", "F1"], ["precision", "precision"], ["recall", "recall"]] as const;

/** Shares of the scale from 0 to 1, from the top down, that a chart may show. */
const SPANS = [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1];

/** Renders the chart, or says why there is none. */
export function renderChart(trace: Trace): Markup {
  const { steps } = trace;
  const course = steps.flatMap((step): CoursePoint[] => {
    const { f1, ...scores } = standing(step) ?? {};
    if (f1 !== undefined) return [{ step: step.index, scores: { ...scores, f1 } }];
    return isUnlogged(step) ? [{ step: step.index }] : [];
  });
  const points = course.filter((point) => point.scores !== undefined);
  if (points.length === 0) return markup`<p class="none">No step was scored.</p>`;
  const marks = steps.flatMap(markOf);
  const floor = findFloor(points, marks);
  const y = (share: number) => roundPlace((1 - share) / (1 - floor) * 100);
  const shares = chooseTicks(Math.round((1 - floor) * 100), 5).map((points) => 1 - points / 100);
  const numbers = shares.map((share) =>
    markup`<text x="100%" y="${y(share)}%" dx="-8" dy="4">${Math.round(share * 100)}</text>`
  );
  const grid = shares.map((share) =>
    markup`<line class="grid" x2="100%" y1="${y(share)}%" y2="${y(share)}%"/>`
  );
  const lines = MEASURES.toReversed().map(([kind]) => {
    const path = drawLine(course, steps.length, floor, (scores) => scores[kind]);
    return markup`<path class="line ${kind}" d="${path}"/>`;
  });
  const isDense = marks.length > MANY_MARKS;
  const size = isDense ? "-small" : "";
  const shapes = marks.map(({ step, kind, f1 }) =>
    renderMark(kind, placeOf(step, steps.length), y(f1), size)
  );
  const last = steps.length - 1;
  const kind = isDense ? "chart dense" : "chart";
  const splits = markSplits(points, steps.length);
  return markup`<div class="${kind}"><svg class="axis-y" aria-hidden="true">${numbers}</svg>
<svg class="plot" role="img" aria-labelledby="chart-about">${grid}${splits}
<svg viewBox="0 0 1000 1000" preserveAspectRatio="none">${lines}</svg>
${shapes}<line id="cursor" class="cursor" y2="100%" visibility="hidden"/></svg>
${renderAxis(steps.length)}</div>
<p id="chart-about" class="unseen">${describeChart(points, marks)}</p>
<p class="legend" aria-hidden="true">${renderLegend(points, marks)}</p>
<div class="scrub enhanced" hidden><label for="scrub">Step</label>
<input id="scrub" type="range" min="0" max="${last}" value="${last}">
<output id="scrubbed" for="scrub"></output></div>`;
}

/** Finds where the scale begins, so that everything that is drawn has room. */
function findFloor(points: readonly Point[], marks: readonly Mark[]): number {
  const drawn: readonly KnownScores[] = [...points.map(({ scores }) => scores), ...marks];
  let lowest = 1;
  for (const { f1 = 1, precision = f1, recall = f1 } of drawn) {
    lowest = Math.min(lowest, f1, precision, recall);
  }
  return 1 - (SPANS.find((span) => span >= 1.05 * (1 - lowest)) ?? 1);
}

function markOf(step: Step): Mark[] {
  const mark = (kind: Mark["kind"], f1: number | undefined): Mark[] =>
    f1 === undefined ? [] : [{ step: step.index, kind, f1 }];
  switch (step.type) {
    case "iteration": {
      const { verdict, after } = step;
      return verdict === "accepted" || verdict === "rejected" ? mark(verdict, after.f1) : [];
    }
    case "audit":
      if (step.verdict === "none" || step.verdict === "unknown") return [];
      return mark(step.verdict === "kept" ? "changed" : "rejected", step.after.f1);
    case "prune":
      return step.dropped.length === 0 ? [] : mark("changed", step.after.f1);
    case "restore":
      return mark("changed", step.after.f1);
    case "synthesis":
    case "refit":
      return mark("changed", step.scores.f1);
    case "critique":
    case "final":
    case "failure":
      return [];
  }
}

/**
 * Draws a line of stairs. It breaks where scores are of another split, and so cannot be compared, or are
 * not known.
 */
function drawLine(
  course: readonly CoursePoint[],
  steps: number,
  floor: number,
  of: (scores: Point["scores"]) => number | undefined,
): string {
  const x = (step: number) => roundPlace((step + 0.5) / steps * 1000);
  let path = "";
  let drawn: string | undefined;
  course.forEach(({ step, scores }, place) => {
    const share = scores && of(scores);
    const y = share === undefined ? undefined : roundPlace((1 - share) / (1 - floor) * 1000);
    const isNew = drawn === undefined || course[place - 1].scores?.on !== scores?.on;
    if (drawn !== undefined && (isNew || y !== drawn)) path += `H${x(step)}`;
    if (y !== undefined && isNew) path += `M${x(step)} ${y}`;
    else if (y !== undefined && y !== drawn) path += `V${y}`;
    drawn = y;
  });
  return drawn === undefined ? path : `${path}H1000`;
}

/** Marks the steps from which on scores are of another split. */
function markSplits(points: readonly Point[], steps: number): Content {
  return points.flatMap(({ step, scores }, place) => {
    if (place === 0 || points[place - 1].scores.on === scores.on) return [];
    const x = placeOf(step, steps);
    const [anchor, shift] = (step + 0.5) / steps > 0.6 ? ["end", -8] : ["start", 8];
    const text = markup`x="${x}%" y="100%" dx="${shift}" dy="-8" text-anchor="${anchor}"`;
    return markup`<line class="split" x1="${x}%" x2="${x}%" y2="100%"/>
<text class="split" ${text}>scored on ${nameSplit(scores)}</text>`;
  });
}

/** Returns the name of the split that scores are of. */
function nameSplit({ on }: KnownScores): string {
  return on ?? "unknown examples";
}

function describeChart(points: readonly Point[], marks: readonly Mark[]): string {
  const describe = ({ step, scores }: Point) => {
    const shares = MEASURES.filter(([kind]) => scores[kind] !== undefined)
      .map(([kind, name]) => `${name} ${formatPercent(scores[kind])} %`);
    return `at step ${step}, on ${nameSplit(scores)}, ${shares.join(", ")}`;
  };
  const amount = (kind: Mark["kind"]) =>
    formatCount(marks.filter((mark) => mark.kind === kind).length);
  return `Chart of F1, precision and recall over the steps: first ${describe(points[0])}; last ${
    describe(points[points.length - 1])
  }. Patches accepted: ${amount("accepted")}. Changes rejected or reverted: ${
    amount("rejected")
  }. The table of steps has every number.`;
}

function renderLegend(points: readonly Point[], marks: readonly Mark[]): Content {
  const drawn = MEASURES.filter(([kind]) =>
    points.some(({ scores }) => scores[kind] !== undefined)
  );
  const lines = drawn.map(([kind, name]) => {
    const line = markup`<line class="line ${kind}" x2="26" y1="50%" y2="50%"/>`;
    return markup`<span><svg class="key">${line}</svg>${name}</span>`;
  });
  const shapes = [
    ["accepted", "patch accepted"],
    ["rejected", "rejected, at the F1 it would have had"],
    ["changed", "other change"],
  ].flatMap(([kind, name]) =>
    marks.some((mark) => mark.kind === kind) ? [explainMark(kind, name)] : []
  );
  return [...lines, ...shapes, markup`<span>per cent on ${nameSplit(points[0].scores)}</span>`];
}
