// The engine's objects can be disposed by `using`, which older libraries of TypeScript do
// not know.
/// <reference lib="esnext.disposable" />
import type { InitInput, InitOutput, SyncInitInput } from '../dist/engine/canary_rollout.js';

export * from '../dist/engine/canary_rollout.js';

/** Starts the engine. Its bytes are in this module; `module_or_path` takes others, such as `canary-rollout/engine.wasm`. */
export default function init(options?: { module_or_path: InitInput | Promise<InitInput> }): Promise<InitOutput>;

/** Starts the engine at once. */
export function initSync(options?: { module: SyncInitInput }): InitOutput;
