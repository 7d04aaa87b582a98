// A partitioner and an interceptor of one's own, and one of Java's serializers.
//
//   npx kbench embedded --port 9092 --topic orders:6
//   node examples/own-modules.mjs localhost:9092
// @ts-check
import { fileURLToPath } from 'node:url';
import { Producer } from 'kbench/producer-core';

/** @type {Producer<string, number>} */
const producer = new Producer(
  {
    'bootstrap.servers': process.argv[2] ?? 'localhost:9092',
    'partitioner.class': './modules/by-region.mjs',
    'interceptor.classes': './modules/stamp.mjs',
    'value.serializer': 'org.apache.kafka.common.serialization.IntegerSerializer',
  },
  // Left out, paths start from the working directory.
  { modulesFrom: fileURLToPath(new URL('.', import.meta.url)) },
);

const sends = [];
for (let i = 0; i < 100; i++) {
  sends.push(
    producer.send({ topic: 'orders', key: `${i % 2 === 0 ? 'eu' : 'us'}-${i}`, value: i }),
  );
}
const sent = await Promise.all(sends);
const highest = (/** @type {number} */ odd) =>
  Math.max(...sent.filter((_, i) => i % 2 === odd).map(({ partition }) => partition));
console.log(`eu up to partition ${highest(0)}, us up to partition ${highest(1)}`);
await producer.close();
