// The element in JSX, for Preact: `import 'canary-rollout/preact'`.

import type { CanaryRolloutElement, CanaryRolloutEventMap, CanaryRolloutProps } from 'canary-rollout';
import type { HTMLAttributes } from 'preact';

export * from 'canary-rollout';

type Listeners = {
  [Name in keyof CanaryRolloutEventMap as `on${Name}`]?: (event: CanaryRolloutEventMap[Name]) => void;
};

declare module 'preact' {
  namespace JSX {
    interface IntrinsicElements {
      'canary-rollout': HTMLAttributes<CanaryRolloutElement> & CanaryRolloutProps & Listeners;
    }
  }
}
