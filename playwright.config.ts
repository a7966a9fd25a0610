// How the page's tests run: `npx playwright test`, after `make build`.
import { defineConfig } from '@playwright/test';
import { CHROMIUM } from './scripts/chromium.mjs';

/** How long anything may take before a test gives up: no test is about speed, and machines are busy. */
const PATIENCE_MS = 120_000;

export default defineConfig({
  testDir: 'tests/page',
  testMatch: '*.test.mjs',
  outputDir: 'target/page-tests',
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  retries: 0,
  reporter: 'dot',
  timeout: 5 * PATIENCE_MS,
  expect: { timeout: PATIENCE_MS },
  use: {
    browserName: 'chromium',
    launchOptions: CHROMIUM,
    actionTimeout: PATIENCE_MS,
    navigationTimeout: PATIENCE_MS,
  },
});
