// A run's consumer in a thread of its own: what it costs is told apart, and its records keep no
// worker's sockets waiting. Opened by run-consumers.
import { Worker } from 'node:worker_threads';
import { Deferred } from '../../base/deferred.js';
import { RunError } from '../../base/errors.js';
import { threadEntry } from '../../base/thread-entry.js';
import type { MemberChange } from '../../contract/faults.js';
import type { Consumed, Consumer, ConsumerTask } from './consumer.js';
import type { TailAnswer, TailRequest } from './tail-messages.js';

/** It allocates little per record; answers lie outside of the heap. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 16 };
/** More than a group's members have to end: what a terminated thread has started outlives it. */
const CLOSE_MS = 6000;

export class TailProxy implements Consumer {
  readonly failure: Promise<never>;
  private readonly thread: Worker;
  private fail: (error: Error) => void = () => undefined;
  private answered: (answer: TailAnswer) => void = () => undefined;
  private readonly ended = new Deferred<void>();
  /** The last request: the next one waits for its answer. */
  private asked: Promise<unknown> = Promise.resolve();

  constructor(task: ConsumerTask) {
    this.failure = new Promise((_resolve, reject) => (this.fail = reject));
    this.failure.catch(() => undefined);
    this.thread = new Worker(threadEntry(import.meta.url, './tail-thread.js'), {
      workerData: task,
      resourceLimits: RESOURCE_LIMITS,
      name: 'kbench-consumer',
    });
    this.thread.on('message', (answer: TailAnswer) => {
      if (answer.kind === 'failed')
        this.fail(new RunError(answer.failure.message, answer.failure.remedy));
      else if (answer.kind === 'closed') this.ended.resolve();
      else this.answered(answer);
    });
    this.thread.on('error', ({ message }) =>
      this.fail(new RunError(`the consumer's thread died: ${message}`)),
    );
    this.thread.on('exit', () => {
      this.fail(new RunError('the consumer’s thread ended'));
      this.ended.resolve();
    });
  }

  async begin(): Promise<void> {
    await this.ask('begin');
  }

  async changeMember(change: MemberChange): Promise<void> {
    await this.ask(change);
  }

  async finish(): Promise<Consumed | null> {
    const answer = await this.ask('finish');
    return answer.kind === 'finished' ? answer.consumed : null;
  }

  /** Whatever else it is asked, and whether it has failed or not. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.ended.resolve(), CLOSE_MS);
    this.thread.postMessage('close' satisfies TailRequest);
    await this.ended.promise;
    clearTimeout(timer);
    await this.thread.terminate();
  }

  private ask(request: TailRequest): Promise<TailAnswer> {
    const answer = this.asked.then(() => {
      const told = new Promise<TailAnswer>((resolve) => (this.answered = resolve));
      this.thread.postMessage(request);
      return Promise.race([told, this.failure]);
    });
    this.asked = answer.catch(() => undefined);
    return answer;
  }
}
