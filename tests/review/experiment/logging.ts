/** Logs rewards as a process of its own: `logging.ts LOG REWARDS`. */
import { openExperiment } from "../../../review/experiment.ts";

const [path, rewards] = Deno.args;
const experiment = openExperiment(path);
const { session } = await experiment.start({ arms: ["a", "b"], size: 1 });
for (let place = 0; place < Number(rewards); place++) {
  await experiment.reward({ session, outcome: "accepted" });
  if (place === 5) await Deno.stdout.write(new TextEncoder().encode("logging\n"));
}
await experiment.end({ session });
