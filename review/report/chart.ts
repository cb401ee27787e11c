/**
 * F1, precision and recall over the steps, drawn so that the text keeps its size at any width.
 *
 * Places along an axis are percentages: lines stretch with the page, while letters and marks do not.
 *
 * @module
 */
import { count, formatCount, formatPercent, isLearnedFrom } from "../../print/phrases.ts";
import { isUnlogged, standing } from "../../print/standing.ts";
import type { KnownScores, Step, Trace } from "../../record/schema.ts";
import { type Content, type Markup, markup } from "../markup.ts";
import {
  type Branch,
  branchOf,
  courseOf,
  type CoursePoint,
  keepMeasures,
  type Point,
} from "./course.ts";
import type { ForkNode } from "./forks.ts";
import {
  chooseTicks,
  explainMark,
  MANY_MARKS,
  placeOf,
  renderAxis,
  renderMark,
  roundPlace,
} from "./marks.ts";
import { judgeStep, type VerdictKind } from "./verdicts.ts";

/** A change that a step made or tried, and the F1 that it had or would have had. */
interface Mark {
  readonly step: number;
  readonly kind: VerdictKind;
  readonly f1: number;
  /** Whether the verdict was told, not decided. */
  readonly isForced?: boolean;
}

/** Forks that are drawn at most. */
const MAX_BRANCHES = 60;
/** Numbers of branches that end in one place, and how near ends are to be one, in per cent. */
const MAX_NUMBERS = 6;
const NEAR = 6;

const MEASURES = [["f1", "F1"], ["precision", "precision"], ["recall", "recall"]] as const;

/** Shares of the scale from 0 to 1, from the top down, that a chart may show. */
const SPANS = [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1];

/** Renders the chart, or says why there is none. Forks whose F1 is of the same examples branch off. */
export function renderChart(trace: Trace, forks: readonly ForkNode[] = []): Markup {
  const { steps, run } = trace;
  const course = keepMeasures(courseOf(steps));
  const points = course.filter((point) => point.scores !== undefined);
  if (points.length === 0) return markup`<p class="none">No step was scored.</p>`;
  const isMeasure = !isLearnedFrom(points[0].scores.on);
  const test = findTest(steps);
  const branches = forks.flatMap((fork) => branchOf(trace, fork)).slice(0, MAX_BRANCHES);
  const total = branches.reduce((most, { end }) => Math.max(most, Math.ceil(end)), steps.length);
  const marks = listMarks(steps, isMeasure);
  const ends = branches.map(({ number, course, end }) => ({
    number,
    x: end / total * 100,
    f1: course[course.length - 1].scores.f1,
  }));
  const drawn = branches.flatMap(({ course }) => course.map(({ scores }) => scores));
  const floor = findFloor([
    ...points.map(({ scores }) => scores),
    ...marks,
    ...drawn.map(({ f1 }) => ({ f1 })),
    ...(test === undefined ? [] : [test]),
  ]);
  const y = (share: number) => roundPlace((1 - share) / (1 - floor) * 100);
  const shares = chooseTicks(Math.round((1 - floor) * 100), 5).map((points) => 1 - points / 100);
  const numbers = shares.map((share) =>
    markup`<text x="100%" y="${y(share)}%" dx="-8" dy="4">${Math.round(share * 100)}</text>`
  );
  const grid = shares.map((share) =>
    markup`<line class="grid" x2="100%" y1="${y(share)}%" y2="${y(share)}%"/>`
  );
  const draw = (course: readonly CoursePoint[], length: number, of: ScoreOf) =>
    drawLine(course, { total, end: length / total, floor }, of);
  const lines = MEASURES.toReversed().map(([kind]) => {
    const path = draw(course, steps.length, (scores) => scores[kind]);
    return markup`<path class="line ${kind}${isMeasure ? "" : " learned"}" d="${path}"/>`;
  });
  const twigs = branches.map(({ course, end }) =>
    markup`<path class="line branch" d="${draw(course, end, ({ f1 }) => f1)}"/>`
  );
  const isDense = marks.length > MANY_MARKS;
  const size = isDense ? "-small" : "";
  const shapes = marks.map(({ step, kind, f1, isForced }) => {
    const [at, height] = [placeOf(step, total), y(f1)];
    return [
      renderMark(kind, at, height, size),
      isForced ? renderMark("forced", at, height) : undefined,
    ];
  });
  const last = steps.length - 1;
  const kind = isDense ? "chart dense" : "chart";
  const splits = markSplits(points, total);
  const shared = run.parent?.step;
  const past = shared === undefined
    ? undefined
    : markup`<rect class="shared" width="${
      placeOf(Math.min(shared, last), total)
    }%" height="100%"/>`;
  const refit = course.findIndex(({ scores }) => scores === undefined);
  const after = isMeasure && refit > 0 && !isUnlogged(steps[course[refit].step])
    ? shadeRefit(course[refit].step, total)
    : undefined;
  const about = [
    describeChart(points, marks),
    ...(test === undefined ? [] : [`At the end, F1 on test is ${formatPercent(test.f1)} %.`]),
    ...(branches.length === 0 ? [] : [`F1 of ${count(branches.length, "fork")} branches off.`]),
    ...(shared === undefined ? [] : [`Up to step ${shared} as in the parent.`]),
  ];
  return markup`<div class="${kind}"><svg class="axis-y" aria-hidden="true">${numbers}</svg>
<svg class="plot" role="img" aria-labelledby="chart-about">${past}${after}${grid}${splits}
<svg viewBox="0 0 1000 1000" preserveAspectRatio="none">${twigs}${lines}</svg>
${shapes}${test && drawTest(test, total, y)}${
    numberBranches(ends, y)
  }<line id="cursor" class="cursor" y2="100%" visibility="hidden"/></svg>
${renderAxis(total)}</div>
<p id="chart-about" class="unseen">${about.join(" ")}</p>
<p class="legend" aria-hidden="true">${renderLegend(points, marks, test)}${
    branches.length === 0 ? undefined : legendOf(
      "branch",
      `F1 of forks on ${nameSplit(branches[0].course[0].scores)}, numbered as below`,
    )
  }${past && markup`<span><svg class="key">${shadeKey}</svg>as in the parent</span>`}</p>${
    tellUndrawn(forks, branches)
  }
<div class="scrub enhanced" hidden><label for="scrub">Step</label>
<input id="scrub" type="range" min="0" max="${last}" value="${last}" data-steps="${total}">
<output id="scrubbed" for="scrub"></output></div>`;
}

const shadeKey = markup`<rect class="shared" width="26" height="14"/>`;

/** Writes the numbers of branches at their ends, of those that end nearly in one place together. */
function numberBranches(
  ends: readonly { readonly number: number; readonly x: number; readonly f1: number }[],
  y: (share: number) => string,
): Content {
  const places: { readonly x: number; readonly top: number; readonly numbers: number[] }[] = [];
  for (const { number, x, f1 } of ends) {
    const top = Number(y(f1));
    const place = places.find((one) =>
      Math.abs(one.x - x) < NEAR && Math.abs(one.top - top) < NEAR
    );
    if (place === undefined) places.push({ x, top, numbers: [number] });
    else place.numbers.push(number);
  }
  return places.map(({ x, top, numbers }) => {
    const unseen = numbers.length - MAX_NUMBERS;
    const text = numbers.slice(0, MAX_NUMBERS).join(", ") + (unseen > 0 ? ` + ${unseen}` : "");
    const place = markup`x="${roundPlace(x)}%" y="${roundPlace(top)}%"`;
    return markup`<text class="branch" ${place} dx="-4" dy="${
      top < NEAR ? 14 : -6
    }">${text}</text>`;
  });
}

function tellUndrawn(forks: readonly ForkNode[], branches: readonly Branch[]): Markup | undefined {
  const undrawn = forks.filter(({ trace }) => trace !== undefined).length - branches.length;
  if (undrawn === 0) return undefined;
  const why = branches.length === MAX_BRANCHES ? "there are too many" : "scored on other examples";
  return markup`<p class="more">${count(undrawn, "fork")} not drawn: ${why}.</p>`;
}

/** Finds where the scale begins, so that everything that is drawn has room. */
function findFloor(drawn: readonly KnownScores[]): number {
  let lowest = 1;
  for (const { f1 = 1, precision = f1, recall = f1 } of drawn) {
    lowest = Math.min(lowest, f1, precision, recall);
  }
  return 1 - (SPANS.find((span) => span >= 1.05 * (1 - lowest)) ?? 1);
}

/** Lists the marks of steps that changed the rules, tried to, or failed, as far as they have an F1 to stand at. */
function listMarks(steps: readonly Step[], isMeasure: boolean): Mark[] {
  let last: KnownScores | undefined;
  return steps.flatMap((step): Mark[] => {
    const scores = "after" in step ? step.after : standing(step) ?? last;
    const { kind } = judgeStep(step);
    last = standing(step) ?? last;
    if (kind === "quiet" || kind === "end" || scores?.f1 === undefined) return [];
    if (isMeasure && isLearnedFrom(scores.on)) return [];
    const isForced = "forced" in step && step.forced;
    return [{ step: step.index, kind, f1: scores.f1, isForced }];
  });
}

/** Returns the F1 on test examples at the end, and its step. */
function findTest(steps: readonly Step[]): { step: number; f1: number } | undefined {
  const final = steps.findLast((step) => step.type === "final");
  const f1 = final?.scores.test?.f1;
  return f1 === undefined ? undefined : { step: final!.index, f1 };
}

/** Draws the F1 on test apart from the lines, with its name and number. */
function drawTest(
  { step, f1 }: { readonly step: number; readonly f1: number },
  total: number,
  y: (share: number) => string,
): Content {
  const [x, top] = [placeOf(step, total), y(f1)];
  const dy = Number(top) < 2 * NEAR ? 20 : -11;
  return [
    renderMark("test", x, top),
    markup`<text class="test" x="${x}%" y="${top}%" dx="8" dy="${dy}">test ${
      formatPercent(f1)
    }</text>`,
  ];
}

/** Shades the steps after which no example is held out. */
function shadeRefit(step: number, total: number): Markup {
  const x = placeOf(step, total);
  // In two lines, which fit a narrow page.
  const lines = ["then learned from dev too:", "no F1 on dev ▸"].map((text, place) =>
    markup`<text class="split" x="${x}%" y="100%" dx="-8" dy="${
      -22 + 14 * place
    }" text-anchor="end">${text}</text>`
  );
  return markup`<rect class="refit" x="${x}%" width="${
    roundPlace(100 - Number(x))
  }%" height="100%"/>${lines}`;
}

/** Returns one of the scores. */
type ScoreOf = (scores: Point["scores"]) => number | undefined;

/**
 * Draws a line of stairs up to its end, a share of the axis. It breaks where scores are of another split, and so cannot be compared, or are
 * not known.
 */
function drawLine(
  course: readonly CoursePoint[],
  { total, end, floor }: { readonly total: number; readonly end: number; readonly floor: number },
  of: ScoreOf,
): string {
  const x = (step: number) => roundPlace((step + 0.5) / total * 1000);
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
  return drawn === undefined ? path : `${path}H${roundPlace(end * 1000)}`;
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
  const more = (["lost", "failed"] as const).flatMap((kind) =>
    marks.some((mark) => mark.kind === kind)
      ? [` ${kind === "lost" ? "Kept at a loss" : "Failed"}: ${amount(kind)}.`]
      : []
  ).join("");
  return `Chart of F1, precision and recall over the steps: first ${describe(points[0])}; last ${
    describe(points[points.length - 1])
  }. Patches accepted: ${amount("accepted")}. Changes rejected or reverted: ${
    amount("rejected")
  }.${more} The table of steps has every number.`;
}

function renderLegend(
  points: readonly Point[],
  marks: readonly Mark[],
  test: unknown,
): Content {
  const drawn = MEASURES.filter(([kind]) =>
    points.some(({ scores }) => scores[kind] !== undefined)
  );
  const [{ scores }] = points;
  const isMeasure = !isLearnedFrom(scores.on);
  const lines = drawn.map(([kind, name]) =>
    legendOf(`${kind}${isMeasure ? "" : " learned"}`, `${name} on ${nameSplit(scores)}`)
  );
  const shapes = LEGEND.flatMap(([kind, name]) =>
    marks.some((mark) => mark.kind === kind) ? [explainMark(kind, name)] : []
  );
  const forced = marks.some(({ isForced }) => isForced)
    ? explainMark("forced", "as told, not decided")
    : undefined;
  return [
    ...lines,
    test === undefined ? undefined : explainMark("test", "F1 on test, at the end"),
    ...shapes,
    forced,
    markup`<span>per cent${
      isMeasure ? "" : "; of examples that rules were learned from: no measure of them"
    }</span>`,
  ];
}

const LEGEND: readonly (readonly [VerdictKind, string])[] = [
  ["accepted", "patch accepted"],
  ["rejected", "rejected, at the F1 it would have had"],
  ["changed", "other change"],
  ["lost", "kept, at a loss of a point or more"],
  ["failed", "failed or stopped"],
];

/** Explains a line. */
function legendOf(kind: string, name: string): Markup {
  const line = markup`<line class="line ${kind}" x2="26" y1="50%" y2="50%"/>`;
  return markup`<span><svg class="key">${line}</svg>${name}</span>`;
}
