// report.html as a reader meets it: in a real headless Chromium, from disk. Needs a browser
// (KBENCH_CHROMIUM, or chromium or Chrome on PATH): without one these tests are skipped, and with
// CI=true that is a failure.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../../contract/run-result.js';
import { findChromium, launchChromium } from '../../testing/browser.js';
import {
  asFailed,
  latencyWithP99,
  withReason,
  writeSyntheticResults,
} from '../../testing/synthetic-results.js';
import { readResults } from '../results/read-results.js';
import { makeReport } from '../model/report-model.js';
import { renderReportPage } from './report-page.js';

const executable = findChromium();
const withBrowser = describe.skipIf(executable === null);
const why = executable === null ? ' (skipped: no Chromium on PATH or in KBENCH_CHROMIUM)' : '';

const HOSTILE = `</script><img src=x onerror="document.title='owned'">\u2028]]>&lt;b&gt;{{x}}`;
const AXES = {
  'batch.size': [16_384, 65_536, 131_072],
  'linger.ms': [0, 5],
  acks: ['1', 'all'],
} as const;

/**
 * Figures that can be reasoned about: throughput and p99 rise with the point's number; run 5 is
 * invalid, run 6 failed.
 */
function ordered(run: RunResult): RunResult {
  const number = Number(run.point.slice(1));
  const { measurement } = run;
  if (measurement === null) return run;
  const recordsPerSecond = 100_000 * number + 10 * run.repeat;
  const p99 = number + run.repeat / 100;
  const latency = {
    ...latencyWithP99(p99, measurement.latencyMs.service!.count),
    p50: p99 / 2,
    p95: 0.5 * p99,
    p99,
    p999: 2 * p99,
    max: 3 * p99,
  };
  const made: RunResult = {
    ...run,
    canary: { version: 1, cpuMs: 40 + run.repeat, sinkRecordsPerSecond: 2e6 },
    measurement: {
      ...measurement,
      throughput: { recordsPerSecond, mebibytesPerSecond: recordsPerSecond / 1e4 },
      latencyMs: { response: null, service: latency, delay: null },
    },
  };
  if (run.run === '0005') return withReason(made, 'errors', 'invalid', `broker said ${HOSTILE}`);
  return run.run === '0006' ? asFailed(made, `no answer ${HOSTILE}`) : made;
}

let browser: Browser;
let dir: string;
const files = { plain: '', hostile: '', mixed: '', clients: '' };

function write(
  name: keyof typeof files,
  options: Parameters<typeof writeSyntheticResults>[1],
  yaml?: string,
): void {
  const folder = path.join(dir, name);
  writeSyntheticResults(folder, { repeats: 4, seconds: 5, ...options });
  if (yaml !== undefined) writeFileSync(path.join(folder, 'sweep.yaml'), yaml);
  files[name] = path.join(dir, `${name}.html`);
  writeFileSync(files[name], renderReportPage(makeReport(readResults(folder))));
}

beforeAll(async () => {
  if (executable === null) return;
  dir = mkdtempSync(path.join(tmpdir(), 'kbench-page-'));
  write('plain', { axes: AXES, alter: ordered });
  write(
    'hostile',
    {
      name: HOSTILE,
      axes: { [`label ${HOSTILE}`]: [HOSTILE, 'plain'], 'linger.ms': [0, 5] },
      target: 'embedded',
      alter: ordered,
    },
    `name: ${HOSTILE}\n# ${HOSTILE}\n`,
  );
  write('mixed', { axes: { 'workload.rate': ['max', 20_000], 'linger.ms': [0, 5] } });
  write('clients', {
    axes: { 'workload.rate': [1000, 20_000], driver: ['core', 'java', 'kafkajs'] },
    rate: 1000,
  });
  browser = await launchChromium(executable);
}, 60_000);

afterAll(async () => {
  if (executable === null) return;
  await browser.close();
  rmSync(dir, { recursive: true, force: true });
});

/**
 * Opens the page and gives it to `look`; anything on the console, any error and any request but the
 * file itself fails.
 */
async function open(
  name: keyof typeof files,
  look: (page: Page) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  const told: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => told.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => told.push(error.message));
  page.on('request', (request) => requests.push(request.url()));
  const url = pathToFileURL(files[name]).href;
  await page.goto(url);
  await page.waitForSelector('html[data-ready]');
  await look(page);
  await context.close();
  expect(told).toEqual([]);
  expect(requests.filter((each) => each !== url && !/^(data|blob):/.test(each))).toEqual([]);
}

/** Scrolls past every figure, so that all of them are drawn. */
async function drawAll(page: Page): Promise<void> {
  for (const figure of await page.locator('figure').all()) {
    await figure.scrollIntoViewIfNeeded();
    await page.waitForTimeout(30);
  }
}

const best = (page: Page): Promise<string | null> =>
  page.locator('#best .point strong').textContent();
const shown = (page: Page): Promise<string[]> =>
  page.locator('#chosen button:has(.swatch)').allTextContents();

it.skipIf(executable !== null || process.env['CI'] !== 'true')('finds a browser on CI', () => {
  expect(executable, 'no Chromium: install one, or name it in KBENCH_CHROMIUM').not.toBeNull();
});

withBrowser(`the page${why}`, () => {
  it('answers for the limit that the reader sets, by slider, by number and by keyboard', () =>
    open('plain', async (page) => {
      await page.fill('#limit-ms', '4.5');
      expect(await best(page)).toBe('p04');
      const told = await page.locator('#best').textContent();
      expect(told).toMatch(/400,\d\d\d records\/s.*Next of the 4 that fit: p03/s);
      expect(told).toMatch(/p03.*is more than chance \(rank-sum test, p 0\.0\d+\)/s);
      expect(await page.locator('#snippet').textContent()).toContain(
        'batch.size=16384\nlinger.ms=5',
      );
      expect(await page.locator('#snippet').textContent()).toContain('acks=all');
      await page.click('text=YAML');
      expect(await page.locator('#snippet').textContent()).toContain('producer:\n  acks: all');
      await page.click('text=Copy');
      await expect
        .poll(() => page.locator('.snippet [role=status]').textContent())
        .toMatch(/copied|selected/);
      expect(await page.locator('#best-said').textContent()).toMatch(
        /^Best: p04, 400,\d\d\d records a second/,
      );
      await page.focus('#limit');
      await page.keyboard.press('End');
      expect(await best(page)).toBe('p12');
      await page.keyboard.press('Home');
      expect(await page.locator('#best').textContent()).toMatch(
        /^No point keeps p99.*nearest is p01/,
      );
      expect(await page.getAttribute('#limit', 'aria-valuetext')).toMatch(/milliseconds$/);
    }));

  it('answers for another percentile than p99', () =>
    open('plain', async (page) => {
      await page.fill('#limit-ms', '4.5');
      expect(await best(page)).toBe('p04');
      await page.selectOption('#limit-of', 'p95');
      expect(await best(page)).toBe('p08');
      expect(await page.locator('#best-said').textContent()).toMatch(/p95 4\.0\d* milliseconds/);
      expect(await page.locator('#best dt').allTextContents()).toEqual(['throughput', 'p95']);
      await expect
        .poll(() => page.locator('#pareto .canvas').getAttribute('aria-label'))
        .toContain('against p95');
    }));

  it('draws every chart, with a label and its figures as a table; tells what was left out', () =>
    open('plain', async (page) => {
      await drawAll(page);
      const figures = await page.locator('figure').all();
      expect(figures.length).toBe(8);
      for (const figure of figures) {
        const id = await figure.getAttribute('id');
        expect(await figure.locator('.canvas').getAttribute('data-drawn'), `${id!} is drawn`).toBe(
          'true',
        );
        expect(
          (await figure.locator('.canvas').getAttribute('aria-label'))?.length,
          id!,
        ).toBeGreaterThan(20);
        await figure.locator('summary').click();
        await figure.locator('.as-table tbody tr').first().waitFor();
      }
      expect(await page.locator('.flags').textContent()).toMatch(
        /2 runs invalid or failed.*As few as 3 valid runs/,
      );
      expect(await page.locator('#verdicts').textContent()).toMatch(
        /runs\/0005\.json.*errors: broker said/,
      );
      expect(await page.locator('#drift .legend').textContent()).toContain('canary: CPU speed');
    }));

  it('shows a picked point everywhere: by click in the scatter, by keyboard in the table', () =>
    open('plain', async (page) => {
      const before = await shown(page);
      await page.focus('#points-table input[data-point="6"]');
      await page.keyboard.press('Space');
      expect(await shown(page)).toEqual([...before, 'p07']);
      await page.locator('#percentiles').scrollIntoViewIfNeeded();
      await expect.poll(() => page.locator('#percentiles .legend').textContent()).toContain('p07');
      await page.locator('#pareto .canvas').scrollIntoViewIfNeeded();
      // p12 has the most of both: the mark to the right of all others.
      const box = (await page.locator('#pareto .canvas').boundingBox())!;
      await page.click('text=Follow the answer');
      expect(await shown(page)).toEqual(before);
      expect(before).toContain('p12');
      for (
        let x = box.width - 20;
        x > box.width - 120 && (await shown(page)).includes('p12');
        x -= 4
      ) {
        for (let y = 34; y < 120 && (await shown(page)).includes('p12'); y += 5)
          await page.mouse.click(box.x + x, box.y + y);
      }
      expect(await shown(page)).not.toContain('p12');
    }));

  it('follows axes, metrics, sorting and filtering', () =>
    open('plain', async (page) => {
      await page.locator('#heat').scrollIntoViewIfNeeded();
      await page.locator('#heat .canvas[data-drawn]').waitFor();
      await page.locator('#heat').getByLabel('Across').selectOption({ label: 'acks' });
      await page.locator('#heat').getByLabel('Colour').selectOption({ label: 'Latency p99 (ms)' });
      await expect.poll(() => page.locator('#heat .said').textContent()).toContain('Columns: acks');
      expect(await page.locator('#heat .legend').textContent()).toContain(
        'Latency p99 (ms); brighter is better',
      );
      await page.locator('#effects').getByLabel('Effect on').selectOption({ label: 'Latency p99' });
      await expect
        .poll(() => page.locator('#effects .canvas').getAttribute('aria-label'))
        .toContain('Latency p99');
      await page.click('#points-table th button:text("p99 ms")');
      expect(await page.locator('#points-table tbody tr').first().textContent()).toContain('p01');
      expect(await page.locator('#points-table th[aria-sort]').textContent()).toBe('p99 ms');
      await page.fill('#points input[type=search]', 'acks all linger.ms 5');
      expect(await page.locator('#points-table tbody tr').count()).toBe(3);
    }));

  it('groups by client: the same load of each side by side, and the table in their order', () =>
    open('clients', async (page) => {
      const points = await shown(page);
      expect(['p01 p02 p03', 'p04 p05 p06']).toContain(points.join(' '));
      const rows = await page.locator('#points-table tbody tr td:nth-child(2)').allTextContents();
      expect(rows).toEqual(['p01', 'p04', 'p02', 'p05', 'p03', 'p06']);
      await drawAll(page);
    }));

  it('ranks open and closed loops apart, and says which latency is meant', () =>
    open('mixed', async (page) => {
      const label = () => page.locator('#pareto .canvas').getAttribute('aria-label');
      expect(await page.locator('#loop-choice button').count()).toBe(2);
      await page.click('#loop-choice >> text=Closed loop (service time)');
      await expect.poll(label).toMatch(/for 2 points.*p0[12] with/);
      expect(await label()).not.toMatch(/p0[34] with/);
      await page.click('#loop-choice >> text=Open loop (response time)');
      await expect.poll(label).toMatch(/for 2 points.*p0[34] with/);
    }));

  it('gives the data away as summary.json has it, and as CSV', () =>
    open('plain', async (page) => {
      const take = async (name: string): Promise<string> => {
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          page.click(`#downloads >> text=${name}`),
        ]);
        return readFileSync(await download.path(), 'utf8');
      };
      const summary = JSON.parse(await take('summary.json')) as {
        schema: string;
        points: unknown[];
      };
      expect([summary.schema, summary.points.length]).toEqual(['kbench/summary@1', 12]);
      const csv = await take('points.csv');
      expect(csv.trim().split('\r\n')).toHaveLength(13);
      expect(csv).toMatch(/^point,batch\.size,linger\.ms,acks,loop,/);
      expect((await take('runs.csv')).split('\r\n')[6]).toContain('no answer');
    }));

  it('goes from light to dark with the system and by its button; prints all of its charts', () =>
    open('plain', async (page) => {
      const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      expect(await ground()).toBe('rgb(255, 255, 255)');
      await page.emulateMedia({ colorScheme: 'dark' });
      await expect.poll(ground).toBe('rgb(20, 23, 27)');
      await page.focus('#theme');
      await page.keyboard.press('Enter');
      await expect.poll(ground).toBe('rgb(255, 255, 255)');
      await page.reload();
      await page.waitForSelector('html[data-ready]');
      expect(await ground()).toBe('rgb(255, 255, 255)'); // the choice is kept
      await page.click('#theme');
      await expect.poll(ground).toBe('rgb(20, 23, 27)');
      const pdf = await page.pdf({ format: 'A4' });
      expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
      await expect.poll(() => page.locator('.canvas[data-drawn]').count()).toBe(8);
      await expect.poll(ground).toBe('rgb(20, 23, 27)'); // back as it was
    }));

  it('fits a phone without scrolling sideways', () =>
    open(
      'plain',
      async (page) => {
        await drawAll(page);
        expect(
          await page.evaluate<number>('document.documentElement.scrollWidth'),
        ).toBeLessThanOrEqual(360);
      },
      { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
    ));

  it('shows hostile text as text and runs none of it', () =>
    open('hostile', async (page) => {
      await drawAll(page);
      const seen = (await page.locator('body').innerText()).replace(/\s+/g, ' ');
      for (const place of ['#environment', '#verdicts', '#points', 'h1']) {
        expect(await page.locator(place).textContent(), place).toContain('<img src=x onerror=');
      }
      expect(seen).toContain('Embedded cluster: figures describe kbench, not Kafka');
      expect(await page.locator('img').count()).toBe(0);
      expect(await page.title()).not.toBe('owned');
      for (const at of [0.3, 0.5, 0.7]) {
        const box = (await page.locator('#repeats .canvas').boundingBox())!;
        await page.mouse.move(box.x + box.width * at, box.y + 20);
      }
      expect(await page.locator('img').count()).toBe(0);
    }));

  it('is held by its policy: what is smuggled in does not run', async () => {
    const html = readFileSync(files.plain, 'utf8').replace(
      '<main>',
      `<main><img src="x" onerror="document.title='owned'">` +
        `<script>document.title='owned'</script><p style="color: red" id="styled">x</p>`,
    );
    const smuggled = path.join(dir, 'smuggled.html');
    writeFileSync(smuggled, html);
    const page = await browser.newPage();
    await page.goto(pathToFileURL(smuggled).href);
    await page.waitForSelector('html[data-ready]');
    expect(await page.title()).toBe('synthetic: kbench report');
    expect(
      await page.evaluate<string>("getComputedStyle(document.getElementById('styled')).color"),
    ).not.toBe('rgb(255, 0, 0)');
    await page.close();
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)![1];
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[^ ]+ 'sha256-[^ ]+; style-src 'sha256-/,
    );
    expect(policy).not.toContain('unsafe');
  });
});
