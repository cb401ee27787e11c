/**
 * Examples that may be mislabelled: groups of them, and single ones.
 *
 * @module
 */
import { count, formatCount, formatPercent, showName } from "../../print/phrases.ts";
import type { Trace } from "../../record/schema.ts";
import type { BlamedCluster } from "../blame/clusters.ts";
import type { ExampleBlame } from "../blame/examples.ts";
import type { Blame } from "../blame/format.ts";
import type { Leak } from "../blame/leaks.ts";
import type { SuspectExample } from "../blame/mislabels.ts";
import { type Markup, markup } from "../markup.ts";
import type { EvidenceRating } from "../significance.ts";
import { linkRules } from "./links.ts";
import { MAX_ITEMS, renderIds, tellMore } from "./lists.ts";

/** Names of rules that are shown for one group. */
const MAX_RULES = 20;

/** Renders the examples to look at, those with the most evidence first, and test texts that were learned from. */
export function renderExamples(
  trace: Trace,
  { examples, leaks }: Pick<Blame, "examples" | "leaks">,
): Markup | undefined {
  if (examples === undefined && leaks.length === 0) return undefined;
  return markup`${examples && renderSuspects(trace, examples)}${renderLeaks(leaks)}`;
}

function renderLeaks(leaks: readonly Leak[]): Markup | undefined {
  if (leaks.length === 0) return undefined;
  const items = leaks.slice(0, MAX_ITEMS).map(({ test, example, isEqual, similarity }) =>
    markup`<p class="item suspect"><code>${showName(test)}</code> <span>${
      isEqual ? "equal to" : `${formatPercent(similarity)} % of the words of`
    } <code>${showName(example)}</code></span></p>
`
  );
  return markup`<h3>Test texts that were learned from</h3>
<p>A check of the data, and no blame: what is equal, or shares at least 80 % of its words, is easier than other
texts. Much of the latter is only what people often say.</p>
<div class="list">${items}</div>${tellMore(leaks.length, "test text", "in the blame file")}`;
}

function renderSuspects(trace: Trace, { clusters, mislabels }: ExampleBlame): Markup {
  return markup`<p>Examples that rules learned without them call otherwise than they are labelled. They are
to be looked at: a label can be right and the rules wrong.</p>
${clusters && renderClusters(trace, clusters)}
<h3>Single examples</h3>
<p>Left out with a part of the data, ${formatCount(mislabels.partitions)} times, ${
    formatCount(mislabels.folds)
  } parts each. Suggestive at the most: the rules were
learned from nearly the same examples each time.</p>
${
    mislabels.examples.length === 0
      ? markup`<p class="none">None is called otherwise.</p>`
      : markup`<div class="list">${mislabels.examples.slice(0, MAX_ITEMS).map(renderSuspect)}</div>`
  }${tellMore(mislabels.examples.length, "example", "in the blame file")}`;
}

function renderClusters(
  trace: Trace,
  { clusters, considered, threshold }: NonNullable<ExampleBlame["clusters"]>,
): Markup {
  const left = clusters.length === 0
    ? `Of ${count(considered, "group")}, none gave reason to leave it out.`
    : `${formatCount(clusters.length)} of ${count(considered, "group")} left out, one at a time.`;
  const lead = markup`<h3>Groups with rules in common</h3>
<p>${left} A group is suspicious if more than ${formatPercent(threshold)} % of it must be called
otherwise, by a bound that is corrected for all groups, and the test examples do not speak for its label.</p>`;
  if (clusters.length === 0) return lead;
  const shown = clusters.slice(0, MAX_ITEMS).map((one) => renderCluster(trace, one));
  return markup`${lead}<div class="list">${shown}</div>${
    tellMore(clusters.length, "group", "in the blame file")
  }`;
}

function renderCluster(trace: Trace, cluster: BlamedCluster): Markup {
  const { label, called, rules, examples, otherwise, low, without, onTest, evidence } = cluster;
  const others = called === undefined ? "" : `, mostly ${showName(called)}`;
  const test = onTest &&
    markup`<dt>On test</dt><dd>Its rules match ${count(onTest.found, "example")} of the label, ${
      onTest.expected.toFixed(1)
    } expected; without the group ${formatCount(onTest.gained)} gained, ${
      formatCount(onTest.lost)
    } lost</dd>`;
  return markup`<details class="item"><summary><span class="count">${
    formatCount(examples.length)
  }</span>
<span>${showName(label)}: ${formatCount(otherwise)} called otherwise${others}</span> <small>${
    tellEvidence(evidence)
  }</small></summary>
<dl><dt>Share called otherwise</dt><dd>at least ${formatPercent(low)} % by the bound; ${
    formatCount(without)
  } by the run’s own rules without those that rest on the group</dd>
${test}<dt>Rules</dt><dd>${linkRules(trace, rules, MAX_RULES)}</dd>
<dt>Examples</dt><dd>${renderIds(examples)}</dd></dl></details>
`;
}

function renderSuspect({ example, called, trials, otherwise, lead, evidence }: SuspectExample) {
  const what = called === undefined ? "found otherwise" : `called ${showName(called)}`;
  const words = `${formatCount(otherwise)} of ${count(trials, "trial")} otherwise, lead ${
    lead.toFixed(1)
  }`;
  return markup`<p class="item suspect"><code>${showName(example)}</code> <span>${what}</span>
<small>${words}</small> ${tellEvidence(evidence)}</p>
`;
}

/** Renders how much there is to be said for something. */
export function tellEvidence(evidence: EvidenceRating, phrase: string = evidence): Markup {
  return markup`<span class="evidence ${evidence.replace(" ", "-")}">${phrase}</span>`;
}
