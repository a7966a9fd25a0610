#!/usr/bin/env node
// Simulates the recorded counts that the page offers to try, and writes them to
// examples/counts. It needs the engine in pkg/.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { initSync, new_rollout } from '../pkg/canary_rollout.js';

const FOLDER = new URL('../examples/counts/', import.meta.url);
const START = Date.parse('2026-11-16T00:00:00Z') / 1000;
const TUESDAY = Date.parse('2026-11-24T09:00:00Z') / 1000;

initSync({ module: readFileSync(new URL('../pkg/canary_rollout_bg.wasm', import.meta.url)) });
mkdirSync(FOLDER, { recursive: true });

/** What each tick of a rollout saw. */
function seriesOf(config, seed) {
  const rollout = new_rollout(config, seed);
  rollout.run();
  return rollout.series();
}

const time = (seconds) => new Date(seconds * 1000).toISOString().replace('.000', '');
const save = (name, rows) => writeFileSync(new URL(name, FOLDER), `${rows.join('\n')}\n`);

/** A week of a service with one version. */
function week() {
  const STEP = 600;
  const series = seriesOf(
    {
      tick_seconds: STEP,
      traffic: {
        requests_per_second: 40,
        burstiness: 0.06,
        daily_swing: { amplitude: 0.45, peak_seconds: 14 * 3600 },
      },
      baseline: { error_rate: 0.004, error_clump: 3, latency_ms: { p50: 85, p99: 420 } },
      incidents: { chance_per_tick: 0.003, duration_ticks: 4, error_ratio: 6 },
      stages: [{ traffic_pct: 0.01, duration_ticks: (7 * 86400) / STEP }],
    },
    4,
  );
  const row = (requests, i) => [
    time(START + i * STEP),
    requests,
    series.baseline_errors[i],
    Math.round(series.baseline_p50_ms[i]),
    Math.round(series.baseline_p99_ms[i]),
  ];
  save('week.csv', ['time,requests,errors,p50_ms,p99_ms', ...Array.from(series.baseline_requests, row)]);
}

/** A release that was rolled out by the stages of the opening page, stood at half of the traffic, and fails more. */
function release() {
  const series = seriesOf(
    {
      traffic: { requests_per_second: 60, burstiness: 0.05 },
      baseline: { error_rate: 0.006 },
      canary: { error_ratio: 2.2 },
      stages: [
        { traffic_pct: 1, duration_ticks: 5 },
        { traffic_pct: 5, duration_ticks: 5 },
        { traffic_pct: 25, duration_ticks: 5 },
        { traffic_pct: 50, duration_ticks: 75 },
      ],
    },
    11,
  );
  const rows = Array.from(series.baseline_requests, (_, i) =>
    ['baseline', 'canary'].map((arm) =>
      [time(TUESDAY + i * 60), arm, series[`${arm}_requests`][i], series[`${arm}_errors`][i]].join(','),
    ),
  );
  save('release.csv', ['time,version,requests,errors', ...rows.flat()]);
}

week();
release();
