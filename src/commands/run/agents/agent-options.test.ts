// What `kbench run` refuses of its options about agents, before it opens or announces anything.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigurationError } from '../../../base/errors.js';
import { planSweep } from '../../../plan/load-sweep.js';
import { overridesOf } from '../../options/sweep-options.js';
import { readAgents } from './agent-options.js';
import type { AgentArguments } from './agent-flags.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-agent-options-'));
const tokens = path.join(folder, 'token');
writeFileSync(tokens, 'a token of sixteen and more');
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => void vi.stubEnv('KBENCH_AGENT_TOKEN', ''));
afterEach(() => void vi.unstubAllEnvs());

interface Given extends AgentArguments {
  readonly agents?: number;
  readonly set?: readonly string[];
  readonly bootstrap?: string;
}

function read({ agents, set, bootstrap, ...args }: Given) {
  const overrides = overridesOf({ agents, set, 'print-yaml': false });
  const where = bootstrap === undefined ? {} : { bootstrap };
  return readAgents(args, planSweep('s.yaml', 'name: s', { overrides, ...where }));
}

function refusalOf(given: Given): string {
  try {
    read(given);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return [error.message, ...error.problems.map(({ message }) => message)].join('\n');
  }
  throw new Error('nothing was refused');
}

const ELSEWHERE = { agents: 2, bootstrap: 'h:1' };

describe('bad input about agents', () => {
  it.each<[string, Given, RegExp]>([
    [
      'an open port without a token',
      { ...ELSEWHERE, 'agents-listen': '0.0.0.0:0' },
      /open to other machines/,
    ],
    [
      'agents elsewhere for the embedded cluster',
      { agents: 2, 'agents-listen': '0.0.0.0:0' },
      /target\.embedded is reached on this machine alone/,
    ],
    ['a port and nobody to come', { 'agents-listen': '127.0.0.1:0' }, /the sweep asks for none/],
    ['no address', { agents: 2, 'agents-listen': 'here' }, /here is no HOST:PORT/],
    [
      'a token for local agents',
      { agents: 2, 'agents-token-file': 'x' },
      /there is no --agents-listen/,
    ],
    [
      'a token that is not there',
      { ...ELSEWHERE, 'agents-listen': '0.0.0.0:0', 'agents-token-file': 'none' },
      /--agents-token-file none cannot be read/,
    ],
    ['a time that is none', { agents: 2, 'agent-wait': 'soon' }, /soon is no time/],
    ['no agents', { agents: 0 }, /^--agents 0: .*outside 1 to 10000/m],
    [
      'more workers than an audit’s stamps can tell apart',
      { agents: 2000, set: ['workload.workers=64', 'workload.audit=true'] },
      /more than the 65536 that an audit’s stamps can tell apart/,
    ],
    [
      'more workers than records',
      { agents: 64, set: ['workload.records=50'] },
      /less than one for each of 64 workers/,
    ],
  ])('%s is refused', (_what, given, why) => {
    expect(refusalOf(given)).toMatch(why);
  });

  it('is not seen where there is none: with a token any port may be open', () => {
    const listen = { 'agents-listen': '0.0.0.0:7070', 'agents-token-file': tokens };
    expect(read({ ...ELSEWHERE, ...listen, 'agent-wait': '5m' })).toMatchObject({
      ...{ most: 2, waitMs: 300_000, onlyHere: null, token: 'a token of sixteen and more' },
      listen: { host: '0.0.0.0', port: 7070 },
    });
    expect(read({ agents: 3 })).toMatchObject({ most: 3, listen: null, token: null });
    expect(read({})).toBeNull();
  });
});
