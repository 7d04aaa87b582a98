// The line is the one that Kafka's own tool prints, figure for figure, and its percentiles are
// those of its columns.
import { expect, it } from 'vitest';
import type { RunResult } from '../../contract/run-result.js';
import { startInProcessCluster } from '../../targets/embedded/in-process.js';
import { runKafkaTool } from '../../testing/kafka/kafka-tools.js';
import { describeWithKafkaJars } from '../../testing/kafka/kafka-fixture.js';
import { latencyWithCounts, syntheticResults } from '../../testing/synthetic-results.js';
import { makeReport } from '../model/report-model.js';
import { renderPerfTest } from './perf-test.js';

const LIMIT_MS = 60_000;
/** Digits before the point are as many as it takes. */
const shape = (line: string): string =>
  line.replace(/\d+(\.\d+)?/g, (n) => n.replace(/^\d+/, '#').replace(/\d/g, '0'));

await describeWithKafkaJars('kafka-producer-perf-test', () => {
  it('prints the line that the perf-test format writes', { timeout: 2 * LIMIT_MS }, async () => {
    const cluster = await startInProcessCluster({
      ...{ brokers: 1, topics: [{ name: 't', partitions: 1, replicationFactor: 1 }] },
      retentionBytesPerPartition: 4 * 1024 * 1024,
    });
    const { stdout, code } = await runKafkaTool(
      'org.apache.kafka.tools.ProducerPerformance',
      [
        ...['--bootstrap-server', cluster.bootstrap[0], '--topic', 't', '--num-records', '2000'],
        ...['--record-size', '100', '--throughput', '5000'],
      ],
      { timeoutMs: LIMIT_MS },
    );
    await cluster.close();
    expect(code).toBe(0);
    const theirs = stdout.trim().split('\n').at(-1)!;
    const { runs, plan, environment } = syntheticResults({ axes: { acks: ['1'] }, repeats: 1 });
    const counts = [500, 450, 40, 10].map((times, index) => [index + 1, times] as const);
    const service = latencyWithCounts(counts);
    const latencyMs = { response: null, service, delay: null };
    const run: RunResult = { ...runs[0], measurement: { ...runs[0].measurement!, latencyMs } };
    const report = makeReport({
      ...{ dir: 'results/x', name: plan.name, plan, runs: [run], environment },
      ...{ skipped: [], sweepYaml: null, invocation: null, chosen: null },
    });
    const [ours] = renderPerfTest(report, { width: 1, colour: false }).pieces;
    expect(shape(ours.trim())).toBe(shape(theirs));
    expect(ours).toContain('1 ms 50th, 2 ms 95th, 3 ms 99th, 4 ms 99.9th.');
  });
});
