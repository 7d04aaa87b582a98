// The limits of the contract stand in one place, and documents and other languages' drivers say the
// same.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DRIVER_TIMES } from '../../contract/driver-protocol.js';

const text = (file: string): string =>
  readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8').replaceAll(/\s+/g, ' ');
const seconds = (name: keyof typeof DRIVER_TIMES): string => `${DRIVER_TIMES[name] / 1000} s`;

it('docs/drivers.md tells the limits in force', () => {
  const page = text('docs/drivers.md');
  expect(page).toContain(`wait at most ${seconds('answersMs')} for answers`);
  expect(page).toContain(`\`result\` within ${seconds('resultMs')}`);
  expect(page).toContain(`within ${seconds('endMs')} of the end of stdin`);
  expect(page).toContain(`\`hello\` ${seconds('helloMs')}, \`ready\` ${seconds('readyMs')}`);
  expect(page).toContain(`silence for ${seconds('silentMs')} is a failure`);
});

it.each([
  ['drivers/java/KbenchDriver.java', `STOPPED_NS = 3_000_000_000L`],
  ['drivers/franz-go/main.go', `time.Sleep(3 * time.Second)`],
  ['drivers/librdkafka/driver.c', `now_ns() + 3000000000LL`],
])('%s waits as long for answers', (file, words) => {
  expect(DRIVER_TIMES.answersMs).toBe(3_000);
  expect(text(file)).toContain(words);
});
