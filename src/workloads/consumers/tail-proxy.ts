// A run's consumer in a thread of its own: what it costs is told apart, and its records keep no
// worker's sockets waiting. Opened by run-consumers.
import { Worker } from 'node:worker_threads';
import { RunError } from '../../base/errors.js';
import { threadEntry } from '../../base/thread-entry.js';
import type { MemberChange } from '../../contract/faults.js';
import type { Consumed, Consumer, ConsumerTask } from './consumer.js';
import type { TailAnswer, TailRequest } from './tail-messages.js';

/** It allocates little per record; answers lie outside of the heap. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 16 };
const CLOSE_MS = 2000;

export class TailProxy implements Consumer {
  readonly failure: Promise<never>;
  private readonly thread: Worker;
  private fail: (error: Error) => void = () => undefined;
  private answered: (answer: TailAnswer) => void = () => undefined;
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
      else this.answered(answer);
    });
    this.thread.on('error', ({ message }) =>
      this.fail(new RunError(`the consumer's thread died: ${message}`)),
    );
    this.thread.on('exit', () => this.fail(new RunError('the consumer’s thread ended')));
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

  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise((resolve) => (timer = setTimeout(resolve, CLOSE_MS)));
    await Promise.race([this.ask('close').catch(() => undefined), tooLong]);
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
