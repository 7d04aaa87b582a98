// Whether each broker is where the cluster says it is, and what to write into advertised.listeners
// where it is not. Clients write to those addresses, not to the one they began with. Called by
// doctor.ts; reads, and changes nothing.
import { withoutSecrets } from '../../../base/secrets/secrets.js';
import type { ProbeFailure } from '../../../connect/cold.js';
import { type Address, formatAddress, parseAddress } from '../../../connect/index.js';
import type { ExaminedBroker, Finding } from './examination.js';
import { examineListener, type ListenerReport, type WayIn } from './listener.js';
import { identify, type BrokerIdentity, type Identified } from './protocol.js';
import { NOT_REACHED, remedyOf, type SettingsPlace } from './remedies.js';

/** As metadata tells it. */
export interface AdvertisedBroker {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

/** An address that the user gave and that let the client in. */
export interface Entrance {
  readonly address: string;
  /** Which broker is there. */
  readonly identified: Identified;
}

export interface Visit {
  readonly broker: AdvertisedBroker;
  /** Null: there was no time left for it. */
  readonly report: ListenerReport | null;
  readonly identified: Identified;
}

export interface Cluster {
  readonly id: string | null;
  readonly brokers: readonly AdvertisedBroker[];
  readonly entrances: readonly Entrance[];
  /** `PLAINTEXT`, `SASL_SSL (PLAIN)`. */
  readonly security: string;
}

const AT_ONCE = 64;
const VISITS_LIMIT_MS = 30_000;
const UNKNOWN: Identified = { known: false, forbidden: false };

/** Many at a time; what has not begun when time is over is left out. */
export async function visitBrokers(
  brokers: readonly AdvertisedBroker[],
  way: WayIn,
  limitMs = VISITS_LIMIT_MS,
): Promise<readonly Visit[]> {
  const endMs = performance.now() + limitMs;
  const ids = brokers.map(({ id }) => id);
  const visits: Visit[] = [];
  while (visits.length < brokers.length) {
    const wave = brokers.slice(visits.length, visits.length + AT_ONCE);
    if (visits.length > 0 && performance.now() >= endMs) {
      const left = brokers.slice(visits.length);
      visits.push(...left.map((broker) => ({ broker, report: null, identified: UNKNOWN })));
      break;
    }
    visits.push(...(await Promise.all(wave.map((broker) => visit(broker, ids, way)))));
  }
  return visits;
}

async function visit(broker: AdvertisedBroker, ids: readonly number[], way: WayIn): Promise<Visit> {
  const report = await examineListener(broker, way);
  const { entry } = report;
  if (!entry.ok) return { broker, report, identified: UNKNOWN };
  try {
    return { broker, report, identified: await identify(entry.client, entry.versions, ids) };
  } catch {
    // It has just answered: who it is stays unknown, which is no finding.
    return { broker, report, identified: UNKNOWN };
  } finally {
    entry.client.close();
  }
}

export function examinedBroker({ broker, report }: Visit): ExaminedBroker {
  const { id, rack } = broker;
  return {
    id,
    address: withoutSecrets(formatAddress(broker)),
    rack: rack === null ? null : withoutSecrets(rack),
    reached: report?.entry.ok === true,
    connectMs: report?.entry.ok === true ? report.entryMs : null,
    roundTrip: null,
    clock: null,
  };
}

export function advertisedFindings(
  cluster: Cluster,
  visits: readonly Visit[],
  place: SettingsPlace,
): Finding[] {
  return [
    ...twinFindings(cluster.brokers),
    ...visits.flatMap((each) => visitFindings(each, cluster, place)),
    ...loopbackFindings(cluster),
  ];
}

function twinFindings(brokers: readonly AdvertisedBroker[]): Finding[] {
  const byAddress = new Map<string, AdvertisedBroker[]>();
  for (const broker of brokers) {
    const address = formatAddress(broker);
    byAddress.set(address, [...(byAddress.get(address) ?? []), broker]);
  }
  return [...byAddress].flatMap(([address, twins]): Finding[] =>
    twins.length < 2
      ? []
      : [
          {
            severity: 'problem',
            step: 'brokers',
            code: 'same-address',
            cause:
              `brokers ${twins.map(({ id }) => id).join(' and ')} advertise the same address ` +
              `${withoutSecrets(address)}, and only one of them can be there`,
            remedy:
              'give each broker an advertised.listeners of its own: another host, or another port',
            address: withoutSecrets(address),
          },
        ],
  );
}

function visitFindings(
  { broker, report, identified }: Visit,
  cluster: Cluster,
  place: SettingsPlace,
): Finding[] {
  const address = withoutSecrets(formatAddress(broker));
  const about = { step: 'brokers', broker: broker.id, address } as const;
  const says = `broker ${broker.id} advertises ${address}`;
  if (report === null) return [];
  const { entry } = report;
  if (!entry.ok) return [{ ...about, ...unusable(broker, entry.failure, cluster, place, says) }];
  const found: Finding[] = [];
  if (entry.cluster.clusterId !== cluster.id) {
    found.push({
      ...{ ...about, severity: 'problem', code: 'another-cluster' },
      cause: `${says}, and another cluster answers there (${entry.cluster.clusterId ?? '?'})`,
      remedy: `${setAdvertised(broker, cluster)}: records for this broker would go there`,
    });
  } else if (identified.known && identified.broker.id !== broker.id) {
    found.push({
      ...{ ...about, severity: 'problem', code: 'another-broker' },
      cause: `${says}, and broker ${identified.broker.id} answers there`,
      remedy: setAdvertised(broker, cluster),
    });
  }
  return found;
}

/** Each in the words of someone who has just read the failure. */
function unusable(
  broker: AdvertisedBroker,
  failure: ProbeFailure,
  cluster: Cluster,
  place: SettingsPlace,
  says: string,
): Pick<Finding, 'severity' | 'code' | 'cause' | 'remedy'> {
  const { kind, message } = failure;
  const elsewhere = NOT_REACHED.has(kind) || kind === 'controller';
  const why = kind === 'unresolvable' ? `which does not resolve here (${message})` : message;
  const cause = `${says}${kind === 'unresolvable' ? ', ' : ': '}${why}; ${reachedBy(cluster)}`;
  const remedy = elsewhere
    ? [setAdvertised(broker, cluster), ...otherListeners(broker, cluster)].join('; or ')
    : remedyOf(kind, place);
  return { severity: 'problem', code: kind, cause, remedy };
}

/** How the client came to the cluster at all, which worked. */
function reachedBy({ entrances, security }: Cluster): string {
  const [first] = entrances;
  if (first === undefined) return 'the cluster itself was reached';
  const { address, identified } = first;
  const config = identified.known ? identified.broker.config : new Map<string, string>();
  const name = listenerNameOf(config, parseAddress(address));
  const listener = name === null || name === security ? security : `${name} (${security})`;
  const which = identified.known ? ` of broker ${identified.broker.id}` : '';
  return `the listener that you reached is ${listener} on ${address}${which}`;
}

function setAdvertised(broker: AdvertisedBroker, cluster: Cluster): string {
  const entrance = cluster.entrances.find(
    ({ identified }) => identified.known && identified.broker.id === broker.id,
  );
  // With one broker, it is the one that was reached.
  const [only] = cluster.brokers.length === 1 ? cluster.entrances : [];
  const known = entrance ?? only;
  if (known === undefined)
    return (
      `set advertised.listeners of broker ${broker.id} to an address that clients here reach ` +
      '(host and port of the listener for them)'
    );
  const { address, identified } = known;
  const identity = identified.known ? identified.broker : null;
  const value = identity === null ? null : corrected(identity, broker, address);
  const line = value ?? `LISTENER://${address} (LISTENER is the name of the listener)`;
  return `set advertised.listeners=${line} on broker ${broker.id}, and restart it`;
}

interface NamedListener {
  readonly name: string;
  readonly address: Address | null;
  readonly text: string;
}

/** `PLAINTEXT://127.0.0.1:9092,EXTERNAL://[::1]:9093`. */
function listenersIn(config: ReadonlyMap<string, string>, key: string): NamedListener[] {
  return (config.get(key) ?? '')
    .split(',')
    .map((part) => /^\s*([^:/\s]+):\/\/(\S*)\s*$/.exec(part))
    .filter((match) => match !== null)
    .map(([, name, text]) => ({ name, text, address: parseAddress(text) }));
}

/** What the broker has told of itself, with the one listener as it should be. */
function corrected(
  { config }: BrokerIdentity,
  broker: AdvertisedBroker,
  address: string,
): string | null {
  const advertised = listenersIn(config, 'advertised.listeners');
  const wrong = advertised.findIndex((each) => isAt(each, broker));
  if (wrong >= 0) {
    const all = advertised.map(({ name, text }, i) => `${name}://${i === wrong ? address : text}`);
    return withoutSecrets(all.join(','));
  }
  const name = listenerNameOf(config, parseAddress(address));
  return name === null ? null : withoutSecrets(`${name}://${address}`);
}

const isAt = ({ address }: NamedListener, { host, port }: Address): boolean =>
  address !== null && address.host === host && address.port === port;

/** The listener that is bound to the port; null where that is not to be told. */
function listenerNameOf(
  config: ReadonlyMap<string, string>,
  address: Address | null,
): string | null {
  const bound = listenersIn(config, 'listeners').filter(
    (each) => each.address?.port === address?.port || each.text.endsWith(`:${address?.port ?? 0}`),
  );
  return bound.length === 1 ? withoutSecrets(bound[0].name) : null;
}

/** Other listeners of the broker that was reached, for whoever came by the wrong one. */
function otherListeners(broker: AdvertisedBroker, { entrances }: Cluster): string[] {
  const others = entrances.flatMap(({ address, identified }) => {
    if (!identified.known) return [];
    const { config } = identified.broker;
    const own = listenerNameOf(config, parseAddress(address));
    return listenersIn(config, 'advertised.listeners').filter(
      (each) => each.name !== own && !isAt(each, broker),
    );
  });
  if (others.length === 0) return [];
  const names = [...new Set(others.map(({ name, text }) => `${name}://${text}`))];
  return [
    `begin with another listener, if one of these is for clients here: ` +
      withoutSecrets(names.join(', ')),
  ];
}

const isLoopback = (host: string): boolean => /^(?:127\.|::1$|localhost$)/i.test(host);

/** It works on that machine alone, and may reach anything on another. */
function loopbackFindings({ brokers, entrances }: Cluster): Finding[] {
  if (entrances.some(({ address }) => isLoopback(parseAddress(address)?.host ?? ''))) return [];
  return brokers
    .filter(({ host }) => isLoopback(host))
    .map((broker) => ({
      severity: 'warning',
      step: 'brokers',
      code: 'loopback',
      cause:
        `broker ${broker.id} advertises ${withoutSecrets(formatAddress(broker))}, which leads ` +
        'each machine to itself, and you came by another address',
      remedy: `set advertised.listeners of broker ${broker.id} to an address that others reach`,
      broker: broker.id,
      address: withoutSecrets(formatAddress(broker)),
    }));
}
