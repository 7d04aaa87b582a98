import { describe, expect, it } from 'vitest';
import { planSweep } from '../load-sweep.js';

const pointsOf = (yaml: string) => planSweep('sweep.yaml', yaml).plan.points;

describe('driver', () => {
  it('is an axis whose points are told apart by client and version', () => {
    const points = pointsOf(
      'sweep: {driver: [core, kafkajs, java, {java: {version: 3.9.1}}, {exec: [./mine, -f, 3]}]}',
    );
    expect(points.map(({ config }) => config['driver'])).toEqual([
      ...['core', 'kafkajs', 'java 4.4.0', 'java 3.9.1', 'exec ./mine -f 3'],
    ]);
    expect(points.map(({ settings }) => settings.driver)).toEqual([
      'core',
      { kind: 'kafkajs' },
      { kind: 'java', version: '4.4.0' },
      { kind: 'java', version: '3.9.1' },
      { kind: 'exec', command: ['./mine', '-f', '3'] },
    ]);
  });

  it('keeps a version as it was written, though YAML reads a number', () => {
    const [{ settings }] = pointsOf('driver: {librdkafka: {version: 2.10}}');
    expect(settings.driver).toEqual({ kind: 'librdkafka', version: '2.10' });
  });

  it('is core where nothing is said, at the root and in points alike', () => {
    expect(pointsOf('name: x')[0].settings.driver).toBe('core');
    const points = pointsOf('driver: java\npoints: [{driver: kafkajs}, {acks: all}]');
    expect(points.map(({ settings }) => settings.driver)).toEqual([
      { kind: 'kafkajs' },
      { kind: 'java', version: '4.4.0' },
    ]);
  });
});
