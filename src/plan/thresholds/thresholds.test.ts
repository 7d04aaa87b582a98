import { describe, expect, it } from 'vitest';
import { refusals } from '../../testing/sweep-fixtures.js';
import { loadSweep, planSweep } from '../load-sweep.js';

const gates = (yaml: string) => planSweep('s.yaml', yaml).plan.thresholds;

/** Every problem of a sweep: place, message, remedy. */
const problems = (yaml: string): string[] => refusals(() => planSweep('s.yaml', yaml));

const OPEN = 'workload: {rate: 5000/s, records: 1000}\n';

describe('thresholds', () => {
  it('are read as k6 writes them: a figure, or an aggregation of a latency', () => {
    const read = gates(`${OPEN}thresholds:
  latencyMs.response.p99: ["< 20", "<=30"]
  latencyMs.response: ["p(99) < 20", "med<5", "p(99.9)   >=  1.5", "max != 7", "p(90)===2", \
"p(95) < 20", "p75 < 9"]
  throughput.recordsPerSecond: "> 100_000"
  records.failed: ["== 0", "count == 0"]
`);
    expect(read.map(({ metric, operator, bound }) => `${metric} ${operator} ${bound}`)).toEqual([
      'latencyMs.response.p99 < 20',
      'latencyMs.response.p99 <= 30',
      'latencyMs.response.p99 < 20',
      'latencyMs.response.p50 < 5',
      'latencyMs.response.p999 >= 1.5',
      'latencyMs.response.max != 7',
      'latencyMs.response.p90 == 2',
      'latencyMs.response.p95 < 20',
      'latencyMs.response.p75 < 9',
      'throughput.recordsPerSecond > 100000',
      'records.failed == 0',
      'records.failed == 0',
    ]);
    expect(read[4]).toEqual({
      text: 'latencyMs.response p(99.9) >= 1.5',
      metric: 'latencyMs.response.p999',
      operator: '>=',
      bound: 1.5,
      where: {},
      abortOnFail: false,
      delayAbortEvalRuns: 0,
    });
  });

  it('take units where the figure has one', () => {
    const read = gates(`${OPEN}thresholds:
  latencyMs.response.p99: ["< 20ms", "< 1500us", "< 2s"]
  throughput.mebibytesPerSecond: ["> 50MiB", "> 1GiB/s", "> 0.5"]
  throughput.recordsPerSecond: ["> 100k", "> 60000/m", "> 1.5M"]
  achieved.batchBytes: ["> 8KiB"]
  generator.rssMiB: ["< 1GiB"]
  generator.cpuMicrosPerRecord: ["< 0.002ms"]
  metrics.outgoing-byte-rate: ["> 1MiB/s"]
  metrics.bufferpool-wait-ratio: ["< 10%"]
`);
    expect(read.map(({ bound }) => bound)).toEqual([
      ...[20, 1.5, 2000, 50, 1024, 0.5, 100_000, 1000, 1_500_000],
      ...[8192, 1024, 2, 1_048_576, 0.1],
    ]);
  });

  it('are for the points that their tags name, whatever way the values are written', () => {
    const yaml = (tags: string) =>
      'workload: {rate: 5000/s}\nproducer: {compression.type: lz4}\n' +
      'sweep: {acks: ["1", all], batch.size: [16KiB, 64KiB]}\nthresholds:\n' +
      `  latencyMs.response.p99{${tags}}: ["< 20"]\n`;
    expect(gates(yaml('acks:all,batch.size:16KiB'))[0].where).toEqual({
      acks: 'all',
      'batch.size': 16_384,
    });
    expect(gates(yaml('acks:-1,batch.size:16384'))[0].where).toEqual({
      acks: 'all',
      'batch.size': 16_384,
    });
    // What is the same at every point need not be in a config to be named.
    expect(gates(yaml('compression.type:lz4,acks:1'))[0].where).toEqual({ acks: '1' });
    expect(gates(yaml('acks:all'))[0].text).toBe('latencyMs.response.p99{acks:all} < 20');
  });

  it('may stand inside of a point', () => {
    const read = gates(`${OPEN}points:
  - {acks: "1", thresholds: {latencyMs.response.p99: ["< 5"]}}
  - acks: all
    thresholds:
      latencyMs.response.p99: [{threshold: "< 50", abortOnFail: true, delayAbortEval: 2 runs}]
thresholds: {records.failed: ["== 0"]}
`);
    expect(read.map(({ metric, where }) => [metric, where])).toEqual([
      ['records.failed', {}],
      ['latencyMs.response.p99', { acks: '1' }],
      ['latencyMs.response.p99', { acks: 'all' }],
    ]);
    expect(read[2]).toMatchObject({ abortOnFail: true, delayAbortEvalRuns: 2 });
  });

  it.each([
    [
      '  latencyMs.respnse.p99: ["< 1"]',
      '3:3 unknown metric latencyMs.respnse.p99 -> did you mean latencyMs.response.p99?',
    ],
    ['  p99: ["< 1"]', '3:3 unknown metric p99 -> write latencyMs.response.p99'],
    [
      '  nonsense: ["< 1"]',
      "3:3 unknown metric nonsense -> name a figure of summary.json's points",
    ],
    ['  records.failed: ["= 0"]', '3:20 records.failed: = is not an operator -> did you mean ==?'],
    ['  records.failed: ["0"]', '3:20 records.failed: "0" has no operator -> write e.g. "< 20"'],
    [
      '  records.failed: [0]',
      '3:20 thresholds.records.failed: 0 has no operator -> write it with one, in quotes: "< 0"',
    ],
    ['  records.failed: ["<"]', '3:20 records.failed: there is no number after the operator'],
    ['  records.failed: []', '3:19 records.failed has no condition'],
    [
      '  latencyMs.response: ["< 5"]',
      '3:24 latencyMs.response: latencyMs.response has several figures -> write ' +
        'latencyMs.response.p99',
    ],
    [
      '  latencyMs.response: ["avg < 5"]',
      '3:24 latencyMs.response: a summary has no avg of a latency -> there is med or p(50), ' +
        'p(75), p(90), p(95), p(99), p(99.9) and max',
    ],
    [
      '  latencyMs.response: ["p(97) < 5"]',
      '3:24 latencyMs.response: a summary has no p(97) of a latency -> there is med',
    ],
    [
      '  latencyMs.response.p99: ["p(99) < 5"]',
      '3:28 latencyMs.response.p99: latencyMs.response.p99 is one figure: there is no p(99) of it',
    ],
    [
      '  latencyMs.response.p99: ["< 5MiB"]',
      '3:28 latencyMs.response.p99: "5MiB" is a size, not a time',
    ],
    ['  latencyMs.response.p99{acks:0}: ["< 5"]', '3:3 no point has acks=0 -> there is all'],
    ['  latencyMs.response.p99{akcs:0}: ["< 5"]', '3:3 unknown setting akcs -> did you mean acks?'],
    ['  latencyMs.response.p99{batch.size:16K}: ["< 5"]', '3:3 batch.size: "16K" is ambiguous'],
    ['  latencyMs.response.p99{}: ["< 5"]', '3:3 an empty place between { and }'],
    ['  "latencyMs.response.p99{acks": ["< 5"]', '3:3 latencyMs.response.p99{acks is not a metric'],
    [
      '  records.failed: [{treshold: "< 5"}]',
      '3:21 unknown key treshold of a gate -> did you mean threshold?',
    ],
    [
      '  records.failed: [{threshold: "< 5", delayAbortEval: 10s}]',
      '3:55 delayAbortEval: 10s is not a number of runs -> write e.g. 2 runs',
    ],
    [
      '  records.failed: [{threshold: "< 5", abortOnFail: maybe}]',
      '3:52 abortOnFail is neither true nor false',
    ],
    [
      '  transactions.committed: ["> 5"]',
      '3:3 transactions.committed: point p01 sends outside of transactions',
    ],
  ])('refuse %s, with its place and what to write', (line, expected) => {
    const found = problems(`${OPEN}thresholds:\n${line}\n`);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  it('refuse a response latency of a closed loop, and name service', () => {
    const found = problems('thresholds:\n  latencyMs.response.p99: ["< 5"]\n');
    expect(found[0]).toMatch(
      /^2:3 .*point p01 runs as fast as it can.* -> gate latencyMs\.service\.p99/,
    );
    // Of a sweep of both loops, those with a rate can be named.
    const both = 'sweep: {workload.rate: [max, 5000/s]}\nthresholds:\n  latencyMs.response.p99';
    expect(problems(`${both}: ["< 5"]\n`)).toHaveLength(1);
    expect(gates(`${both}{workload.rate:5000/s}: ["< 5"]\n`)[0].where).toEqual({
      'workload.rate': 5000,
    });
  });

  it('refuse tags that no point has together', () => {
    const yaml =
      'sweep: {acks: ["1", all], linger.ms: [0, 5]}\nexclude: [{acks: all, linger.ms: 5}]\n' +
      'thresholds:\n  records.failed{acks:all,linger.ms:5}: ["== 0"]\n';
    expect(problems(yaml)[0]).toContain('4:3 no point has acks=all and linger.ms=5ms together');
  });

  it('refuse what is no mapping, and a canary that is off', () => {
    expect(problems('thresholds: ["< 5"]\n')[0]).toContain(
      'thresholds is not a mapping of metrics to conditions',
    );
    expect(problems('thresholds: {}\n')[0]).toContain('thresholds holds no gate');
    expect(problems('canary: false\nthresholds: {canary.cpuMs: ["< 100"]}\n')[0]).toContain(
      'the canary is off',
    );
    expect(problems('canary: off-and-on\n')[0]).toContain('canary is neither true nor false');
  });

  it('can be set on the command line', () => {
    const overrides = ['thresholds.latencyMs.service.p99=["< 5"]', 'canary=false'];
    const sweep = planSweep('s.yaml', 'name: x', { overrides });
    expect(sweep.plan.thresholds).toMatchObject([{ metric: 'latencyMs.service.p99', bound: 5 }]);
    expect(sweep.canary).toBe(false);
  });

  it('leave the example in bench-configs valid', async () => {
    expect((await loadSweep('bench-configs/gates.yaml')).plan.thresholds.length).toBeGreaterThan(3);
  });
});
