// Outages that faults of the plan were to make. Pure; called once a run by whoever merges it.
import type { Continuity } from '../../contract/run-result.js';
import type { Window } from './recovery.js';

/** What began within a fault's window is that fault's. */
export function withAsked(continuity: Continuity, windows: readonly Window[]): Continuity {
  const asked = ({ atMs, forMs }: Continuity['outages'][number]): boolean =>
    windows.some(({ fromMs, toMs }) => atMs <= toMs && atMs + forMs > fromMs);
  const outages = continuity.outages.map((each) => (asked(each) ? { ...each, asked: true } : each));
  return { ...continuity, outages };
}
