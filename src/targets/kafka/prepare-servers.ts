// Writes each server's files and formats the brokers' data folders: what kafka-cluster.ts launches.
// Everything lies in the cluster's folder; a server of it is not started here.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { writeWholeSync } from '../../base/files/durable-file.js';
import { RunError } from '../../base/errors.js';
import { runToEnd } from './processes/child-process.js';
import type { Places } from './cluster-places.js';
import { javaCommand } from './java.js';
import { KafkaBroker } from './kafka-broker.js';
import {
  brokerJvmOptions,
  log4j2Xml,
  serverProperties,
  toolJvmOptions,
  zookeeperJvmOptions,
  zookeeperProperties,
  type BrokerPlace,
  type ClusterLayout,
  type ZooKeeperPlace,
} from './kafka-config.js';
import { FULL_DISK } from './place-error.js';
import type { ServerDeaths } from './server-deaths.js';
import type { ServerFiles } from './server-process.js';
import { ZooKeeper } from './zookeeper.js';

const FORMAT_LIMIT_MS = 60_000;

export interface Preparation {
  readonly folder: string;
  readonly classPath: string;
  readonly clusterId: string;
  readonly heap: string;
  readonly layout: ClusterLayout;
  readonly places: Places;
  /** Further arguments of `kafka-storage format`. */
  readonly formatArguments: readonly string[];
  readonly jvmOptions: readonly string[];
  readonly readyLimitMs: number;
  readonly deaths: ServerDeaths;
  readonly signal: AbortSignal | undefined;
}

type FileOf = (name: string) => string;

/** In KRaft a broker's folder is formatted; with ZooKeeper the broker does that itself. */
export async function prepareBrokers(make: Preparation): Promise<KafkaBroker[]> {
  const made = await Promise.allSettled(
    make.places.brokers.map(async (place) => {
      const file = makeFolder(make, `node-${place.id}`);
      writeWholeSync(file('server.properties'), serverProperties(place, make.layout));
      if (make.layout.zookeeperConnect === null) await format(place, make, file);
      const main = ['kafka.Kafka', file('server.properties')];
      const options = [...brokerJvmOptions(make.heap, file('log4j2.xml'), file('.'))];
      return new KafkaBroker(
        place,
        filesOf(make, place, `broker ${place.id}`, file, [...options, ...make.jvmOptions], main),
        make.readyLimitMs,
        (server) => make.deaths.add(server),
      );
    }),
  );
  // Only once all have ended: one that goes on would make its folder again after it was removed.
  return made.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  });
}

export function prepareZooKeepers(make: Preparation): ZooKeeper[] {
  const all = make.places.zookeepers;
  return all.map((place) => {
    const file = makeFolder(make, `zookeeper-${place.id}`);
    writeWholeSync(file('zoo.cfg'), zookeeperProperties(place, all));
    mkdirSync(place.dataDir);
    writeWholeSync(path.join(place.dataDir, 'myid'), `${place.id}\n`);
    const main = ['org.apache.zookeeper.server.quorum.QuorumPeerMain', file('zoo.cfg')];
    const options = zookeeperJvmOptions(file('log4j2.xml'), file('.'));
    return new ZooKeeper(
      place,
      filesOf(make, place, `ZooKeeper ${place.id}`, file, options, main),
      make.readyLimitMs,
      (server) => make.deaths.add(server),
    );
  });
}

function makeFolder({ folder, signal }: Preparation, name: string): FileOf {
  signal?.throwIfAborted();
  const file = (of: string): string => path.join(folder, name, of);
  mkdirSync(file('.'));
  writeWholeSync(file('log4j2.xml'), log4j2Xml(file('server.log')));
  return file;
}

const filesOf = (
  { classPath }: Preparation,
  { id, dataDir }: BrokerPlace | ZooKeeperPlace,
  name: string,
  file: FileOf,
  options: readonly string[],
  main: readonly string[],
): ServerFiles => ({
  ...{ id, name, dataDir, logFile: file('server.log'), outFile: file('server.out') },
  javaArgs: [...options, '-cp', classPath, ...main],
});

async function format(
  place: BrokerPlace,
  { classPath, clusterId, folder, formatArguments }: Preparation,
  file: FileOf,
): Promise<void> {
  const run = await runToEnd(
    javaCommand(),
    [
      ...toolJvmOptions,
      `-Dlog4j2.configurationFile=${file('log4j2.xml')}`,
      '-cp',
      classPath,
      ...['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', file('server.properties')],
      ...formatArguments,
    ],
    { timeoutMs: FORMAT_LIMIT_MS },
  );
  if (run.code === 0) return;
  const said = run.timedOut
    ? `no end within ${FORMAT_LIMIT_MS / 1000} s`
    : `${run.stdout}${run.stderr}`.trim();
  throw new RunError(
    `Kafka could not format the folder of broker ${place.id}: ` +
      said.split('\n').slice(-20).join('\n'),
    FULL_DISK.test(said)
      ? `Free some space for ${path.dirname(folder)}, or set TMPDIR to a folder elsewhere.`
      : undefined,
  );
}
