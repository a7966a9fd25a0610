// The element in templates, for Vue 3: `import 'canary-rollout/vue'`.

import type { CanaryRolloutElement, CanaryRolloutEventMap, CanaryRolloutProps } from 'canary-rollout';
import type { EmitFn, HTMLAttributes, PublicProps } from 'vue';

export * from 'canary-rollout';

/** Vue's tools compare attributes in camel case. */
type CamelCase<Name> = Name extends `${infer Start}-${infer Rest}` ? `${Start}${Capitalize<Rest>}` : Name;
type Props = { [Name in keyof CanaryRolloutProps as CamelCase<Name>]: CanaryRolloutProps[Name] };
type Emits = { [Name in keyof CanaryRolloutEventMap]: (event: CanaryRolloutEventMap[Name]) => void };

declare module 'vue' {
  interface GlobalComponents {
    'canary-rollout': new () => CanaryRolloutElement & {
      /** @deprecated Only for the types of a template. */
      $props: HTMLAttributes & Props & PublicProps;
      /** @deprecated Only for the types of a template. */
      $emit: EmitFn<Emits>;
    };
  }
}
