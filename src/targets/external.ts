// A cluster that someone else runs: checked from bootstrap to advertised listeners before the first run, so that a wrong address costs
// seconds and not a sweep. Called by target.ts; it never starts, stops or changes a broker.
import { RunError } from '../base/errors.js';
import { withoutSecrets } from '../base/secrets.js';
import { ADVICE } from './probe-failure.js';
import { probe } from './probe.js';
import type { BrokerView, ProbeOutcome } from './probe.js';

/** Brokers probed at a time. */
const PROBES_AT_ONCE = 16;

export type Probe = (address: string) => Promise<ProbeOutcome>;

export interface ClusterCheck {
  readonly view: BrokerView;
  /** What is odd but does not stop a run, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Checks that at least one bootstrap address answers, that all belong to one cluster, and that every broker is reachable at the address
 * that it advertises. Throws RunError naming each address and what happened.
 */
export async function checkCluster(bootstrap: readonly string[], ask: Probe = probe): Promise<ClusterCheck> {
  const outcomes = await probeAll(bootstrap, ask);
  const answered = outcomes.filter((outcome) => outcome.ok);
  const failed = outcomes.filter((outcome) => !outcome.ok);
  if (answered.length === 0) {
    const title =
      bootstrap.length === 1
        ? 'the bootstrap address does not answer as a Kafka broker does:'
        : `none of the ${bootstrap.length} bootstrap addresses answers as a Kafka broker does:`;
    throw new RunError([title, ...lines(failed)].join('\n'), advice(failed));
  }
  const view = answered[0].view;
  const stranger = answered.find((outcome) => outcome.view.clusterId !== view.clusterId);
  if (stranger !== undefined) {
    throw new RunError(
      `the bootstrap addresses lead to different clusters: ${answered[0].address} to ${view.clusterId ?? '?'}, ` +
        `${stranger.address} to ${stranger.view.clusterId ?? '?'}`,
      'give the addresses of one cluster only',
    );
  }
  await checkAdvertised(view, new Set(answered.map(({ address }) => address)), ask);
  const notes = lines(failed).map((line) => `bootstrap address not used: ${line.trim()}`);
  return { view, notes };
}

/** Null while at least one bootstrap address answers; else what each of them does. For a sweep whose runs begin to fail. */
export async function outageOf(bootstrap: readonly string[], ask: Probe = probe): Promise<string | null> {
  const outcomes = await probeAll(bootstrap, ask);
  return outcomes.some((outcome) => outcome.ok) ? null : lines(outcomes.filter((outcome) => !outcome.ok)).join('\n');
}

/** Clients write to where a broker says it is, not to where they found it: the classic trap of advertised.listeners. */
async function checkAdvertised(view: BrokerView, known: ReadonlySet<string>, ask: Probe): Promise<void> {
  if (view.brokers.length === 0) throw new RunError('the cluster lists no brokers', 'wait until its brokers are up');
  const unknown = view.brokers.filter(({ address }) => !known.has(address));
  const outcomes = await probeAll(
    unknown.map(({ address }) => address),
    ask,
  );
  const broken: string[] = [];
  const failed: Failed[] = [];
  outcomes.forEach((outcome, i) => {
    if (outcome.ok) return;
    failed.push(outcome);
    broken.push(`  broker ${unknown[i].id} at ${withoutSecrets(outcome.address)}: ${outcome.failure.message}`);
  });
  if (broken.length === 0) return;
  throw new RunError(
    [
      `the bootstrap address answers, but ${broken.length} of ${view.brokers.length} brokers cannot be reached where the cluster ` +
        'says they are (advertised.listeners):',
      ...broken,
    ].join('\n'),
    'clients write to the advertised addresses, not to the bootstrap ones: set advertised.listeners of these brokers to an ' +
      `address that this machine reaches, or run kbench where they are reachable; ${advice(failed)}`,
  );
}

type Failed = Extract<ProbeOutcome, { ok: false }>;

async function probeAll(addresses: readonly string[], ask: Probe): Promise<ProbeOutcome[]> {
  const outcomes: ProbeOutcome[] = [];
  for (let i = 0; i < addresses.length; i += PROBES_AT_ONCE) {
    outcomes.push(...(await Promise.all(addresses.slice(i, i + PROBES_AT_ONCE).map((address) => ask(address)))));
  }
  return outcomes;
}

const lines = (failed: readonly Failed[]) => failed.map(({ address, failure }) => `  ${address}: ${failure.message}`);

const advice = (failed: readonly Failed[]) =>
  [...new Set(failed.map(({ failure }) => ADVICE[failure.kind]))].join('; ');
