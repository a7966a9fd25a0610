import type { CanaryRolloutElement } from 'canary-rollout/react';
import 'canary-rollout/react';
import { useEffect, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { report } from '../shared/report.js';

const CONFIG = { stages: [{ traffic_pct: 5, duration_ticks: 4 }] };

function Page() {
  const element = useRef<CanaryRolloutElement>(null);
  const [decisions, setDecisions] = useState(0);
  const [text, setText] = useState('');
  useEffect(() => void report().then(setText), []);
  return (
    <>
      <canary-rollout
        ref={element}
        preset="opening"
        seed={192}
        heading-level={3}
        className="wide"
        ondecision={({ detail }) => setDecisions((count) => count + detail.sentence.length)}
      />
      <canary-rollout config={CONFIG} seed="7" view="errors" embed />
      {/* @ts-expect-error there is no such view */}
      <canary-rollout hidden view="all" />
      <button onClick={() => element.current?.play()}>{decisions}</button>
      <output>{text}</output>
    </>
  );
}

createRoot(document.querySelector('#root')!).render(<Page />);
