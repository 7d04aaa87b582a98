// CPU and memory of a driver: of its whole process group, from /proc. Looked at a few times a run,
// never while records are sent.
import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU times in these (USER_HZ), on every platform that Node runs on. */
const TICK_MS = 10;

export interface GroupUsage {
  /** User + system time, that of children that have ended included. */
  readonly cpuMs: number;
  /** Peak resident set. */
  readonly rssMiB: number;
}

/** Null where the system does not tell, or the group is gone. */
export function usageOf(group: number): GroupUsage | null {
  let [cpuMs, rssKiB, found] = [0, 0, 0];
  for (const pid of processes()) {
    const fields = statOf(pid);
    // Behind the name, which may hold anything: state ppid pgrp ... utime is the 12th.
    if (fields === null || Number(fields[2]) !== group) continue;
    found += 1;
    cpuMs += fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * TICK_MS, 0);
    rssKiB += peakKiB(pid);
  }
  return found === 0 ? null : { cpuMs, rssMiB: rssKiB / 1024 };
}

function processes(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function statOf(pid: string): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null; // ended meanwhile
  }
}

function peakKiB(pid: string): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
