#!/usr/bin/env node
// Fails unless the same tests passed natively and in each browser.
// Usage: scripts/compare-suites.mjs NATIVE_OUTPUT BROWSER_OUTPUT...
//
// wasm-pack skips tests that are not configured for a browser, and exits with 0. So
// the names of the tests in each output are compared, not the exit status.
import { readFileSync } from 'node:fs';

/** Tests that need what a browser does not have: processes, files or threads. */
const NATIVE_ONLY = /^tests\/it\/main\.rs native::/;

const [nativeOutput, ...browserOutputs] = process.argv.slice(2);
const native = passedTests(nativeOutput);
const problems = [
  ...(native.size === 0 ? ['no test ran natively'] : []),
  ...(browserOutputs.length === 0 ? ['no output of a browser'] : []),
  ...browserOutputs.flatMap(differences),
];
for (const problem of problems) console.error(`compare-suites: ${problem}`);
if (problems.length > 0) process.exit(1);
const size = passedTests(browserOutputs[0]).size;
console.log(`compare-suites: the same ${size} tests passed natively and in ${browserOutputs.join(', ')}`);

/** What a browser's tests lack or have more than the native ones. */
function differences(output) {
  const passed = passedTests(output);
  return [
    ...(passed.size === 0 ? [`no test in ${output}`] : []),
    ...missing(native, passed).map((test) => `not in ${output}: ${test}`),
    ...missing(passed, native).map((test) => `not natively, but in ${output}: ${test}`),
  ];
}

/**
 * The names of the tests that passed, each with the root file of its crate, without
 * doctests.
 * @param {string} path of the output of `cargo test` or `wasm-pack test`
 */
function passedTests(path) {
  const passed = new Set();
  let root = null;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (/^ +Doc-tests /.test(line)) root = null;
    root = line.match(/^ +Running (?:unittests )?(\S+\.rs) /)?.[1] ?? root;
    const test = line.match(/^test (\S+)(?: - should panic)? \.\.\. ok$/)?.[1];
    if (root && test) passed.add(`${root} ${test}`);
  }
  return passed;
}

/** The tests in `all` that are not in `some`, without the native-only ones. */
function missing(all, some) {
  return [...all].filter((test) => !some.has(test) && !NATIVE_ONLY.test(test)).sort();
}
