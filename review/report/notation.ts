/**
 * How to read the names that the embedded synthesizers give to rules.
 *
 * @module
 */
import type { Trace } from "../../record/schema.ts";
import { type Markup, markup } from "../markup.ts";

/** What is written in a name, and what it matches. */
type Sign = readonly [written: string, matches: string];

const LABELS: readonly Sign[] = [
  ["crypto", "the word, in any case"],
  ["payment(s)", "the word, with or without an s"],
  ["pend*", "words that begin with it"],
  ["buy|buying", "any of these; also in brackets"],
  ["how does", "one word after the other"],
  ["a … card(s)", "with one or two words in between"],
  ["payment(s) + pend*", "both, anywhere in the text"],
  ["^can", "at the start of the text"],
  ["number, capitals …", "a shape, not these letters"],
];

const SPANS: readonly Sign[] = [
  ["in ((Name))(,)", "the name between in and a comma"],
  ["that serves (word)", "the word in brackets is the span, the others stand around it"],
  ["(restaurant|bar)", "either word"],
  ["#, number, year", "digits, a number, a year"],
  ["word, Name, Names, CAPS", "a word, one or several with a capital, capitals only"],
  ["*ian", "words that end with it"],
  ["…", "up to eight words"],
  ["$", "the end of the text"],
  ["with food, without food", "that word must, or must not, be in the text"],
];

/** Renders the legend of names, if a synthesizer that writes such names made the rules. */
export function renderNotation({ run: { dataset, learner } }: Trace): Markup | undefined {
  if (learner.synthesizer !== "patterns" && learner.synthesizer !== "spans") return undefined;
  const signs = dataset.task === "classification" ? LABELS : SPANS;
  const rows = signs.map(([written, matches]) =>
    markup`<div><dt><code>${written}</code></dt><dd>${matches}</dd></div>\n`
  );
  return markup`<details class="panel" id="notation"><summary>How to read the name of a rule</summary>
<p>A name is its pattern in short, after the label: <code>label/pattern</code>. Audits that merge rules write
<code>|</code> between what they merged. A name that ends with <code>…</code> is cut; the pattern is whole.</p>
<dl class="facts">${rows}</dl></details>`;
}
