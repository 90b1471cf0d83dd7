import { copyFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithChromium, launchChromium } from '../helpers/chromium.js';
import { runCli } from '../helpers/run-cli.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

describeWithChromium('report.html in a browser', () => {
  let folder: string;
  let browser: Browser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-'));
    const { code } = await runCli(['graph', join(root, 'samples'), '--out', folder, '--quiet']);
    expect(code).toBe(0);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  it('shows all pairs in its histogram, asks the network for nothing, and has no error', async () => {
    const page = await browser.newPage({ viewport: { width: 1200, height: 1500 } });
    const noise: string[] = [];
    const url = pathToFileURL(join(folder, 'report.html')).href;
    page.on('console', (message) => noise.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => noise.push(`error: ${error.message}`));
    page.on('request', (request) => request.url() !== url && noise.push(`request: ${request.url()}`));
    await page.goto(url);

    const counts = await page
      .locator('section[aria-labelledby="similarities"] rect[data-count]')
      .evaluateAll((bars) => bars.map((bar) => Number(bar.getAttribute('data-count'))));
    const { pairs, communities } = JSON.parse(await readFile(join(folder, 'summary.json'), 'utf8'));
    expect(counts.length).toBeGreaterThan(5);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(pairs);
    const text = await page.locator('body').innerText();
    for (const { typical } of communities) expect(text).toContain(typical[0].split('#')[0]);
    expect(noise).toEqual([]);

    const screenshot = join(folder, 'report.png');
    await page.screenshot({ path: screenshot });
    expect((await stat(screenshot)).size).toBeGreaterThan(10_000);
    // Refreshes the picture in the README: UPDATE_SCREENSHOT=1 npm test
    if (process.env.UPDATE_SCREENSHOT) await copyFile(screenshot, join(root, 'docs', 'report.png'));
  });
});
