// What agents send, as the brokers hold it: record for record what one process with all workers
// would. Real producers against an embedded cluster, agents in this process; the logs are read back
// by bare frames.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunSpec } from '../contract/run-spec.js';
import type { WorkloadSettings } from '../contract/settings.js';
import type { EmbeddedCluster } from '../targets/embedded/options.js';
import { startInProcessCluster } from '../targets/embedded/in-process.js';
import { AgentsFixture, agentsSpec } from '../testing/agents-fixture.js';
import { RawClient } from '../testing/raw-client.js';
import { readBatch } from '../testing/simulation/cluster/sim-batch.js';
import { fetchRequest, fetchResponse } from '../wire/apis/all.js';
import { createCoreProducer } from '../workloads/drivers/core.js';
import { measureCoreShare } from './agent/measure-core-share.js';
import { runWorkload } from '../workloads/run-workload.js';
import type { Launch } from '../workloads/threads/crew.js';
import { runWorker } from '../workloads/threads/run-worker.js';

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

const transactionalIds: string[] = [];

/** The workers in this thread: what they send is the same, and nothing needs the build. */
const launch: Launch = (tasks, onInterval) => ({
  outcomes: tasks.map((task) =>
    runWorker(task, {
      onInterval,
      createProducer: (spec, hooks, worker) => {
        transactionalIds.push(`${spec.transactionalIdPrefix}-${worker}`);
        return createCoreProducer(spec, hooks, worker);
      },
    }),
  ),
  destroy: () => Promise.resolve(),
});

function specOf(topicName: string, load: Partial<WorkloadSettings>, workers: number): RunSpec {
  const spec = agentsSpec({ records: RECORDS, ...load, workers });
  const producer: Record<string, string> =
    load.transaction == null ? {} : { 'transactional.id': 'x' };
  const { bootstrap } = cluster;
  return { ...spec, bootstrap, topicName, settings: { ...spec.settings, producer } };
}

/** Key and value of every record of data, sorted; control records are none. */
async function recordsOf(topic: string): Promise<string[]> {
  const client = await RawClient.connect(cluster.bootstrap[0]);
  const found: string[] = [];
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for (let fetchOffset = 0n; ;) {
      const partitions = [{ partition, fetchOffset, partitionMaxBytes: MIB }];
      const answer = await client.send(fetchRequest, fetchResponse, 11, {
        maxWaitMs: 0,
        topics: [{ topic, partitions }],
      });
      const log = answer.responses[0].partitions[0].records;
      if (log === null || log.length === 0) break;
      for (let at = 0; at < log.length;) {
        const bytes = 12 + log.readInt32BE(at + 8);
        const frame = log.subarray(at, at + bytes);
        fetchOffset = log.readBigInt64BE(at) + BigInt(log.readInt32BE(at + 23)) + 1n;
        at += bytes;
        if ((frame.readInt16BE(21) & CONTROL) !== 0) continue;
        for (const { key, value } of readBatch(frame).records)
          found.push(`${key?.toString('latin1') ?? '-'} ${value!.toString('latin1')}`);
      }
    }
  }
  client.close();
  return found.sort();
}

const CONTROL = 0x20;

it.each(Object.entries(LOADS).map(([name, load], index) => ({ name, load, index })))(
  '10,001 records over 3 agents x 2 workers are those of one with 6: $name',
  async ({ load, index }) => {
    transactionalIds.length = 0;
    const [one, many] = [`one-${index}`, `many-${index}`];
    const alone = await runWorkload(specOf(one, load, 6), {}, { launch });
    expect(alone.failure).toBeNull();
    const idsAlone = transactionalIds.splice(0).sort();
    const fixture = new AgentsFixture();
    for (const name of ['a', 'b', 'c'])
      fixture.join(name, { measure: (...share) => measureCoreShare(...share, launch) });
    const together = await fixture.run(specOf(many, load, 2), AGENTS);
    fixture.roster.close('done');
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
