// A run without its histograms: the figures stay, the encoded distributions go. For what keeps many
// runs (sweep's ledger) or small ones (references). Pure.
import type { Latency, RunResult } from '../../contract/run-result.js';

const bare = <T extends Latency>(latency: T | null): T | null =>
  latency === null ? null : { ...latency, encoded: '' };

export function withoutHistograms(run: RunResult): RunResult {
  const { measurement, consumers } = run;
  if (measurement === null) return run;
  const { response, service, delay } = measurement.latencyMs;
  const { transactions } = measurement;
  return {
    ...run,
    ...(consumers === undefined
      ? {}
      : { consumers: { ...consumers, endToEndMs: bare(consumers.endToEndMs) } }),
    measurement: {
      ...measurement,
      latencyMs: { response: bare(response), service: bare(service), delay: bare(delay) },
      transactions:
        transactions === null
          ? null
          : {
              ...transactions,
              commitLatencyMs: bare(transactions.commitLatencyMs),
              abortLatencyMs: bare(transactions.abortLatencyMs),
            },
    },
  };
}
