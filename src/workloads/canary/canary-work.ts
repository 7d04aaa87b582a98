// The canary's two fixed pieces of work: a loop of arithmetic, and a load through the producer to
// an embedded cluster. They are the same in every run of every sweep: whoever changes a number here
// raises CANARY_VERSION, as figures of two versions do not compare. Called by canary-thread.
import { CoreProducer, type TopicHandle } from '../../producer-core/harness.js';
import { systemClock } from '../../base/clock.js';

export const CANARY_VERSION = 1;
export const CANARY_TOPIC = 'kbench-canary';
/**
 * Each piece is timed in slices, of which the median counts: one that another program cut into says
 * nothing of the machine.
 */
const SLICES = 7;
const ROUNDS_A_SLICE = 4_000_000;
const RECORDS_A_SLICE = 80_000;
const WARM_UP_RECORDS = 40_000;
const VALUE_BYTES = 100;
/** Records between two turns for the sockets. */
const BURST_RECORDS = 500;

const SETTINGS = {
  acks: '1',
  'enable.idempotence': false,
  'batch.size': 16_384,
  'linger.ms': 0,
  'buffer.memory': 2 * 1024 * 1024,
  'max.in.flight.requests.per.connection': 5,
  'client.id': 'kbench-canary',
  // Nothing here takes a second: what does has broken, and the run waits for it.
  'max.block.ms': 5_000,
  'request.timeout.ms': 5_000,
  'delivery.timeout.ms': 5_000,
} as const;

/** Milliseconds of all slices together, each taken as long as the median one. */
export function cpuLoopMs(): number {
  const slicesMs: number[] = [];
  for (let slice = 0; slice < SLICES; slice++) {
    const startMs = performance.now();
    spin(slice + 1);
    slicesMs.push(performance.now() - startMs);
  }
  return SLICES * middle(slicesMs);
}

/** What it computes is kept, so that no compiler can leave it out. */
let residue = 0;

/**
 * Integer and floating-point steps that depend on each other: no memory, no allocation, no call.
 */
function spin(seed: number): void {
  let word = seed | 1;
  let real = 1;
  for (let round = 0; round < ROUNDS_A_SLICE; round++) {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    real = real * 0.999_999 + (word & 0xff);
  }
  residue += word + real;
}

/**
 * Acknowledged records a second, of the median slice. A producer of its own, closed after it:
 * nothing is left that could wake.
 */
export async function sinkRecordsPerSecond(bootstrap: readonly string[]): Promise<number> {
  let failed: Error | null = null;
  const producer = new CoreProducer({
    settings: { ...SETTINGS, 'bootstrap.servers': bootstrap.join(',') },
    hooks: { onBatchDone: (_batch, error) => void (failed ??= error) },
  });
  try {
    await producer.connect();
    const topic = await producer.topic(CANARY_TOPIC);
    const value = Buffer.alloc(VALUE_BYTES, 'k');
    await send(producer, topic, value, WARM_UP_RECORDS);
    const rates: number[] = [];
    for (let slice = 0; slice < SLICES; slice++) {
      const startMs = performance.now();
      await send(producer, topic, value, RECORDS_A_SLICE);
      rates.push((RECORDS_A_SLICE * 1000) / (performance.now() - startMs));
    }
    if (failed !== null) throw failed as Error;
    return middle(rates);
  } finally {
    await producer.close(0);
  }
}

/** Resolves when all are acknowledged. */
async function send(
  producer: CoreProducer,
  topic: TopicHandle,
  value: Buffer,
  records: number,
): Promise<void> {
  const timestampMs = Date.now();
  for (let sent = 0; sent < records;) {
    const nowMs = systemClock.now();
    const upTo = Math.min(records, sent + BURST_RECORDS);
    while (sent < upTo && producer.append(topic, 0, null, value, timestampMs, nowMs) !== null)
      sent++;
    producer.wake();
    if (sent < upTo) await memory(producer);
    else await new Promise((resolve) => setImmediate(resolve));
  }
  await producer.flush();
}

function memory(producer: CoreProducer): Promise<void> {
  return new Promise((resolve, reject) => {
    producer.awaitMemory((error) => (error === null ? resolve() : reject(error)));
  });
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** For tests: that the loop did compute something. */
export const loopResidue = (): number => residue;
