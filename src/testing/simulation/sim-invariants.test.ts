import { describe, expect, it } from 'vitest';
import { ProducerError } from '../../producer-core/index.js';
import type { ReadBatch } from './cluster/sim-batch.js';
import { SimClock } from './sim-clock.js';
import { SimCluster } from './cluster/sim-cluster.js';
import { Book, type Fate } from './sim-invariants.js';
import { SimNetwork } from './sim-network.js';
import type { Outcome } from './sim-world.js';

const IDEMPOTENT = { acks: 'all', idempotent: true, loses: false, fates: [] };

function batch(baseSequence: number, values: string[], transactional = false): ReadBatch {
  const records = values.map((value, offsetDelta) => ({
    key: null,
    value: Buffer.from(value),
    timestamp: 0,
    offsetDelta,
    headers: [],
  }));
  const times = { baseTimestamp: 0, maxTimestamp: 0, lastOffsetDelta: values.length - 1 };
  return {
    ...times,
    attributes: 0,
    codec: 0,
    transactional,
    producerId: 7,
    producerEpoch: 0,
    baseSequence,
    records,
  };
}

/** t:0 to t:2, all acknowledged at offsets 0 to 2 of t-0, but with a log of one's own. */
function world() {
  const cluster = new SimCluster(new SimNetwork(new SimClock()));
  const [partition] = cluster.topic('t', [0]).partitions;
  const outcomes = new Map<string, Outcome>();
  const book = new Book(cluster, outcomes);
  for (let order = 0; order < 3; order++) {
    book.sent.set(`t:${order}`, {
      topic: 't',
      partition: -1,
      order,
      transaction: 0,
      headers: false,
    });
    outcomes.set(`t:${order}`, { error: null, offset: order, atMs: 0, times: 1 });
  }
  return { partition, outcomes, book };
}

describe('the simulation finds', () => {
  it('nothing where all is well', () => {
    const { partition, book } = world();
    partition.append(batch(0, ['t:0', 't:1', 't:2']));
    expect(book.problems(IDEMPOTENT)).toEqual([]);
  });

  it('a record that comes twice, unless Kafka does not promise that it does not', () => {
    const { partition, book } = world();
    partition.append(batch(0, ['t:0', 't:1', 't:2', 't:2']));
    expect(book.problems(IDEMPOTENT)).toEqual(['t-0 has t:2 twice']);
    expect(book.problems({ ...IDEMPOTENT, idempotent: false })).toEqual([]);
    partition.blind = true;
    expect(book.problems(IDEMPOTENT)).toEqual([]);
  });

  it('records out of order and at other offsets than told', () => {
    const { partition, book } = world();
    partition.append(batch(0, ['t:0', 't:2', 't:1']));
    expect(book.problems(IDEMPOTENT)).toEqual([
      't-0 has t:1 after number 2',
      't:1 was acknowledged at 1 but is at 2',
      't:2 was acknowledged at 2 but is at 1',
    ]);
  });

  it('an acknowledged record that is lost, one told twice and one told never', () => {
    const { partition, outcomes, book } = world();
    partition.append(batch(0, ['t:0']));
    outcomes.get('t:0')!.times = 2;
    outcomes.delete('t:1');
    expect(book.problems(IDEMPOTENT)).toEqual([
      't:1 was never told',
      't:0 was told 2 times',
      't:2 was acknowledged but is in no log',
    ]);
  });

  it('transactions that are committed in part, or aborted and there', () => {
    const found = (fate: Fate, marker: 'commit' | 'abort', values: string[]) => {
      const { partition, outcomes, book } = world();
      partition.append(batch(0, values, true));
      partition.mark(7, 0, marker);
      if (values.length < 3)
        outcomes.set('t:2', { ...outcomes.get('t:2')!, error: null, offset: -1 });
      return book.problems({ ...IDEMPOTENT, acks: '0', fates: [fate] });
    };
    expect(found('committed', 'commit', ['t:0', 't:1', 't:2'])).toEqual([]);
    expect(found('committed', 'abort', ['t:0', 't:1', 't:2'])).toHaveLength(3);
    expect(found('aborted', 'commit', ['t:0', 't:1', 't:2'])).toHaveLength(3);
    expect(found('aborted', 'abort', ['t:0', 't:1', 't:2'])).toEqual([]);
    expect(found('unknown', 'abort', ['t:0', 't:1', 't:2'])).toEqual([]);
    expect(found('unknown', 'commit', ['t:0', 't:1'])).toEqual([
      'transaction 0 is committed in part: t:0,t:1 without t:2',
    ]);
  });

  it('excuses what is renumbered when a batch is refused for good', () => {
    const { partition, outcomes, book } = world();
    partition.append(batch(0, ['t:0', 't:1']));
    outcomes.set('t:1', {
      error: new ProducerError('INVALID_RECORD', '', false, 87),
      offset: -1,
      atMs: 0,
      times: 1,
    });
    book.refused('t', 0);
    expect(partition.excused).toBe(true);
  });
});

describe('the modelled log', () => {
  const rules = { unknownProducerId: false, verified: true, strictStart: false };

  it('takes only the next sequence, knows its last batches, forgets what is cut off', () => {
    const { partition } = world();
    partition.append(batch(0, ['t:0', 't:1']));
    partition.append(batch(2, ['t:2']));
    expect(partition.check(batch(0, ['t:0', 't:1']), rules)).toMatchObject({
      error: 0,
      duplicateOf: 0,
    });
    expect(partition.check(batch(3, ['x']), rules)).toMatchObject({ error: 0, duplicateOf: -1 });
    expect(partition.check(batch(4, ['x']), rules).error).toBe(45);
    expect(partition.check({ ...batch(3, ['x']), producerEpoch: 1 }, rules).error).toBe(45);
    expect(partition.check({ ...batch(0, ['x']), producerEpoch: 1 }, rules).error).toBe(0);
    partition.truncate(2);
    expect(partition.values()).toEqual(['t:0', 't:1']);
    expect(partition.check(batch(3, ['x']), rules).error).toBe(45);
    partition.truncate(0);
    expect(partition.check(batch(3, ['x']), rules)).toMatchObject({ error: 0, blind: true });
    expect(partition.check(batch(3, ['x']), { ...rules, unknownProducerId: true }).error).toBe(59);
  });

  it('wraps sequences past 2^31 - 1 to 0', () => {
    const { partition } = world();
    partition.append(batch(2_147_483_646, ['a', 'b', 'c']));
    expect(partition.check(batch(1, ['d']), rules).error).toBe(0);
    expect(partition.check(batch(2_147_483_646, ['a', 'b', 'c']), rules).duplicateOf).toBe(0);
  });

  it('shows read_committed consumers nothing behind the first open transaction', () => {
    const { partition } = world();
    partition.append(batch(0, ['t:0'], true));
    partition.append({ ...batch(0, ['t:1']), producerId: 8 });
    expect(partition.committed()).toEqual([]);
    partition.mark(7, 0, 'commit');
    expect(partition.committed()).toEqual(['t:0', 't:1']);
  });
});
