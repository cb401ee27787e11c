/**
 * What the commands of the script take.
 *
 * @module
 */

/** The commands, in the order of an experiment. */
export const COMMANDS = [
  "start",
  "mistake",
  "reward",
  "end",
  "metrics",
  "report",
  "what-if",
] as const;

/** See {@linkcode COMMANDS}. */
export type ExperimentCommand = typeof COMMANDS[number];

/** The text of `--help` without a command. */
export const usage =
  `Run an experiment: choose arms for sessions, log what came of them, learn from it.

  deno run -A review/experiment.ts COMMAND [options]

  start               begin a session: choose arms, print its id and them
  mistake TEXT        log a mistake of a session
  reward OUTCOME      log what became of work: accepted, revision or rejected
  end                 end a session, and print its metrics
  metrics             print the metrics of a session, or of all
  report              print all: contexts, mistakes that repeat, arms and sessions
  what-if             tell what another way to choose would have come to

  COMMAND --help      the options of a command

Arms are things whose effect cannot be seen one by one: rules, playbooks or guidance in a prompt,
versions of a prompt, synthesizers. What is logged stays in one file, which several may use at once.

The exit code is 0, 1 for errors, and 2 for bad arguments.
`;

const LOG = `  --log FILE          the log (default: experiment.jsonl)
`;

const SESSION = `  --session ID        the session; may be left out if exactly one is open
`;

const CREDIT =
  `  --credit WHICH      arms to credit: fired (those named), shown (those chosen) or all (default:
                      fired with --arms, else shown)
  --arms A,B          the arms that acted
  --item NAME         what was worked on: it counts once in a session
`;

const JSON_HELP = `  --json              JSON instead of text
  --help              this text
`;

const LIMIT = `  --limit N           lines of each table (default: 20)
  --width N           columns of the text (default: the terminal's, or 100)
`;

/** The texts of `COMMAND --help`. */
export const usages: Readonly<Record<ExperimentCommand, string>> = {
  start: `Begin a session: choose arms by what is logged, and print its id and them, one a line.

  deno run -A review/experiment.ts start --arms A,B,C [options]

  --arms A,B          the arms to choose from
  --arms-from FILE    the same from a file: a line each; or the rules of a trace, or the entries of
                      a playbook, by id; - is the standard input
  --context NAME      the class of mistakes that the session aims at: arms are known by it (default:
                      general)
  --size N            how many arms to choose (default: 3)
  --boost A,B         arms that begin with a better prior
  --policy NAME       thompson (by what is known), or uniform (all sets alike; default: thompson)
  --explore SHARE     the part of choices that are made without preference, 0 to 1, so that what-if
                      can tell (default: 0)
  --seed N            the same log and seed choose the same arms (default: the sessions before)
  --rules A,B         the rules in force (default: the arms); --rules-from FILE reads them
  --notes TEXT        what to remember
${LOG}${JSON_HELP}`,
  mistake: `Log a mistake of a session, and print its id. Tells if it repeats an earlier one.

  deno run -A review/experiment.ts mistake TEXT [options]

TEXT says what was wrong.

  --class NAME        its class: only mistakes of one class repeat each other (default: the context
                      of the session)
  --corrected ARM     the arm that put it right, which is not blamed
  --repeats ID        the mistake that it repeats, whatever the texts
${CREDIT}${SESSION}${LOG}${JSON_HELP}`,
  reward: `Log what became of work in a session, and print the id of the reward.

  deno run -A review/experiment.ts reward accepted|revision|rejected [options]

  --distance SHARE    how much of it was changed, 0 to 1: for a revision, which counts 1 less this
  --mistake ID        the mistake that is judged: this counts in its place
  --source NAME       who judged
  --notes TEXT        what to remember
${CREDIT}${SESSION}${LOG}${JSON_HELP}`,
  end: `End a session, and print its metrics.

  deno run -A review/experiment.ts end [options]

  --rules A,B         the rules in force now; --rules-from FILE reads them
  --entry FILE        the name of a file about the session
  --notes TEXT        what to remember
${SESSION}${LOG}  --width N           columns of the text (default: the terminal's, or 100)
${JSON_HELP}`,
  metrics: `Print the metrics of a session; without one, of all, in sum and by context.

  deno run --allow-read review/experiment.ts metrics [options]

  --session ID        the session
${LIMIT}${LOG}${JSON_HELP}`,
  report:
    `Print what an experiment came to: contexts, mistakes that repeat, arms and the last sessions.

  deno run --allow-read review/experiment.ts report [options]

  --html FILE         write a page as well, which needs --allow-write=FILE
${LIMIT}${LOG}${JSON_HELP}`,
  "what-if":
    `Tell what another way to choose arms would have come to, from the log alone, or why not.

  deno run --allow-read review/experiment.ts what-if --policy POLICY [options]

  --policy POLICY     uniform, thompson, fixed:A,B (always these arms), with:A or without:A (as the
                      log, always with or without an arm)
  --context NAME      only the sessions in a context
  --width N           columns of the text (default: the terminal's, or 100)
${LOG}${JSON_HELP}`,
};
