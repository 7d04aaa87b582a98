// A real headless Chromium for tests of pages: Debian's or whichever is installed, driven by
// playwright-core, which downloads none. Test-only.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** Path of the browser: KBENCH_CHROMIUM, or the first found on PATH; null where there is none. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | null {
  const given = env['KBENCH_CHROMIUM'] ?? '';
  if (given !== '') return given;
  const folders = (env['PATH'] ?? '').split(path.delimiter);
  const found = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))).find(
    (file) => existsSync(file),
  );
  return found ?? null;
}

/**
 * Without its sandbox where this process is root: Chromium refuses to start otherwise. It opens
 * nothing but pages made by the test.
 */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    chromiumSandbox: process.getuid?.() !== 0,
    args: ['--disable-gpu'],
  });
}
