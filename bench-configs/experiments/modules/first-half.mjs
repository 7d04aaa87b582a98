// A partitioner that uses the first half of the partitions, one after the other.
// @ts-check

/** @implements {import('kbench/producer-core').Partitioner} */
export default class FirstHalf {
  next = 0;

  /**
   * @param {string} _topic
   * @param {Uint8Array | null} _key
   * @param {Uint8Array | null} _value
   * @param {import('kbench/producer-core').TopicPartitions} partitions
   */
  partition(_topic, _key, _value, { partitionCount }) {
    const half = Math.max(1, Math.floor(partitionCount / 2));
    this.next = (this.next + 1) % half;
    return this.next;
  }
}
