import { describe, expect, it } from 'vitest';
import { ConfigurationError, type Problem } from '../../base/errors.js';
import { planSweep } from '../load-sweep.js';

function problemsOf(text: string): readonly Problem[] {
  try {
    planSweep('sweep.yaml', text);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}
const places = (text: string) =>
  problemsOf(text).map(({ line, column }) => `${line ?? '?'}:${column ?? '?'}`);

describe("Java's rules on a grid", () => {
  it('points at the entry that makes the combination, names rule, point, ways out', () => {
    const text = 'sweep:\n  linger.ms: [0, 5]\n  max.in.flight.requests.per.connection: [1, 6]\n';
    const [problem, ...others] = problemsOf(text);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({
      line: 3,
      column: 46,
      path: 'max.in.flight.requests.per.connection',
    });
    expect(problem.message).toContain('max.in.flight.requests.per.connection is 6, but at most 5');
    expect(problem.message).toContain(
      'rule idempotence-in-flight; 2 of 4 points, first linger.ms=0ms',
    );
    expect(problem.remedy).toContain('or enable.idempotence: false');
    expect(problem.remedy).toContain('take 6 out of sweep.max.in.flight.requests.per.connection');
  });

  it('takes 6 in flight where the user says that there is no idempotence', () => {
    const text =
      'producer: {enable.idempotence: false}\nsweep: {max.in.flight.requests.per.connection: [1, ' +
      '6]}';
    expect(problemsOf(text)).toEqual([]);
  });

  it('offers an exclude rule for a combination of two lists, and takes it', () => {
    const grid =
      'producer: {delivery.timeout.ms: 30s}\nsweep:\n  linger.ms: [0, 5]\n' +
      '  request.timeout.ms: [10s, 30s]\n';
    const [problem] = problemsOf(grid);
    expect(places(grid)).toEqual(['3:18']);
    expect(problem.message).toContain(
      'delivery.timeout.ms is 30000, less than linger.ms + request.timeout.ms = 5 + 30000',
    );
    const rule = /exclude: \[(.*)\]/.exec(problem.remedy ?? '')?.[1];
    expect(rule).toBe('{linger.ms: 5ms, request.timeout.ms: 30s}');
    expect(problemsOf(`${grid}exclude: [${rule ?? ''}]`)).toEqual([]);
  });

  it('tells a problem of the base once, where it stands, however many points there are', () => {
    const text = 'producer: {delivery.timeout.ms: 1s}\nsweep: {batch.size: [1KiB, 2KiB, 3KiB]}';
    expect(places(text)).toEqual(['1:33']);
  });

  it('lists at most 5 combinations of a rule, and counts the rest', () => {
    const text = 'sweep: {max.in.flight.requests.per.connection: [6, 7, 8, 9, 10, 11, 12, 13]}';
    const problems = problemsOf(text);
    expect(problems).toHaveLength(6);
    expect(problems[5].message).toBe(
      'and 3 more combinations break the rule idempotence-in-flight',
    );
  });

  it('points at the entry of an explicit point', () => {
    const text = 'points:\n  - {linger.ms: 1}\n  - {linger.ms: 0, delivery.timeout.ms: 5s}\n';
    expect(places(text)).toEqual(['3:41']);
  });
});

describe('what would fail at the first record', () => {
  it.each([
    ['workload: {valueBytes: 1MiB}', '1:24', 'more than max.request.size 1MiB'],
    [
      'producer: {buffer.memory: 16KiB}\nworkload: {valueBytes: 16KiB}',
      '2:24',
      'more than buffer.memory 16KiB',
    ],
    [
      'producer: {buffer.memory: 8KiB}',
      '1:27',
      'batch.size is 16KiB, more than buffer.memory 8KiB',
    ],
    ['topic: {replicationFactor: 2}', '1:28', 'the target has 1 broker'],
    ['topic: {config: {min.insync.replicas: 2}}', '1:39', 'with acks=all every record would fail'],
    ['workload: {records: 3, workers: 4}', '1:21', 'less than one for each of 4 workers'],
    [
      'topic: {name: t}\nsweep: {topic.partitions: [1, 2]}\ntarget: {bootstrap: ["h:1"]}',
      '2:28',
      'topic t exists and is used as it is',
    ],
    ['topic: {name: t}', '1:15', 'a cluster that kbench starts has no topics'],
    [
      'topic: {config: {cleanup.policy: compact}}',
      '1:34',
      'the embedded cluster refuses topic.config.cleanup.policy',
    ],
    [
      'workload: {transaction: {records: 5}}\nproducer: {acks: "1"}',
      '2:18',
      'workload.transaction needs idempotence',
    ],
    [
      'workload: {transaction: {records: 5}}\nproducer: {retries: 0}',
      '2:21',
      'workload.transaction needs idempotence',
    ],
    [
      'workload: {transaction: {records: 5}}\nproducer: {enable.idempotence: false}',
      '2:32',
      'workload.transaction needs idempotence',
    ],
    [
      'workload: {transaction: {records: 5000}, rate: 10/s}',
      '1:35',
      'is open for 500 s at this rate, longer than transaction.timeout.ms 1m',
    ],
    ['workload: {transaction: {abortRatio: 0.5}}', '1:38', 'there are no transactions'],
    ['producer: {transactional.id: mine}', '1:30', 'takes no record outside of a transaction'],
    ['workload: {payload: {file: not/there}}', '1:21', 'there is no '],
    [
      'workload: {valueBytes: 1MiB, payload: {file: package.json, records: slices}}\n' +
        'producer: {max.request.size: 2MiB}',
      '1:39',
      'fewer than',
    ],
    ['workload: {valueBytes: 100, payload: {file: package.json}}', '1:24', 'each of its own size'],
  ])('refuses %j at %s', (text, place, message) => {
    const [problem] = problemsOf(text);
    expect(`${problem.line ?? 0}:${problem.column ?? 0}`).toBe(place);
    expect(problem.message).toContain(message);
  });

  it('takes transactions with every setting that Java does, and a prefix of their ids', () => {
    const transaction = 'workload: {transaction: {records: 5, abortRatio: 0.5}}\n';
    expect(problemsOf(transaction)).toEqual([]);
    expect(
      problemsOf(`${transaction}producer: {acks: all, transactional.id: mine, retries: 3}`),
    ).toEqual([]);
    expect(problemsOf(`${transaction}producer: {acks: "1", transactional.id: mine}`)).toHaveLength(
      1,
    );
    expect(
      problemsOf('sweep: {acks: ["1", all], workload.transaction.records: [none, 5]}'),
    ).toHaveLength(1);
  });

  it('takes a record up to the last byte of max.request.size, header and lengths counted', () => {
    // 61 + 21 + null key 1 + value length 3 + value + no headers 1
    expect(problemsOf('workload: {valueBytes: 1048489}')).toEqual([]);
    expect(problemsOf('workload: {valueBytes: 1048490}')).toHaveLength(1);
    expect(
      problemsOf('workload: {valueBytes: 1048489, keys: {uniform: {distinct: 9, bytes: 1}}}'),
    ).toHaveLength(1);
  });

  it('asks an unknown cluster nothing about its brokers', () => {
    expect(problemsOf('target: {bootstrap: ["a:1"]}\ntopic: {replicationFactor: 3}')).toEqual([]);
  });

  it('lets acks=1 go with fewer replicas than min.insync.replicas, as brokers do', () => {
    expect(problemsOf('topic: {config: {min.insync.replicas: 2}}\nproducer: {acks: "1"}')).toEqual(
      [],
    );
  });
});
