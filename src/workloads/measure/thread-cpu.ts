// CPU time of the calling thread: of a whole measured part, and exact enough for the microseconds
// of one sleep. Called by health and by the pacing's meter; knows nothing of records.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const SCHEDSTAT = '/proc/thread-self/schedstat';

export interface ThreadCpu {
  readonly cpuMs: number;
  readonly runQueueMs: number | null;
}

/** Linux's schedstat, Node's threadCpuUsage (23.9 and later), or null. */
export function threadCpu(): ThreadCpu | null {
  try {
    const [cpuNs, waitNs] = readFileSync(SCHEDSTAT, 'utf8').split(' ').map(Number);
    if (cpuNs !== undefined && cpuNs > 0) {
      return { cpuMs: cpuNs / 1e6, runQueueMs: (waitNs ?? 0) / 1e6 };
    }
  } catch {
    // Not Linux, or /proc is not mounted.
  }
  const own = process as { threadCpuUsage?: () => NodeJS.CpuUsage };
  if (own.threadCpuUsage === undefined) return null;
  const { user, system } = own.threadCpuUsage();
  return { cpuMs: (user + system) / 1e3, runQueueMs: null };
}

/** CPU time of the thread that opened it, exact while it runs. */
export interface CpuClock {
  /** Microseconds, from any origin. */
  read(): number;
  close(): void;
}

/** Null where this platform has no clock that moves with each microsecond of work. */
export function openCpuClock(): CpuClock | null {
  for (const open of [() => SchedstatClock.open(), () => UsageClock.open()]) {
    const clock = open();
    if (clock === null) continue;
    if (moves(clock)) return clock;
    clock.close();
  }
  return null;
}

const PROOFS = 3;
const PROOF_MS = 0.1;

/**
 * One that is told at ticks only, or at the end of a time slice, shows nothing for 0.1 ms of work.
 */
function moves(clock: CpuClock): boolean {
  for (let attempt = 0; attempt < PROOFS; attempt++) {
    const before = clock.read();
    const endMs = performance.now() + PROOF_MS;
    while (performance.now() < endMs);
    // Others may have had the core for a part of it.
    if (clock.read() > before) return true;
  }
  return false;
}

const SPACE = 0x20;
const ZERO = 0x30;

/**
 * Linux, to the nanosecond, 2 us a reading. The kernel brings a running thread's schedstat up to
 * date when it stops running, and when it asks for its process's usage (thread_group_cputime): so
 * that is asked for first. Its own threadCpuUsage (getrusage) is not brought up to date.
 */
class SchedstatClock implements CpuClock {
  private readonly digits = Buffer.alloc(64);

  private constructor(private readonly file: number) {}

  static open(): SchedstatClock | null {
    try {
      return new SchedstatClock(openSync(SCHEDSTAT, 'r'));
    } catch {
      return null;
    }
  }

  read(): number {
    process.cpuUsage();
    const length = readSync(this.file, this.digits, 0, this.digits.length, 0);
    let nanos = 0;
    for (let i = 0; i < length && this.digits[i] !== SPACE; i++) {
      nanos = nanos * 10 + this.digits[i] - ZERO;
    }
    return nanos / 1e3;
  }

  close(): void {
    closeSync(this.file);
  }
}

/** Node 23.9 and later; exact on macOS. */
class UsageClock implements CpuClock {
  private constructor(private readonly usage: () => NodeJS.CpuUsage) {}

  static open(): UsageClock | null {
    const { threadCpuUsage } = process as { threadCpuUsage?: () => NodeJS.CpuUsage };
    return threadCpuUsage === undefined ? null : new UsageClock(() => threadCpuUsage.call(process));
  }

  read(): number {
    const { user, system } = this.usage();
    return user + system;
  }

  close(): void {
    // Holds nothing.
  }
}
