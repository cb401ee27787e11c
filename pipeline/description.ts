/**
 * What is run, on what, and with which settings, as the record has it.
 *
 * @module
 */
import { type Dataset, datasetDigest } from "../learn/data/dataset.ts";
import type { DatasetSplit } from "../learn/data/split.ts";
import { type Run, VERSION } from "../trace.ts";
import type { Settings } from "./options.ts";

/**
 * Describes a run that is about to begin.
 *
 * @param fallback the label where no rule decides, if there is one
 */
export function describeRun(
  dataset: Dataset,
  { train, dev, holdout }: DatasetSplit,
  settings: Settings,
  startedAt: Date,
  fallback?: string,
): Run {
  const { name, task, labels, examples } = dataset;
  const { synthesizer, coordinator, seed, generateId, test } = settings;
  const { maxIterations, patience, tolerance, target, margin, decide, threshold } = settings;
  const { match, overlaps, maxRules, refit, incremental } = settings;
  const config = {
    maxIterations: finite(maxIterations),
    patience: finite(patience),
    tolerance,
    target,
    margin,
    decide,
    threshold,
    default: fallback,
    match,
    overlaps,
    maxRules: finite(maxRules),
    refit: refit && dev.length > 0,
    incremental,
    synthesizer: synthesizer.settings,
    coordinator: coordinator.settings,
    test: test && { examples: test.examples.length, digest: datasetDigest(test) },
  };
  return {
    id: generateId?.() ?? createId(startedAt),
    status: "running",
    dataset: {
      name,
      task,
      labels: [...labels],
      examples: examples.length,
      digest: datasetDigest(dataset),
    },
    split: { seed, holdout, train: train.length, dev: dev.map(({ id }) => id) },
    learner: {
      synthesizer: synthesizer.name,
      coordinator: coordinator.name,
      ...nameModels(settings),
    },
    config: JSON.parse(JSON.stringify(config)),
    software: { ruletrace: VERSION, runtime: `deno ${Deno.version.deno}` },
    startedAt: startedAt.toISOString(),
  };
}

/** The language models that are asked, where there are any. */
function nameModels({ synthesizer, coordinator }: Settings): { model?: string } {
  const models = [synthesizer.model, coordinator.model].filter((model) => model !== undefined);
  return models.length === 0 ? {} : { model: [...new Set(models)].join(", ") };
}

/** JSON has no infinity: no limit is recorded as none. */
function finite(limit: number | undefined): number | undefined {
  return limit === Infinity ? undefined : limit;
}

function createId(at: Date): string {
  const time = at.toISOString().slice(0, 19).replaceAll(/[-:]/g, "");
  return `${time}-${crypto.randomUUID().slice(0, 6)}`;
}
