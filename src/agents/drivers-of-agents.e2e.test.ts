// Other clients' drivers on agents: what they send is what one process would, what they tell is
// added up and not taken on trust, and what they cannot do fails the run by the agent's name. Real
// driver processes against an embedded cluster, agents in this process.
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { RunError } from '../base/errors.js';
import type { DriverSettings } from '../contract/driver.js';
import { runResultSchema, type RunResult } from '../contract/run-result.js';
import type { RunSpec } from '../contract/run-spec.js';
import type { WorkloadSettings } from '../contract/settings.js';
import { openReader } from '../reader/index.js';
import { openDriver } from '../targets/drivers/open-driver.js';
import { startInProcessCluster, type InProcessCluster } from '../targets/embedded/in-process.js';
import { AgentsFixture, agentsSpec } from '../testing/agents-fixture.js';
import { driverSpec } from '../workloads/drivers/driver-spec.js';
import type { ShareHooks } from '../workloads/measure-share.js';
import { runWorkload } from '../workloads/run-workload.js';
import type { AnyResult, ShareOutcome } from '../workloads/share-outcome.js';
import { measureAskedShare } from './agent/measure-asked-share.js';
import { nameFiles } from './agent/named-files.js';
import { resultsProblem } from './coordinator/told-results.js';

const FAKE = fileURLToPath(new URL('../testing/drivers/fake-driver.mjs', import.meta.url));
const KAFKAJS = fileURLToPath(new URL('../../dist/drivers/kafkajs/main.js', import.meta.url));
const RECORDS = 4001;

let cluster: InProcessCluster;
let topics = 0;
const fixtures: AgentsFixture[] = [];
const places = mkdtempSync(path.join(tmpdir(), 'kbench-agents-drivers-'));
beforeAll(async () => {
  // What drivers leave behind is seen apart from that of others.
  vi.stubEnv('TMPDIR', places);
  cluster = await startInProcessCluster({ brokers: 1, log: () => undefined });
});
afterEach(() => {
  for (const { roster } of fixtures.splice(0)) roster.close('the test is over');
});
afterAll(async () => {
  await cluster.close();
  vi.unstubAllEnvs();
  rmSync(places, { recursive: true, force: true });
});

const fake = (mode = 'well'): DriverSettings => ({
  kind: 'exec',
  command: [process.execPath, FAKE, mode],
});

function specOf(driver: DriverSettings, workload: Partial<WorkloadSettings> = {}): RunSpec {
  const name = `driven-${topics++}`;
  cluster.state.topics.create({ name, partitions: 2, replicationFactor: 1 });
  const spec = agentsSpec({
    ...{ records: RECORDS, rate: 4000, valueBytes: 100, keys: { kind: 'range', distinct: 10 } },
    ...{ warmup: { records: 101, durationMs: null }, ...workload },
  });
  const topic = { kind: 'fresh', partitions: 2, replicationFactor: 1, config: {} } as const;
  return {
    ...{ ...spec, bootstrap: cluster.bootstrap, topicName: name, embeddedTarget: true },
    modulesFrom: process.cwd(),
    settings: { ...spec.settings, driver, topic, producer: { acks: 'all' } },
  };
}

type Measure = (
  spec: RunSpec,
  hooks: ShareHooks,
  stamp: number,
) => Promise<ShareOutcome<AnyResult>>;

function open(agents: Readonly<Record<string, { folder?: string; measure?: Measure }>>) {
  const fixture = new AgentsFixture();
  fixtures.push(fixture);
  for (const [name, { measure = measureAskedShare, ...own }] of Object.entries(agents))
    fixture.join(name, { measure, allowPrograms: true, folder: process.cwd(), ...own });
  return fixture;
}

async function run(spec: RunSpec, agents: Parameters<typeof open>[0]): Promise<RunResult> {
  const count = Object.keys(agents).length;
  const result = await open(agents).run(spec, count, {}, await nameFiles(spec));
  return runResultSchema.parse(JSON.parse(JSON.stringify(result)));
}

/** Key and value of every record, sorted. */
async function recordsOf(topic: string): Promise<string[]> {
  const reader = openReader({ bootstrap: cluster.bootstrap });
  try {
    const ends = await reader.offsets(topic, 'latest');
    const found: string[] = [];
    await reader.read(
      ends.map((to, partition) => ({ topic, partition, from: 0, to })),
      {
        onRecord: (_slot, _offset, bytes, keyAt, keyBytes, valueAt, valueBytes) =>
          found.push(
            `${bytes.toString('latin1', keyAt, keyAt + keyBytes)} ` +
              bytes.toString('latin1', valueAt, valueAt + valueBytes),
          ),
      },
    );
    return found.sort();
  } finally {
    reader.close();
  }
}

describe('a driver on an agent', () => {
  it('is told its worker’s place among all of the run’s, by times, numbers and counts', () => {
    for (const [rate, extent] of [
      [1000, { records: 1003, durationMs: null }],
      [997, { records: null, durationMs: 1234 }],
      ['max', { records: 1003, durationMs: null }],
    ] as const) {
      const files = { values: 'v', keys: null, audit: null };
      const whole = specOf({ kind: 'kafkajs' }, { rate, ...extent, workers: 6 });
      for (let worker = 0; worker < 6; worker++) {
        const share = { first: worker - (worker % 2), workers: 2, of: 6 };
        const { workload } = whole.settings;
        const settings = { ...whole.settings, workload: { ...workload, workers: 2 } };
        const asked = driverSpec({ ...whole, settings, share }, worker % 2, null, files);
        expect(asked).toEqual(driverSpec(whole, worker, null, files));
      }
    }
  });

  it('tells figures that are added up, and its section, as on one machine', async () => {
    const result = await run(specOf(fake()), { a: {}, b: {} });
    expect(result.failure).toBeNull();
    const { measurement, driver, agents } = result;
    expect(driver).toMatchObject({ name: 'fake', version: '1.2.3', processes: 4 });
    expect(driver!.notHonoured).toHaveLength(1);
    expect(measurement!.records).toEqual({ sent: RECORDS, acked: RECORDS, failed: 0 });
    expect(measurement!.latencyMs.response).toMatchObject({ count: RECORDS, max: 2 });
    expect(measurement!.intervals[0].acked).toBe(RECORDS);
    expect(agents!.map(({ records }) => records.acked)).toEqual([2001, 2000]);
    for (const { latencyP99Ms, startSkewMs } of agents!) {
      expect(latencyP99Ms).toBeCloseTo(2);
      expect(startSkewMs).toBeGreaterThanOrEqual(-1);
    }
    expect(readdirSync(places)).toEqual([]);
  });

  it('has its records timed by a reader beside it, those of its own agent alone', async () => {
    const spec = specOf({ kind: 'kafkajs' }, { rate: 1000, records: 1001 });
    const consumers = { kind: 'reader', properties: {} } as const;
    const read = { ...spec, settings: { ...spec.settings, consumers } };
    const result = await run(read, { a: {}, b: {} });
    expect(result.failure).toBeNull();
    expect(result.driver).toMatchObject({ name: 'kafkajs', processes: 4 });
    expect(result.consumers).toMatchObject({ expected: 1001, kept: 1001, dropped: [], foreign: 0 });
    expect(result.agents!.map(({ consumers: own }) => own!.kept)).toEqual([501, 500]);
    expect(result.consumers!.elsewhere).toBe(1001 + 101);
    expect(result.consumers!.endToEndMs!.min).toBeGreaterThan(0);
  });

  it('that lies about what it sent is found out by the audit', async () => {
    const { status, failure } = await run(specOf(fake(), { audit: true }), { a: {}, b: {} });
    expect(status).toBe('failed');
    expect(failure!.message).toMatch(/told 4102 records acknowledged, and 4102 of them/);
  });

  it('that fails, or is not there, fails the run by the agent’s name alone', async () => {
    const missing: Measure = (spec, hooks, stamp) =>
      measureAskedShare(spec, hooks, stamp, {
        openDriver: () => Promise.reject(new RunError('no Java here', 'install a JDK of 17')),
      });
    let broken = true;
    const once: Measure = (...share) => (broken ? missing : measureAskedShare)(...share);
    const fixture = open({ a: {}, b: { measure: once } });
    const failed = await fixture.run(specOf(fake()), 2);
    expect(failed).toMatchObject({ status: 'failed', measurement: null });
    expect(failed.failure!.message).toMatch(/^agent b \(.*\): no Java here/);
    expect(failed.failure!.remedy).toBe('install a JDK of 17');
    broken = false;
    expect(await fixture.run(specOf(fake()), 2)).toMatchObject({ failure: null });
    const { failure } = await fixture.run(specOf(fake('gives-up')), 2);
    expect(failure!.message).toMatch(/^agent [ab] .*the broker refused this user/);
    expect(readdirSync(places)).toEqual([]);
  });

  it('is waited for by the others for as long as its program takes to be there', async () => {
    const slow: Measure = (spec, hooks, stamp) =>
      measureAskedShare(spec, hooks, stamp, {
        openDriver: async (request) => {
          await new Promise((resolve) => setTimeout(resolve, 1500));
          return openDriver(request);
        },
      });
    const { failure, agents } = await run(specOf(fake()), { a: {}, b: { measure: slow } });
    expect(failure).toBeNull();
    const skews = agents!.map(({ startSkewMs }) => startSkewMs!);
    expect(Math.abs(skews[0] - skews[1])).toBeLessThan(1000);
  });
});

describe('what an agent tells of its driver', () => {
  const telling =
    (change: (results: readonly AnyResult[]) => readonly AnyResult[]): Measure =>
    async (...share) => {
      const outcome = await measureAskedShare(...share);
      if (outcome.kind !== 'measured') return outcome;
      return { ...outcome, share: { ...outcome.share, results: change(outcome.share.results) } };
    };
  const changed = (part: (each: AnyResult & { readonly result: object }) => object): Measure =>
    telling((results) =>
      results.map((each) => ('hello' in each ? { ...each, ...part(each) } : each)),
    );
  const ofRun = async (measure: Measure) => {
    const { failure, measurement } = await run(specOf(fake()), { a: {}, b: { measure } });
    expect(measurement).toBeNull();
    return failure!.message;
  };

  it('is no figure where it contradicts itself', async () => {
    const more = changed(({ result }) => ({ result: { ...result, acked: 7000 } }));
    expect(await ofRun(more)).toMatch(
      /^agent b .*its driver told a result that cannot be: 1000 records sent, 7000/,
    );
    const histograms = { response: null, service: null, delay: null };
    const none = changed(({ result }) => ({ result: { ...result, histograms } }));
    expect(await ofRun(none)).toMatch(/^agent b .*no histogram of response, service, delay/);
  });

  it('is of the client that was asked for, and of one version on all agents', async () => {
    const spec = specOf('core', { records: 1 });
    const outcome = await measureAskedShare(spec, {}, 1);
    const results = outcome.kind === 'measured' ? outcome.share.results : [];
    expect(results).toHaveLength(2);
    const told = { results, stopped: false, consumed: null };
    expect(resultsProblem(spec, told)).toBeNull();
    const consumers = { kind: 'reader', properties: {} } as const;
    const read = { ...spec, settings: { ...spec.settings, consumers } };
    expect(resultsProblem(read, told)).toBe('it told nothing of its consumers');
    expect(resultsProblem(read, { ...told, stopped: true })).toBeNull();
    expect(resultsProblem(specOf(fake()), told)).toMatch(/another client than it was asked for/);
    const newer = changed(() => ({
      hello: { type: 'hello', protocol: 1, name: 'fake', version: '1.2.4', notHonoured: [] },
    }));
    expect(await ofRun(newer)).toBe('agent a sent by fake 1.2.3, agent b by fake 1.2.4');
  });
});

describe('a program that the plan names', () => {
  const folders = ['here', 'there'].map((name) => path.join(places, name));
  const mine: DriverSettings = { kind: 'exec', command: [process.execPath, 'mine.mjs', 'well'] };
  const specHere = (): RunSpec => ({ ...specOf(mine), modulesFrom: folders[0] });
  /** What it imports is found from where it lies: its copies lie below this package. */
  beforeAll(() => {
    const root = mkdtempSync(path.join(path.dirname(FAKE), '.agents-'));
    folders.forEach((_, at) => (folders[at] = mkdtempSync(path.join(root, 'place-'))));
    for (const folder of folders) copyFileSync(FAKE, path.join(folder, 'mine.mjs'));
  });
  afterAll(() => rmSync(path.dirname(folders[0]), { recursive: true }));

  it('is started where the agent allows it, from the agent’s own folder', async () => {
    const [spec, folder] = [specHere(), folders[1]];
    const { failure, driver } = await run(spec, { a: { folder }, b: { folder } });
    expect(failure).toBeNull();
    expect(driver).toMatchObject({ name: 'fake', processes: 4 });
  });

  it('is not started where the agent does not, and says how it would be', async () => {
    const fixture = new AgentsFixture();
    fixtures.push(fixture);
    fixture.join('a', { measure: measureAskedShare });
    const { failure } = await fixture.run(specOf(fake()), 1);
    expect(failure!.message).toMatch(/agent a .*: driver names a program .*start none/);
    expect(failure!.remedy).toContain('--allow-programs');
  });

  it('has the same files as the coordinator’s, whatever word of it names them', async () => {
    const [spec, folder] = [specHere(), folders[1]];
    expect((await nameFiles(spec)).map(({ path: name }) => name)).toContain('mine.mjs');
    writeFileSync(path.join(folder, 'mine.mjs'), '// another\n');
    const { failure } = await run(spec, { a: { folder } });
    expect(failure!.message).toMatch(/driver names .*mine\.mjs, which is another file/);
    rmSync(path.join(folder, 'mine.mjs'));
    const gone = await run(spec, { a: { folder } });
    expect(gone.failure!.message).toMatch(/mine\.mjs, which cannot be read here \(ENOENT\)/);
  });
});

describe.skipIf(!existsSync(KAFKAJS))('kafkajs on agents', () => {
  it.each([4000, 'max'] as const)(
    'sends record for record what one process would, rate %s',
    async (rate) => {
      const [one, many] = [4, 2].map((workers) =>
        specOf({ kind: 'kafkajs' }, { rate, workers, records: 2001 }),
      );
      const alone = await runWorkload(one, {}, { openDriver });
      expect(alone.failure).toBeNull();
      const together = await run(many, { a: {}, b: {} });
      expect(together.failure).toBeNull();
      expect(together.measurement!.records.acked).toBe(2001);
      const [logAlone, logTogether] = [
        await recordsOf(one.topicName),
        await recordsOf(many.topicName),
      ];
      expect(logAlone).toHaveLength(2102);
      expect(logTogether).toEqual(logAlone);
    },
  );

  it('is audited over all agents', async () => {
    const spec = specOf({ kind: 'kafkajs' }, { audit: true, records: 2001 });
    const { failure, audit, notAudited } = await run(spec, { a: {}, b: {} });
    expect([failure, notAudited]).toEqual([null, undefined]);
    expect(audit).toMatchObject({
      ...{ sent: 2102, acknowledged: 2102, found: 2102, lost: 0, duplicated: 0, foreign: 0 },
    });
  });
});
