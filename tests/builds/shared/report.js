// What the engine says of the demo that tests/data/golden/demo.json records.
import init, { default_config, new_rollout } from 'canary-rollout/engine';

export async function report() {
  await init();
  const rollout = new_rollout(default_config(), 42);
  rollout.run();
  return rollout.to_json();
}
