// One phase: what is due goes out in batches, at most so many at once; then all of it is waited
// for. A client for Node has no buffer of its own, so batches are the application's, as the
// clients' documents advise.
import {
  DRIVER_TIMES,
  type DriverPhase,
  type DriverSpec,
} from '../../src/contract/driver-protocol.js';
import { createPacer } from '../../src/workloads/load/pacer.js';
import type { BatchClient } from './batch-client.js';
import type { Figures } from './figures.js';
import type { Outcomes } from './outcomes.js';

export interface PhaseParts {
  readonly client: BatchClient;
  readonly due: DriverSpec['due'];
  readonly phase: DriverPhase;
  readonly figures: Figures;
  readonly outcomes: Outcomes | null;
  readonly values: readonly Buffer[];
  readonly keys: readonly Buffer[] | null;
  /** Most bytes of one send, and sends at once. */
  readonly sendBytes: number;
  readonly inFlight: number;
  readonly startMs: number;
  readonly stopped: () => boolean;
}

/** What a record has beside key and value, about. */
const RECORD_OVERHEAD = 12;
const LOOK_MS = 100;

interface Taken {
  readonly values: Buffer[];
  readonly keys: Buffer[] | null;
  readonly dueMs: Float64Array | null;
  readonly bytes: number;
  /** Number of the first record; they follow each other. */
  readonly first: number;
}

/** What a client's error says of itself. */
export interface SendFailure {
  /** Kafka's name for it, or the client's. */
  readonly name: string;
  readonly message: string;
}

export class Phase {
  private next = 0;
  private flying = 0;
  private endedMs: number | null = null;
  private paused = false;
  private readonly pacer = createPacer('auto');
  private finish: (endedMs: number) => void = () => undefined;

  constructor(
    private readonly parts: PhaseParts,
    private readonly failureOf: (error: unknown) => SendFailure,
  ) {}

  /** Resolves with the end of sending once all is answered, or given up after a stop. */
  run(): Promise<number> {
    return new Promise((resolve) => {
      let stoppedMs = Infinity;
      const timer = setInterval(() => {
        const now = performance.now();
        this.parts.figures.endIntervals(now);
        if (this.parts.stopped()) stoppedMs = Math.min(stoppedMs, now);
        if (now > stoppedMs + DRIVER_TIMES.answersMs) this.finish(this.endedMs ?? now);
      }, LOOK_MS);
      this.finish = (endedMs) => {
        clearInterval(timer);
        resolve(endedMs);
      };
      this.turn();
    });
  }

  private readonly turn = (): void => {
    this.paused = false;
    const { phase, startMs, inFlight, due } = this.parts;
    const now = performance.now();
    if (this.endedMs !== null) return;
    if (now < startMs) {
      setTimeout(this.turn, startMs - now);
      return;
    }
    const lastMs = startMs + (phase.durationMs ?? phase.giveUpMs ?? Infinity);
    if (this.parts.stopped() || now >= lastMs) {
      this.end(now);
      return;
    }
    while (this.flying < inFlight && this.available(now) > 0) this.send(this.take(now));
    if (this.next >= (phase.records ?? Infinity)) this.end(performance.now());
    else if (this.flying < inFlight && due !== null) this.pause(due);
  };

  /** Until the next record is due; where no more may fly, the next answer wakes the phase. */
  private pause({ gapMs }: NonNullable<DriverSpec['due']>): void {
    if (this.paused) return;
    this.paused = true;
    const waitMs = Math.max(0.01, this.dueAt(this.next) - performance.now());
    this.pacer.pause(waitMs, gapMs, this.flying === 0, this.turn);
  }

  private end(nowMs: number): void {
    this.endedMs = nowMs;
    if (this.flying === 0) this.finish(nowMs);
  }

  private dueAt(record: number): number {
    const { due, startMs } = this.parts;
    return due === null ? startMs : startMs + due.firstMs + record * due.gapMs;
  }

  /** Records that may be sent now. */
  private available(nowMs: number): number {
    const { due, phase, startMs } = this.parts;
    const left = (phase.records ?? Infinity) - this.next;
    if (due === null) return left;
    const dueCount = Math.floor((nowMs - startMs - due.firstMs) / due.gapMs) + 1;
    return Math.min(left, Math.max(0, dueCount - this.next));
  }

  private take(nowMs: number): Taken {
    const { values, keys, due, outcomes, sendBytes } = this.parts;
    const most = this.available(nowMs);
    const taken: Buffer[] = [];
    const takenKeys: Buffer[] | null = keys === null ? null : [];
    const dueMs: number[] = [];
    let [bytes, size, first] = [0, 0, 0];
    while (taken.length < most && (taken.length === 0 || size < sendBytes)) {
      const at = this.next % values.length;
      const stamped = outcomes?.stamped(at);
      if (taken.length === 0) first = stamped?.sequence ?? 0;
      const value = stamped?.value ?? values[at];
      const key = keys === null ? null : keys[this.next % keys.length];
      taken.push(value);
      if (key !== null) takenKeys?.push(key);
      if (due !== null) dueMs.push(this.dueAt(this.next));
      bytes += value.length;
      size += value.length + (key?.length ?? 0) + RECORD_OVERHEAD;
      this.next += 1;
    }
    const dues = due === null ? null : Float64Array.from(dueMs);
    return { values: taken, keys: takenKeys, dueMs: dues, bytes, first };
  }

  private send(batch: Taken): void {
    const { client, figures, outcomes } = this.parts;
    const records = batch.values.length;
    const sentMs = performance.now();
    figures.handedOver(records, sentMs);
    this.flying += 1;
    client.send(batch).then(
      (batches) => {
        const { bytes, dueMs, first } = batch;
        figures.acknowledged({ bytes, records, batches }, dueMs, sentMs, performance.now());
        outcomes?.settle(first, records, 'acknowledged');
        this.answered();
      },
      (error: unknown) => {
        const { name, message } = this.failureOf(error);
        figures.refused(records, name, message);
        // The client may have sent it more than once: nobody knows what was stored.
        outcomes?.settle(batch.first, records, 'unknown');
        this.answered();
      },
    );
  }

  private answered(): void {
    this.flying -= 1;
    if (this.endedMs === null) this.turn();
    else if (this.flying === 0) this.finish(this.endedMs);
  }
}
