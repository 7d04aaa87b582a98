// Entry of a consumer's own thread: begins, finishes and closes what the run's settings ask for.
// Started by tail-proxy.ts only.
import { parentPort, workerData } from 'node:worker_threads';
import { dataWithoutSecrets, noteSecret, withoutSecrets } from '../../base/secrets/secrets.js';
import { keepSecrets } from '../../connect/security/index.js';
import { initHistograms } from '../measure/histogram.js';
import { failureOf } from '../result/failure.js';
import type { ConsumerTask } from './consumer.js';
import { createConsumer } from './create-consumer.js';
import type { TailAnswer, TailRequest } from './tail-messages.js';

keepSecrets({ note: noteSecret, without: withoutSecrets });

const main = parentPort!;
await initHistograms();
const tail = createConsumer(workerData as ConsumerTask);
tail.failure.catch(failed);

function failed(error: unknown): void {
  // The main thread knows no token that was given to this one.
  main.postMessage(dataWithoutSecrets({ kind: 'failed', failure: failureOf(error) }));
}

async function answer(request: TailRequest): Promise<TailAnswer> {
  switch (request) {
    case 'add':
    case 'remove':
    case 'kill':
      await tail.changeMember(request);
      return { kind: 'changed' };
    case 'begin':
      await tail.begin();
      return { kind: 'begun' };
    case 'finish':
      return { kind: 'finished', consumed: await tail.finish() };
    case 'close':
      await tail.close();
      return { kind: 'closed' };
  }
}

main.on('message', (request: TailRequest) => {
  answer(request).then((told) => main.postMessage(told), failed);
});
