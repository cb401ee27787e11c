/**
 * The check of the digests that a page makes in the browser.
 *
 * The source of the function goes into pages, so it may use nothing but its parameters and what every
 * browser has.
 *
 * @module
 */

/** The result of the check. */
export interface PageVerdict {
  readonly holds: boolean;
  /** The first step that does not fit its digest, if there is one. */
  readonly step?: number;
  readonly text: string;
}

/**
 * Checks the digests of a trace by the rules of record/chain.ts, with the browser's own SHA-256.
 *
 * @param record the parsed trace; any other value does not hold
 * @param hash SHA-256 of bytes
 */
export async function checkChain(
  record: unknown,
  hash: (bytes: Uint8Array<ArrayBuffer>) => Promise<ArrayBuffer>,
): Promise<PageVerdict> {
  type JsonMembers = { readonly [name: string]: unknown };
  const encoder = new TextEncoder();
  /** Canonical JSON, RFC 8785: members by the UTF-16 code units of their names. */
  const canonical = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    const members = Object.entries(value).filter(([, member]) => member !== undefined)
      .sort(([one], [other]) => one < other ? -1 : 1)
      .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`);
    return `{${members.join(",")}}`;
  };
  const digest = async (value: unknown): Promise<string> => {
    const bytes = new Uint8Array(await hash(encoder.encode(canonical(value))));
    return `sha256:${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  };
  const isMembers = (value: unknown): value is JsonMembers =>
    typeof value === "object" && value !== null && !Array.isArray(value);

  if (!isMembers(record) || !isMembers(record.run) || !Array.isArray(record.steps)) {
    return { holds: false, text: "the record in this page is not a trace" };
  }
  const { run, rules } = record;
  const steps: readonly unknown[] = record.steps;
  const { dataset, split, learner, config, feedback, playbook, parent, protocol } = run;
  const said = { dataset, split, learner, config, feedback, playbook, parent, protocol };
  const first = await digest(said);
  /** Computes the digest that a step should have, from the one recorded before it. */
  const expected = (step: unknown, index: number): Promise<string> => {
    if (!isMembers(step)) return Promise.resolve("");
    const before = steps[index - 1];
    const previous = isMembers(before) ? before.digest : first;
    const bare = { ...step, at: undefined, took: undefined, digest: undefined };
    return digest({ previous, step: bare });
  };
  // In parts, so that a long record does not hold up the page.
  for (let from = 0; from < steps.length; from += 200) {
    const part = steps.slice(from, from + 200);
    const digests = await Promise.all(part.map((step, place) => expected(step, from + place)));
    for (const [place, step] of part.entries()) {
      const index = from + place;
      if (isMembers(step) && step.index === index && step.digest === digests[place]) continue;
      const suspects = index === 0 ? "it or the run was changed" : "it was changed";
      const text = isMembers(step) && step.index !== index
        ? `step ${index} is out of order`
        : `step ${index} does not fit its digest: ${suspects}`;
      return { holds: false, step: index, text };
    }
  }
  const final = steps[steps.length - 1];
  const last = isMembers(final) ? final.digest : first;
  if (await digest({ run: first, rules, last }) !== record.digest) {
    return { holds: false, text: "the digest does not fit the rules and steps" };
  }
  const fit = steps.length === 1
    ? "the one step fits its digest"
    : `all ${steps.length} steps fit their digests`;
  return { holds: true, text: `verified: ${fit}` };
}
