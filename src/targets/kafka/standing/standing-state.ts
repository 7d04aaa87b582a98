// What is known of clusters that stand by themselves (`kbench cluster up`): a file each in
// <cache>/clusters, written by its supervisor once the cluster is up and removed when it ends. A
// file whose supervisor is gone tells of a cluster that is gone, too: its leash ended it.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { writeWholeSync } from '../../../base/files/durable-file.js';
import { makeFolders } from '../../../base/files/make-folders.js';
import {
  hostIdentity,
  isSameProcess,
  processIdentity,
  rebootedSince,
  sameHost,
} from '../../../base/process-identity.js';
import { cacheFolder } from '../cache-folder.js';
import { KAFKA_MODES, KAFKA_SECURITIES } from '../kafka-rules.js';
import { cacheError } from '../place-error.js';

const server = z.object({ id: z.number().int(), address: z.string(), pid: z.number().int() });

const standingSchema = z.object({
  schema: z.literal('kbench/cluster@1'),
  name: z.string(),
  startedAt: z.iso.datetime(),
  host: z.object({
    host: z.string(),
    boot: z.string(),
    pidNamespace: z.string(),
    machine: z.string().optional(),
  }),
  supervisor: z.object({ pid: z.number().int(), startTime: z.string(), commandLine: z.string() }),
  version: z.string(),
  mode: z.enum(KAFKA_MODES),
  security: z.enum(KAFKA_SECURITIES),
  bootstrap: z.array(z.string()),
  clientProperties: z.string(),
  log: z.string(),
  brokers: z.array(server),
  zookeepers: z.array(server),
});
export type StandingCluster = z.infer<typeof standingSchema>;

/** What the supervisor adds by itself. */
export type StandingFacts = Omit<StandingCluster, 'schema' | 'host' | 'supervisor'>;

const clustersFolder = (): string => path.join(cacheFolder(), 'clusters');
const fileOf = (name: string): string => path.join(clustersFolder(), `${name}.json`);

/** Letters, digits, dots, underscores and hyphens: it is a file's name. */
export const isClusterName = (name: string): boolean => /^\w[\w.-]{0,63}$/.test(name);

/** Of a cluster by this name: where its supervisor and servers say what they do. */
export function placesOf(name: string): { readonly log: string; readonly lock: string } {
  const folder = clustersFolder();
  try {
    makeFolders(folder);
  } catch (error) {
    throw cacheError(cacheFolder(), error);
  }
  return { log: path.join(folder, `${name}.log`), lock: path.join(folder, `${name}.lock`) };
}

/** Written by the supervisor, about itself. */
export function saveStanding(facts: StandingFacts): StandingCluster {
  const supervisor = processIdentity(process.pid);
  const cluster: StandingCluster = {
    schema: 'kbench/cluster@1',
    ...{ host: hostIdentity(), ...facts },
    supervisor: supervisor ?? { pid: process.pid, startTime: '', commandLine: '' },
  };
  try {
    writeWholeSync(fileOf(facts.name), JSON.stringify(cluster, null, 1));
  } catch (error) {
    throw cacheError(cacheFolder(), error);
  }
  return cluster;
}

export function forgetStanding(name: string): void {
  rmSync(fileOf(name), { force: true });
}

/** Those that stand, by name. Files of clusters that are gone are removed. */
export function standingClusters(): StandingCluster[] {
  let names: string[];
  try {
    names = readdirSync(clustersFolder()).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
  return names.sort().flatMap((name) => {
    const cluster = read(path.join(clustersFolder(), name));
    if (cluster === null) return [];
    if (stands(cluster)) return [cluster];
    // Of another machine that shares the cache nothing can be said from here.
    if (rebootedSince(cluster.host) || sameHost(cluster.host)) forgetStanding(cluster.name);
    return [];
  });
}

export const stands = ({ host, supervisor }: StandingCluster): boolean =>
  !rebootedSince(host) && sameHost(host) && isSameProcess(supervisor);

function read(file: string): StandingCluster | null {
  try {
    return standingSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}
