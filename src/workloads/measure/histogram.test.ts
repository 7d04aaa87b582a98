import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { beforeAll, describe, expect, it } from 'vitest';
import { LatencyHistogram, initHistograms, mergeLatency, toMicros } from './histogram.js';

beforeAll(initHistograms);

describe('latency histogram', () => {
  it('has the percentiles of the HdrHistogram coordinated-omission vector, uncorrected', () => {
    // facts/statistics.md: 10,000 x 1 ms plus one 100 s.
    const histogram = new LatencyHistogram();
    histogram.record(toMicros(1), 10_000);
    histogram.record(toMicros(100_000), 1);
    const latency = histogram.toLatency()!;
    expect(latency).toMatchObject({
      count: 10_001,
      min: 1,
      p50: 1,
      p99: 1,
      p9999: 1,
      max: 100_000,
    });
    expect(latency.mean).toBeCloseTo((10_000 + 100_000) / 10_001, 1);
  });

  it('has the vector back-filled as HdrHistogram corrects it', () => {
    const histogram = new LatencyHistogram();
    histogram.record(1000, 10_000);
    for (let ms = 100_000; ms >= 10; ms -= 10) histogram.record(ms * 1000, 1);
    expect(histogram.count).toBe(20_000);
    expect(histogram.percentileMs(50)).toBe(1);
    expect(histogram.percentileMs(75) / 50_000).toBeCloseTo(1, 2);
    expect(histogram.percentileMs(99) / 98_000).toBeCloseTo(1, 2);
  });

  it('clips and drops nothing: what is above its range makes it grow', () => {
    const histogram = new LatencyHistogram();
    for (const ms of [0, 1, 3_600_000, 86_400_000]) histogram.record(toMicros(ms), 1);
    expect(histogram.toLatency()).toMatchObject({ count: 4, min: 0, max: 86_400_000 });
  });

  it('rounds to microseconds and counts a negative latency as 0', () => {
    expect([0.0004, 0.0005, 1.2344, 1.2346, -3, Number.NaN].map(toMicros)).toEqual([
      0, 1, 1234, 1235, 0, 0,
    ]);
  });

  it('travels packed and adds up without loss', () => {
    const [a, b] = [new LatencyHistogram(), new LatencyHistogram()];
    a.record(1234, 7);
    b.record(99_999_999, 2);
    b.record(5, 1);
    const merged = mergeLatency([a.pack(), b.pack(), new LatencyHistogram().pack()])!;
    expect(merged).toMatchObject({ count: 10, min: 0.005, max: 99_999.999 });
    expect(merged.p50).toBeCloseTo(1.234, 2);
  });

  it('encodes what the JavaScript HdrHistogram reads back, value for value', () => {
    const histogram = new LatencyHistogram();
    for (let i = 1; i <= 5000; i++) histogram.record(i * 37, i % 5 === 0 ? 3 : 1);
    const { encoded, count, p75, p95, p99 } = histogram.toLatency()!;
    const other = decodeFromCompressedBase64(encoded, 64, false);
    expect(other.totalCount).toBe(count);
    expect([75, 95, 99].map((percent) => other.getValueAtPercentile(percent) / 1000)).toEqual([
      p75,
      p95,
      p99,
    ]);
    expect(other.maxValue / 1000).toBeCloseTo(185, 0);
  });

  it('says null when nothing was recorded', () => {
    expect(new LatencyHistogram().toLatency()).toBeNull();
    expect(mergeLatency([])).toBeNull();
  });
});
