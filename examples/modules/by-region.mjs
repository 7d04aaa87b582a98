// A partitioner of one's own, as `partitioner.class` names it: by path, in a producer's settings or
// in a sweep's YAML. Records whose key begins with `eu-` go to the first half of the partitions,
// all others to the second.
// @ts-check

/** @type {import('kbench/producer-core').Partitioner} */
export default {
  partition(_topic, key, _value, { partitionCount }) {
    const half = Math.max(1, Math.floor(partitionCount / 2));
    const text = key === null ? '' : Buffer.from(key).toString();
    let hash = 7;
    for (const byte of key ?? []) hash = (hash * 31 + byte) & 0x7fffffff;
    return text.startsWith('eu-') || half === partitionCount
      ? hash % half
      : half + (hash % (partitionCount - half));
  },
};
