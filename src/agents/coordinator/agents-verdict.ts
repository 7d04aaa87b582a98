// What the agents' figures say against a run: the worst agent's verdict is the whole's, and on top
// of it whether they sent evenly and began together. Pure; called by merge-shares.
import type { AgentResult, Measurement, VerdictReason } from '../../contract/run-result.js';

/** Of the rate that its share asks for. */
const UNEVEN_SHARE = 0.02;
const APART_WARNING_MS = 10;
/** What the first tenth of a second met was another load. */
const APART_INVALID_MS = 100;
/** Fewer records than this a second and agent are too few to tell a rate by. */
const LEAST_RECORDS = 200;

type Verdict = Measurement['verdict'];

export function withAgents(whole: Verdict, agents: readonly AgentResult[]): Verdict {
  const own = agents.flatMap((agent) => ofAgent(agent, whole));
  const reasons = [...whole.reasons, ...merged(own), ...uneven(agents), ...apart(agents)];
  return { valid: reasons.every(({ severity }) => severity !== 'invalid'), reasons };
}

/** What the whole does not say already, at least as gravely. */
function ofAgent({ name, verdict }: AgentResult, { reasons }: Verdict): VerdictReason[] {
  return verdict.reasons
    .filter(
      ({ code, severity }) =>
        !reasons.some(
          (said) => said.code === code && (said.severity === 'invalid' || severity === 'warning'),
        ),
    )
    .map((reason) => ({ ...reason, message: `agent ${name}: ${reason.message}` }));
}

/** One reason a code: the gravest, and of those the largest; a thousand agents say it once. */
function merged(reasons: readonly VerdictReason[]): VerdictReason[] {
  const byCode = new Map<string, { worst: VerdictReason; count: number }>();
  for (const reason of reasons) {
    const known = byCode.get(reason.code);
    if (known === undefined) byCode.set(reason.code, { worst: reason, count: 1 });
    else {
      known.count++;
      if (graver(reason, known.worst)) known.worst = reason;
    }
  }
  return [...byCode.values()].map(({ worst, count }) =>
    count === 1 ? worst : { ...worst, message: `${worst.message} (and ${count - 1} more agents)` },
  );
}

function graver(a: VerdictReason, b: VerdictReason): boolean {
  if (a.severity !== b.severity) return a.severity === 'invalid';
  return (a.size ?? 0) > (b.size ?? 0);
}

function uneven(agents: readonly AgentResult[]): VerdictReason[] {
  if (agents.length < 2) return [];
  const sum = agents.reduce((total, { recordsPerSecond }) => total + recordsPerSecond, 0);
  const shares = agents.reduce((total, { share }) => total + share, 0);
  const off = agents
    .filter(({ records }) => records.acked >= LEAST_RECORDS)
    .map(({ name, recordsPerSecond, share }) => {
      const expected = (sum * share) / shares;
      return { name, expected, recordsPerSecond, by: recordsPerSecond / expected - 1 };
    })
    .sort((a, b) => Math.abs(b.by) - Math.abs(a.by));
  const [worst] = off;
  if (worst === undefined || Math.abs(worst.by) <= UNEVEN_SHARE) return [];
  const { name, by, recordsPerSecond, expected } = worst;
  const message =
    `agent ${name} reached ${round(recordsPerSecond)} records/s where its share of the whole is ` +
    `${round(expected)} (${by > 0 ? '+' : ''}${(by * 100).toFixed(1)} %)`;
  const size = Math.abs(by) / UNEVEN_SHARE;
  return [{ code: 'agents-uneven', severity: 'warning', message, size }];
}

function apart(agents: readonly AgentResult[]): VerdictReason[] {
  const skews = agents
    .flatMap(({ name, startSkewMs }) => (startSkewMs === null ? [] : [{ name, startSkewMs }]))
    .sort((a, b) => a.startSkewMs - b.startSkewMs);
  if (skews.length < 2) return [];
  const [first, last] = [skews[0], skews[skews.length - 1]];
  const spreadMs = last.startSkewMs - first.startSkewMs;
  if (spreadMs <= APART_WARNING_MS) return [];
  const errorMs = Math.max(...agents.map(({ clockErrorMs }) => clockErrorMs ?? 0));
  const message =
    `agent ${last.name} began ${round(spreadMs)} ms after agent ${first.name} ` +
    `(clock error ${round(errorMs)} ms)`;
  const severity = spreadMs > APART_INVALID_MS ? 'invalid' : 'warning';
  return [{ code: 'agents-apart', severity, message, size: spreadMs / APART_WARNING_MS }];
}

const round = (value: number): string => String(Number(value.toPrecision(3)));
