/**
 * What a run is computed again from, compared with what the trace says of it.
 *
 * @module
 */
import type { Exchange } from "../../learn/chat/exchanges.ts";
import { type Dataset, datasetDigest } from "../../learn/data/dataset.ts";
import { abbreviate } from "../../learn/text/digest.ts";
import { isRecord } from "../../learn/text/json.ts";
import { quote } from "../../learn/text/quoting.ts";
import { count, formatCount, listFew } from "../../print/phrases.ts";
import { ProtocolConfig } from "../../record/protocol.ts";
import type { Trace } from "../../trace.ts";

/** Examples, squared, up to which each is left out once to find one that is new. */
const MAX_TRIED = 2_000_000;

/**
 * Describes how the examples differ from those of the run; `undefined` if they are the same. Names examples
 * that are missing, as far as the trace and the tape know their ids, and one that is new.
 */
export function describeOtherData(
  trace: Trace,
  dataset: Dataset,
  tape: readonly Exchange[] = [],
): string | undefined {
  const { digest, examples: size } = trace.run.dataset;
  const given = datasetDigest(dataset);
  if (given === digest) return undefined;
  const { examples } = dataset;
  const ids = new Set(examples.map(({ id }) => id));
  const known = listKnown(trace, tape);
  const missing = known.filter((id) => !ids.has(id));
  const fresh = examples.length - 1 === size ? findNew(dataset, digest, new Set(known)) : undefined;
  const named = missing.length > 0
    ? `; ${listFew(missing, ", ", showId)} ${missing.length === 1 ? "is" : "are"} missing`
    : fresh !== undefined
    ? `; ${showId(fresh)} is new`
    : "";
  if (examples.length === size) {
    return `as many examples, ${
      formatCount(size)
    }, but other texts, labels or ids, or another order` +
      ` (${phraseDigests(given, digest)})${named}`;
  }
  const there = size === undefined ? "an unknown number" : formatCount(size);
  const { corrections = [] } = trace.run.split;
  const hint = corrections.some((id) => !ids.has(id))
    ? `; the run has ${count(corrections.length, "correction")}, which --corrections names`
    : "";
  return `${count(examples.length, "example")}, ${there} in the run${named}${hint}`;
}

/**
 * Makes sure that examples are those of the run.
 *
 * @throws {RangeError} if they are not, saying how they differ
 */
export function requireOwnData(
  trace: Trace,
  dataset: Dataset,
  tape: readonly Exchange[] = [],
): void {
  const other = describeOtherData(trace, dataset, tape);
  if (other !== undefined) throw new RangeError(`The data are not those of the run: ${other}`);
}

/** Describes how the test set differs from that of the run; `undefined` if it is the same, or there is none. */
export function describeOtherTest({ run }: Trace, test: Dataset): string | undefined {
  const { data: recorded } = ProtocolConfig.shape.test.safeParse(run.config.test);
  const digest = isRecord(run.config.test) ? run.config.test.digest : undefined;
  const given = datasetDigest(test);
  if (recorded === undefined || given === digest) return undefined;
  const size = test.examples.length;
  return size === recorded.examples
    ? `as many test examples, ${formatCount(size)}, but others ` +
      `(${phraseDigests(given, digest)})`
    : `${count(size, "test example")}, ${formatCount(recorded.examples)} in the run`;
}

function phraseDigests(given: string, recorded: unknown): string {
  const known = typeof recorded === "string" ? abbreviate(recorded) : "unknown";
  return `digest ${abbreviate(given)}, in the run ${known}`;
}

/** Shows an id, which may be any text, as short as it can be. */
function showId(id: string): string {
  return /^[\w.:-]{1,60}$/.test(id) ? id : quote(id);
}

/** Returns the ids that a run is known to have had: held out, in clusters, in prompts. */
function listKnown({ run, steps }: Trace, tape: readonly Exchange[]): string[] {
  const clustered = steps.flatMap((step) =>
    step.type === "iteration" ? step.failures.clusters.flatMap(({ examples }) => examples) : []
  );
  const shown = tape.flatMap(({ metadata: { examples } }) =>
    Array.isArray(examples) ? examples.filter((id) => typeof id === "string") : []
  );
  return [...new Set([...run.split.dev, ...clustered, ...shown])];
}

/** Returns the id of the example, none of those known, without which the digest is that of the run. */
function findNew(
  { examples }: Dataset,
  digest: string | undefined,
  known: ReadonlySet<string>,
): string | undefined {
  if (examples.length ** 2 > MAX_TRIED) return undefined;
  return examples.find(({ id }, place) =>
    !known.has(id) &&
    datasetDigest({ examples: examples.toSpliced(place, 1) as Dataset["examples"] }) === digest
  )?.id;
}
