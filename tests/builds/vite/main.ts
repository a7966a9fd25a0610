import 'canary-rollout';
import init, { type Config, default_config, new_rollout, type Report } from 'canary-rollout/engine';

const element = document.createElement('canary-rollout');
element.setAttribute('preset', 'opening');
element.seed = 192;
element.addEventListener('decision', ({ detail }) => console.log(detail.sentence));

await init();
const config: Config = default_config();
const rollout = new_rollout(config, 42);
rollout.run();
const report: Report = rollout.report();
console.log(report.outcome);

const output = document.createElement('output');
output.textContent = rollout.to_json();
document.body.append(element, output);
