import { assertEquals } from "jsr:@std/assert@^1";
import type { BetweenOutput } from "../../../../review/observe/between/format.ts";
import { formatBetween } from "../../../../review/observe/between/text.ts";

const output: BetweenOutput = {
  task: "classification",
  old: { path: "runs/old\x1b.trace.json", rules: 1_071, answered: 2_700 },
  new: { path: "runs/new.trace.json", rules: 934, answered: 2_982 },
  texts: 3_000,
  differing: 320,
  distinct: 301,
  counts: { newOnly: 19, oldOnly: 40, neither: 31 },
  verdict: "old",
  bayesFactor: 12_345,
  difference: { points: -2.44, low: -3.6, high: -1.21 },
  isExact: false,
  review: { path: "queue.jsonl", reviewed: 87, held: 0, waiting: 0, budget: 300 },
};

Deno.test("a decision is told with its interval, its reviews and both sets", () => {
  assertEquals(
    formatBetween(output),
    `The old set is better: +2.4 points of accuracy on these texts (95 %: +1.2 to
+3.6)
They differ on 320 of 3,000 texts (10.7 %, 301 different ones); 87 reviewed
Bayes factor over 1,000, 20 decides

set                      rules  % labelled  right
old: old\\x1b.trace.json  1,071        90.0     40
new: new.trace.json        934        99.4     19
neither                                        31
`,
  );
});

Deno.test("what is undecided tells what to do, in as many columns as there are", () => {
  const open: BetweenOutput = {
    ...output,
    task: "ner",
    verdict: "undecided",
    bayesFactor: 1.234,
    difference: { points: 0.4, low: -1, high: 1.8 },
    more: 140,
    review: { ...output.review, held: 2, waiting: 20, line: 88 },
  };
  assertEquals(
    formatBetween(open, { width: 40 }),
    `Not decided: the new set is ahead on
+0.4 % of these texts (95 %: -1.0 to
+1.8)
They differ on 320 of 3,000 texts
(10.7 %, 301 different ones); 87
reviewed
Bayes factor 1.23, 20 decides
Chances are even that 140 more reviews
decide it

set                      better
old: old\\x1b.trace.json      40
new: new.trace.json          19
neither                      31

queue.jsonl, from line 88 on: 20 texts
to review. In each, write "a", "b" or
"neither" into "better", then run this
again
2 reviews below line 88 count once it is
reviewed too
`,
  );
});
