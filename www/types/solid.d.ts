// The element in JSX, for Solid: `import 'canary-rollout/solid'`.
import type { CanaryRolloutElement, CanaryRolloutEventMap, CanaryRolloutProps } from 'canary-rollout';

export * from 'canary-rollout';

type Listeners = {
  [Name in keyof CanaryRolloutEventMap as `on:${Name}`]?: (event: CanaryRolloutEventMap[Name]) => void;
};

declare module 'solid-js/jsx-runtime' {
  namespace JSX {
    interface IntrinsicElements {
      'canary-rollout': HTMLAttributes<CanaryRolloutElement> & CanaryRolloutProps & Listeners;
    }
  }
}
