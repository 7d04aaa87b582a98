// A cluster that someone else runs: checked from bootstrap to advertised listeners before the first
// run, so that a wrong address costs seconds and not a sweep. Called by target.ts; it never starts,
// stops or changes a broker.
import { RunError } from '../../base/errors.js';
import { bounded } from '../../base/time-limit.js';
import { ADVICE, headingOf, ProbeFailure, type ProbeFailureKind } from '../../connect/cold.js';
import { withoutSecrets } from '../../base/secrets/secrets.js';
import { probe } from './probe.js';
import type { BrokerView, ProbeOutcome } from './probe.js';

/**
 * Addresses probed at a time, and the limit of all of them together: a cluster may have thousands
 * of brokers that are all gone.
 */
const PROBES_AT_ONCE = 128;
const CHECK_LIMIT_MS = 30_000;
/** Addresses named in one message. */
const MAX_LISTED = 20;
/** What only a broker can say that was reached. */
const ANSWERED: ReadonlySet<ProbeFailureKind> = new Set([
  ...(['needs-authentication', 'no-sasl', 'mechanism', 'authentication'] as const),
  ...(['client-certificate', 'broker-error'] as const),
]);

export interface CheckOptions {
  /** The user's first signal: StoppedError. */
  readonly stop?: AbortSignal | undefined;
  readonly limitMs?: number;
}

export type Probe = (address: string) => Promise<ProbeOutcome>;

export interface ClusterCheck {
  readonly view: BrokerView;
  /** What is odd but does not stop a run, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Checks that at least one bootstrap address answers, that all belong to one cluster, and that
 * every broker is reachable at the address that it advertises. Throws RunError naming each address
 * and what happened.
 */
export async function checkCluster(
  bootstrap: readonly string[],
  ask: Probe = probe,
  options: CheckOptions = {},
): Promise<ClusterCheck> {
  const { outcomes } = await probeAll(bootstrap, ask, options);
  const answered = outcomes.filter((outcome) => outcome.ok);
  const failed = outcomes.filter((outcome) => !outcome.ok);
  if (answered.length === 0) {
    const addresses =
      bootstrap.length === 1
        ? 'the bootstrap address'
        : `the ${bootstrap.length} bootstrap addresses`;
    const title = headingOf(kindsOf(failed), addresses);
    throw new RunError(
      [`${title}:`, ...lines(failed)].join('\n'),
      andDoctor(advice(failed), bootstrap),
    );
  }
  const view = answered[0].view;
  const stranger = answered.find((outcome) => outcome.view.clusterId !== view.clusterId);
  if (stranger !== undefined) {
    throw new RunError(
      'the bootstrap addresses lead to different clusters: ' +
        `${answered[0].address} to ${view.clusterId ?? '?'}, ` +
        `${stranger.address} to ${stranger.view.clusterId ?? '?'}`,
      'give the addresses of one cluster only',
    );
  }
  const unasked = await checkAdvertised(
    view,
    new Set(answered.map(({ address }) => address)),
    ask,
    { ...options, bootstrap },
  );
  const notes = lines(failed).map((line) => `bootstrap address not used: ${line.trim()}`);
  if (unasked > 0)
    notes.push(
      `${unasked} of ${view.brokers.length} brokers were not asked: the check takes at most 30 s`,
    );
  return { view, notes };
}

/**
 * Null while at least one bootstrap address answers; else what each of them does. For a sweep whose
 * runs begin to fail.
 */
export async function outageOf(
  bootstrap: readonly string[],
  ask: Probe = probe,
  options: CheckOptions = {},
): Promise<string | null> {
  const { outcomes } = await probeAll(bootstrap, ask, options);
  return outcomes.some((outcome) => outcome.ok)
    ? null
    : lines(outcomes.filter((outcome) => !outcome.ok)).join('\n');
}

/**
 * Gives how many were not asked. Clients write to where a broker says it is, not to where they
 * found it: the classic trap of advertised.listeners.
 */
async function checkAdvertised(
  view: BrokerView,
  known: ReadonlySet<string>,
  ask: Probe,
  { bootstrap, ...options }: CheckOptions & { readonly bootstrap: readonly string[] },
): Promise<number> {
  if (view.brokers.length === 0)
    throw new RunError('the cluster lists no brokers', 'wait until its brokers are up');
  const unknown = view.brokers.filter(({ address }) => !known.has(address));
  const addresses = unknown.map(({ address }) => address);
  const { outcomes, unasked } = await probeAll(addresses, ask, { ...options, endAtFailure: true });
  const broken: string[] = [];
  const failed: Failed[] = [];
  outcomes.forEach((outcome, i) => {
    if (outcome.ok) return;
    failed.push(outcome);
    broken.push(
      `  broker ${unknown[i].id} at ${withoutSecrets(outcome.address)}: ${outcome.failure.message}`,
    );
  });
  if (broken.length === 0) return unasked;
  // A broker that answers, and lets nobody in, is where it says it is.
  const elsewhere = failed.some(({ failure }) => !ANSWERED.has(failure.kind));
  throw new RunError(
    [
      `the bootstrap address answers, but ${broken.length} of ${view.brokers.length} ` +
        `brokers cannot be ${elsewhere ? 'reached' : 'used'} where the cluster ` +
        'says they are (advertised.listeners):',
      ...shortened(broken),
      ...(unasked === 0
        ? []
        : [`  (the other ${unasked} of ${view.brokers.length} were not asked)`]),
    ].join('\n'),
    andDoctor(
      elsewhere
        ? 'clients write to the advertised addresses, not to the bootstrap ones: ' +
            'set advertised.listeners of these brokers to an ' +
            'address that this machine reaches, or run kbench where they are reachable; ' +
            advice(failed)
        : `clients write to the advertised addresses, not to the bootstrap ones; ${advice(failed)}`,
      bootstrap,
    ),
  );
}

/** The command that looks into it step by step. */
const andDoctor = (remedy: string, [first]: readonly string[]): string =>
  `${remedy}; \`kbench doctor ${first}\` looks closer ` +
  '(with --config FILE, the sweep or a client.properties, where there is security)';

const kindsOf = (failed: readonly Failed[]) => failed.map(({ failure }) => failure.kind);

type Failed = Extract<ProbeOutcome, { ok: false }>;

interface Probed {
  /** In the order of the addresses. */
  readonly outcomes: readonly ProbeOutcome[];
  /** Addresses after the last outcome: time was over, or what was asked had failed already. */
  readonly unasked: number;
}

/**
 * Many at a time, until time is over, or (`endAtFailure`) one of those has failed. An answer that
 * is not there by then is a failure.
 */
async function probeAll(
  addresses: readonly string[],
  ask: Probe,
  {
    stop,
    limitMs = CHECK_LIMIT_MS,
    endAtFailure = false,
  }: CheckOptions & { readonly endAtFailure?: boolean },
): Promise<Probed> {
  const outcomes: ProbeOutcome[] = [];
  const endMs = performance.now() + limitMs;
  while (outcomes.length < addresses.length) {
    const leftMs = endMs - performance.now();
    if (outcomes.length > 0 && leftMs <= 0) break;
    if (endAtFailure && outcomes.some(({ ok }) => !ok)) break;
    const wave = addresses.slice(outcomes.length, outcomes.length + PROBES_AT_ONCE);
    outcomes.push(
      ...(await Promise.all(wave.map((address) => probedWithin(address, leftMs, ask, stop)))),
    );
  }
  return { outcomes, unasked: addresses.length - outcomes.length };
}

async function probedWithin(
  address: string,
  limitMs: number,
  ask: Probe,
  stop: AbortSignal | undefined,
): Promise<ProbeOutcome> {
  try {
    return await bounded(`probing ${address}`, { limitMs, stop }, () => ask(address));
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const seconds = Math.round(limitMs / 1000);
    return {
      address,
      ok: false,
      failure: new ProbeFailure('silent', `gave no whole answer within ${seconds} s`),
    };
  }
}

const lines = (failed: readonly Failed[]) =>
  shortened(failed.map(({ address, failure }) => `  ${address}: ${failure.message}`));

function shortened(all: readonly string[]): string[] {
  const rest = all.length - MAX_LISTED;
  return rest <= 0 ? [...all] : [...all.slice(0, MAX_LISTED), `  and ${rest} more like these`];
}

const advice = (failed: readonly Failed[]) =>
  [...new Set(failed.map(({ failure }) => ADVICE[failure.kind]))].join('; ');
