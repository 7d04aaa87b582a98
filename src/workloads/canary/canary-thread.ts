// Entry of the canary's own thread: it waits for a message, does the two pieces of work, answers,
// and waits again. Started by canary.ts only. A heap and a compiler of its own: what it does
// neither warms nor litters what is measured after it.
import { parentPort, workerData } from 'node:worker_threads';
import { cpuLoopMs, sinkRecordsPerSecond } from './canary-work.js';
import type { CanaryAnswer, CanaryTask } from './canary.js';
import { failureOf } from '../result/failure.js';

const main = parentPort!;
const { bootstrap } = workerData as CanaryTask;

async function answer(): Promise<CanaryAnswer> {
  try {
    return {
      ok: true,
      cpuMs: cpuLoopMs(),
      sinkRecordsPerSecond: await sinkRecordsPerSecond(bootstrap),
    };
  } catch (error) {
    return { ok: false, message: failureOf(error).message };
  }
}

main.on('message', () => void answer().then((told) => main.postMessage(told)));
