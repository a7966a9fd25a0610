import 'canary-rollout/solid';

export const page = () => (
  <>
    <canary-rollout preset="opening" seed={192} class="wide" on:decision={({ detail }) => detail.sentence.length} />
    {/* @ts-expect-error there is no such view */}
    <canary-rollout view="all" />
  </>
);
