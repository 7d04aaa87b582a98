import { describe, expect, it } from 'vitest';
import { planSweep } from '../load-sweep.js';
import { describePlan } from './plan-text.js';
import { roughDuration } from './rough-duration.js';

const wide = `
sweep:
  batch.size: [16KiB]
  max.in.flight.requests.per.connection: [1, 5]
  socket.connection.setup.timeout.ms: [1s]
`;

describe('describePlan', () => {
  it.each([60, 80, 100, 140])(
    'fits %d columns: a table, one with wrapped headers, or lines',
    (width) => {
      const text = describePlan(planSweep('s.yaml', wide), width);
      for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(width);
      expect(text).toContain('p02');
    },
  );

  it('tells what is fixed once, and what varies only in the table', () => {
    const text = describePlan(
      planSweep(
        's.yaml',
        'producer: {linger.ms: 0, acks: "1"}\nworkload: {duration: 5s, workers: 2}\n' +
          'sweep: {acks: ["0", all], workload.rate: [5k/s]}',
      ),
      120,
    );
    expect(text).toMatch(/^workload +values of 100B, no keys, 5s, warm-up 500ms, 2 workers$/m);
    expect(text).toMatch(/^producer +linger\.ms=0ms$/m);
    expect(text).toMatch(/^topic +1 partition, 1 replica$/m);
    expect(text).toMatch(/│ p02 +│ all +│ 5000\/s/);
  });

  it('says so when nothing varies, and names a topic that exists', () => {
    const text = describePlan(
      planSweep('s.yaml', 'topic: {name: mine}\nrepeats: 1\ntarget: {bootstrap: ["h:1"]}'),
      120,
    );
    expect(text).toContain('One point: nothing varies.');
    expect(text).toMatch(/^topic +mine \(exists, used as it is\)$/m);
    expect(text).toMatch(/^runs +1 = 1 point x 1 repeat, in one block of/m);
    const own = describePlan(planSweep('s.yaml', 'repeats: 1\ntarget: {kafka: {brokers: 3}}'), 120);
    expect(own).toMatch(/^target +Apache Kafka 4\.4\.0 on this machine, 3 brokers$/m);
  });

  it('shows a dash where a point has no value for what others vary', () => {
    const text = describePlan(
      planSweep('s.yaml', 'points: [{workload.duration: 5s}, {workload.records: 10}]'),
      120,
    );
    expect(text).toMatch(/│ p01 +│ 5s +│ - +│/);
    expect(text).toMatch(/│ p02 +│ - +│ 10 +│/);
  });
});

describe('roughDuration', () => {
  it.each([
    [0.2, '1 s'],
    [61, '61 s'],
    [125, '2 min'],
    [36_000, '10 h'],
  ])('of %d s is %s', (seconds, text) => {
    expect(roughDuration(seconds)).toBe(text);
  });
});
