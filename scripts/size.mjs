#!/usr/bin/env node
// Prints the number of bytes that a page has to load, and fails if it exceeds the
// budget.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const SCRIPT = new URL('../www/dist/canary-rollout.js', import.meta.url);
const ENGINE = new URL('../pkg/canary_rollout_bg.wasm', import.meta.url);
/** Engine, element, worker and style together, gzipped. */
const BUDGET_BYTES = 1_100_000;

const size = report('www/dist/canary-rollout.js', SCRIPT);
report('  of which the engine', ENGINE);
if (size > BUDGET_BYTES) {
  console.error(`size: over the budget of ${kilobytes(BUDGET_BYTES)} gzipped`);
  process.exit(1);
}

/** Prints a file's size; returns its gzipped size in bytes. */
function report(name, file) {
  const bytes = readFileSync(file);
  const gzipped = gzipSync(bytes, { level: 9 }).length;
  console.log(`size: ${name}: ${kilobytes(bytes.length)}, ${kilobytes(gzipped)} gzipped`);
  return gzipped;
}

/** A number of bytes in kB of 1,000. */
function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
