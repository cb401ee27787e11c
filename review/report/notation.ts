/**
 * How to read what rules say, and the names that the embedded synthesizers give to them.
 *
 * @module
 */
import type { Trace } from "../../record/schema.ts";
import { type Markup, markup } from "../markup.ts";

/** What is written, and what it matches. */
type Sign = readonly [written: string, matches: string];

const LABELS: readonly Sign[] = [
  ["crypto", "the word, in any case"],
  ["payment(s)", "the word, with or without an s"],
  ["pend*, *able", "words that begin, or end, with it"],
  ["buy | buying", "either; also in brackets"],
  ["how does", "one word after the other"],
  ["a … card(s)", "with one or two words in between"],
  ["payment(s) + pend*", "both, anywhere in the text"],
  ["card(s) but not lost", "the one, and the other nowhere in the text"],
  ["^can, now$", "at the start of the text, at its end"],
  ["number, capitals …", "a shape, not these letters"],
  ["/[a-z]{2}/", "a regular expression"],
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

/** Renders the legend of what rules say; for spans, of the names that the embedded synthesizer writes. */
export function renderNotation({ run: { dataset, learner } }: Trace): Markup | undefined {
  const isSaid = dataset.task === "classification";
  if (!isSaid && learner.synthesizer !== "patterns" && learner.synthesizer !== "spans") {
    return undefined;
  }
  const rows = (isSaid ? LABELS : SPANS).map(([written, matches]) =>
    markup`<div><dt><code>${written}</code></dt><dd>${matches}</dd></div>\n`
  );
  const about = isSaid
    ? markup`A rule is shown in words, after its name if that says something else. Its life shows the pattern.`
    : markup`A name is its pattern in short, after the label: <code>label/pattern</code>. Audits that merge rules write
<code>|</code> between what they merged. A name that ends with <code>…</code> is cut; the pattern is whole.`;
  return markup`<details class="panel" id="notation"><summary>How to read ${
    isSaid ? "a rule" : "the name of a rule"
  }</summary>
<p>${about}</p>
<dl class="facts">${rows}</dl></details>`;
}
