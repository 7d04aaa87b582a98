// What `kbench cluster` prints: for people, and as JSON for scripts. Pure; called by cluster.ts.
import { printable } from '../base/printable.js';
import type { StandingHealth } from '../targets/kafka/standing/standing-health.js';
import type { StandingCluster } from '../targets/kafka/standing/standing-state.js';

/** Of one cluster, for scripts. */
function facts(cluster: StandingCluster) {
  const { name, version, mode, security, bootstrap, clientProperties, log } = cluster;
  const { brokers, zookeepers, startedAt, supervisor } = cluster;
  return {
    ...{ name, version, mode, security, bootstrap, clientProperties, brokers, zookeepers },
    ...{ startedAt, supervisor: supervisor.pid, log, down: downCommand(cluster) },
  };
}

const asJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const downCommand = ({ name }: StandingCluster): string => `kbench cluster down --name ${name}`;

export const upJson = (cluster: StandingCluster): string => asJson(facts(cluster));

export function upText(cluster: StandingCluster, seconds: number): string {
  const { bootstrap, clientProperties } = cluster;
  return [
    `bootstrap.servers=${bootstrap.join()}`,
    `${describe(cluster)}, up after ${seconds.toFixed(1)} s`,
    '',
    `  kbench run sweep.yaml --set target.properties=${clientProperties}`,
    `  kafka-topics.sh --bootstrap-server ${bootstrap[0]} ` +
      `--command-config ${clientProperties} --list`,
    '',
    `client.properties  ${clientProperties}`,
    `log                ${cluster.log}`,
    `to end it          ${downCommand(cluster)}`,
    '',
  ].join('\n');
}

function describe({ version, brokers, zookeepers, security }: StandingCluster): string {
  const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
  return [
    `Apache Kafka ${version}`,
    count(brokers.length, 'broker'),
    ...(zookeepers.length === 0 ? [] : [count(zookeepers.length, 'ZooKeeper')]),
    security,
  ].join(', ');
}

export const statusJson = (all: readonly StandingHealth[]): string =>
  asJson({
    clusters: all.map(({ cluster, brokers }) => ({
      ...facts(cluster),
      brokers: cluster.brokers.map((each, index) => ({ ...each, answer: brokers[index] })),
    })),
  });

export function statusText(all: readonly StandingHealth[]): string {
  if (all.length === 0) return 'No cluster stands. `kbench cluster up` starts one.\n';
  const blocks = all.map(({ cluster, brokers }) => [
    `${cluster.name}: ${describe(cluster)}, since ${cluster.startedAt}`,
    `  bootstrap.servers=${cluster.bootstrap.join()}`,
    `  client.properties  ${cluster.clientProperties}`,
    ...cluster.brokers.map(
      ({ id, address }, index) =>
        `  broker ${id}  ${address}  ` +
        (brokers[index] === null ? 'answers' : printable(brokers[index])),
    ),
    `  to end it          ${downCommand(cluster)}`,
  ]);
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

export function downText(ended: readonly StandingCluster[], json: boolean): string {
  if (json) return asJson({ ended: ended.map(({ name }) => name) });
  if (ended.length === 0) return 'No cluster stood.\n';
  return ended.map((cluster) => `${cluster.name}: ended, and nothing of it is left\n`).join('');
}
