// `kbench driver check` as users run it, on a driver that lies and on one that is not there.
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../base/errors.js';
import type { DriverCheck } from './check-driver.js';
import { runKbench } from '../../testing/kbench-command.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const FAKE = path.join(ROOT, 'src/testing/drivers/fake-driver.mjs');

describe('kbench driver check', () => {
  it('says of a driver that sends nothing what the log lacks', async () => {
    const limit = ['--limit', '3s'];
    const args = ['driver', 'check', '--json', '--quiet', ...limit, 'node', '--', FAKE, 'well'];
    const { code, stdout, stderr } = await runKbench(ROOT, args, {});
    expect(stderr).toBe('');
    expect(code).toBe(EXIT.gateFailed);
    const check = JSON.parse(stdout) as DriverCheck;
    expect(check).toMatchObject({ schema: 'kbench/driver-check@1', name: 'fake' });
    const [open] = check.cases;
    expect(open.violations[0]).toMatch(/and 2200 of them \(100 %\) are not in the log/);
    const setting = check.cases.find(({ name }) => name === 'a setting that nobody has')!;
    expect(setting.violations).not.toEqual([]);
  }, 60_000);

  it('stops after the first case in which the driver says nothing, and says so', async () => {
    const args = ['driver', 'check', '--limit', '1s', 'node', '--', FAKE, 'says-nothing'];
    const { code, stdout, stderr } = await runKbench(ROOT, args, {});
    expect(code).toBe(EXIT.gateFailed);
    expect(stdout).toMatch(/FAIL {2}open loop/);
    expect(stdout).toMatch(/said no hello within 1 s/);
    expect(stdout).toMatch(/It said nothing at all, so the rest was not tried: closed loop, dur/);
    expect(stderr).toMatch(/1\/7 open loop: 2,000 records/);
    expect(stderr).not.toMatch(/2\/7/);
  });

  it('refuses a limit that is none', async () => {
    const args = ['driver', 'check', 'kafkajs', '--limit', '0s'];
    const { code, stderr } = await runKbench(ROOT, args, {});
    expect(code).toBe(EXIT.badConfiguration);
    expect(stderr).toMatch(/--limit .* is no time of 1s to 1h/);
  });

  it('names a program that is not there, before any case', async () => {
    const { code, stderr } = await runKbench(ROOT, ['driver', 'check', './nope'], {});
    expect(code).toBe(EXIT.runFailed);
    expect(stderr).toMatch(/driver exec: \.\/nope is not there/);
  });

  it('says what it is for', async () => {
    const { code, stdout } = await runKbench(ROOT, ['driver', '--help'], {});
    expect(code).toBe(EXIT.ok);
    expect(stdout).toMatch(/kbench driver check \.\/my-driver/);
  });
});
