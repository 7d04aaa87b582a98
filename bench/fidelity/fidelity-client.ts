// kbench's side of bench/fidelity.ts: a process that reads the same lines as FidelityProducer.java,
// sends the same records at the same due times through kbench's own open loop and core, and answers
// with the core's metrics under Java's names. Its argument: workload.timing.
import { createInterface } from 'node:readline';
import { CoreProducer } from '../../src/producer-core/parts.js';
import { metricsBetween, systemClock, type MetricSample } from '../../src/producer-core/index.js';
import type { GeneratorContext, GeneratorPhase } from '../../src/workloads/load/generator.js';
import { initHistograms } from '../../src/workloads/measure/histogram.js';
import { createKeys } from '../../src/workloads/keys/keys.js';
import { MetricWindows } from '../../src/workloads/measure/metric-windows.js';
import { OpenLoop } from '../../src/workloads/load/open-loop.js';
import { createTiming } from '../../src/workloads/java-timing/timing.js';
import { createPacer, type Pacer } from '../../src/workloads/load/pacer.js';
import { FilePayload } from '../../src/workloads/payload/file/file-payload.js';
import { loadPayloadFile } from '../../src/workloads/payload/file/load-payload-file.js';
import type { PayloadSource } from '../../src/workloads/payload/payload.js';
import { Schedule } from '../../src/workloads/load/schedule.js';
import { SharedState } from '../../src/workloads/threads/shared-state.js';
import { Tracker } from '../../src/workloads/measure/tracker.js';

const paced = createPacer('auto');
let looks = 0;
const pacer: Pacer = {
  pause: (...wait) => {
    looks++;
    return paced.pause(...wait);
  },
  sleepMs: (gapMs) => paced.sleepMs(gapMs),
};
/** By the size of their values. */
const payloads = new Map<number, PayloadSource>();
/** workload.timing. */
const timingName = process.argv[2] === 'none' ? 'none' : 'java';
await initHistograms();
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

async function measure(
  asked: (name: string) => string,
  settings: Record<string, string>,
): Promise<string> {
  let phase: GeneratorPhase | null = null;
  const tracker = new Tracker({
    now: () => systemClock.now(),
    openLoop: true,
    worker: 0,
    state: SharedState.create(1),
    windows: new MetricWindows(() => producer.metricSample()),
    onInterval: () => undefined,
    ledger: null,
  });
  const timing = createTiming(timingName, settings, (sinceMs) => phase?.meanwhile(sinceMs));
  const producer = new CoreProducer({
    settings,
    hooks: {
      onBatchDone: (batch, error) => tracker.onBatchDone(batch, error),
      ...(timing.watch === undefined ? {} : { watch: timing.watch }),
    },
  });
  await producer.connect();
  const context: GeneratorContext = {
    producer,
    topic: await producer.topic(asked('topic')),
    clock: systemClock,
    keys: createKeys({ kind: 'none' }, { seed: 1, worker: 0, workers: 1 }),
    payload: payloadOf(asked('payload'), Number(asked('valueBytes'))),
    tracker,
    transactions: null,
    audit: null,
    stopped: () => false,
  };
  const rate = Number(asked('rate'));
  const warmup = Number(asked('warmup'));
  const startMs = systemClock.now() + 5;
  /** The second part goes on where the first ends, without a drain between. */
  const send = async (from: number, to: number): Promise<MetricSample> => {
    const schedule = new Schedule(startMs + (from * 1000) / rate, rate, 0, 1);
    const thread = timing.thread(pacer.sleepMs(schedule.gapMs));
    const records = to - from;
    phase = new OpenLoop(context, { schedule, pacer, thread, records, endMs: Infinity });
    await phase.run();
    return producer.metricSample();
  };
  const before = await send(0, warmup);
  looks = 0;
  const after = await send(warmup, Number(asked('records')));
  const spanMs = after.atMs - before.atMs;
  const lookEveryUs = (spanMs * 1000) / looks;
  await producer.flush();
  await producer.close();
  tracker.destroy();
  const metrics = metricsBetween(before, after, spanMs);
  const told = {
    batchSizeAvg: metrics['batch-size-avg'],
    recordsPerRequestAvg: metrics['records-per-request-avg'],
    requestRate: metrics['request-rate'],
    seconds: spanMs / 1000,
    lookEveryUs,
    acked: tracker.acked,
    failed: tracker.failed,
  };
  return Object.entries(told)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

function payloadOf(file: string, valueBytes: number): PayloadSource {
  const known = payloads.get(valueBytes) ?? slicesOf(file, valueBytes);
  payloads.set(valueBytes, known);
  return known;
}

/** The file cut into values in its order, as FidelityProducer.java does. */
function slicesOf(file: string, valueBytes: number): PayloadSource {
  const source = { kind: 'file', file, records: 'slices' } as const;
  const loaded = loadPayloadFile({ payload: source, valueBytes, folder: '', seed: 0 });
  return new FilePayload(loaded, source, { seed: 1, worker: 0, workers: 1 });
}
