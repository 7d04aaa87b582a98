// kbench's side of bench/fidelity.ts: a process that reads the same lines as FidelityProducer.java, sends the same records at the same due
// times through the core, and answers with the core's metrics under Java's names.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setImmediate as turn } from 'node:timers/promises';
import {
  CoreProducer,
  metricsBetween,
  systemClock,
  type BatchView,
  type MetricSample,
  type ProducerError,
  type TopicHandle,
} from '../src/producer-core/index.js';
import { lowerTimerSlack } from '../src/workloads/pacer.js';

lowerTimerSlack(1000);
for await (const line of createInterface({ input: process.stdin })) {
  const asked = new Map<string, string>();
  const settings: Record<string, string> = {};
  for (const pair of line.trim().split(/\s+/)) {
    const at = pair.indexOf('=');
    if (pair.startsWith('s.')) settings[pair.slice(2, at)] = pair.slice(at + 1);
    else asked.set(pair.slice(0, at), pair.slice(at + 1));
  }
  console.log(await measure((name) => asked.get(name)!, settings));
}

async function measure(asked: (name: string) => string, settings: Record<string, string>): Promise<string> {
  let acked = 0;
  let failed = 0;
  const onBatchDone = (batch: BatchView, error: ProducerError | null) => {
    if (error === null) acked += batch.recordCount;
    else failed += batch.recordCount;
  };
  const producer = new CoreProducer({ settings, hooks: { onBatchDone } });
  await producer.connect();
  const topic = await producer.topic(asked('topic'));
  const startMs = systemClock.now() + 5;
  const samples = await send(producer, topic, startMs, asked);
  await producer.flush();
  await producer.close();
  const spanMs = samples.after.atMs - samples.before.atMs;
  const metrics = metricsBetween(samples.before, samples.after, spanMs);
  const told = {
    batchSizeAvg: metrics['batch-size-avg'],
    recordsPerRequestAvg: metrics['records-per-request-avg'],
    requestRate: metrics['request-rate'],
    seconds: spanMs / 1000,
    acked,
    failed,
  };
  return Object.entries(told)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

/** As the Java side does: what is due is sent, then a short sleep; here the sockets have their turn before it. */
async function send(
  producer: CoreProducer,
  topic: TopicHandle,
  startMs: number,
  asked: (name: string) => string,
): Promise<{ before: MetricSample; after: MetricSample }> {
  const records = Number(asked('records'));
  const warmup = Number(asked('warmup'));
  let before: MetricSample | null = null;
  const gapMs = 1000 / Number(asked('rate'));
  const quantumMs = Number(asked('quantumNs')) / 1e6;
  const valueBytes = Number(asked('valueBytes'));
  const payload = readFileSync(asked('payload'));
  const values = Array.from({ length: Math.floor(payload.length / valueBytes) }, (_, i) =>
    payload.subarray(i * valueBytes, (i + 1) * valueBytes),
  );
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (let sent = 0; sent < records;) {
    const nowMs = systemClock.now();
    const due = nowMs < startMs ? 0 : Math.min(records, Math.floor((nowMs - startMs) / gapMs) + 1);
    const epochMs = systemClock.epoch();
    for (; sent < due; sent++) {
      if (producer.append(topic, -1, null, values[sent % values.length], epochMs, nowMs) !== null) continue;
      await new Promise((resolve) => producer.awaitMemory(resolve));
      sent--;
    }
    if (before === null && sent >= warmup) before = producer.metricSample();
    producer.wake();
    await turn();
    if (sent < records) Atomics.wait(cell, 0, 0, quantumMs);
    await turn();
  }
  return { before: before!, after: producer.metricSample() };
}
