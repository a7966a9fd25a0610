// The Chromium that the page is tested, measured and drawn with.
import { execFileSync } from 'node:child_process';

/** Options for Playwright's `launch`, with which pages look the same on every machine. */
export const CHROMIUM = {
  executablePath: findChromium(),
  // Chromium refuses its sandbox to root; the rest keeps it off the network and fixes
  // colours and fonts.
  args: [
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
  ],
};

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
