// The page in a browser, opened from disk or over HTTP, with a list of its errors.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import * as esbuild from 'esbuild';
import { error } from 'selenium-webdriver';
import { PATIENCE_MS, startBrowser } from './browsers.mjs';

const WWW = fileURLToPath(new URL('../../www/', import.meta.url));
const PICTURES = fileURLToPath(new URL('../../pictures/engines/', import.meta.url));

/**
 * A copy of the page whose first script keeps its errors, in a folder and on a server.
 * @returns {Promise<{ url: (from: 'file' | 'http', path?: string) => string, close: () => Promise<void> }>}
 */
export async function serveWatchedPage() {
  const folder = mkdtempSync(join(tmpdir(), 'canary-rollout-'));
  for (const name of ['index.html', 'page.js', 'dist'])
    cpSync(join(WWW, name), join(folder, name), { recursive: true });
  const html = readFileSync(join(WWW, 'index.html'), 'utf8');
  const watched = html.replace('<head>', `<head><script>(${keepErrors})()</script>`);
  assert.notEqual(watched, html, 'the script that keeps errors is in the page');
  writeFileSync(join(folder, 'index.html'), watched);
  writeFileSync(join(folder, 'frame.html'), '<!doctype html><title>A frame</title><body style="margin: 0"></body>');
  const server = await esbuild.context({});
  const { port } = await server.serve({ servedir: folder, host: '127.0.0.1' });
  return {
    url: (from, path = 'index.html') =>
      new URL(path, from === 'file' ? pathToFileURL(`${folder}/`) : `http://127.0.0.1:${port}/`).href,
    close: async () => {
      await server.dispose();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Runs in the page, first of all: WebDriver does not tell a page's errors. Those of a worker come here, too. */
function keepErrors() {
  const errors = [];
  Object.assign(window, { errors });
  const { error } = console;
  console.error = (...values) => {
    errors.push(`console.error: ${values.join(' ')}`);
    error.apply(console, values);
  };
  // In the capturing phase, for a script or an image that does not load tells only its element.
  addEventListener(
    'error',
    ({ message, target }) => errors.push(message ?? `not loaded: ${target.src ?? target.href}`),
    true,
  );
  addEventListener('unhandledrejection', ({ reason }) => errors.push(`unhandled rejection: ${reason}`));
  addEventListener('securitypolicyviolation', ({ violatedDirective }) => errors.push(`refused: ${violatedDirective}`));
}

/** A browser in which one page is open at a time. */
export class Browser {
  driver;
  #name;
  #close;

  static async start(name) {
    const browser = new Browser();
    browser.#name = name;
    await browser.#begin();
    return browser;
  }

  close = () => this.#close();

  /**
   * Does what a test does. Where the browser's own process breaks meanwhile, as WebKitGTK's
   * does now and then on a busy machine, it is done again, once, in another one.
   */
  async survive(act) {
    try {
      await act();
    } catch (fault) {
      if (await this.#isAlive()) throw fault;
      console.warn(`${this.#name} crashed (${fault.message}), and is started again`);
      await this.#close().catch(() => {});
      await this.#begin();
      await act();
    }
  }

  async #begin() {
    const { driver, close } = await startBrowser(this.#name);
    this.driver = driver;
    this.#close = close;
  }

  #isAlive() {
    return this.driver.getWindowHandle().then(
      () => true,
      () => false,
    );
  }

  /** Opens a page anew, also where it differs from the one before in its hash alone. */
  async open(url) {
    await this.#leave();
    await this.driver.get(url);
    await this.driver.executeAsyncScript((done) => customElements.whenDefined('canary-rollout').then(() => done()));
  }

  /**
   * Opens a page in a frame of this width, and goes into it: a window has a least width, and
   * borders, which differ.
   */
  async openFramed(frame, url, width) {
    await this.#leave();
    await this.driver.get(frame);
    const opened = await this.driver.executeAsyncScript(
      (src, wide, done) => {
        const made = Object.assign(document.createElement('iframe'), { src, onload: () => done(made) });
        made.style.cssText = `border: 0; display: block; width: ${wide}px; height: 768px`;
        document.body.append(made);
      },
      url,
      width,
    );
    await this.driver.switchTo().frame(opened);
  }

  /** Leaves the open page and its frame. */
  async #leave() {
    await this.driver.switchTo().defaultContent();
    await this.driver.get('about:blank');
  }

  /** What a script, or a function, returns in the open page. */
  run(script, ...values) {
    return this.driver.executeScript(script, ...values);
  }

  /** Fails if the open page had an error. */
  async assertNoErrors() {
    assert.deepEqual(await this.run(() => window.errors), [], 'errors in the page');
  }

  /** Saves `pictures/engines/NAME-BROWSER.png`, to be looked at; not committed. */
  async takePicture(name) {
    mkdirSync(PICTURES, { recursive: true });
    writeFileSync(`${PICTURES}${name}-${this.#name}.png`, await this.driver.takeScreenshot(), 'base64');
  }
}

/** Waits until what is read equals what is expected. */
export async function eventually(read, expected) {
  const last = Date.now() + PATIENCE_MS;
  let found;
  do {
    try {
      found = await read();
      if (isDeepStrictEqual(found, expected)) return;
    } catch (failure) {
      // An element that was found has been drawn anew since.
      if (!(failure instanceof error.StaleElementReferenceError)) throw failure;
    }
    await new Promise((later) => setTimeout(later, 50));
  } while (Date.now() < last);
  assert.deepEqual(found, expected);
}
