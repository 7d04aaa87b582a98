// The way in to one address, step by step: name, TCP, TLS, SASL, ApiVersions. For the addresses
// that the user gave and for those that brokers advertise. The connection itself is the one that
// probes and runs make; what is asked beside it only explains.
import { performance } from 'node:perf_hooks';
import { bounded } from '../../../base/time-limit.js';
import { KbenchError, StoppedError } from '../../../base/errors.js';
import {
  type Access,
  apiVersions,
  type ApiVersions,
  networkFailure,
  ProbeFailure,
  WireClient,
} from '../../../connect/cold.js';
import { type Network, tcpNetwork } from '../../../connect/connecting.js';
import type { Address } from '../../../connect/index.js';
import { inspectTls, type TlsInspection } from '../../../connect/security/index.js';
import { describe, explain, type BrokerView } from '../probe.js';
import { saslMechanisms } from './protocol.js';

export interface WayIn {
  readonly access: Access;
  /** Limit of each step. */
  readonly timeoutMs: number;
  readonly stop: AbortSignal | undefined;
  /** How plain TCP is made; another one in tests. */
  readonly network?: Network;
}

/** One of a name's addresses. */
export interface Reached {
  readonly ip: string;
  readonly ms: number;
  readonly failure: ProbeFailure | null;
}

export interface Timed<T> {
  readonly value: T;
  readonly ms: number;
}

export interface ListenerReport {
  readonly address: Address;
  /** Null where the name does not resolve. */
  readonly resolved: Timed<readonly string[]> | null;
  readonly reached: readonly Reached[];
  /** Null where the port speaks no TLS; undefined where nobody asked. */
  readonly tls: Timed<TlsInspection | null> | undefined;
  /** Null: it does without SASL; undefined: not asked, or no answer. */
  readonly mechanisms: readonly string[] | null | undefined;
  /** Open, and the caller's to close; or why there is none. */
  readonly entry:
    | {
        readonly ok: true;
        readonly client: WireClient;
        readonly versions: ApiVersions;
        readonly cluster: Pick<BrokerView, 'brokers' | 'clusterId'>;
      }
    | { readonly ok: false; readonly failure: ProbeFailure };
  /** All handshakes up to ApiVersions' and the cluster's answer. */
  readonly entryMs: number;
}

/** Never throws but StoppedError. */
export async function examineListener(address: Address, way: WayIn): Promise<ListenerReport> {
  const resolved = await timed(() => resolve(address.host, way));
  if (resolved.value instanceof ProbeFailure) return unreached(address, null, [], resolved.value);
  const ips = resolved.value;
  const found = { value: ips, ms: resolved.ms };
  const reached = await Promise.all(ips.map((ip) => reach(ip, address.port, way)));
  const open = reached.find(({ failure }) => failure === null);
  if (open === undefined)
    return unreached(
      address,
      found,
      reached,
      reached[0]?.failure ?? new ProbeFailure('unresolvable', 'the name has no address'),
    );
  const inspect = () => inspectTls({ ...address, address: open.ip }, way.timeoutMs);
  const tls = way.access.encrypted ? await timed(inspect) : undefined;
  const entry = await timed(() => enter(address, way));
  // Where the port speaks TLS and nobody expected it, its certificate tells whose it is.
  const unexpected = !entry.value.ok && entry.value.failure.kind === 'tls';
  return {
    address,
    resolved: found,
    reached,
    tls: unexpected ? await timed(inspect) : tls,
    mechanisms: await mechanismsOf(address, way, entry.value),
    entry: entry.value,
    entryMs: entry.ms,
  };
}

export async function timed<T>(work: () => Promise<T>): Promise<Timed<T>> {
  const from = performance.now();
  const value = await work();
  return { value, ms: performance.now() - from };
}

const unreached = (
  address: Address,
  resolved: Timed<readonly string[]> | null,
  reached: readonly Reached[],
  failure: ProbeFailure,
): ListenerReport => ({
  ...{ address, resolved, reached, tls: undefined, mechanisms: undefined },
  ...{ entry: { ok: false, failure }, entryMs: 0 },
});

async function resolve(host: string, way: WayIn): Promise<readonly string[] | ProbeFailure> {
  const { timeoutMs: limitMs, stop } = way;
  const network = way.network ?? tcpNetwork;
  try {
    return await bounded(`resolving ${host}`, { limitMs, stop }, () => network.resolve(host));
  } catch (error) {
    if (error instanceof StoppedError) throw error;
    if (error instanceof KbenchError) return new ProbeFailure('unresolvable', error.message);
    return networkFailure(error as NodeJS.ErrnoException);
  }
}

/** TCP alone. */
async function reach(ip: string, port: number, way: WayIn): Promise<Reached> {
  const network = way.network ?? tcpNetwork;
  const { timeoutMs, stop } = way;
  const from = performance.now();
  const failure = await new Promise<ProbeFailure | null>((resolve, reject) => {
    const end = (outcome: ProbeFailure | null): void => {
      clearTimeout(timer);
      stop?.removeEventListener('abort', onStop);
      socket.destroy();
      resolve(outcome);
    };
    const onStop = (): void => {
      reject(new StoppedError(`stopped: connecting to ${ip}`));
      end(null);
    };
    const timer = setTimeout(
      () => end(new ProbeFailure('timed-out', `no connection within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    stop?.addEventListener('abort', onStop, { once: true });
    const socket = network.connect(ip, port, {
      onConnect: () => end(null),
      onData: () => undefined,
      onClose: (error) => end(error === null ? null : networkFailure(error)),
    });
  });
  return { ip, ms: performance.now() - from, failure };
}

/** With the user's own settings, up to the cluster's name. */
async function enter(address: Address, way: WayIn): Promise<ListenerReport['entry']> {
  const { access, timeoutMs, stop } = way;
  let client: WireClient | null = null;
  try {
    client = await WireClient.open(address, timeoutMs, access, timeoutMs, stop);
    const versions = await apiVersions(client);
    return { ok: true, client, versions, cluster: await describe(client, versions) };
  } catch (error) {
    client?.close();
    if (stop?.aborted === true) throw new StoppedError('stopped: asking a broker');
    if (!(error instanceof ProbeFailure)) throw error;
    return { ok: false, failure: await explain(error, address, timeoutMs, access) };
  }
}

/** Asked on a connection of its own, as a listener with SASL hears it before the login alone. */
async function mechanismsOf(
  address: Address,
  way: WayIn,
  entry: ListenerReport['entry'],
): Promise<readonly string[] | null | undefined> {
  const { access, timeoutMs, stop } = way;
  const wanted = access.sasl !== null;
  if (!wanted && (entry.ok || entry.failure.kind !== 'needs-authentication')) return undefined;
  const { network, encrypted } = access;
  let client: WireClient | null = null;
  try {
    const bare = { network, encrypted, sasl: null };
    client = await WireClient.open(address, timeoutMs, bare, timeoutMs, stop);
    return await saslMechanisms(client);
  } catch (error) {
    if (!(error instanceof ProbeFailure)) throw error;
    return undefined;
  } finally {
    client?.close();
  }
}
