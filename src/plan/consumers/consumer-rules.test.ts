import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../base/errors.js';
import { MEMBER_PROPERTIES } from '../../workloads/consumers/group/member-properties.js';
import { planSweep } from '../load-sweep.js';
import { CONSUMERS, PROPERTY_PATHS } from './consumer-fields.js';

const refusals = (text: string): string => {
  try {
    planSweep('sweep.yaml', text);
    return '';
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.problems
      .map(({ line, column, message, remedy }) =>
        [`${line ?? '?'}:${column ?? '?'}`, message, '->', remedy ?? ''].join(' '),
      )
      .join('\n');
  }
};
const points = (text: string) =>
  planSweep('sweep.yaml', text).plan.points.map(({ settings }) => settings.consumers);

describe('consumers of a sweep', () => {
  it.each([
    ['consumers: {kind: readers}', '1:19', '"readers" is not one of none, reader', 'write none or'],
    ['consumers: reader', '1:12', 'consumers is not a mapping', 'write consumers: {...}'],
    ['consumers: {kind: reader, fetch.min.byte: 1}', '1:27', 'unknown key', 'fetch.min.bytes'],
    ['consumers: {fetch.min.bytes: 1}', '1:30', 'nobody consumes', '{kind: reader, ...}'],
    ['consumers: {kind: reader, fetch.max.wait.ms: 0.5}', '1:46', 'not a whole number', 'whole ms'],
    ['consumers: {kind: reader, fetch.min.bytes: -1}', '1:44', 'fetch.min.bytes', 'write'],
    ['consumers: {kind: reader, startAfter: 5}', '1:39', 'startAfter', 'write'],
    [
      'consumers: {kind: reader}\ndriver: java\nworkload: {rate: max}',
      'in a closed loop (workload.rate: max) nobody knows when driver java',
      'give workload.rate a number',
      'or use driver: core',
    ],
    ['consumers: {kind: reader, members: 2}', '1:36', 'a reader has none', 'consumers.kind: group'],
    ['consumers: {kind: group}', '1:19', 'has no consumer groups', 'consumers.kind: reader'],
    ['consumers: {kind: group, driver: rust}', '1:34', 'not one of kafkajs, java', 'write kafkajs'],
    [
      'target: {kafka: {}}\nconsumers: {kind: group, group.protocol: consumer}',
      '2:42',
      'kafkajs knows the classic protocol alone',
      'write driver: java',
    ],
    [
      'target: {kafka: {}}\nconsumers: {kind: group, driver: java, group.protocol: consumer, ' +
        'session.timeout.ms: 9s}',
      '2:86',
      'session.timeout.ms is the broker',
      'leave session.timeout.ms out',
    ],
    [
      'target: {kafka: {}}\nconsumers: {kind: group, partition.assignment.strategy: ' +
        'org.apache.kafka.clients.consumer.RangeAssignor}',
      '2:57',
      'kafkajs has an assigner of its own',
      'write driver: java',
    ],
    ['consumers: {kind: group, members: 0}', '1:35', 'outside 1 to 64', 'from 1 to 64'],
    [
      'consumers: {kind: reader}\nworkload: {valueBytes: 15}',
      '2:24',
      'end-to-end times need a stamp of 16 bytes over the beginning of each value',
      'raise workload.valueBytes to 16B or more, or leave consumers.kind out',
    ],
    [
      'consumers: {kind: reader}\nproducer: {value.serializer: ./mine.mjs}',
      '2:30',
      'value.serializer is ./mine.mjs',
      'leave value.serializer out',
    ],
    [
      'consumers: {kind: reader, startAfter: 5s}\nworkload: {rate: 10/s, duration: 5s}',
      '1:39',
      'consumers.startAfter is 5s, and the measured part ends after 5s',
      'raise workload.duration',
    ],
  ])('refuses %s', (yaml, place, message, remedy) => {
    const found = refusals(yaml);
    expect(found).toContain(place);
    expect(found).toContain(message);
    expect(found).toContain(remedy);
  });

  it('are read with their settings, and left out where there are none', () => {
    const yaml = 'consumers: {kind: reader, startAfter: 1s, fetch.max.bytes: 1MiB}';
    expect(points(`${yaml}\nworkload: {duration: 5s}`)).toEqual([
      { kind: 'reader', startAfterMs: 1000, properties: { 'fetch.max.bytes': 1_048_576 } },
    ]);
    expect(points('workload: {records: 10}')).toEqual([undefined]);
  });

  it.each(['driver: core', 'sweep: {driver: [core, kafkajs, java]}', 'driver: {exec: [./mine]}'])(
    'go with agents, beside any client: %s',
    (driver) => {
      const load = 'workload: {audit: true, rate: 1000/s, duration: 1s}';
      expect(refusals(`agents: 2\nconsumers: {kind: reader}\n${driver}\n${load}`)).toEqual('');
    },
  );

  it('have settings that members take, and no others', () => {
    expect(MEMBER_PROPERTIES.map((name) => CONSUMERS + name).sort()).toEqual(
      [...PROPERTY_PATHS].sort(),
    );
  });

  it('are axes, none among them', () => {
    const yaml = 'sweep: {consumers.kind: [none, reader], consumers.fetch.min.bytes: [1, 64KiB]}';
    expect(points(yaml)).toEqual([
      ...[undefined, undefined],
      { kind: 'reader', properties: { 'fetch.min.bytes': 1 } },
      { kind: 'reader', properties: { 'fetch.min.bytes': 65_536 } },
    ]);
  });

  it('may be asked for on the command line', () => {
    const options = { overrides: ['consumers.kind=reader', 'consumers.fetch.min.bytes=1KiB'] };
    const { plan } = planSweep('sweep.yaml', 'workload: {records: 10}', options);
    expect(plan.points[0].settings.consumers).toEqual({
      ...{ kind: 'reader', properties: { 'fetch.min.bytes': 1024 } },
    });
  });
});
