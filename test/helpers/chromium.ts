import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { describeNeeding } from './requirements.js';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = process.env.CHROMIUM_PATH ?? CANDIDATES.find((path) => existsSync(path));

/** A `describe` whose tests open pages in a headless Chromium: CHROMIUM_PATH, or the system's. */
export function describeWithChromium(title: string, body: () => void): void {
  const missing = executablePath === undefined ? 'there is no Chromium (set CHROMIUM_PATH)' : undefined;
  describeNeeding(missing, title, body);
}

export function launchChromium() {
  return chromium.launch({
    executablePath: executablePath!,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
}
