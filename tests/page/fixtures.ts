// The page in a real browser, watched: a test opens pages, acts and asserts; when it ends,
// it fails if a page wrote an error to the console, threw, or asked for something it did
// not get.
import { mkdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { extname, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type BrowserContextOptions, test as base, expect, type Page } from '@playwright/test';

const WWW = fileURLToPath(new URL('../../www/', import.meta.url));
const PKG = fileURLToPath(new URL('../../pkg/', import.meta.url));
const PICTURES = fileURLToPath(new URL('../../pictures/', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

export interface OpenOptions {
  /** A file by default, as a reader opens it; over HTTP a page may ask for more. */
  from?: 'file' | 'http';
  /** Under `www/`, with query and hash; `index.html` by default. */
  path?: string;
  /** A whole document, served over HTTP beside `www/`, instead of a path. */
  html?: string;
  /** Headers of the document given as `html`. */
  headers?: Record<string, string>;
  /** Viewport, colour scheme, … */
  context?: BrowserContextOptions;
  /** Errors that are the test's subject; each must occur. */
  expectedErrors?: RegExp[];
}

/** `www/` over HTTP, with the engine alone under `/pkg/` and the documents that tests wrote. */
interface Site {
  origin: string;
  documents: Map<string, { html: string; headers?: Record<string, string> }>;
}

export const test = base.extend<{ open: (options?: OpenOptions) => Promise<Page> }, { site: Site }>({
  site: [
    async ({}, use) => {
      const documents: Site['documents'] = new Map();
      const server = createServer((request, response) => serve(request, response, documents));
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
      const { port } = server.address() as AddressInfo;
      await use({ origin: `http://127.0.0.1:${port}/`, documents });
      server.closeAllConnections();
      server.close();
    },
    { scope: 'worker' },
  ],

  open: async ({ browser, site }, use) => {
    const opened: { page: Page; errors: string[]; expected: RegExp[] }[] = [];
    await use(async ({ from = 'file', path = 'index.html', html, headers, context, expectedErrors = [] } = {}) => {
      if (html !== undefined) {
        from = 'http';
        path = `document-${site.documents.size}.html`;
        site.documents.set(`/${path}`, { html, headers });
      }
      const window = await browser.newContext(context);
      await window.addInitScript(holdIdle, IDLE_MS);
      const page = await window.newPage();
      opened.push({ page, errors: watch(page), expected: expectedErrors });
      await page.goto(new URL(path, from === 'file' ? pathToFileURL(WWW) : site.origin).href);
      return page;
    });
    // A round trip: what a page reported before it has arrived after it.
    for (const { page } of opened) await page.evaluate(() => {});
    for (const { page } of opened) await page.context().close();
    for (const { errors, expected } of opened) {
      const unexpected = errors.filter((error) => !expected.some((pattern) => pattern.test(error)));
      expect(unexpected, 'errors in the browser').toEqual([]);
      for (const pattern of expected) {
        expect(
          errors.some((error) => pattern.test(error)),
          `an error in the browser like ${pattern}`,
        ).toBe(true);
      }
    }
  },
});

export { expect };

/** Of a test that takes long, or of many alike; `--grep-invert @slow` leaves them out. */
export const slow = { tag: '@slow' };

/** After how long without a word the page studies more runs, in ms. */
const IDLE_MS = 2500;

declare global {
  interface Window {
    whenIdle: (() => void)[];
    axe: { run: () => Promise<{ violations: { id: string; help: string; nodes: { html: string }[] }[] }> };
  }
}

/**
 * Runs in the page: what it does when nobody has done anything for a while is held back, in
 * `whenIdle`, for a slow machine would do it while a test reads what is shown.
 */
function holdIdle(idleMs: number) {
  window.whenIdle = [];
  const original = window.setTimeout;
  window.setTimeout = ((act: () => void, after?: number, ...rest: unknown[]) => {
    if (after !== idleMs) return original(act, after, ...rest);
    window.whenIdle.push(act);
    return 0;
  }) as typeof window.setTimeout;
}

/** Fails with axe's findings if the page, open shadow roots included, has any. */
export async function expectAccessible(page: Page) {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => (await window.axe.run()).violations);
  expect(violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.map((node) => node.html) }))).toEqual([]);
}

/** Saves `pictures/NAME.png` of the whole page, to be looked at; not committed. */
export async function takePicture(page: Page, name: string) {
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}${name}.png`, fullPage: true, animations: 'disabled' });
}

/** The list that errors of the page are added to as they occur. */
function watch(page: Page) {
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('requestfailed', (request) => {
    errors.push(`${request.url()}: ${request.failure()?.errorText}`);
  });
  return errors;
}

async function serve(request: IncomingMessage, response: ServerResponse, documents: Site['documents']) {
  const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
  const type = { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' };
  const written = documents.get(path);
  if (written) return response.writeHead(200, { ...type, ...written.headers }).end(written.html);
  // A browser asks for this by itself, and a page without one is no fault.
  if (path === '/favicon.ico') return response.writeHead(204).end();
  try {
    const content = await (path.startsWith('/pkg/') ? readUnder(PKG, path.slice(4)) : readUnder(WWW, path));
    return response.writeHead(200, type).end(content);
  } catch {
    return response.writeHead(404).end();
  }
}

function readUnder(folder: string, path: string) {
  const file = resolve(folder, `.${path}`);
  if (!file.startsWith(resolve(folder) + sep)) throw new Error(`${path} is outside`);
  return readFile(file);
}
