// Audits and faults of runs on agents: the coordinator reads the log back once against the ledgers
// of all, and what it broke on purpose is no fault of an agent's. Real producers against an
// embedded cluster, agents in this process.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FaultEvent, FaultSettings } from '../contract/faults.js';
import { runResultSchema } from '../contract/run-result.js';
import type { RunSpec } from '../contract/run-spec.js';
import type { WorkloadSettings } from '../contract/settings.js';
import { startInProcessCluster, type InProcessCluster } from '../targets/embedded/in-process.js';
import { AgentsFixture, agentsSpec } from '../testing/agents-fixture.js';
import { lieAbout, type Lies } from '../testing/audit/lying-log.js';
import { commonNow } from '../workloads/threads/barrier.js';
import { simulatedShare } from '../testing/simulated-share.js';
import { AckGaps } from '../workloads/measure/ack-gaps.js';
import { measureAskedShare } from './agent/measure-asked-share.js';
import { launchHere } from '../testing/in-thread-launch.js';

const MIB = 1024 * 1024;
const PARTITIONS = 2;
let cluster: InProcessCluster;
let topics = 0;
const fixtures: AgentsFixture[] = [];
beforeAll(async () => {
  cluster = await startInProcessCluster({
    ...{ brokers: 2, retentionBytesPerPartition: 16 * MIB },
    log: () => undefined,
  });
});
afterAll(() => cluster.close());
afterEach(() => {
  for (const { roster } of fixtures.splice(0)) roster.close('the test is over');
});

const launch = launchHere();

function specOf(
  workload: Partial<WorkloadSettings>,
  more: Partial<RunSpec['settings']> = {},
): RunSpec {
  const name = `audited-${topics++}`;
  cluster.state.topics.create({ name, partitions: PARTITIONS, replicationFactor: 2 });
  const spec = agentsSpec({
    ...{ audit: true, records: 3001, rate: 20_000, valueBytes: 64 },
    ...{ warmup: { records: 300, durationMs: null }, ...workload },
  });
  const topic = {
    kind: 'fresh',
    partitions: PARTITIONS,
    replicationFactor: 2,
    config: {},
  } as const;
  const producer: Record<string, string> =
    workload.transaction == null ? {} : { 'transactional.id': 'x' };
  return {
    ...{ ...spec, bootstrap: cluster.bootstrap, topicName: name, transactionalIdPrefix: name },
    minInsyncReplicas: 2,
    settings: { ...spec.settings, topic, producer, ...more },
  };
}

function open(...names: readonly string[]) {
  const fixture = new AgentsFixture();
  fixtures.push(fixture);
  const agents = names.map((name) =>
    fixture.join(name, { measure: (...share) => measureAskedShare(...share, { launch }) }),
  );
  return { fixture, agents };
}

describe('an audit of a run on agents', () => {
  it.each<[string, Partial<WorkloadSettings>]>([
    ['plain', {}],
    ['in transactions', { transaction: { records: 50, abortRatio: 0.3 } }],
  ])('finds every record of all agents, once: %s', async (_what, workload) => {
    const { fixture } = open('a', 'b', 'c');
    const result = await fixture.run(specOf(workload), 3);
    expect(result.failure).toBeNull();
    expect(result.notAudited).toBeUndefined();
    const { audit } = runResultSchema.parse(JSON.parse(JSON.stringify(result)));
    expect(audit).toMatchObject({
      ...{ sent: 3301, acknowledged: 3301, lost: 0, duplicated: 0, reordered: 0, corrupt: 0 },
      ...{ unknown: 0, storedThoughFailed: 0, foreign: 0, examples: [] },
    });
    expect(audit!.found).toBe(3301);
    expect(result.agents).toHaveLength(3);
  });

  it('counts exactly what the log lost, doubled and spoiled, and says whose', async () => {
    const spec = specOf({ records: 6000 });
    const lies: Lies = { lost: 0, duplicated: 0, reordered: 0, corrupt: 0 };
    const { partitions } = cluster.state.topics.named(spec.topicName)!;
    partitions.forEach(({ log }, seed) => lieAbout(log, lies, { seed, chance: 0.02 }));
    const { fixture } = open('a', 'b');
    const { audit } = await fixture.run(spec, 2);
    const { lost, duplicated, reordered, corrupt } = audit!;
    expect({ lost, duplicated, reordered, corrupt }).toEqual(lies);
    expect(lost).toBeGreaterThan(0);
    // Workers are counted over all agents.
    expect(Math.max(...audit!.examples.map(({ worker }) => worker ?? 0))).toBeLessThan(4);
  });

  it('is not made where an agent took its ledger with it, and says which', async () => {
    const { fixture, agents } = open('a', 'b');
    setTimeout(() => agents[1].kill(), 500);
    const result = await fixture.run(specOf({ records: 40_000, rate: 10_000 }), 2);
    expect(result).toMatchObject({ status: 'failed', measurement: null });
    expect(result.audit).toBeUndefined();
    expect(result.notAudited!.message).toMatch(
      /^a worker never told what it had sent: agent b \(.*\): it is gone/,
    );
  });
});

describe('faults of a run on agents', () => {
  const faults: readonly FaultSettings[] = [
    { atMs: 400, kind: 'pause', target: { kind: 'broker', id: 1 }, forMs: 300 },
  ];

  it('excuse what they did to each agent’s share as to the whole', async () => {
    const spec = { ...agentsSpec({ records: 3000, rate: 1000 }) };
    const faulty = { ...spec, settings: { ...spec.settings, faults } };
    const fixture = new AgentsFixture();
    fixtures.push(fixture);
    // Silent from 400 ms to 1,600 ms, at both.
    const silent = new AckGaps();
    silent.start(0);
    for (const [sent, acked] of [
      [1, 2],
      [400, 1600],
      [2990, 2995],
    ]) {
      silent.asked(sent);
      silent.acknowledged(acked, false);
    }
    const gaps = silent.pack(3000);
    const measure = async (...share: Parameters<ReturnType<typeof simulatedShare>>) => {
      const outcome = await simulatedShare({ intervals: 3 })(...share);
      if (outcome.kind !== 'measured') return outcome;
      const results = outcome.share.results.map((result) => ({ ...result, gaps }));
      return { ...outcome, share: { ...outcome.share, results } };
    };
    for (const name of ['a', 'b']) fixture.join(name, { measure });
    const codes = async (asked: RunSpec, events: readonly FaultEvent[]) => {
      const watch = { start: () => undefined, members: () => undefined, events: () => events };
      const hooks = { faults: { ...watch, mend: () => Promise.resolve() } };
      const { measurement, agents } = await fixture.run(asked, 2, hooks);
      const verdicts = [measurement!.verdict, ...agents!.map(({ verdict }) => verdict)];
      return verdicts.map(({ reasons }) => reasons.some(({ code }) => code === 'outage'));
    };
    const event = (action: 'pause' | 'resume', atMs: number): FaultEvent => ({
      ...{ fault: 0, plannedMs: atMs, atMs, action, target: 'broker 1', doneAtMs: atMs, note: '' },
    });
    const paused = [event('pause', 400), event('resume', 700)];
    expect(await codes(spec, [])).toEqual([true, true, true]);
    expect(await codes(faulty, paused)).toEqual([false, false, false]);
  });

  it('begin with the agreed start, and are mended before the log is read', async () => {
    const { fixture } = open('a', 'b');
    const events: FaultEvent[] = [];
    const started: number[] = [];
    const mended: boolean[] = [];
    const result = await fixture.run(
      specOf(
        { records: 2000, rate: 1000, warmup: { records: null, durationMs: null } },
        { faults },
      ),
      2,
      {
        faults: {
          start: (atMs) => started.push(atMs - commonNow()),
          members: () => undefined,
          events: () => events,
          mend: (completed) => Promise.resolve(void mended.push(completed)),
        },
      },
    );
    expect(result.failure).toBeNull();
    expect(started).toHaveLength(1);
    // Told before it comes, and not long before.
    expect(started[0]).toBeGreaterThan(0);
    expect(started[0]).toBeLessThan(1000);
    expect(mended).toEqual([true]);
    expect(result.audit).toMatchObject({ lost: 0, acknowledged: 2000 });
    for (const { records } of result.agents!) expect(records.acked).toBe(1000);
  });
});
