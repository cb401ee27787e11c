import { assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import type { Exchange } from "../../../../learn/chat/exchanges.ts";
import { responseDigest } from "../../../../learn/chat/response.ts";
import { digest } from "../../../../learn/text/digest.ts";
import { renderTape } from "../../../../review/report/model/tape.ts";
import { renderReport } from "../../../../review/report.ts";
import { bodies, completed, makeTrace } from "../../../print/print_fixture.ts";
import { exchange } from "../report_fixture.ts";

const guide = { ...exchange, id: digest("guide"), purpose: "guide" as const };
const asked = bodies.map((body, place) =>
  place === 0
    ? { ...body, exchanges: [exchange.id, exchange.id, digest("lost")] }
    : place === 1
    ? { ...body, exchanges: [guide.id] }
    : body
);
const trace = makeTrace(completed.run, Object.values(completed.rules), asked);

/** The text of the exchanges, with one space between words. */
const read = (tape: readonly Exchange[]) =>
  renderTape(trace, tape).html.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ");

Deno.test("a tape is shown with its tokens: for the run, by purpose, by step and by exchange", () => {
  const failed: Exchange = {
    ...guide,
    usage: undefined,
    response: undefined,
    outcome: "failed",
    error: { name: "ChatError", message: "the endpoint said 503", status: 503 },
  };
  const again = { ...exchange, response: "no", outcome: "repaired" as const, why: "1 repair" };
  const text = read([exchange, again, failed, { ...guide, id: digest("stray") }]);
  assertStringIncludes(text, "patch 2 2,400 68 1 0 0 1.6 s");
  assertStringIncludes(text, "guide 2 1,200 34 0 0 1 1.6 s");
  assertStringIncludes(text, "all 4 3,600 102 1 0 1 3.2 s");
  assertStringIncludes(text, "The endpoint did not count the tokens of 1 exchange.");
  assertStringIncludes(text, "2 step 0, synthesis 2,400 tokens in, 68 out");
  assertStringIncludes(text, "1 exchange not on this tape");
  assertStringIncludes(text, "Request, user 10 characters Say &lt;yes&gt;. Reply 3 characters yes");
  assertStringIncludes(text, "repaired: 1 repair");
  assertStringIncludes(text, "ChatError: the endpoint said 503");
  assertStringIncludes(text, "1 named by no step 1,200 tokens in, 34 out");
  assertStringIncludes(read([]), "The tape holds no exchange.");
});

Deno.test("a page tells which replies the trace proves, and which were changed", () => {
  const responses = [responseDigest("yes"), responseDigest("no")];
  const exchanges = [exchange.id, exchange.id];
  const proving = bodies.map((body, place) =>
    place === 0 ? { ...body, exchanges, responses } : body
  );
  const { run, rules } = completed;
  const proved = makeTrace(run, Object.values(rules), proving as typeof bodies);
  const no = { ...exchange, response: "no" };
  const whole = renderTape(proved, [exchange, no]).html;
  assertStringIncludes(whole, "The trace proves all of 2 responses on this tape.");
  const changed = renderTape(proved, [exchange, { ...no, response: "no " }]).html;
  assertStringIncludes(changed, "The trace proves 1 of 2 responses on this tape: the rest");
  assertEquals(changed.split("not what the run got: the trace has another digest").length, 2);
});

Deno.test("long texts on a tape are cut", () => {
  const long = { ...exchange, response: "a".repeat(100_000) };
  assertEquals(renderTape(trace, [long]).html.length < 30_000, true);
});

Deno.test("a page with a tape says that it holds texts", () => {
  const html = renderReport(trace, { tape: [exchange] });
  assertStringIncludes(html, "<b>This page holds texts:</b> 1 exchange with a model.");
});
