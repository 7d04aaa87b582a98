import { describe, expect, it } from 'vitest';
import { METRICS, type MetricSample } from '../../producer-core/index.js';
import { MetricCounters } from '../../producer-core/parts.js';
import { MetricWindows, intervalMetrics, runMetrics } from './metric-windows.js';

/** A producer's counters in a scripted clock. */
function metered() {
  const counters = new MetricCounters();
  const at = { ms: 0, availableBytes: 1000 };
  const sample = (): MetricSample => {
    const { maxima } = counters;
    counters.resetMaxima();
    const gauges = {
      requestsInFlight: counters.inFlight,
      metadataAgeSeconds: Infinity,
      waitingThreads: 0,
      bufferTotalBytes: 1000,
      bufferAvailableBytes: at.availableBytes,
      connectionCount: 1,
    };
    return { atMs: at.ms, totals: counters.totals(at.ms, 0), maxima, gauges };
  };
  return { counters, at, windows: new MetricWindows(sample) };
}

describe('metric windows', () => {
  it('leave out what came before the start, and together are the whole', () => {
    const { counters, at, windows } = metered();
    counters.produceAnswered(1000);
    at.ms = 97;
    windows.start(100);
    counters.produceAnswered(10);
    at.ms = 1100;
    at.availableBytes = 500;
    expect(intervalMetrics(windows.next())).toMatchObject({
      'request-latency-avg': 10,
      'request-latency-max': 10,
      'buffer-available-bytes': 500,
    });
    counters.produceAnswered(30);
    counters.produceAnswered(80);
    at.ms = 1600;
    at.availableBytes = 800;
    expect(intervalMetrics(windows.next())).toMatchObject({
      'request-latency-avg': 55,
      'request-latency-max': 80,
    });
    const whole = windows.total();
    expect(whole.producerMs).toBe(1500);
    expect(runMetrics(whole)).toMatchObject({
      'request-latency-avg': 40,
      'request-latency-max': 80,
      'buffer-available-bytes': 600, // a second of 500, half a second of 800
    });
  });

  it('count the time of a request that is under way at their border on both sides of it', () => {
    const { counters, at, windows } = metered();
    windows.start(0);
    counters.requestSent(100, 900);
    at.ms = 1000;
    expect(intervalMetrics(windows.next())['requests-in-flight']).toBe(0.1);
    counters.requestsEnded(1, 1300);
    at.ms = 2000;
    expect(intervalMetrics(windows.next())['requests-in-flight']).toBe(0.3);
    expect(runMetrics(windows.total())['requests-in-flight']).toBe(0.2);
  });

  it('come as numbers that JSON has: null for infinity, six figures if not whole', () => {
    const { counters, at, windows } = metered();
    windows.start(0);
    counters.requestSent(123_456_789, 0);
    counters.requestsEnded(1, 1 / 3);
    at.ms = 3000;
    const metrics = runMetrics(windows.next());
    expect(metrics).toMatchObject({
      'batch-size-avg': null,
      'batch-size-max': null,
      'metadata-age': null,
      'outgoing-byte-total': 123_456_789,
      'requests-in-flight': 0.000111111,
    });
    expect(Object.keys(metrics)).toEqual(METRICS.map(({ name }) => name));
  });
});
