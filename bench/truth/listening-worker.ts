// The entry of a worker thread that does what kbench's own does, and writes down what the core
// counts at each answer; nothing of the core is changed for it. Started by truth.ts.
import { BroadcastChannel } from 'node:worker_threads';
import { MetricCounters } from '../../src/producer-core/parts.js';
import type { WorkerOutcome, WorkerTask } from '../../src/workloads/threads/worker-result.js';
import work from '../../src/workloads/threads/worker.js';
import { HEARD_CHANNEL, type Heard } from './heard.js';

export default async function listeningWorker(task: WorkerTask): Promise<WorkerOutcome> {
  const tookMs: number[] = [];
  const answeredMs: number[] = [];
  const own = Object.getOwnPropertyDescriptor(MetricCounters.prototype, 'produceAnswered')!;
  const count = own.value as (this: MetricCounters, ms: number) => void;
  MetricCounters.prototype.produceAnswered = function (this: MetricCounters, ms: number): void {
    tookMs.push(ms);
    answeredMs.push(performance.now());
    count.call(this, ms);
  };
  const outcome = await work(task);
  const channel = new BroadcastChannel(HEARD_CHANNEL);
  channel.postMessage({
    tookMs: Float64Array.from(tookMs),
    answeredMs: Float64Array.from(answeredMs),
  } satisfies Heard);
  channel.close();
  return outcome;
}
