import { describe, expect, it } from 'vitest';
import { parseCpuStat, readThrottling } from './cpu-quota.js';

const V2 = 'usage_usec 5\nnr_periods 9\nnr_throttled 3\nthrottled_usec 250000\n';
const V1 = 'nr_periods 9\nnr_throttled 4\nthrottled_time 120000000\n';

/** A machine that has these files and no others. */
const files = (there: Readonly<Record<string, string>>) => (file: string) => {
  if (Object.hasOwn(there, file)) return there[file];
  throw new Error(`no ${file}`);
};

describe('throttling by a CPU quota', () => {
  it('is read from cpu.stat of both versions of cgroups', () => {
    expect(parseCpuStat(V2)).toEqual({ periods: 3, ms: 250 });
    expect(parseCpuStat(V1)).toEqual({ periods: 4, ms: 120 });
    expect(parseCpuStat('usage_usec 5\n')).toBeNull();
  });

  it('is that of the own group, or of what a container sees as the root', () => {
    const own = {
      '/proc/self/cgroup': '0::/kubepods/pod1\n',
      '/sys/fs/cgroup/kubepods/pod1/cpu.stat': V2,
      '/sys/fs/cgroup/cpu.stat': V1,
    };
    expect(readThrottling(files(own))).toEqual({ periods: 3, ms: 250 });
    const container = { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.stat': V2 };
    expect(readThrottling(files(container))).toEqual({ periods: 3, ms: 250 });
    const old = {
      '/proc/self/cgroup': '4:cpu,cpuacct:/docker/1\n',
      '/sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.stat': V1,
    };
    expect(readThrottling(files(old))).toEqual({ periods: 4, ms: 120 });
  });

  it('is not told where no group tells', () => {
    expect(readThrottling(files({}))).toBeNull();
  });
});
