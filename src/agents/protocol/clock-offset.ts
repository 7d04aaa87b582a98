// How far an agent's clock is from the coordinator's, from pings: of those with the least round
// trip, as half of it is the error (Cristian, 1989). Two such measurements give the drift between
// them. Pure; times in ms, each on its own monotonic clock.

export interface Ping {
  /** On the coordinator's clock. */
  readonly sentMs: number;
  readonly receivedMs: number;
  /** On the agent's, between the two. */
  readonly agentMs: number;
}

export interface ClockReading {
  /** On the coordinator's clock: when it was so. */
  readonly atMs: number;
  /** The agent's clock less the coordinator's. */
  readonly offsetMs: number;
  /** It is off by this at most. */
  readonly errorMs: number;
}

/** Null without a ping. */
export function readClock(pings: readonly Ping[]): ClockReading | null {
  if (pings.length === 0) return null;
  const best = pings.reduce((a, b) => (roundTrip(b) < roundTrip(a) ? b : a));
  const atMs = (best.sentMs + best.receivedMs) / 2;
  return { atMs, offsetMs: best.agentMs - atMs, errorMs: roundTrip(best) / 2 };
}

const roundTrip = ({ sentMs, receivedMs }: Ping): number => receivedMs - sentMs;

/** An instant of the coordinator's clock on the agent's. */
export const toAgentClock = (atMs: number, { offsetMs }: ClockReading): number => atMs + offsetMs;

/**
 * An instant of the agent's clock on the coordinator's: the offset between two readings moves
 * evenly from one to the other; before and after them it goes on so.
 */
export function fromAgentClock(
  agentMs: number,
  before: ClockReading,
  after: ClockReading = before,
): number {
  const spanMs = after.atMs - before.atMs;
  if (spanMs <= 0) return agentMs - before.offsetMs;
  const drift = (after.offsetMs - before.offsetMs) / spanMs;
  // agentMs = atMs + offset + drift * (atMs - before.atMs), solved for atMs.
  return (agentMs - before.offsetMs + drift * before.atMs) / (1 + drift);
}

/** By how many millionths the agent's clock is faster; null where the readings are too close. */
export function driftPpm(before: ClockReading, after: ClockReading): number | null {
  const spanMs = after.atMs - before.atMs;
  const errorMs = before.errorMs + after.errorMs;
  // A drift that the error alone can make by so much says nothing.
  if (spanMs <= 0 || errorMs / spanMs > MAX_ERROR) return null;
  return ((after.offsetMs - before.offsetMs) / spanMs) * 1e6;
}

const MAX_ERROR = 1e-4;
