// The element in JSX, for React 19: `import 'canary-rollout/react'`.

import type { CanaryRolloutElement, CanaryRolloutEventMap, CanaryRolloutProps } from 'canary-rollout';
import type { DetailedHTMLProps, HTMLAttributes } from 'react';

export * from 'canary-rollout';

type Listeners = {
  [Name in keyof CanaryRolloutEventMap as `on${Name}`]?: (event: CanaryRolloutEventMap[Name]) => void;
};

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'canary-rollout': DetailedHTMLProps<HTMLAttributes<CanaryRolloutElement>, CanaryRolloutElement> &
        CanaryRolloutProps &
        Listeners;
    }
  }
}
