// The consumers of one run, from before its first record until what is in the log was received.
// Used by measure-share. What they need of the producing side besides the run's stamp (sent times)
// is made here.
import { bounded } from '../../base/time-limit.js';
import type { RunSpec } from '../../contract/run-spec.js';
import type { SharedState } from '../threads/shared-state.js';
import type { MemberChange } from '../../contract/faults.js';
import type { Consumed, Consumer, ConsumerTask } from './consumer.js';
import { createSentTimes } from './sent-times.js';

/** Leaders of a fresh topic may be a while in coming, and JVMs start on a busy machine. */
const BEGIN_MS = 150_000;
/** A stopped run keeps what was received by then. */
const STOPPED_MS = 2500;

export type OpenConsumer = (task: ConsumerTask) => Consumer;

export class RunConsumers {
  readonly sentTimes: SharedArrayBuffer | null;
  private readonly consumer: Consumer;

  constructor(spec: RunSpec, stamp: number, state: SharedState, open: OpenConsumer) {
    const closed = spec.settings.workload.rate === 'max';
    this.sentTimes = closed ? createSentTimes(state.workers) : null;
    this.consumer = open({ spec, stamp, shared: state.buffer, sentTimes: this.sentTimes });
  }

  /** Rejects as soon as the run has no consumer any more. */
  get failure(): Promise<never> {
    return this.consumer.failure;
  }

  async begin(stop: AbortSignal | undefined): Promise<void> {
    await bounded('starting the consumer', { limitMs: BEGIN_MS, stop }, () =>
      this.consumer.begin(),
    );
  }

  changeMember(change: MemberChange): Promise<void> {
    return this.consumer.changeMember(change);
  }

  /** Null where nothing was measured, or the user does not wait for it. */
  async finish(stopped: () => boolean): Promise<Consumed | null> {
    let timer: NodeJS.Timeout | undefined;
    const givenUp = new Promise<null>((resolve) => {
      let stoppedMs = Infinity;
      timer = setInterval(() => {
        if (stopped()) stoppedMs = Math.min(stoppedMs, performance.now());
        if (performance.now() - stoppedMs > STOPPED_MS) resolve(null);
      }, 100);
    });
    try {
      return await Promise.race([this.consumer.finish(), givenUp]);
    } finally {
      clearInterval(timer);
    }
  }

  close(): Promise<void> {
    return this.consumer.close();
  }
}
