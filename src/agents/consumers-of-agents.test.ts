// Consumers of runs on agents: each agent's time its own workers' records, leave out the others',
// and the whole is their sum. Real producers and readers against an embedded cluster, agents in
// this process.
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RunError } from '../base/errors.js';
import type { MemberChange } from '../contract/faults.js';
import { runResultSchema, type RunResult } from '../contract/run-result.js';
import type { RunSpec } from '../contract/run-spec.js';
import type { ReaderSettings, WorkloadSettings } from '../contract/settings.js';
import { startInProcessCluster, type InProcessCluster } from '../targets/embedded/in-process.js';
import { AgentsFixture, agentsSpec } from '../testing/agents-fixture.js';
import type { Consumed, Consumer } from '../workloads/consumers/consumer.js';
import { consumersOf } from '../workloads/consumers/consumers-result.js';
import { createConsumer } from '../workloads/consumers/create-consumer.js';
import type { OpenConsumer } from '../workloads/consumers/run-consumers.js';
import { coreLoad } from '../workloads/drivers/core-load.js';
import { initHistograms, LatencyHistogram, mergeLatency } from '../workloads/measure/histogram.js';
import { measureShare, type ShareHooks } from '../workloads/measure-share.js';
import type { FaultWatch } from '../workloads/workload-hooks.js';
import { ConsumedAssembly, consumedParts, headOf } from './protocol/consumed-parts.js';
import { fromText, toText } from './protocol/plain-values.js';
import { launchHere } from '../testing/in-thread-launch.js';

const MIB = 1024 * 1024;
const PARTITIONS = 3;
let cluster: InProcessCluster;
let topics = 0;
const fixtures: AgentsFixture[] = [];
beforeAll(async () => {
  await initHistograms();
  cluster = await startInProcessCluster({
    ...{ brokers: 2, retentionBytesPerPartition: 32 * MIB },
    log: () => undefined,
  });
});
afterAll(() => cluster.close());
afterEach(() => {
  for (const { roster } of fixtures.splice(0)) roster.close('the test is over');
});

const launch = launchHere();

function specOf(
  workload: Partial<WorkloadSettings> = {},
  consumers: Partial<ReaderSettings> = {},
): RunSpec {
  const name = `consumed-${topics++}`;
  cluster.state.topics.create({ name, partitions: PARTITIONS, replicationFactor: 2 });
  const spec = agentsSpec({
    ...{ records: 3001, rate: 5000, valueBytes: 64 },
    ...{ warmup: { records: 300, durationMs: null }, ...workload },
  });
  const producer: Record<string, string> =
    workload.transaction == null ? {} : { 'transactional.id': 'x' };
  return {
    ...{ ...spec, bootstrap: cluster.bootstrap, topicName: name, transactionalIdPrefix: name },
    settings: {
      ...{ ...spec.settings, producer },
      consumers: { kind: 'reader', properties: {}, ...consumers },
    },
  };
}

interface Opened {
  readonly fixture: AgentsFixture;
  /** What each agent's consumers told, in the order of their ends. */
  readonly told: Consumed[];
}

function open(consumers: Readonly<Record<string, OpenConsumer>>): Opened {
  const fixture = new AgentsFixture();
  fixtures.push(fixture);
  const told: Consumed[] = [];
  for (const [name, openConsumer] of Object.entries(consumers)) {
    const measure = async (spec: RunSpec, hooks: ShareHooks, stamp: number) => {
      const load = coreLoad(spec, launch);
      const outcome = await measureShare(spec, hooks, stamp, { load, openConsumer });
      if (outcome.kind === 'measured' && outcome.share.consumed !== null)
        told.push(outcome.share.consumed);
      return outcome;
    };
    fixture.join(name, { measure });
  }
  return { fixture, told };
}

/** As a results folder holds it. */
async function madeBy({ fixture }: Opened, spec: RunSpec, faults?: FaultWatch): Promise<RunResult> {
  const result = await fixture.run(spec, 2, faults === undefined ? {} : { faults });
  return runResultSchema.parse(JSON.parse(JSON.stringify(result)));
}

const readers = { a: createConsumer, b: createConsumer };

describe('a reader on each agent', () => {
  it('times all records of its own, and leaves out the others’', async () => {
    const opened = open(readers);
    const { failure, consumers, agents, measurement } = await madeBy(opened, specOf());
    expect(failure).toBeNull();
    expect(measurement!.records.acked).toBe(3001);
    expect(consumers).toMatchObject({ kind: 'reader', expected: 3001, kept: 3001, dropped: [] });
    expect(consumers).toMatchObject({ duplicated: 0, foreign: 0, negative: 0 });
    expect(consumers!.endToEndMs).toMatchObject({ count: 3001, kept: 3001, dropped: 0 });
    expect(consumers!.endToEndMs!.min).toBeGreaterThan(0);
    expect(consumers!.endToEndMs!.clockErrorMs).toBeLessThan(10);
    // Warm-up too: when it ended is known where it was sent.
    expect(consumers!.elsewhere).toBe(3001 + 300);
    expect(agents!.map((each) => each.consumers)).toMatchObject([
      { kept: 1501, elsewhere: 1500 + 150 },
      { kept: 1500, elsewhere: 1501 + 150 },
    ]);
    for (const { consumers: own } of agents!) expect(own!.endToEndP99Ms).toBeGreaterThan(0);
    const received = consumers!.intervals.reduce((sum, interval) => sum + interval.received, 0);
    expect(received).toBe(3001);
    // The whole's histogram is that of both, bucket by bucket.
    const both = mergeLatency(opened.told.flatMap(({ streams }) => streams[0].endToEnd));
    expect(opened.told).toHaveLength(2);
    expect(consumers!.endToEndMs!.encoded).toBe(both!.encoded);
  });

  it.each<[string, Partial<WorkloadSettings>]>([
    ['a closed loop', { rate: 'max', records: 20_000 }],
    ['a closed loop without warm-up', { rate: 'max', warmup: { records: null, durationMs: null } }],
    ['transactions', { transaction: { records: 50, abortRatio: 0.3 } }],
  ])('keeps all that is to be seen of %s', async (_what, workload) => {
    const { failure, consumers, measurement } = await madeBy(open(readers), specOf(workload));
    expect(failure).toBeNull();
    const { records, transactions } = measurement!;
    const expected = transactions?.recordsCommitted ?? records.acked;
    expect(consumers).toMatchObject({ expected, kept: expected, dropped: [], foreign: 0 });
    expect(consumers!.isolation).toBe(
      transactions === null ? 'read_uncommitted' : 'read_committed',
    );
  });

  it('tells the backlog that it began behind, of all agents’ records', async () => {
    const spec = specOf({ records: null, durationMs: 2000, rate: 2000 }, { startAfterMs: 1000 });
    const { consumers } = await madeBy(open(readers), spec);
    expect(consumers).toMatchObject({ expected: 4000, kept: 4000, dropped: [] });
    expect(consumers!.backlog!.records).toBeGreaterThan(1000);
    expect(consumers!.backlog!.caughtUpAtMs).toBeGreaterThan(consumers!.backlog!.startedAtMs);
    expect(consumers!.backlog!.recordsPerSecond).toBeGreaterThan(2000);
  });

  it('that cannot go on fails the run, by the agent’s name', async () => {
    const dying: OpenConsumer = (task) => {
      const consumer = createConsumer(task);
      const failure = new Promise<never>((_resolve, reject) =>
        setTimeout(() => reject(new RunError('the consumer’s thread died')), 400),
      );
      failure.catch(() => undefined);
      return withParts(consumer, { failure });
    };
    const spec = specOf({ records: 20_000, rate: 5000 });
    const result = await madeBy(open({ a: createConsumer, b: dying }), spec);
    expect(result).toMatchObject({ status: 'failed', measurement: null });
    expect(result.consumers).toBeUndefined();
    expect(result.failure!.message).toMatch(/^agent b \(.*\): the consumer’s thread died/);
  });

  it('that is still beginning is given up with the run, and the next run is made', async () => {
    const begins = (first: Consumer['begin']): OpenConsumer => {
      let made = 0;
      return (task) => {
        const consumer = createConsumer(task);
        return made++ === 0 ? withParts(consumer, { begin: first }) : consumer;
      };
    };
    const opened = open({
      a: begins(() => new Promise(() => undefined)),
      b: begins(() => Promise.reject(new RunError('no group coordinator'))),
    });
    const { failure } = await madeBy(opened, specOf());
    expect(failure!.message).toMatch(/^agent b \(.*\): no group coordinator/);
    const { consumers } = await madeBy(opened, specOf());
    expect(consumers).toMatchObject({ expected: 3001, kept: 3001 });
  });

  it('whose histogram is none fails the run, and is not told', async () => {
    const spoiling: OpenConsumer = (task) => {
      const consumer = createConsumer(task);
      const finish = async () => {
        const consumed = await consumer.finish();
        const streams = consumed!.streams.map((stream) => ({
          ...stream,
          endToEnd: { ...stream.endToEnd, bytes: stream.endToEnd.bytes.slice(0, 60) },
        }));
        return { ...consumed!, streams };
      };
      return withParts(consumer, { finish });
    };
    const result = await madeBy(open({ a: createConsumer, b: spoiling }), specOf());
    expect(result).toMatchObject({ status: 'failed', measurement: null });
    expect(result.failure!.message).toContain('histogram');
  });
});

describe('faults beside agents’ consumers', () => {
  const watch = (mend: () => void, members: FaultWatch['members']): FaultWatch => ({
    ...{ start: () => undefined, members, events: () => [] },
    mend: () => {
      mend();
      return Promise.resolve();
    },
  });

  it('are mended once nobody produces, before anybody waits for what is in the log', async () => {
    const course: string[] = [];
    const noting: OpenConsumer = (task) => {
      const consumer = createConsumer(task);
      const finish = () => {
        course.push('finish');
        return consumer.finish();
      };
      return withParts(consumer, { finish });
    };
    const faults = watch(
      () => course.push('mend'),
      () => undefined,
    );
    const result = await madeBy(open({ a: noting, b: noting }), specOf(), faults);
    expect(result.failure).toBeNull();
    // With its audit, or none, a run is mended once more at its end.
    expect(course).toEqual(['mend', 'finish', 'finish', 'mend']);
  });

  it('change the members of the first agent’s group, and hear why that could not be', async () => {
    const asked: string[] = [];
    const noting =
      (name: string): OpenConsumer =>
      (task) => {
        const changeMember = (change: MemberChange) => {
          asked.push(`${name} ${change}`);
          return change === 'kill'
            ? Promise.reject(new RunError('no member is left'))
            : Promise.resolve();
        };
        return withParts(createConsumer(task), { changeMember });
      };
    const answers: Promise<unknown>[] = [];
    const faults = watch(
      () => undefined,
      (change) => {
        setTimeout(() => answers.push(change('add'), change('kill').catch(String)), 200);
      },
    );
    const opened = open({ a: noting('a'), b: noting('b') });
    await madeBy(opened, specOf({ records: 10_000 }), faults);
    expect(asked).toEqual(['a add', 'a kill']);
    expect(await Promise.all(answers)).toEqual([undefined, 'RunError: no member is left']);
  });
});

describe('what agents’ consumers told, on its way', () => {
  const latencies = fc.array(fc.integer({ min: 0, max: 20_000_000 }), { maxLength: 200 });
  const intervals = fc.integer({ min: 0, max: 2500 });

  it('adds up to the histogram of all records, and loses no interval', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(latencies, intervals), { minLength: 1 }), (agents) => {
        const all = new LatencyHistogram();
        for (const micros of agents.flatMap(([each]) => each)) all.record(micros, 1);
        const shares = agents.map(([micros, count]) => {
          const consumed = arrived(consumedOf(micros, count));
          expect(consumed.streams[0].intervals).toHaveLength(count);
          const records = { sent: micros.length, acked: micros.length, failed: 0 };
          return { consumed, produced: { records, transactions: null, sentUntilMs: 1000 } };
        });
        const { endToEndMs, kept } = consumersOf(shares, 'reader');
        expect(kept).toBe(all.count);
        expect(endToEndMs?.encoded).toBe(all.toLatency()?.encoded);
        expect(endToEndMs?.max).toBe(all.toLatency()?.max);
        all.destroy();
      }),
      { numRuns: 30 },
    );
  });

  function consumedOf(micros: readonly number[], intervals: number): Consumed {
    const histogram = new LatencyHistogram();
    for (const each of micros) histogram.record(each, 1);
    const counts = { kept: micros.length, negative: 0, duplicated: 0, foreign: 0 };
    const told = { p50: null, p99: null, max: null, lag: 0, received: 0 };
    const stream = {
      ...{ endToEnd: histogram.pack(), counts: { ...counts, elsewhere: 0, untimed: 0 } },
      ...{ gone: 0, unreadable: 0, backlog: null, pauses: [], unread: 0, undecided: 0, drainMs: 0 },
      intervals: Array.from({ length: intervals }, (_each, at) => ({
        ...{ atMs: at * 1000, durationMs: 1000, ...told },
      })),
    };
    histogram.destroy();
    const head = { isolation: 'read_uncommitted', clockErrorMs: 0.1 } as const;
    return { ...head, streams: [stream], cpuMs: 1, utilisation: 0.1 };
  }

  /** As the coordinator has it. */
  function arrived(consumed: Consumed): Consumed {
    const sent = <T>(message: T): T => fromText(toText(message)) as T;
    const assembly = new ConsumedAssembly();
    for (const part of consumedParts(consumed)) assembly.add(sent(part));
    return assembly.whole(sent(headOf(consumed)));
  }
});

/** A consumer, some of it replaced. */
function withParts(consumer: Consumer, parts: Partial<Consumer>): Consumer {
  return {
    failure: consumer.failure,
    begin: () => consumer.begin(),
    finish: () => consumer.finish(),
    changeMember: (change) => consumer.changeMember(change),
    close: () => consumer.close(),
    ...parts,
  };
}
