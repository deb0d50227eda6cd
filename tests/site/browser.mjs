// The browser of this machine.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { chromium } = require('playwright-core');

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Starts Chromium: the one that CHROMIUM names, or the first on PATH. */
export function launch() {
  const folders = process.env.PATH.split(':');
  const paths = NAMES.flatMap((name) => folders.map((folder) => `${folder}/${name}`));
  const executablePath = process.env.CHROMIUM || paths.find((path) => existsSync(path));
  if (!executablePath) {
    console.error(`error: no browser; install Chromium, or set CHROMIUM (not on PATH: ${NAMES.join(', ')})`);
    process.exit(2);
  }
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}
