// A run without its histograms: the figures stay, the encoded distributions go. For what keeps many
// runs (sweep's ledger) or small ones (references). Pure.
import type { Latency, RunResult } from '../../contract/run-result.js';

export function withoutHistograms(run: RunResult): RunResult {
  const { measurement } = run;
  if (measurement === null) return run;
  const bare = (latency: Latency | null): Latency | null =>
    latency === null ? null : { ...latency, encoded: '' };
  const { response, service, delay } = measurement.latencyMs;
  const { transactions } = measurement;
  return {
    ...run,
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
