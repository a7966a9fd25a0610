import 'canary-rollout/preact';

export const page = (
  <>
    <canary-rollout preset="opening" seed={192} class="wide" ondecision={({ detail }) => detail.sentence.length} />
    {/* @ts-expect-error there is no such view */}
    <canary-rollout view="all" />
  </>
);
