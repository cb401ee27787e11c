/**
 * Runs patterns on long texts; says after each pattern by which engine. Started by
 * `hostile_patterns_test.ts`.
 *
 * @module
 */
import { createExpression } from "../../../learn/rules/expressions.ts";

if (import.meta.main) {
  const { patterns, texts } = await new Response(Deno.stdin.readable).json();
  for (const [pattern, flags] of patterns) {
    const expression = createExpression(pattern, flags);
    for (const text of texts) {
      for (const length of [50, 2_000, 12_000]) {
        expression.findAll(`${text.repeat(length / text.length)}!`);
      }
    }
    Deno.stdout.writeSync(new TextEncoder().encode(`${expression.engine} ${pattern}\n`));
  }
  Deno.stdout.writeSync(new TextEncoder().encode("all\n"));
}
