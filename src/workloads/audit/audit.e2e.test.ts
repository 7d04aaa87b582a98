import { RunError } from '../../base/errors.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Audit } from '../../contract/audit.js';
import { runResultSchema, type RunResult } from '../../contract/run-result.js';
import type { RunSpec } from '../../contract/run-spec.js';
import type { Scalar, WorkloadSettings } from '../../contract/settings.js';
import type { Fault } from '../../targets/embedded/faults.js';
import { startInProcessCluster, type InProcessCluster } from '../../targets/embedded/in-process.js';
import { lieAbout, type Lies } from '../../testing/audit/lying-log.js';
import { runWorkload } from '../run-workload.js';
import type { AuditedLog } from './audited-log.js';
import { ERROR } from '../../wire/error-codes.js';
import { API } from '../../wire/api-keys.js';
import { launchHere } from '../../testing/in-thread-launch.js';

const MIB = 1024 * 1024;
let cluster: InProcessCluster;
let topics = 0;
beforeAll(async () => {
  cluster = await startInProcessCluster({
    brokers: 3,
    retentionBytesPerPartition: 16 * MIB,
    log: () => undefined,
  });
});
afterAll(() => cluster.close());

const launch = launchHere();

interface Asked {
  readonly workload?: Partial<WorkloadSettings>;
  readonly producer?: Readonly<Record<string, Scalar>>;
  readonly partitions?: number;
  readonly existing?: boolean;
  readonly minInsync?: number;
}

function specOf({ workload, producer, partitions = 2, existing, minInsync = 2 }: Asked): RunSpec {
  const name = `audited-${topics++}`;
  cluster.state.topics.create({ name, partitions, replicationFactor: 3 });
  return {
    ...{ run: '0001', point: 'p01', repeat: 1, block: 1, seed: topics, embeddedTarget: true },
    ...{ bootstrap: cluster.bootstrap, topicName: name, transactionalIdPrefix: name },
    minInsyncReplicas: minInsync,
    settings: {
      driver: 'core',
      producer: { 'linger.ms': 1, ...producer },
      topic:
        existing === true
          ? { kind: 'existing', name }
          : { kind: 'fresh', partitions, replicationFactor: 3, config: {} },
      workload: {
        ...{ valueBytes: 100, payload: { kind: 'random' }, keys: { kind: 'none' }, rate: 'max' },
        ...{ records: 2000, durationMs: null, warmup: { records: 200, durationMs: null } },
        ...{ workers: 1, pacing: 'auto', transaction: null, audit: true },
        ...workload,
      },
    },
  };
}

const partitionsOf = ({ topicName }: RunSpec) => cluster.state.topics.named(topicName)!.partitions;

async function run(spec: RunSpec): Promise<RunResult> {
  const result = await runWorkload(spec, {}, { launch });
  expect(result.notAudited).toBeUndefined();
  return runResultSchema.parse(JSON.parse(JSON.stringify(result)));
}

async function audited(asked: Asked, before?: (spec: RunSpec) => Promise<void> | void) {
  const spec = specOf(asked);
  await before?.(spec);
  const result = await run(spec);
  return result.audit!;
}

const fault = (each: Fault) => () => cluster.inject(each);
const broken = ({ promises }: Audit) =>
  promises.filter((each) => each.broken).map(({ promise }) => promise);

describe('an audit', () => {
  it('finds every record of a log that keeps its word, warm-up included', async () => {
    const audit = await audited({ workload: { workers: 2, keys: KEYS } });
    expect(audit).toMatchObject({
      ...{ sent: 2200, acknowledged: 2200, found: 2200, read: 2200, lost: 0, duplicated: 0 },
      ...{ reordered: 0, corrupt: 0, storedThoughFailed: 0, unknown: 0, gone: 0, foreign: 0 },
      ...{ transactions: null, examples: [] },
    });
    expect(broken(audit)).toEqual([]);
  });

  it('counts exactly what logs of 200 seeds lost, doubled, swapped and spoiled', async () => {
    const total = { lost: 0, duplicated: 0, reordered: 0, corrupt: 0 };
    const check = async (run: number): Promise<void> => {
      const lies: Lies = { lost: 0, duplicated: 0, reordered: 0, corrupt: 0 };
      const keys = run % 3 ? NONE : KEYS;
      const workload = { valueBytes: 32, records: 1000, workers: 1 + (run % 2), keys };
      const audit = await audited({ workload, partitions: SEEDS_A_RUN }, (spec) =>
        partitionsOf(spec).forEach(({ log }, partition) =>
          lieAbout(log, lies, { seed: run * SEEDS_A_RUN + partition, chance: 0.03 }),
        ),
      );
      const { lost, duplicated, reordered, corrupt, found, acknowledged } = audit;
      expect({ run, lost, duplicated, reordered, corrupt }).toEqual({ run, ...lies });
      expect(found).toBe(acknowledged - lost);
      expect([audit.foreign, audit.gone, audit.storedThoughFailed]).toEqual([0, 0, 0]);
      for (const kind of Object.keys(total) as (keyof Lies)[]) total[kind] += lies[kind];
    };
    for (let first = 0; first < 200 / SEEDS_A_RUN; first += 10)
      await Promise.all(Array.from({ length: 10 }, (_each, i) => check(first + i)));
    for (const count of Object.values(total)) expect(count).toBeGreaterThan(100);
  }, 60_000);

  it('says by which promise, and names a lost record by partition, offset and number', async () => {
    const lies: Lies = { lost: 0, duplicated: 0, reordered: 0, corrupt: 0 };
    const lose = (spec: RunSpec) => {
      const [{ log }] = partitionsOf(spec);
      const append = log.append.bind(log);
      let batches = 0;
      log.append = (source, at, bytes, epoch) => {
        if (++batches !== 3) return append(source, at, bytes, epoch);
        lies.lost = source.readInt32BE(at + 57);
        return log.nextOffset;
      };
    };
    const audit = await audited({}, lose);
    expect(audit.lost).toBe(lies.lost);
    expect(broken(audit)).toEqual(['durability']);
    const [first] = audit.examples;
    expect(first).toMatchObject({ class: 'lost', partition: 0, worker: 0 });
    expect(first.offset).toBeGreaterThan(0);
    expect(first.sequence).toBeGreaterThan(0);
  });

  it.each([
    [{ acks: '1' }, 2],
    [{ acks: 'all' }, 1],
  ])(
    'tells of losses that %o, min.insync.replicas %d do not forbid',
    async (producer, minInsync) => {
      const lies: Lies = { lost: 0, duplicated: 0, reordered: 0, corrupt: 0 };
      const audit = await audited({ producer, minInsync }, (spec) => {
        const [{ log }] = partitionsOf(spec);
        lieAbout(log, lies, { seed: 5, chance: 0.1, spoilAt: () => 20 });
      });
      expect(audit.lost).toBe(lies.lost);
      expect(audit.promises.find(({ promise }) => promise === 'durability')).toMatchObject({
        ...{ promised: false, broken: false, records: lies.lost },
      });
    },
  );

  it('tells records that were refused and stored from those told neither way', async () => {
    const producer = { 'enable.idempotence': false, retries: 0 };
    const appended = { kind: 'error', appended: true, times: 1, skip: 1 } as const;
    const refused = await audited({ producer }, fault({ ...appended, code: ERROR.INVALID_RECORD }));
    expect(refused.storedThoughFailed).toBeGreaterThan(0);
    expect(refused.storedThoughFailed).toBe(refused.refused);
    expect(refused.unknown).toBe(0);
    expect(broken(refused)).toEqual(['refusals']);

    const unknown = await audited(
      { producer },
      fault({ ...appended, code: ERROR.REQUEST_TIMED_OUT }),
    );
    expect(unknown.unknown).toBeGreaterThan(0);
    expect(unknown).toMatchObject({ unknownFound: unknown.unknown, storedThoughFailed: 0 });
    expect(broken(unknown)).toEqual([]);

    const never = await audited(
      { producer },
      fault({ kind: 'error', code: ERROR.REQUEST_TIMED_OUT, times: 1, skip: 1 }),
    );
    expect(never.unknown).toBeGreaterThan(0);
    expect(never).toMatchObject({ unknownFound: 0, refused: 0, lost: 0 });
    expect(never.acknowledged + never.unknown).toBe(never.sent);
  });

  it('takes what a lost answer had sent again for doubled; idempotence forbids it', async () => {
    const drop = fault({ kind: 'drop', when: 'after-append', api: API.PRODUCE, skip: 1 });
    const plain = await audited({ producer: { 'enable.idempotence': false } }, drop);
    expect(plain.duplicated).toBeGreaterThan(0);
    expect(broken(plain)).toEqual([]);
    const idempotent = await audited({ producer: { 'enable.idempotence': true } }, drop);
    expect(idempotent.duplicated).toBe(0);
    expect(idempotent.found).toBe(idempotent.acknowledged);
  });

  it('calls gone, not lost, what retention ate at the beginning', async () => {
    const audit = await audited({ workload: { valueBytes: 20_000, records: 900 }, partitions: 1 });
    expect(audit.gone).toBeGreaterThan(0);
    expect(audit).toMatchObject({ lost: 0, found: audit.acknowledged - audit.gone });
    expect(broken(audit)).toEqual([]);
    expect(audit.examples[0]).toMatchObject({ class: 'gone', partition: 0, sequence: 0 });
  });

  it('leaves alone what was there before, and counts what others write meanwhile', async () => {
    const spec = specOf({ existing: true });
    await run({ ...spec, settings: { ...spec.settings } });
    const [{ log }] = partitionsOf(spec);
    const before = log.read(0, 1, true);
    const append = log.append.bind(log);
    let batches = 0;
    log.append = (source, at, bytes, epoch) => {
      if (++batches === 2) append(before, 0, before.length, epoch);
      return append(source, at, bytes, epoch);
    };
    const { audit } = await run(spec);
    expect(audit).toMatchObject({ lost: 0, duplicated: 0, corrupt: 0, found: 2200 });
    expect(audit!.foreign).toBe(before.readInt32BE(57));
  });

  it('that the user stops makes the run a stopped one, which --resume makes anew', async () => {
    const spec = specOf({});
    const stop = new AbortController();
    let open = true;
    const openLog = (): Promise<AuditedLog> =>
      Promise.resolve({
        bounds: () =>
          Promise.resolve(partitionsOf(spec).map(() => ({ earliest: 0, latest: 9, stable: 9 }))),
        read: ({ signal }) => {
          setTimeout(() => stop.abort(), 20);
          return new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
          });
        },
        close: () => void (open = false),
      });
    const result = await runWorkload(spec, { signal: stop.signal }, { launch, openLog });
    expect(result).toMatchObject({
      ...{ status: 'stopped', failure: null, notAudited: { message: 'stopped by the user' } },
      measurement: { records: { acked: 2000 } },
    });
    expect(open).toBe(false);
  });

  it('that cannot read the log says why, and leaves the figures', async () => {
    const spec = specOf({});
    const openLog = () => Promise.reject(new RunError('no right to read', 'grant it'));
    const result = await runWorkload(spec, {}, { launch, openLog });
    expect(result).toMatchObject({
      ...{ status: 'completed', measurement: { records: { acked: 2000 } } },
      notAudited: { message: 'no right to read', remedy: 'grant it' },
    });
    expect(result).not.toHaveProperty('audit');
  });

  it('holds committed and aborted transactions to their promise', async () => {
    const transaction = { records: 50, abortRatio: 0.3 };
    const audit = await audited({ workload: { transaction, records: 1000 } });
    expect(audit).toMatchObject({ lost: 0, duplicated: 0, reordered: 0, found: 1200 });
    expect(audit.transactions).toMatchObject({ committedNotSeen: 0, abortedSeen: 0, undecided: 0 });
    expect(audit.transactions!.aborted).toBeGreaterThan(0);
    expect(audit.transactions!.committed + audit.transactions!.aborted).toBe(1200);
    expect(broken(audit)).toEqual([]);
  });

  it('finds transactions torn where aborted ones are shown and committed ones hidden', async () => {
    const transaction = { records: 50, abortRatio: 0.3 };
    const turned = (spec: RunSpec) =>
      partitionsOf(spec).forEach(({ transactions }) => {
        const end = transactions.end.bind(transactions);
        transactions.end = (id, last, committed, start) => end(id, last, !committed, start);
      });
    const audit = await audited({ workload: { transaction, records: 1000 } }, turned);
    const { committed, aborted, committedNotSeen, abortedSeen } = audit.transactions!;
    expect({ committedNotSeen, abortedSeen }).toEqual({
      ...{ committedNotSeen: committed, abortedSeen: aborted },
    });
    expect(broken(audit)).toEqual(['transactions']);
  });
});

/** Each partition's log lies by a seed of its own. */
const SEEDS_A_RUN = 5;
const NONE = { kind: 'none' } as const;
const KEYS = { kind: 'uniform', distinct: 100, bytes: 8 } as const;
