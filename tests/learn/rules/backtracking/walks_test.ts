import { assert, assertEquals } from "jsr:@std/assert@^1";
import { createAutomaton } from "../../../../learn/rules/backtracking/automaton.ts";
import { boundByWalk, createWork } from "../../../../learn/rules/backtracking/walks.ts";
import { parsePattern } from "../../../../learn/rules/syntax.ts";

Deno.test("walks that share their work are given up together", () => {
  const automaton = createAutomaton(parsePattern("ab?c", ""), "", { writtenOut: 16 });
  const work = createWork();
  let walks = 0;
  while (boundByWalk(automaton, true, work) !== undefined && walks < 1e6) walks++;
  assert(walks > 100 && walks < 1e6, `${walks} walks`);
  assertEquals(boundByWalk(automaton, true, createWork())?.looks, 0);
});
