/**
 * Experiments on what cannot be seen one by one: which rules, playbooks or guidance in a prompt, which version of it,
 * which synthesizer. Sessions with arms that are chosen by what is known of them, mistakes that repeat, rewards, and
 * what came of it, all in one log.
 *
 * As a script:
 *
 *     deno run -A review/experiment.ts start --arms plan,tests,style --size 2
 *     deno run -A review/experiment.ts reward revision --distance 0.2
 *     deno run -A review/experiment.ts end
 *     deno run --allow-read review/experiment.ts report
 *
 * @module
 */
import { runScript } from "../script/script.ts";
import { isScript, readArgs } from "../system/process.ts";
import { main } from "./experiment/script.ts";

export { chooseArms, type ChoosingOptions } from "./experiment/bandit/choosing.ts";
export { type PosteriorOptions, posteriorsOf } from "./experiment/bandit/posteriors.ts";
export {
  estimatePolicy,
  type JudgedChoice,
  type PolicyEstimate,
  type PolicyRefusal,
  type TargetPolicy,
} from "./experiment/bandit/what_if.ts";
export { choicesOf, creditsOf, type JudgedWork, judgeWork } from "./experiment/credits.ts";
export {
  type ExperimentSession,
  type ExperimentState,
  foldExperiment,
  type Placed,
} from "./experiment/folding.ts";
export {
  type ArmChoice,
  type ArmCredit,
  type ArmPosterior,
  type Attribution,
  ATTRIBUTIONS,
  CHOOSING_POLICIES,
  type ChoosingPolicy,
  type ContextMetrics,
  type ExperimentEvent,
  type ExperimentMetrics,
  type ExperimentReport,
  type ExperimentTotals,
  type LoggedChoice,
  type MistakeClass,
  type MistakeEvent,
  OUTCOMES,
  type OutcomeTally,
  type RewardEvent,
  type RuleChanges,
  type SessionEnd,
  type SessionMetrics,
  type SessionStart,
  type WorkOutcome,
} from "./experiment/format.ts";
export {
  type ExperimentContents,
  parseExperiment,
  readExperiment,
  type TornLine,
} from "./experiment/log.ts";
export { measureSession, reportExperiment } from "./experiment/metrics.ts";
export { type DescribedMistake, findRepeated } from "./experiment/mistakes.ts";
export { renderExperimentPage } from "./experiment/page.ts";
export {
  type AttributionOptions,
  type EndOptions,
  type Experiment,
  type ExperimentOptions,
  type MistakeOptions,
  openExperiment,
  type RewardOptions,
  type SessionChoice,
  type SessionOptions,
} from "./experiment/sessions.ts";
export { formatExperiment } from "./experiment/text.ts";

if (isScript("experiment", import.meta.main, import.meta.url)) {
  await runScript("experiment.ts", () => main(readArgs()));
}
