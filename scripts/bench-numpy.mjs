#!/usr/bin/env node
// Compares the reference study with the same study in vectorised numpy, on one core
// each: bench-numpy.mjs PYTHON STUDY.py, where STUDY.py takes a number of runs.
// Prints rollouts per second of processor time, which other programs disturb less
// than elapsed time. The two run alternately, so that both run under the same
// conditions.
import { spawnSync } from 'node:child_process';

const TURNS = 5;
const [python, study] = process.argv.slice(2);
if (!study) throw new Error('expected: bench-numpy.mjs PYTHON STUDY.py');

const turns = Array.from({ length: TURNS }, () => {
  const numpy = rate(200_000, (runs) => [python, study, runs]);
  const engine = rate(2_000_000, (runs) => [
    'target/release/canary-rollout',
    'study',
    'reference',
    '--runs',
    runs,
    '--threads',
    '1',
  ]);
  return { numpy, engine, ratio: engine / numpy };
});
const ratios = turns.map(({ ratio }) => ratio).sort((a, b) => a - b);
console.table(turns);
console.log(`median ratio ${ratios[TURNS >> 1].toFixed(1)}`);

/** Rollouts per second of processor time of a program. */
function rate(runs, command) {
  const timed = 'TIMEFORMAT=%U; { time "$@" >/dev/null 2>&1; }';
  const { status, stderr } = spawnSync('bash', ['-c', timed, 'bash', ...command(String(runs))], {
    encoding: 'utf8',
    env: { ...process.env, OPENBLAS_NUM_THREADS: '1' },
  });
  if (status !== 0) throw new Error(`failed: ${command(runs).join(' ')}`);
  return Math.round(runs / Number(stderr));
}
