// The fast way, for millions of records a second: append to the core. No promise and no object a
// record; one call back a batch.
//
//   npx kbench embedded --port 9092 --topic orders:6
//   node examples/fast-append.mjs localhost:9092
// @ts-check
import { CoreProducer } from 'kbench/producer-core';

const RECORDS = 200_000;
let acknowledged = 0;
let failed = 0;

const producer = new CoreProducer({
  settings: {
    'bootstrap.servers': process.argv[2] ?? 'localhost:9092',
    'linger.ms': 5,
    'batch.size': 65536,
  },
  hooks: {
    // Called once a batch. `batch.attachment` is what was hung on it when its first record was
    // appended.
    onBatchDone(batch, error) {
      if (error === null) acknowledged += batch.recordCount;
      else failed += batch.recordCount;
    },
  },
});
await producer.connect();
const topic = await producer.topic('orders');
const value = Buffer.alloc(100, 'v');

let appended = 0;
await new Promise((/** @type {(value: void) => void} */ resolve, reject) => {
  // A burst, then the sockets' turn.
  function burst() {
    const nowMs = performance.now();
    const timestampMs = Date.now();
    for (let i = 0; i < 1000 && appended < RECORDS; i++) {
      if (producer.append(topic, -1, null, value, timestampMs, nowMs) === null) {
        // buffer.memory is full: go on, from within the call back, as soon as there is room.
        producer.awaitMemory((error) => (error === null ? burst() : reject(error)));
        return;
      }
      appended++;
    }
    producer.wake();
    if (appended < RECORDS) setImmediate(burst);
    else resolve();
  }
  burst();
});
await producer.flush();
console.log(
  `${acknowledged} acknowledged, ${failed} failed, in ${producer.totals.batches} batches`,
);
await producer.close();
