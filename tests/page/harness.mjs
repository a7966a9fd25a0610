// The page in a real browser: one Chromium for a test file, each page watched.
//
// A test opens a page, acts and asserts; when it ends, it fails if the browser
// wrote an error to the console, threw, or asked for something it did not get.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { extname, resolve, sep } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const WWW = fileURLToPath(new URL('../../www/', import.meta.url));
const PKG = fileURLToPath(new URL('../../pkg/', import.meta.url));
const PICTURES = fileURLToPath(new URL('../../pictures/', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** How long anything may take before a test gives up: no test is about speed, and machines are busy. */
const PATIENCE_MS = 120_000;

// Chromium refuses its sandbox to root; the rest keeps it off the network and
// makes its pictures the same on every machine.
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--force-color-profile=srgb',
  '--disable-lcd-text',
  '--font-render-hinting=none',
];

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/**
 * Starts Chromium and a server of `www/`, with the engine alone under `/pkg/`, for
 * the tests of the calling file.
 *
 * @returns {{
 *   withPage: (from: 'file' | 'http', test: (page: import('playwright-core').Page) => Promise<void>,
 *     options?: OpenOptions) => Promise<void>,
 *   url: (from: 'file' | 'http', path?: string) => string,
 * }}
 *
 * @typedef {object} OpenOptions
 * @property {string} [path] under `www/`, with query and hash; `index.html` by default
 * @property {string} [html] a whole document, served over HTTP beside `www/`, instead of a path
 * @property {import('playwright-core').BrowserContextOptions} [context] viewport, colour scheme, …
 * @property {Record<string, string>} [headers] of the document given as `html`
 * @property {RegExp[]} [expectedErrors] errors that are this test's subject; each must occur
 */
export function startBrowser() {
  let browser;
  let server;
  let origin;
  /** Documents that tests wrote, by path. */
  const documents = new Map();

  before(async () => {
    server = createServer((request, response) => serve(request, response, documents));
    await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
    origin = `http://127.0.0.1:${server.address().port}/`;
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  const url = (from, path = 'index.html') =>
    new URL(path, from === 'file' ? pathToFileURL(WWW) : origin).href;

  async function withPage(from, test, { path, html, headers, context, expectedErrors = [] } = {}) {
    if (html !== undefined) {
      path = `document-${documents.size}.html`;
      documents.set(`/${path}`, { html, headers });
    }
    const opened = await browser.newContext(context);
    opened.setDefaultTimeout(PATIENCE_MS);
    await opened.addInitScript(holdIdle, IDLE_MS);
    try {
      const page = await opened.newPage();
      const errors = watch(page);
      await page.goto(url(from, path));
      await test(page);
      // A round trip: what the page reported before it has arrived after it.
      await page.evaluate(() => {});
      assertErrors(errors, expectedErrors);
    } finally {
      await opened.close();
    }
  }

  return { withPage, url };
}

/** A Chromium that draws the same on every machine. */
export const launchChromium = () => chromium.launch({ executablePath: findChromium(), args: FLAGS });

/** After how long without a word the page studies more runs, in ms. */
const IDLE_MS = 2500;

/**
 * Runs in the page: what it does when nobody has done anything for a while is held back, in
 * `whenIdle`, for a slow machine would do it while a test reads what is shown.
 */
function holdIdle(idleMs) {
  window.whenIdle = [];
  const original = window.setTimeout;
  window.setTimeout = (act, after, ...rest) => {
    if (after !== idleMs) return original(act, after, ...rest);
    window.whenIdle.push(act);
    return 0;
  };
}

/** Waits until something holds. */
export async function until(holds) {
  const last = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    assert.ok(Date.now() < last, `not within ${PATIENCE_MS / 1000} s: ${holds}`);
    await new Promise((later) => setTimeout(later, 20));
  }
}

/** Fails with axe's findings if the page, open shadow roots included, has any. */
export async function assertAccessible(page) {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => (await window.axe.run()).violations);
  assert.deepEqual(
    violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.map((n) => n.html) })),
    [],
  );
}

/** Saves `pictures/NAME.png` of the whole page, to be looked at; not committed. */
export async function takePicture(page, name) {
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}${name}.png`, fullPage: true, animations: 'disabled' });
}

/** The list that errors of the page are added to as they occur. */
function watch(page) {
  const errors = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('requestfailed', (request) => {
    errors.push(`${request.url()}: ${request.failure()?.errorText}`);
  });
  return errors;
}

function assertErrors(errors, expected) {
  const unexpected = errors.filter((error) => !expected.some((pattern) => pattern.test(error)));
  assert.deepEqual(unexpected, [], 'errors in the browser');
  for (const pattern of expected) {
    assert.ok(errors.some((error) => pattern.test(error)), `no error in the browser like ${pattern}`);
  }
}

function findChromium() {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8' }).trim();
    } catch {
      // Not under this name.
    }
  }
  throw new Error('no Chromium on the PATH: run scripts/install.sh chromium');
}

async function serve(request, response, documents) {
  const path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
  const type = { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' };
  const written = documents.get(path);
  if (written) return response.writeHead(200, { ...type, ...written.headers }).end(written.html);
  // A browser asks for this by itself, and a page without one is no fault.
  if (path === '/favicon.ico') return response.writeHead(204).end();
  try {
    const content = await (path.startsWith('/pkg/') ? readUnder(PKG, path.slice(4)) : readUnder(WWW, path));
    response.writeHead(200, type).end(content);
  } catch {
    response.writeHead(404).end();
  }
}

function readUnder(folder, path) {
  const file = resolve(folder, `.${path}`);
  assert.ok(file.startsWith(resolve(folder) + sep));
  return readFile(file);
}
