// `partitioner.class: RoundRobinPartitioner`, as Java's class of that name: one partition after the
// other, whatever the key. Made by user-code.ts; called once a record.
import type { Partitioner, TopicPartitions } from './interfaces.js';

/** Java's counter is an int that wraps; its sign bit is dropped. */
const INT_MASK = 0x7fffffff;

export class RoundRobinPartitioner implements Partitioner {
  private readonly counters = new Map<string, { next: number }>();

  /** Among the partitions with a leader; among all where none has one. */
  partition(
    topic: string,
    _key: Uint8Array | null,
    _value: Uint8Array | null,
    { partitionCount, availablePartitions }: TopicPartitions,
  ): number {
    let counter = this.counters.get(topic);
    if (counter === undefined) this.counters.set(topic, (counter = { next: 0 }));
    const turn = counter.next;
    counter.next = (turn + 1) & INT_MASK;
    const available = availablePartitions.length;
    return available > 0 ? availablePartitions[turn % available] : turn % partitionCount;
  }
}
