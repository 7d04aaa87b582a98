// The process behind `kbench cluster up`: starts the cluster, tells its starter by IPC how that
// went, and holds it until it is asked to end. Killed, it takes the cluster with it (leash), and
// the next start of kbench removes the folder.
import { KbenchError, RunError, StoppedError } from '../../../base/errors.js';
import { takeLock } from '../../../base/files/lock-file.js';
import { formatAddress } from '../../../connect/index.js';
import {
  startKafkaCluster,
  type KafkaCluster,
  type KafkaClusterOptions,
} from '../kafka-cluster.js';
import { forgetStanding, placesOf, saveStanding, type StandingCluster } from './standing-state.js';

/** What a supervisor is told; plain data, handed over as one argument. */
export interface StandingOptions extends Pick<
  KafkaClusterOptions,
  'version' | 'brokers' | 'mode' | 'zookeepers' | 'security' | 'racks' | 'port' | 'brokerConfig'
> {
  readonly name: string;
}

export type FromSupervisor =
  | { readonly kind: 'progress'; readonly line: string }
  | { readonly kind: 'up'; readonly cluster: StandingCluster }
  | { readonly kind: 'failed'; readonly message: string; readonly remedy?: string };

export interface Supervision {
  readonly options: StandingOptions;
  /** Resolves when the cluster is to end; also while it is started. */
  readonly asked: Promise<void>;
  /** To the starter; whether it is still there is no matter. */
  readonly tell: (message: FromSupervisor) => void;
  /** Into the supervisor's log. */
  readonly log: (line: string) => void;
}

/** Ends when the cluster has ended. Throws what kept it from standing. */
export async function supervise({ options, asked, tell, log }: Supervision): Promise<void> {
  const { name, ...wanted } = options;
  const ending = new AbortController();
  void asked.then(() => ending.abort());
  const { lock, log: logFile } = placesOf(name);
  const release = await takeLock(lock, { waitMs: 0 });
  if (release === null)
    throw new RunError(`a cluster ${name} is up, or being started`, 'Run `kbench cluster status`.');
  try {
    const onProgress = (line: string): void => {
      log(line);
      tell({ kind: 'progress', line });
    };
    const start = { ...wanted, signal: ending.signal, onProgress, onDeath: log };
    const cluster = await startKafkaCluster(start);
    try {
      if (ending.signal.aborted) throw new StoppedError('stopped while Kafka was starting');
      tell({ kind: 'up', cluster: saveStanding(factsOf(cluster, options, logFile)) });
      log('the cluster is up');
      await asked;
      log('the cluster ends, as it was asked to');
    } finally {
      forgetStanding(name);
      await cluster.close();
    }
  } finally {
    release();
  }
}

function factsOf(cluster: KafkaCluster, options: StandingOptions, log: string) {
  const { name, mode = 'kraft', security = 'plaintext' } = options;
  const { version, clientProperties } = cluster;
  const servers = (all: KafkaCluster['brokers'] | KafkaCluster['zookeepers']) =>
    all.map((each) => ({ id: each.id, address: formatAddress(each), pid: each.pid ?? 0 }));
  return {
    ...{ name, version, mode, security, clientProperties, log },
    startedAt: new Date().toISOString(),
    bootstrap: [...cluster.bootstrap],
    brokers: servers(cluster.brokers),
    zookeepers: servers(cluster.zookeepers),
  };
}

/** For the starter; errors lose their class on the way. */
export function failureOf(error: unknown): FromSupervisor {
  const message = error instanceof Error ? error.message : String(error);
  const remedy = error instanceof KbenchError ? error.remedy : undefined;
  return { kind: 'failed', message, ...(remedy === undefined ? {} : { remedy }) };
}
