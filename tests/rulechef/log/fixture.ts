/** Makes lines of RuleChef's training log, as its logger writes them, for made-up rules and texts. */

/** A rule as RuleChef shows and logs it. */
export interface LoggedRule {
  readonly id?: string;
  readonly name: string;
  readonly content: string;
  readonly priority?: number;
  readonly label: string;
}

/** Returns a rule as a model proposes it. */
export function proposed({ name, content, priority = 5, label }: LoggedRule): object {
  return { name, format: "regex", content, priority, output_template: { label } };
}

function shown(rule: LoggedRule): object {
  const { id, name, content, priority = 5, label } = rule;
  const output = { output_template: { label }, output_key: "label" };
  return id === undefined
    ? { name, format: "regex", priority, ...output, description: "", content }
    : { id, name, format: "regex", pattern: cut(content), priority, ...output };
}

/** Python cuts by code points. */
const cut = (content: string) => [...content].slice(0, 300).join("");

let written = 0;

/** Makes a line; each is a second after the one before. */
export function line(
  call: string,
  prompt: string,
  reply: unknown,
  metadata: object = {},
): string {
  const seconds = String(written++ % 60).padStart(2, "0");
  const content = typeof reply === "string" ? reply : JSON.stringify(reply);
  const asked = prompt === "" ? [] : [{ role: "user", content: prompt }];
  return JSON.stringify({
    messages: [...asked, { role: "assistant", content }],
    call_type: call,
    metadata,
    timestamp: `2026-11-20T22:32:${seconds}.${String(written).padStart(6, "0")}+00:00`,
  });
}

/** Restarts the clock, so that the same lines have the same times. */
export function resetClock(): void {
  written = 0;
}

const task = { task_name: "cards", task_type: "classification" };

/** Makes the call for the rules of one label. */
export function synthesisLine(
  label: string,
  rules: readonly LoggedRule[],
  { texts = [], ...metadata }: { readonly texts?: readonly string[]; [name: string]: unknown } = {},
): string {
  const examples = texts.map((text) => `\nInput: ${JSON.stringify({ text })}\nOutput: {}`).join("");
  const prompt = `Task: cards\n\nPOSITIVE EXAMPLES for '${label}':\n${examples}\n\n` +
    `INSTRUCTIONS:\n- Generate up to 5 rules that match examples of '${label}'.\n`;
  const reply = { analysis: "", rules: rules.map(proposed) };
  return line("rule_synthesis_per_class", prompt, reply, {
    ...task,
    dataset_size: 20,
    target_class: label,
    ...metadata,
  });
}

/** Makes the call for a patch of `current` rules. */
export function patchLine(
  current: readonly LoggedRule[],
  rules: readonly LoggedRule[],
  { deleted = [], failures = [], evidence = [], instructions = "", isStart, ...metadata }: {
    /** Whether it is asked for before the iterations. */
    readonly isStart?: boolean;
    readonly deleted?: readonly string[];
    readonly evidence?: readonly string[];
    readonly instructions?: string;
    readonly failures?: readonly { text: string; label: string; got?: string }[];
    [name: string]: unknown;
  } = {},
): string {
  const kinds = Map.groupBy(
    failures,
    ({ label, got }) =>
      `  ${label} — ${got === undefined ? "no_prediction" : `predicted_as:${got}`}`,
  );
  const summary = [...kinds].map(([kind, list]) => `${kind}: ${list.length}`).join("\n");
  const snippets = failures.map(({ text, label, got }) => ({
    input: { text },
    expected: { label },
    got: got === undefined ? {} : { label: got, rule_id: "x" },
    is_correction: false,
  }));
  const list = JSON.stringify(current.map((rule) => shown({ ...rule, id: undefined })), null, 2);
  const quoted = evidence.map((text) => JSON.stringify(text.slice(0, 80))).join(", ");
  const metrics = isStart ? "" : "PER-CLASS METRICS (current performance):\n  card: P=0%\n\n";
  const prompt = "You are updating an existing rule-based extractor.\n\nTask: cards\n\n" +
    `DATA EVIDENCE FROM TRAINING:\n- card (${evidence.length} examples): ${quoted}\n\n${metrics}` +
    `CURRENT RULES (full details, note any user_feedback on specific rules):\n${list}\n\n\n\n` +
    `FAILURE MODE SUMMARY (all ${failures.length} failures, not just the sample):\n${summary}\n\n` +
    `FAILURES TO FIX (sampled, corrections are high priority):\n${
      JSON.stringify(snippets, null, 2)
    }\n\nInstructions:\n- Keep total new/updated rules <= 8.\n${instructions}`;
  const reply = { analysis: "", rules: rules.map(proposed), deleted_rules: deleted };
  return line("rule_patch", prompt, reply, {
    ...task,
    num_failures: failures.length,
    num_existing_rules: current.length,
    num_rules_in_response: rules.length,
    num_deleted: deleted.length,
    response_valid: true,
    prompt_variant: "full",
    ...metadata,
  });
}

/** Makes the decision on a patch, with F1 and precision of the rules before it and with it. */
export function decisionLine(
  iteration: number,
  accepted: boolean,
  rules: readonly LoggedRule[],
  [prev, prevPrecision, candidate, candidatePrecision]: readonly number[],
  { deleted = [], ...metadata }: { readonly deleted?: readonly string[]; [name: string]: unknown } =
    {},
): string {
  const reply = {
    patch_rules: rules.map((rule) => ({ ...proposed(rule), id: rule.id, output_key: "label" })),
    deleted_rules: deleted,
  };
  return line("patch_decision", "", reply, {
    ...task,
    iteration,
    accepted,
    decided_on_dev: true,
    prev_micro_f1: prev,
    prev_micro_precision: prevPrecision,
    candidate_micro_f1: candidate,
    candidate_micro_precision: candidatePrecision,
    f1_delta: candidate - prev,
    ...metadata,
  });
}

/** Makes the guidance of a coordinator for the next patch. */
export function guideLine(iteration: number, guidance: string, metadata: object = {}): string {
  return line("guide_refinement", `ITERATION: ${iteration}/4\n`, { guidance }, {
    iteration,
    max_iterations: 4,
    exact_match: 0.5,
    micro_f1: 0.6,
    macro_f1: 0.55,
    focus_classes: ["card"],
    should_continue: true,
    ...metadata,
  });
}

/** Makes the call for an audit of `current` rules, which have ids. */
export function auditLine(current: readonly LoggedRule[], actions: readonly object[]): string {
  const prompt = `Analyze these rules.\n\nRULES:\n${JSON.stringify(current.map(shown), null, 2)}\n`;
  const metadata = { num_rules: current.length, num_actions: actions.length, analysis: "" };
  return line("audit_rules", prompt, { analysis: "", actions }, metadata);
}

/** Makes the call for a critique of `current` rules. */
export function critiqueLine(
  current: readonly LoggedRule[],
  reply: object,
  texts: readonly string[] = [],
): string {
  const rules = current.map(({ id, name }) => `  Rule: "${name}" (id=${id})\n`).join("\n");
  const missed = texts.map((text) => `  Input: "${text}"\n  Expected: {}\n`).join("");
  return line("critique_rules", `TASK: cards\n\nRULES:\n\n${rules}\n${missed}`, reply, {
    num_rules: current.length,
  });
}
