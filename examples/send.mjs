// Sends records and waits for each one's own acknowledgement. Try it without Kafka:
//
//   npx kbench embedded --port 9092 --topic orders:6
//   node examples/send.mjs localhost:9092
// @ts-check
import { Producer, ProducerError } from 'kbench/producer-core';

const bootstrap = process.argv[2] ?? 'localhost:9092';

// Settings have Java's names, defaults and meaning.
const producer = new Producer({ 'bootstrap.servers': bootstrap, acks: 'all', 'linger.ms': 5 });
await producer.connect();

// One promise a record. Records are batched, so do not await each before you send the next.
const sends = [];
for (let i = 0; i < 1000; i++) {
  sends.push(
    producer.send({
      topic: 'orders',
      key: `customer-${i % 20}`, // the same key goes to the same partition, in order
      value: JSON.stringify({ order: i }),
      headers: { source: 'examples/send.mjs' },
    }),
  );
}
const sent = await Promise.all(sends);
const partitions = new Set(sent.map(({ partition }) => partition));
console.log(
  `${sent.length} records in ${partitions.size} partitions; ` +
    `the last one has offset ${sent.at(-1)?.offset}`,
);

// What fails rejects, with an error that has Kafka's own name.
try {
  await producer.send({ topic: 'orders', value: 'x'.repeat(2_000_000) });
} catch (error) {
  if (!(error instanceof ProducerError)) throw error;
  console.log(`refused: ${error.kafkaName}`);
}

console.log(`batches of ${Math.round(producer.metrics()['batch-size-avg'] ?? 0)} bytes on average`);
await producer.close();
