// One broker process of a managed cluster: what it listens on, and when it is ready. Made by
// kafka-cluster.ts only, which has written its files and formatted its folder.
import { formatAddress } from '../../connect/index.js';
import { probe } from '../external/probe.js';
import type { BrokerListener, BrokerPlace } from './kafka-config.js';
import { ServerProcess, type ServerFiles } from './server-process.js';

const PROBE_LIMIT_MS = 2000;

/** A broker of a cluster that kbench started on this host. */
export class KafkaBroker extends ServerProcess {
  readonly host = '127.0.0.1';
  /** Of the listener for clients. */
  readonly port: number;
  /** Of the listener for the brokers themselves: plaintext, and never behind a relay. */
  readonly internalPort: number;
  /** Beside those two. */
  readonly listeners: readonly BrokerListener[];

  constructor(
    place: BrokerPlace,
    files: ServerFiles,
    readyLimitMs: number,
    onDeath: (process: ServerProcess) => void,
  ) {
    super(files, readyLimitMs, onDeath);
    this.port = place.port;
    this.internalPort = place.internalPort;
    this.listeners = place.listeners ?? [];
  }

  /** `expect`: ids that must be registered, as this broker sees it. */
  protected async missing(expect: readonly number[]): Promise<string | null> {
    const { host, internalPort: port } = this;
    const answer = await probe(formatAddress({ host, port }), PROBE_LIMIT_MS);
    if (!answer.ok) return answer.failure.message;
    const absent = expect.filter((id) => !answer.view.brokers.some((broker) => broker.id === id));
    return absent.length === 0 ? null : `it does not see broker ${absent.join(', ')}`;
  }
}
