import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import {
  hostIdentity,
  isAlive,
  processIdentity,
  rebootedSince,
  sameHost,
} from './process-identity.js';

it('knows a live process by number, start time and command line, and no dead one', async () => {
  const child = spawn('sleep', ['60.125']);
  const ended = once(child, 'exit');
  // In the moment of its start it has none yet.
  await expect.poll(() => processIdentity(child.pid!)?.commandLine).not.toBe('');
  const identity = processIdentity(child.pid!)!;
  expect(identity.commandLine).toBe('sleep 60.125');
  expect(isAlive(identity)).toBe(true);
  expect(isAlive({ ...identity, startTime: '1' })).toBe(false);
  expect(isAlive({ ...identity, commandLine: 'sleep 60' })).toBe(false);
  child.kill('SIGKILL');
  await ended;
  expect(isAlive(identity)).toBe(false);
  expect(processIdentity(child.pid!)).toBeNull();
});

it.each([0, -1, 1.5, NaN, 2 ** 40])('knows no process %d', (pid) => {
  expect(processIdentity(pid)).toBeNull();
});

it('tells another machine and another boot of this one apart', () => {
  const here = hostIdentity();
  expect(sameHost(here)).toBe(true);
  expect(rebootedSince(here)).toBe(false);
  expect(sameHost({ ...here, boot: 'before' })).toBe(false);
  expect(rebootedSince({ ...here, boot: 'before' })).toBe(true);
  expect(rebootedSince({ ...here, boot: 'before', host: 'another' })).toBe(false);
  expect(sameHost({ ...here, pidNamespace: 'a container' })).toBe(false);
});
