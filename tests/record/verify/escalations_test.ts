import { verifyTrace } from "../../../trace.ts";
import { item, labels, learnWithTwo } from "../../learn/llm/two_models.ts";
import { propose, stepsOf } from "../../pipeline/fixture.ts";
import { chain, forge, refuse } from "../forging.ts";

const learner = (name: string) => ({
  synthesizer: name,
  coordinator: "quiet",
  model: "small, large",
});

Deno.test("a trace is refused that says of its second model what cannot be", async () => {
  const { trace } = await learnWithTwo((model, label) =>
    model === "small" && label === "wrong" ? [] : [item(String(label))]
  );
  const [{ escalated: [one] = [], exchanges = [] }] = stepsOf(trace, "synthesis");
  const refused = (change: object, message: string) => refuse(forge(0, change, trace), message, 0);
  const says = (...more: object[]) => ({ escalated: more.map((other) => ({ ...one, ...other })) });
  refused(says({ to: "small" }), 'asks "small", which is not the second model of the run');
  refused(says({ label: "no" }), 'asks a second model for rules for "no"');
  refused(says({}, {}), "asks a second model twice for the same");
  refused(says({ reason: "rejected" }), "because of the patch before, which was not rejected");
  const none = { exchanges: undefined, responses: undefined };
  refused(none, "names 0 exchanges, but asks models 2 times");
  const { responses } = stepsOf(trace, "synthesis")[0];
  const some = { exchanges: exchanges.slice(0, 9), responses: responses?.slice(0, 9) };
  refused(
    { ...says(...labels.map((label) => ({ label }))), ...some },
    "names 9 exchanges, but asks models 18 times",
  );
  const withRun = (run: object) => chain({ ...trace, run: { ...trace.run, ...run } });
  const config = { ...trace.run.config, synthesizer: {} };
  refuse(withRun({ config }), "names a second model, but the run has none", 0);
  // When other synthesizers ask a second model is their own, but it is one of the run.
  verifyTrace(withRun({ config, learner: learner("own") }));
});

Deno.test("a patch goes to the second model at once only after one that was not accepted", async () => {
  const { trace } = await learnWithTwo(
    (model, failures) => model === "small" ? [] : [item(failures === 64 ? "none" : "all")],
    { rules: [propose("fine")], incremental: true, maxIterations: 2, margin: 0 },
  );
  const [first, second] = stepsOf(trace, "iteration");
  const told = [{ reason: "rejected", to: "large" }];
  const message = "because of the patch before, which was not rejected";
  refuse(forge(first.index, { escalated: told }, trace), message, first.index);
  const labelled = [{ ...told[0], label: "all" }];
  const what = 'asks a second model for rules for "all"';
  refuse(forge(second.index, { escalated: labelled }, trace), what, second.index);
  verifyTrace(forge(second.index, { escalated: told }, trace));
});
