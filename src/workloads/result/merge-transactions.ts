// The workers' transactions as the one account of their run. Called by merge.ts; counts and
// histograms are added.
import type { Measurement } from '../../contract/run-result.js';
import { mergeLatency } from '../measure/histogram.js';
import type { WorkerResult } from '../threads/worker-result.js';

type Count = 'begun' | 'committed' | 'aborted' | 'failed' | 'recordsCommitted' | 'recordsAborted';

/** Null for a run without transactions. */
export function mergeTransactions(results: readonly WorkerResult[]): Measurement['transactions'] {
  const parts = results.map(({ transactions }) => transactions).filter((part) => part !== null);
  if (parts.length === 0) return null;
  const sum = (name: Count): number => parts.reduce((total, part) => total + part[name], 0);
  const lastEndedAtMs = Math.max(...results.map((result) => result.lastTransactionAtMs ?? 0));
  const recordsCommitted = sum('recordsCommitted');
  return {
    begun: sum('begun'),
    committed: sum('committed'),
    aborted: sum('aborted'),
    failed: sum('failed'),
    recordsCommitted,
    recordsAborted: sum('recordsAborted'),
    committedRecordsPerSecond: lastEndedAtMs > 0 ? (recordsCommitted * 1000) / lastEndedAtMs : 0,
    commitLatencyMs: mergeLatency(parts.map(({ commit }) => commit)),
    abortLatencyMs: mergeLatency(parts.map(({ abort }) => abort)),
    endingShare:
      results.reduce((total, { transactions, health }) => {
        return total + Math.min(1, (transactions?.endingMs ?? 0) / Math.max(1, health.spanMs));
      }, 0) / results.length,
  };
}
