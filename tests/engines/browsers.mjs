// Starts the browsers by their WebDriver programs, which `scripts/install.sh firefox webkit
// chromium` installs.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Builder } from 'selenium-webdriver';
import { DriverService } from 'selenium-webdriver/remote/index.js';

/** How long anything may take before a test gives up: no test is about speed, and machines are busy. */
export const PATIENCE_MS = 120_000;

/** Room for all of a page: what is far from the window is not laid out. */
const WINDOW = { x: 0, y: 0, width: 1440, height: 4000 };

/**
 * By the name of a browser: the program that drives it, and the capabilities that this program
 * is asked for. All have a mouse, for the media queries of pointers; where a machine has none,
 * Firefox and Chromium would find none.
 */
const BROWSERS = {
  firefox: {
    driver: 'geckodriver',
    capabilities: {
      browserName: 'firefox',
      'moz:firefoxOptions': {
        args: ['-headless'],
        // Fine (2), and hovers (4).
        prefs: { 'ui.primaryPointerCapabilities': 6, 'ui.allPointerCapabilities': 6 },
      },
    },
  },
  // MiniBrowser has no headless mode: it needs a display, such as that of xvfb-run.
  webkit: {
    driver: 'WebKitWebDriver',
    capabilities: { browserName: 'MiniBrowser' },
  },
  chromium: {
    driver: 'chromedriver',
    capabilities: {
      browserName: 'chrome',
      'goog:chromeOptions': {
        args: [
          ...['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run'],
          // Fine (4), and hovers (2).
          '--blink-settings=primaryPointerType=4,availablePointerTypes=4,primaryHoverType=2,availableHoverTypes=2',
        ],
      },
    },
  },
};

/**
 * Starts a browser in a large window.
 * @param {keyof typeof BROWSERS} name
 * @returns {Promise<{ driver: import('selenium-webdriver').WebDriver, close: () => Promise<void> }>}
 */
export async function startBrowser(name) {
  const { driver: program, capabilities } = BROWSERS[name];
  const service = new DriverService.Builder(onPath(program)).setLoopback(true).build();
  try {
    const driver = await new Builder()
      .disableEnvironmentOverrides()
      .usingServer(await service.start(PATIENCE_MS))
      .withCapabilities(capabilities)
      .build();
    await driver.manage().setTimeouts({ script: PATIENCE_MS, pageLoad: PATIENCE_MS });
    await driver.manage().window().setRect(WINDOW);
    return {
      driver,
      close: async () => {
        await driver.quit().finally(() => service.kill());
      },
    };
  } catch (error) {
    await service.kill();
    throw error;
  }
}

function onPath(program) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  throw new Error(`no ${program} on the PATH: run scripts/install.sh firefox webkit chromium`);
}
