// Our reader as a run's consumer: all partitions of the topic, from where the log ended before the
// first record to where it ends after the last one. Runs in a thread of its own (tail-thread.ts).
import { RunError } from '../../base/errors.js';
import { sleep } from '../../base/time-limit.js';
import type { Security } from '../../connect/security/security.js';
import type { ConsumerSettings } from '../../contract/settings.js';
import { openReader, type Isolation, type Reader, type RecordVisitor } from '../../reader/index.js';
import { StampReader } from '../audit/stamp.js';
import { openAccess } from '../drivers/run-access.js';
import { shareOf } from '../load/run-share.js';
import { cpuOf } from './consumer-cpu.js';
import { HealthMonitor } from '../measure/health.js';
import { commonClock } from '../threads/barrier.js';
import { SharedState } from '../threads/shared-state.js';
import type { Consumed, Consumer, ConsumerTask } from './consumer.js';
import { fetchSettings, isolationOf } from './reading-settings.js';
import { awaitReceived } from './await-received.js';
import { asConsumer, LogEnds } from './log-ends.js';
import { OriginTimes } from './origin-times.js';
import { missedStart, startWasMissed } from './start-after.js';
import { StreamMeter } from './stream-meter.js';

/** How long leaders may be gone: a fault may have killed them. */
const PATIENCE_MS = 60_000;
const POLL_MS = 20;
/** How often a backlog that builds up is looked at. */
const LOOK_MS = 250;

export class LogTail implements Consumer {
  readonly failure: Promise<never>;
  private fail: (error: unknown) => void = () => undefined;
  private readonly state: SharedState;
  private readonly clock = commonClock();
  private readonly origins: OriginTimes;
  private readonly isolation: Isolation;
  private readonly stop = new AbortController();
  private access: Security | null = null;
  /** Null before `begin`. */
  private at: { readonly ends: LogEnds; readonly meter: StreamMeter } | null = null;
  private reading: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private health: HealthMonitor | null = null;

  constructor(
    private readonly task: ConsumerTask,
    private readonly settings: ConsumerSettings,
  ) {
    const { spec, shared, sentTimes } = task;
    this.isolation = isolationOf(spec.settings);
    this.state = new SharedState(shared, shareOf(spec).workers);
    this.origins = new OriginTimes(spec, this.state, sentTimes);
    this.failure = new Promise((_resolve, reject) => (this.fail = reject));
    this.failure.catch(() => undefined);
  }

  async begin(): Promise<void> {
    const { spec, stamp } = this.task;
    this.access = await openAccess(spec);
    const ends = new LogEnds(spec.topicName, this.isolation, (isolation) => this.open(isolation));
    const from = await ends.now();
    const meter = new StreamMeter(stamp, shareOf(spec), this.origins, from);
    this.at = { ends, meter };
    this.timer = setInterval(() => this.tick(meter), POLL_MS);
    this.reading = this.read(from, ends, meter).catch((error: unknown) => this.fail(error));
  }

  changeMember(): Promise<void> {
    return Promise.reject(new RunError('a reader has no members: write consumers: {kind: group}'));
  }

  async finish(): Promise<Consumed | null> {
    const startMs = this.origins.start();
    if (this.at === null || startMs === null) return null;
    const { ends, meter } = this.at;
    const sentMs = this.now();
    const stopped = (): boolean => this.state.stopped;
    const late = { startAfterMs: this.settings.startAfterMs, producedMs: sentMs - startMs };
    if (startWasMissed(late)) {
      if (stopped()) return null;
      throw missedStart(late);
    }
    const left = await ends.settled(stopped);
    const { failure } = this;
    const measuredMs = sentMs - startMs;
    await awaitReceived({ meters: [meter], ends: left, measuredMs, stopped, failure });
    this.stop.abort();
    await this.reading;
    const stable = meter.behind(left.stable);
    if (stable > 0) meter.pausedUntil(sentMs);
    const stream = {
      ...meter.finish(startMs, this.now()),
      ...{ unread: stable, undecided: meter.behind(left.latest) - stable },
      drainMs: Math.max(0, meter.lastReceivedMs - sentMs),
    };
    return {
      ...{ isolation: this.isolation, streams: [stream], ...cpuOf(this.health) },
      clockErrorMs: this.clock.errorMs + this.state.clockErrorMs,
    };
  }

  async close(): Promise<void> {
    this.stop.abort();
    clearInterval(this.timer);
    await this.reading;
    this.at?.ends.close();
    this.at?.meter.destroy();
    this.access?.close();
  }

  private now(): number {
    return performance.now() + this.clock.offsetMs;
  }

  private open(isolation: Isolation): Reader {
    return openReader({
      bootstrap: this.task.spec.bootstrap,
      ...(this.access === null ? {} : { access: this.access }),
      ...{ isolation, fetch: fetchSettings(this.settings), patienceMs: PATIENCE_MS },
    });
  }

  private async read(from: readonly number[], ends: LogEnds, meter: StreamMeter): Promise<void> {
    if (this.settings.startAfterMs !== undefined)
      await this.awaitStart(this.settings.startAfterMs, ends, meter);
    const { signal } = this.stop;
    if (signal.aborted) return;
    const { topicName: topic } = this.task.spec;
    const reader = this.open(this.isolation);
    try {
      const assignments = from.map((first, partition) => ({ topic, partition, from: first }));
      await asConsumer(() => reader.read(assignments, this.visitor(meter), { signal }));
    } finally {
      reader.close();
    }
  }

  /** A backlog is to build up first; while nothing is read, nobody else says where the log ends. */
  private async awaitStart(afterMs: number, ends: LogEnds, meter: StreamMeter): Promise<void> {
    const { signal } = this.stop;
    const leftMs = (): number => (this.origins.start() ?? Infinity) + afterMs - this.now();
    while (!signal.aborted && leftMs() > 0) {
      if (leftMs() < Infinity) meter.endsAt(await ends.now());
      await sleep(Math.max(1, Math.min(LOOK_MS, leftMs()))).catch(() => undefined);
    }
    if (!signal.aborted) meter.beginBehind(await ends.now(), this.now());
  }

  private visitor(meter: StreamMeter): RecordVisitor {
    const { clock } = this;
    const stamp = new StampReader();
    const committed = this.isolation === 'read_committed';
    return {
      onAnswer: (slot, receivedMs, highWatermark, lastStable) =>
        meter.answer(slot, receivedMs + clock.offsetMs, committed ? lastStable : highWatermark),
      onRecord: (_slot, _offset, bytes, _keyAt, _keyBytes, valueAt, valueBytes) => {
        if (stamp.readHead(bytes, valueAt, valueBytes)) meter.record(stamp);
        else meter.recordForeign();
      },
      onPosition: (slot, next) => meter.reached(slot, next),
      onGone: (_slot, from, to) => meter.isGone(to - from),
      onCorrupt: (_slot, from, to) => meter.isUnreadable(to - from),
    };
  }

  private tick(meter: StreamMeter): void {
    const startMs = this.origins.start();
    const nowMs = this.now();
    if (startMs === null || nowMs < startMs) return;
    this.health ??= new HealthMonitor();
    meter.endIntervals(nowMs);
  }
}
