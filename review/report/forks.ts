/**
 * The forks of a run as a tree: what was changed, and what came of it in the end.
 *
 * @module
 */
import { abbreviate, digest } from "../../learn/text/digest.ts";
import { compareCodeUnits } from "../../learn/text/folding.ts";
import { phraseChange } from "../../print/changes.ts";
import { count, formatCount, formatPercent } from "../../print/phrases.ts";
import { lastRules } from "../../record/fold.ts";
import type { Change } from "../../record/parent.ts";
import type { Trace } from "../../record/schema.ts";
import type { Blame, ForkTrial } from "../blame/format.ts";
import { phraseEvidence } from "../blame/phrases.ts";
import { pairScores } from "../compare/scores.ts";
import { type Markup, markup, type PageLink } from "../markup.ts";
import { tellEvidence } from "./examples.ts";
import { linkNames } from "./links.ts";
import { MAX_ITEMS, tellMore } from "./lists.ts";
import { formatSigned } from "./path.ts";
import { nameTest } from "./seeds.ts";

/** What was changed about a run, and the fork or the trial of blame that did so, or both. */
interface Fork {
  readonly changes: readonly Change[];
  /** The first step that the change touched. */
  readonly step: number;
  readonly trace?: Trace;
  readonly trial?: ForkTrial;
}

/** A fork among the others. */
export interface ForkNode extends Fork {
  /** From 1, in the order of the tree. */
  readonly number: number;
  /** Those with the same changes and more after them. */
  readonly children: readonly ForkNode[];
}

/** Characters of the phrase of all changes that are shown. */
const MAX_PHRASE = 400;
/** Changes before its last that a fork may have in common with another, to be listed under that. */
const MAX_NESTED = 50;
/** Splits that tell how rules do, the best first. */
const COMPARED = ["test", "dev", "train"] as const;

/** Orders forks by the step that they touch; those with more changes come under those with the first of them. */
export function plantForks(forks: readonly Trace[], trials: readonly ForkTrial[]): ForkNode[] {
  const sorted = joinTrials(forks, trials).map((fork) => ({ fork, key: digest(fork.changes) }))
    .sort(({ fork: one, key }, { fork: other, key: otherKey }) =>
      one.step - other.step || one.changes.length - other.changes.length ||
      compareCodeUnits(key, otherKey) ||
      compareCodeUnits(one.trace?.digest ?? "", other.trace?.digest ?? "")
    );
  const first = new Map(sorted.toReversed().map(({ fork, key }) => [key, fork]));
  const under = Map.groupBy(sorted.map(({ fork }) => fork), ({ changes }) => {
    const longest = Math.min(changes.length - 1, MAX_NESTED);
    for (let length = longest; length > 0; length--) {
      const found = first.get(digest(changes.slice(0, length)));
      if (found !== undefined) return found;
    }
    return undefined;
  });
  let number = 0;
  const plant = (fork: Fork | undefined): ForkNode[] =>
    (under.get(fork) ?? []).map((one) => ({ ...one, number: ++number, children: plant(one) }));
  return plant(undefined);
}

/** Pairs each fork with its trial: with the same digest, or else the same change and as many rules. */
function joinTrials(forks: readonly Trace[], trials: readonly ForkTrial[]): Fork[] {
  const byDigest = new Map(trials.map((trial) => [trial.digest, trial]));
  const byChange = new Map(trials.map((trial) => [digest([trial.change]), trial]));
  const unique = [...new Map(forks.map((trace) => [trace.digest, trace])).values()];
  const joined = unique.map((trace): Fork => {
    const { change: changes = [], step = -1 } = trace.run.parent!;
    const alike = byChange.get(digest(changes));
    // Another model or other data give another run by the same change.
    const isAlike = alike !== undefined && alike.rules === lastRules(trace).length;
    const trial = byDigest.get(trace.digest) ?? (isAlike ? alike : undefined);
    return { changes, step: step + 1, trace, ...(trial && { trial }) };
  });
  const taken = new Set(joined.map(({ trial }) => trial));
  const rest = trials.filter((trial) => !taken.has(trial)).map((trial) => ({
    changes: [trial.change],
    step: trial.step,
    trial,
  }));
  return [...joined, ...rest];
}

/** Lists the nodes of a tree in order. */
export function listForks(nodes: readonly ForkNode[]): ForkNode[] {
  return nodes.flatMap((node) => [node, ...listForks(node.children)]);
}

/** Renders the tree, or says that there is none. */
export function renderForks(
  trace: Trace,
  nodes: readonly ForkNode[],
  { blame, linkFork }: {
    readonly blame?: Blame;
    readonly linkFork?: (fork: Trace) => readonly PageLink[];
  },
): Markup | undefined {
  const all = listForks(nodes);
  if (all.length === 0) return undefined;
  const tried = all.some(({ trial }) => trial !== undefined);
  const bounds = !tried || blame === undefined
    ? undefined
    : markup` The intervals hold for all trials
together (95 %), on ${
      nameTest(blame)
    }. A finding needs both: an interval that does not hold 0, and a difference
beyond luck, which no result of at least ten other seeds has.`;
  const lone = all.every(({ trial }) => trial !== undefined)
    ? undefined
    : markup` What blame did not try
has no interval: the difference can be luck.`;
  const renderNode = (node: ForkNode): Markup => {
    const children = renderNodes(node.children);
    return markup`<li><div class="fork" id="fork-${node.number}"><b>${node.number}</b>
<span>${linkNames(trace, phraseFork(node))}</span>${
      node.trace && linkFork?.(node.trace).map(({ href, text }) =>
        markup` <a href="${href}">${text}</a>`
      )
    }
${node.trial ? renderTrial(node.trial) : renderEffect(trace, node.trace!)}</div>${children}</li>
`;
  };
  const renderNodes = (nodes: readonly ForkNode[]): Markup | undefined => {
    const shown = nodes.filter(({ number }) => number <= MAX_ITEMS);
    return shown.length === 0 ? undefined : markup`<ul>${shown.map(renderNode)}</ul>`;
  };
  return markup`<p>The run, learned again with something changed: what a change did in the end, with all that
came after it.${bounds}${lone}</p>
<div class="forks">${renderNodes(nodes)}</div>${tellMore(all.length, "fork", "not shown")}`;
}

/** Phrases all changes of a fork. */
export function phraseFork({ changes }: Pick<Fork, "changes">): string {
  if (changes.length === 0) return "what was changed is not recorded";
  return changes.map(phraseChange).join("; ").slice(0, MAX_PHRASE);
}

function renderTrial(trial: ForkTrial): Markup {
  const { type, f1, gained, lost, rules, interval, evidence, isFinding, isRepeated } = trial;
  const { points, low, high } = interval;
  const words = [
    type,
    `F1 ${formatPercent(f1)} %`,
    `${count(gained, "example")} gained, ${formatCount(lost)} lost`,
    count(rules, "rule"),
    ...(isRepeated ? ["ends with the same predictions as a trial before it, and counts once"] : []),
  ];
  const isFirst = isFinding && !isRepeated;
  return markup`<p><b>${formatSigned(points)}</b> points, ${formatSigned(low)} to ${
    formatSigned(high)
  }: ${tellEvidence(evidence, phraseEvidence(trial))}, ${phraseLuck(trial)}${
    isFirst ? markup` <b class="finding">finding</b>` : undefined
  }</p>
<small>${words.join(" · ")}</small>`;
}

function phraseLuck({ luck }: ForkTrial): string {
  if (luck === undefined) return "not compared with other seeds";
  const { seeds, results, asMuch, isBeyondLuck } = luck;
  const others = `${count(results, "result")} of ${count(seeds, "other seed")}`;
  if (isBeyondLuck) return `beyond luck: none of ${others} differs as much`;
  if (asMuch > 0) return `luck does as much: ${formatCount(asMuch)} of ${others}`;
  return `not told from luck: only ${count(seeds, "other seed")}`;
}

/** Renders what the scores in both traces say. */
function renderEffect(trace: Trace, fork: Trace): Markup {
  const pairs = pairScores(trace, fork);
  const found = COMPARED.map((split) => pairs.find(({ on }) => on === split))
    .find((pair) => pair?.points !== undefined);
  const rules = count(lastRules(fork).length, "rule");
  if (found === undefined) {
    const why = pairs.find(({ why }) => why !== undefined)?.why ?? "no scores";
    return markup`<p>F1 cannot be compared: ${why}</p><small>${rules}</small>`;
  }
  const { on, points, after } = found;
  return markup`<p><b>${formatSigned(points!)}</b> points of F1 on ${on}, no interval</p>
<small>F1 ${formatPercent(after?.f1)} % · ${rules}</small>`;
}

/**
 * Refuses forks of another run, and blame of another.
 *
 * @throws {RangeError} naming both digests
 */
export function requireOwn(
  { digest }: Trace,
  { blame, forks = [] }: { readonly blame?: Blame; readonly forks?: readonly Trace[] },
): void {
  if (blame !== undefined && blame.run.digest !== digest) {
    const other = abbreviate(blame.run.digest);
    throw new RangeError(`The blame is of the trace ${other}, not of ${abbreviate(digest)}`);
  }
  for (const { run } of forks) {
    if (run.parent?.digest === digest) continue;
    const other = run.parent === undefined ? "no other run" : abbreviate(run.parent.digest);
    throw new RangeError(
      `The run ${run.id} was made from ${other}, it is not a fork of ${abbreviate(digest)}`,
    );
  }
}
