// The last guard against a run that hangs: if none of its counters and phases has moved for longer
// than any timeout of the producer allows, it has failed, whatever its threads are doing.
import type { RunSpec } from '../../contract/run-spec.js';
import { deliveryTimeoutMs, settingMs } from '../load/drain.js';
import { STOP } from './shared-state.js';
import type { SharedState } from './shared-state.js';
import type { WorkerFailure } from './worker-result.js';

/** Java's default of max.block.ms. */
const MAX_BLOCK_MS = 60_000;
/** Connecting may try each bootstrap address in turn before max.block.ms runs for the topic. */
const CONNECT_MS = 30_000;
const MARGIN_MS = 20_000;
/** A stopped run drains for at most 10 s and then closes. */
const STOPPED_MS = 15_000;

export class StallWatch {
  private seen = '';
  private movedMs: number;
  private stoppedMs: number | null = null;
  private readonly limitMs: number;

  constructor(
    spec: RunSpec,
    private readonly state: SharedState,
    private readonly now: () => number = () => performance.now(),
  ) {
    const { rate } = spec.settings.workload;
    const gapMs = rate === 'max' ? 0 : 1000 / rate;
    const blockMs = CONNECT_MS + settingMs(spec, 'max.block.ms', MAX_BLOCK_MS);
    this.limitMs = Math.max(deliveryTimeoutMs(spec), blockMs) + gapMs + MARGIN_MS;
    this.movedMs = now();
  }

  /** Call now and then; what failed once the run has stalled, else null. */
  check(): WorkerFailure | null {
    const now = this.now();
    const { sent, acked, failed } = this.state.counters;
    const seen = `${this.state.phase} ${sent} ${acked} ${failed}`;
    // Other processes are waited for: whether those move is looked at by themselves.
    if (seen !== this.seen || this.state.waitsOutside) this.movedMs = now;
    this.seen = seen;
    if (this.state.stopped) this.stoppedMs ??= now;
    if (this.stoppedMs !== null && now - this.stoppedMs > STOPPED_MS)
      return this.failure('did not end after its stop');
    if (now - this.movedMs <= this.limitMs) return null;
    return this.failure(`did not move for ${Math.round(this.limitMs / 1000)} s`);
  }

  private failure(what: string): WorkerFailure {
    const by = this.state.stopCause === STOP.user ? ' by the user' : '';
    return {
      message:
        `the run ${what}${by} (${this.state.phase}, ` +
        `${this.state.counters.acked} records acknowledged)`,
    };
  }
}
