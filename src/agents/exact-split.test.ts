// What agents send, as the brokers hold it: record for record what one process with all workers
// would. Real producers against an embedded cluster, agents in this process; the logs are read back
// by kbench's reader.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { RunSpec } from '../contract/run-spec.js';
import type { WorkloadSettings } from '../contract/settings.js';
import type { EmbeddedCluster } from '../targets/embedded/options.js';
import { openReader } from '../reader/index.js';
import { startInProcessCluster } from '../targets/embedded/in-process.js';
import { AgentsFixture, agentsSpec } from '../testing/agents-fixture.js';
import { createCoreProducer } from '../workloads/drivers/core.js';
import { measureAskedShare } from './agent/measure-asked-share.js';
import { runWorkload } from '../workloads/run-workload.js';
import { launchHere } from '../testing/in-thread-launch.js';

const MIB = 1024 * 1024;
const RECORDS = 10_001;
const AGENTS = 3;
const PARTITIONS = 2;

const LOADS: Readonly<Record<string, Partial<WorkloadSettings>>> = {
  plain: { rate: 20_000, keys: { kind: 'uniform', distinct: 50, bytes: 8 } },
  'as fast as it goes': {
    rate: 'max',
    keys: { kind: 'zipf', distinct: 99, exponent: 1, bytes: 9 },
  },
  'in transactions': { rate: 20_000, transaction: { records: 100, abortRatio: 0.2 } },
};

let cluster: EmbeddedCluster;
beforeAll(async () => {
  const topics = Object.keys(LOADS).flatMap((_, index) => [`one-${index}`, `many-${index}`]);
  cluster = await startInProcessCluster({
    ...{ brokers: 1, retentionBytesPerPartition: 32 * MIB },
    topics: topics.map((name) => ({ name, partitions: PARTITIONS })),
  });
});
afterAll(() => cluster.close());

const fixtures: AgentsFixture[] = [];
afterEach(() => {
  for (const { roster } of fixtures.splice(0)) roster.close('the test is over');
});

const transactionalIds: string[] = [];

const launch = launchHere((spec, hooks, worker) => {
  transactionalIds.push(`${spec.transactionalIdPrefix}-${worker}`);
  return createCoreProducer(spec, hooks, worker);
});

function specOf(topicName: string, load: Partial<WorkloadSettings>, workers: number): RunSpec {
  const spec = agentsSpec({ records: RECORDS, ...load, workers });
  const producer: Record<string, string> =
    load.transaction == null ? {} : { 'transactional.id': 'x' };
  const { bootstrap } = cluster;
  return { ...spec, bootstrap, topicName, settings: { ...spec.settings, producer } };
}

/** Key and value of every record of data, sorted. */
async function recordsOf(topic: string): Promise<string[]> {
  const reader = openReader({ bootstrap: cluster.bootstrap });
  try {
    const ends = await reader.offsets(topic, 'latest');
    const found: string[] = [];
    const text = (bytes: Buffer, at: number, length: number): string =>
      length < 0 ? '-' : bytes.toString('latin1', at, at + length);
    await reader.read(
      ends.map((to, partition) => ({ topic, partition, from: 0, to })),
      {
        onRecord: (_slot, _offset, bytes, keyAt, keyBytes, valueAt, valueBytes) =>
          found.push(`${text(bytes, keyAt, keyBytes)} ${text(bytes, valueAt, valueBytes)}`),
      },
    );
    return found.sort();
  } finally {
    reader.close();
  }
}

it.each(Object.entries(LOADS).map(([name, load], index) => ({ name, load, index })))(
  '10,001 records over 3 agents x 2 workers are those of one with 6: $name',
  async ({ load, index }) => {
    transactionalIds.length = 0;
    const [one, many] = [`one-${index}`, `many-${index}`];
    const alone = await runWorkload(specOf(one, load, 6), {}, { launch });
    expect(alone.failure).toBeNull();
    const idsAlone = transactionalIds.splice(0).sort();
    const fixture = new AgentsFixture();
    fixtures.push(fixture);
    for (const name of ['a', 'b', 'c'])
      fixture.join(name, { measure: (...share) => measureAskedShare(...share, { launch }) });
    const together = await fixture.run(specOf(many, load, 2), AGENTS);
    expect(together.failure).toBeNull();
    expect(together.measurement!.records).toEqual({ sent: RECORDS, acked: RECORDS, failed: 0 });
    expect(together.agents!.map(({ records }) => records.sent)).toEqual([3334, 3334, 3333]);
    const [logAlone, logTogether] = [await recordsOf(one), await recordsOf(many)];
    expect(logAlone).toHaveLength(RECORDS);
    expect(logTogether).toEqual(logAlone);
    // No two agents fence each other.
    expect(transactionalIds.sort()).toEqual(idsAlone);
    expect(new Set(transactionalIds).size).toBe(6);
    if (load.transaction != null) {
      const count = ({ transactions }: NonNullable<typeof alone.measurement>) => [
        ...[transactions!.begun, transactions!.committed, transactions!.aborted],
      ];
      expect(count(together.measurement!)).toEqual(count(alone.measurement!));
    }
  },
);
