import { assert, assertEquals } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { fileURLToPath } from "node:url";
import { importRuleChefLog } from "../../../rulechef/log/import.ts";
import { readRuleChef } from "../../../rulechef/rule_set.ts";
import { compareWithTruth, type Facts } from "./facts.ts";
import { bytesOf, now } from "./importing.ts";
import type { TrueRun } from "./truth.ts";

const folder = fileURLToPath(new URL("../../../../shared/data/rulechef/random", import.meta.url));
const END = ".training.jsonl";
let names: string[] = [];
try {
  names = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.endsWith(END)).sort().map((name) => name.slice(0, -END.length));
} catch {
  // Without the data, the tests are skipped.
}

for (const withRules of [false, true]) {
  const what = withRules ? "and the returned rules" : "alone";
  Deno.test({
    name:
      `all that traces tell of runs that were recorded inside RuleChef is true, by a log ${what}`,
    ignore: names.length === 0,
    async fn() {
      const facts: Facts = { held: new Map(), untrue: [] };
      for (const name of names) {
        const path = join(folder, name);
        const returned = withRules ? await readRuleChef(`${path}.final.json`) : undefined;
        const text = await Deno.readTextFile(`${path}${END}`);
        const log = await importRuleChefLog(bytesOf(text), { now, ...(returned && { returned }) });
        const truth = JSON.parse(await Deno.readTextFile(`${path}.truth.json`)) as TrueRun[];
        const before = facts.untrue.length;
        compareWithTruth(log, truth, facts);
        for (let place = before; place < facts.untrue.length; place++) {
          facts.untrue[place] = `${name}: ${facts.untrue[place]}`;
        }
      }
      assertEquals(facts.untrue, []);
      // To leave everything open is no way to be right.
      const held = facts.held.values().reduce((sum, amount) => sum + amount, 0);
      assert(held >= (withRules ? 900 : 810), `${held} facts`);
      for (
        const kind of ["iteration", "verdict", "rules after", "patch", "best", "phase", "stop"]
      ) {
        assert(facts.held.has(kind), kind);
      }
    },
  });
}
