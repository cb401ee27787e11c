import { assert, assertEquals } from "jsr:@std/assert@^1";

const { raw } = String;

/** What the texts repeat on which the patterns below find much to try. */
const TEXTS = ["a", " ", ",", "card fee "];

/** Patterns with the engine for short texts. */
const PATTERNS: readonly [pattern: string, flags: string, engine: "v8" | "linear"][] = [
  // Exponential in the text or in the pattern.
  [raw`(a+)+$`, "", "linear"],
  [raw`(\w+\s?)*!`, "", "linear"],
  [raw`(.*)*x`, "", "linear"],
  [raw`(?=(a+)+$)b|(?<!(?:a+)+c)b`, "u", "linear"],
  [".?".repeat(24) + "[0-9]", "", "linear"],
  [".?".repeat(30) + "[0-9]", "", "linear"],
  ["(?:.|.){5}".repeat(6) + "[0-9]", "", "linear"],
  [raw`(a?){30}a{30}[]`, "", "linear"],
  [raw`^(.*?,){12}P`, "", "linear"],
  [".*".repeat(12) + "[]", "", "linear"],
  // Of degree 2 to 5.
  [raw`\s+$`, "", "v8"],
  [raw`\s+[]`, "", "v8"],
  [raw`a.*b|a`, "", "v8"],
  [raw`.*a.*[]`, "", "v8"],
  [raw`.*a.*a.*[]`, "", "v8"],
  [raw`(?=.*fee)(?=.*card).*[]`, "i", "v8"],
  [raw`(?:\w+\s?){0,5}[]`, "", "v8"],
  [raw`(\w+)\s+\1[]`, "", "v8"],
  [raw`(?=.*(a)).*\1[]`, "", "v8"],
  // Many alternatives and counts.
  [raw`\b(?:${Array.from({ length: 300 }, (_, at) => `a${at}|car${at}`).join("|")})\b`, "i", "v8"],
  [raw`(?:[ab]{0,60}){0,8}[]`, "", "linear"],
  [raw`(?:a?b?,? ?){60}[]`, "", "linear"],
  [raw`.{0,900}a.{0,900}[]`, "", "v8"],
  // Harmless.
  [raw`\bcards?\b`, "i", "v8"],
  [raw`(?<!\p{IDC})a(?:\p{IDC}{1,30} ){0,3}b(?!\p{IDC})`, "iu", "v8"],
];

Deno.test("no pattern takes long on any text", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", new URL("./run_patterns.ts", import.meta.url).pathname],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(
    new TextEncoder().encode(JSON.stringify({ patterns: PATTERNS, texts: TEXTS })),
  );
  await writer.close();
  // Together they take some seconds; a hang takes for ever.
  const timer = setTimeout(() => child.kill("SIGKILL"), 300_000);
  const { code, stdout } = await child.output();
  clearTimeout(timer);
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  assertEquals(lines.at(-1), "all", `it hangs after ${lines.at(-1)}`);
  assert(code === 0);
  assertEquals(
    lines.slice(0, -1),
    PATTERNS.map(([pattern, , engine]) => `${engine} ${pattern}`),
  );
});
