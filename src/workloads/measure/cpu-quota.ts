// How long the container's CPU quota kept this process from running: cgroup's cpu.stat, read at the
// two ends of the measured part. Called by measure-share; where the system does not tell, nothing
// is said.
import { readFileSync } from 'node:fs';

/** Counters since the group was made. */
export interface Throttling {
  readonly periods: number;
  readonly ms: number;
}

const MOUNT = '/sys/fs/cgroup';

/** Null where there is no quota to speak of, or no cgroup that tells. */
export function readThrottling(read: (file: string) => string = readText): Throttling | null {
  for (const file of candidates(read)) {
    try {
      const told = parseCpuStat(read(file));
      if (told !== null) return told;
    } catch {
      // not this one
    }
  }
  return null;
}

/** Version 2 tells `throttled_usec`, version 1 `throttled_time` in nanoseconds. */
export function parseCpuStat(text: string): Throttling | null {
  const values = new Map(
    text.split('\n').map((line): [string, number] => {
      const [name, value] = line.split(' ');
      return [name, Number(value)];
    }),
  );
  const periods = values.get('nr_throttled');
  const micros = values.get('throttled_usec');
  const nanos = values.get('throttled_time');
  if (periods === undefined || (micros === undefined && nanos === undefined)) return null;
  return { periods, ms: micros === undefined ? nanos! / 1e6 : micros / 1e3 };
}

function candidates(read: (file: string) => string): string[] {
  let own: string[] = [];
  try {
    own = read('/proc/self/cgroup')
      .split('\n')
      .flatMap((line) => {
        const [, controllers, group] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
        if (group === undefined) return [];
        if (controllers === '') return [`${MOUNT}${group}/cpu.stat`];
        return controllers.split(',').includes('cpu')
          ? [`${MOUNT}/${controllers}${group}/cpu.stat`, `${MOUNT}/cpu${group}/cpu.stat`]
          : [];
      });
  } catch {
    // no Linux
  }
  // In a container the group is mounted as the root of what it sees.
  return [...own, `${MOUNT}/cpu.stat`, `${MOUNT}/cpu/cpu.stat`];
}

const readText = (file: string): string => readFileSync(file, 'latin1');
