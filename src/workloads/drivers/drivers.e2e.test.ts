// Runs through drivers of other clients: a fake one in all its faults, and kafkajs against the
// embedded cluster, with the records held against its log.
import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DriverSettings } from '../../contract/driver.js';
import { runResultSchema, type RunResult } from '../../contract/run-result.js';
import type { RunSpec } from '../../contract/run-spec.js';
import type { WorkloadSettings } from '../../contract/settings.js';
import { Conversation } from './conversation.js';
import { openDriver } from '../../targets/drivers/open-driver.js';
import { startInProcessCluster, type InProcessCluster } from '../../targets/embedded/in-process.js';
import { runWorkload } from '../run-workload.js';
import type { WorkloadHooks } from '../workload-hooks.js';

const FAKE = fileURLToPath(new URL('../../testing/drivers/fake-driver.mjs', import.meta.url));
const KAFKAJS = fileURLToPath(new URL('../../../dist/drivers/kafkajs/main.js', import.meta.url));

let cluster: InProcessCluster;
let topics = 0;
const places = mkdtempSync(path.join(tmpdir(), 'kbench-drivers-test-'));
beforeAll(async () => {
  // What drivers leave behind is seen apart from that of others.
  vi.stubEnv('TMPDIR', places);
  cluster = await startInProcessCluster({ brokers: 1, log: () => undefined });
});
afterAll(async () => {
  await cluster.close();
  vi.unstubAllEnvs();
  rmSync(places, { recursive: true });
});

const fake = (mode: string): DriverSettings => ({
  kind: 'exec',
  command: [process.execPath, FAKE, mode],
});

function specOf(driver: DriverSettings, workload: Partial<WorkloadSettings> = {}): RunSpec {
  const name = `driven-${topics++}`;
  cluster.state.topics.create({ name, partitions: 2, replicationFactor: 1 });
  return {
    ...{ run: '0001', point: 'p01', repeat: 1, block: 1, seed: 7, embeddedTarget: true },
    ...{ bootstrap: cluster.bootstrap, topicName: name, transactionalIdPrefix: name },
    settings: {
      driver,
      producer: { acks: 'all', 'linger.ms': 5 },
      topic: { kind: 'fresh', partitions: 2, replicationFactor: 1, config: {} },
      workload: {
        ...{ valueBytes: 100, payload: { kind: 'random' }, keys: { kind: 'none' }, rate: 1000 },
        ...{ records: 1000, durationMs: null, warmup: { records: 100, durationMs: null } },
        ...{ workers: 1, pacing: 'auto', transaction: null },
        ...workload,
      },
    },
  };
}

/** Processes of the fake that were given this. */
function running(mode: string): string[] {
  const pids = existsSync('/proc') ? readdirSync('/proc').filter((each) => /^\d+$/.test(each)) : [];
  return pids.filter((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return words.includes(FAKE) && words.includes(mode);
    } catch {
      return false; // ended meanwhile
    }
  });
}

async function run(spec: RunSpec, hooks: WorkloadHooks = {}): Promise<RunResult> {
  const limits = { helloMs: 5_000, readyMs: 5_000, silentMs: 1_500 };
  const result = await runWorkload(spec, hooks, { openDriver, driverLimits: limits });
  return runResultSchema.parse(JSON.parse(JSON.stringify(result)));
}

const runFake = (mode: string, workload: Partial<WorkloadSettings> = {}): Promise<RunResult> =>
  run(specOf(fake(mode), { rate: 5000, ...workload }));

describe('a driver', () => {
  it('that keeps the contract is measured, and tells what it does not honour', async () => {
    const result = await runFake('well', { workers: 2 });
    expect(result.failure).toBeNull();
    expect(result).toMatchObject({ status: 'completed', driver: { name: 'fake', processes: 2 } });
    const { measurement, driver } = result;
    expect(measurement!.records).toEqual({ sent: 1000, acked: 1000, failed: 0 });
    expect(measurement!.latencyMs.response).toMatchObject({ count: 1000, max: 2 });
    expect(measurement!.achieved.requestsPerSecond).toBeGreaterThan(0);
    expect(measurement!.achieved.batchBytes).toBeUndefined();
    expect(measurement!.generator.ackDelayMs).toBeUndefined();
    expect(measurement!.intervals).toHaveLength(1);
    expect(driver!.notHonoured).toEqual([
      { name: 'linger.ms', value: '5', why: 'the fake sends at once' },
    ]);
    expect(driver!.honoured).toContain('acks');
    expect(driver!.startupMs).toBeGreaterThan(0);
  });

  it.each([
    ['dies', /ended with code 3 before it said hello; its last words: no licence for this host/],
    ['killed', /was ended by SIGKILL before it said result/],
    ['rubbish', /no message of the contract \(not JSON\): Hello, World!/],
    ['protocol', /speaks version 7 of the contract, not 1/],
    ['clock', /reads another clock than CLOCK_MONOTONIC: it is 60\.\d s off/],
    ['long-line', /wrote a line of more than 4194304 characters/],
    ['exits-early', /ended with code 0 before it (said|was asked)/],
    ['unasked', /said done (unasked|where result was due)/],
    ['two-results', /said result unasked/],
    ['late-interval', /told an interval after its result/],
    ['nan', /no message of the contract \(not JSON\)/],
    ['too-many', /1001 records sent, 1000 asked for/],
    ['early', /1000 records sent \d+ ms after the start, \d+ were due/],
    ['extremes', /response times holds 2000 to 2000 us and says 2000 to 2900 us/],
    ['interval-counts', /interval 0, whose histogram has 999 times, with 1000 records/],
    ['gives-up', /gave up: the broker refused this user/],
    ['hangs', /said nothing for 2 s/],
    ['miscounts', /a result that cannot be: its histogram of response times has 1001/],
  ])('that %s is a failed run with its last words', async (mode, message) => {
    const { status, failure, measurement } = await runFake(mode);
    expect(failure?.message).toMatch(message);
    expect(failure?.remedy).toBeTruthy();
    expect([status, measurement]).toEqual(['failed', null]);
  });

  it('that says nothing at all fails within its limit', async () => {
    const { failure } = await runFake('says-nothing');
    expect(failure?.message).toMatch(/said no hello within 5 s/);
  });

  it('that lies about what it sent is found out by the audit', async () => {
    const { status, failure, audit } = await runFake('well', { audit: true });
    expect(audit).toMatchObject({ sent: 1100, acknowledged: 1100, lost: 1100, found: 0 });
    expect(status).toBe('failed');
    expect(failure!.message).toMatch(/told 1100 records acknowledged, and 1100 of them \(.*not in/);
  });

  it.each(['no-outcomes', 'denies'])('that tells no true outcomes (%s) fails', async (mode) => {
    const { status, failure } = await runFake(mode, { audit: true });
    expect(status).toBe('failed');
    expect(failure!.message).toMatch(/outcomes/);
  });

  it('whose numbers are not as told is a failed run where consumers count by them', async () => {
    const spec = specOf(fake('renumbers'));
    const consumers = { kind: 'reader', properties: {} } as const;
    const { failure } = await run({ ...spec, settings: { ...spec.settings, consumers } });
    expect(failure!.message).toMatch(/told 40 and 1000 records sent, and 1100 by its outcomes/);
  });

  it('stops with the end of its stdin, and what it measured is kept', async () => {
    const stop = new AbortController();
    const spec = specOf(fake('until-stopped'), { rate: 'max' });
    const onProgress = ({ acked }: { readonly acked: number }): void => {
      if (acked > 20) stop.abort();
    };
    const result = await run(spec, { signal: stop.signal, onProgress });
    expect(result.status).toBe('stopped');
    expect(result.measurement!.records.acked).toBeGreaterThan(20);
  });

  it('that does not end leaves neither process nor files', async () => {
    const result = await runFake('never-ends');
    expect(result.status).toBe('completed');
    expect(readdirSync(places)).toEqual([]);
    // Killed, and on a busy machine not gone yet.
    await expect.poll(() => running('never-ends'), { timeout: 10_000 }).toEqual([]);
  });

  it.runIf(existsSync('/proc'))(
    'that leaves a child in a session of its own: it is ended',
    async () => {
      const result = await runFake('leaves-child');
      expect(result.failure).toBeNull();
      await vi.waitFor(() => expect(running('sleeper')).toEqual([]));
    },
  );

  it('of a user is to be checked by its command, one of kbench’s own to be reported', async () => {
    const { failure } = await runFake('rubbish');
    expect(failure!.remedy).toMatch(/kbench driver check \S+ -- \S+fake-driver.mjs rubbish$/);
    const own = new Conversation({ kind: 'java' }, spawn('true', { stdio: 'pipe' }), () => null);
    const { remedy } = own.error('fell over');
    expect(remedy).toMatch(/drivers\/java\/README.md .* report them as a fault of kbench$/);
    own.close();
  });
});

describe('a program that cannot be started', () => {
  const exec = async (...command: string[]) => {
    const { status, failure } = await run(specOf({ kind: 'exec', command }));
    expect(status).toBe('failed');
    return failure!;
  };

  it('is named where it is not there, or not on the PATH', async () => {
    expect((await exec('./no-such-driver')).message).toMatch(/\.\/no-such-driver is not there/);
    expect((await exec('no-such-driver')).message).toMatch(/is not on the PATH/);
  });

  it('is named where it may not be executed, is a folder, or lacks its interpreter', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kbench-exec-'));
    try {
      const program = path.join(folder, 'driver');
      copyFileSync(FAKE, program);
      chmodSync(program, 0o644);
      const { message, remedy } = await exec(program);
      expect(message).toMatch(/may not be executed/);
      expect(remedy).toMatch(/chmod \+x/);
      expect((await exec(folder)).message).toMatch(/is a folder/);
      writeFileSync(program, '#!/no/such/interpreter\n');
      chmodSync(program, 0o755);
      expect((await exec(program)).message).toMatch(/begins with #!\/no\/such\/interpreter, which/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe.skipIf(!existsSync(KAFKAJS))('kafkajs', () => {
  it.each([1000, 'max'] as const)('sends what is asked for, rate %s', async (rate) => {
    const keys = { kind: 'range', distinct: 10 } as const;
    const spec = specOf({ kind: 'kafkajs' }, { rate, keys, audit: true, workers: 2 });
    const result = await run(spec);
    expect(result.failure).toBeNull();
    expect(result.audit).toMatchObject({
      ...{ sent: 1100, acknowledged: 1100, found: 1100, lost: 0, duplicated: 0, corrupt: 0 },
    });
    expect(result.driver!.notHonoured.map(({ name }) => name)).toContain('linger.ms');
    expect(result.measurement!.records.acked).toBe(1000);
  });

  it('has consumers beside it, which know when its records were due', async () => {
    const spec = specOf({ kind: 'kafkajs' }, { workers: 2 });
    const consumers = { kind: 'reader', properties: {} } as const;
    const result = await run({ ...spec, settings: { ...spec.settings, consumers } });
    expect(result.failure).toBeNull();
    expect(result.audit).toBeUndefined();
    const { endToEndMs, kept, negative, dropped } = result.consumers!;
    expect({ kept, negative, dropped }).toEqual({ kept: 1000, negative: 0, dropped: [] });
    const { response } = result.measurement!.latencyMs;
    // From the same due time on, and it is in the log before it is acknowledged.
    expect(endToEndMs!.min).toBeGreaterThan(0);
    expect(endToEndMs!.p50).toBeLessThan(response!.p50 + 2000);
  });

  it('of another version than asked for is a failed run', async () => {
    const { failure } = await run(specOf({ kind: 'kafkajs', version: '1.0.0' }));
    expect(failure!.message).toMatch(/is version 2\.\S+ on this machine, and the sweep asks for 1/);
  });
});
