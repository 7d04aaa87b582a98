// Records that become visible together or not at all.
//
//   npx kbench embedded --port 9092 --topic orders:6
//   node examples/transactions.mjs localhost:9092
// @ts-check
import { Producer, ProducerStateError } from 'kbench/producer-core';

const producer = new Producer({
  'bootstrap.servers': process.argv[2] ?? 'localhost:9092',
  'transactional.id': 'examples-transactions',
});
await producer.initTransactions();

/** @param {readonly string[]} values */
async function together(values) {
  producer.beginTransaction();
  // A send that fails makes commitTransaction fail too. Still each promise needs somebody who looks
  // at it.
  const sends = Promise.allSettled(
    values.map((value) => producer.send({ topic: 'orders', value })),
  );
  try {
    await producer.commitTransaction();
    return 'committed';
  } catch (error) {
    // Fatal: another producer has taken over this transactional.id, for example. Nothing but
    // close() is left.
    if (error instanceof ProducerStateError && !error.abortable) throw error;
    await producer.abortTransaction();
    return 'aborted';
  } finally {
    await sends;
  }
}

console.log('three records:', await together(['a', 'b', 'c']));
console.log('one of them too large:', await together(['d', 'x'.repeat(2_000_000), 'e']));
console.log('two more:', await together(['f', 'g']));
await producer.close();
