// Leaders, in-sync replicas, offline replicas of all topics, as metadata tells them, and
// min.insync.replicas of each. Called by doctor.ts; asks with DescribeConfigs, decides by values.
import { withoutSecrets } from '../../../base/secrets/secrets.js';
import { type ApiVersions, versionFor, type WireClient } from '../../../connect/cold.js';
import {
  describeConfigsRequest,
  describeConfigsResponse,
  type MetadataResponse,
} from '../../../wire/apis/all.js';
import type { Decoded } from '../../../wire/index.js';
import type { Finding, TopicsState } from './examination.js';
import { isForbidden, TOPIC_RESOURCE } from './protocol.js';
import { count, listed } from './words.js';

export type Metadata = Decoded<MetadataResponse>;
export type Topic = Metadata['topics'][number];

/** Topics that one DescribeConfigs asks about. */
const TOPICS_A_REQUEST = 500;
const MIN_ISR = 'min.insync.replicas';
/** Names of topics that an earlier doctor made; see write-and-read.ts. */
const DOCTOR_TOPIC = /^kbench-doctor-(\d{8}T\d{6})-/;
/** A doctor takes no longer, so what is older was left by one that was killed. */
const LEFT_AFTER_MS = 10 * 60_000;

export interface MinIsr {
  /** By topic; absent where it was not told. */
  readonly byTopic: ReadonlyMap<string, number>;
  /** This client may not describe some of them. */
  readonly forbidden: boolean;
}

/** Throws ProbeFailure. */
export async function minIsrOf(
  client: WireClient,
  versions: ApiVersions,
  topics: readonly Topic[],
): Promise<MinIsr> {
  const byTopic = new Map<string, number>();
  const version = versionFor(versions, describeConfigsRequest);
  if (version === null) return { byTopic, forbidden: false };
  const names = topics.flatMap(({ name }) => (name === null ? [] : [name]));
  let forbidden = false;
  for (let at = 0; at < names.length; at += TOPICS_A_REQUEST) {
    const resources = names.slice(at, at + TOPICS_A_REQUEST).map((resourceName) => ({
      ...{ resourceType: TOPIC_RESOURCE, resourceName },
      configurationKeys: [MIN_ISR],
    }));
    const { results } = await client.request(
      describeConfigsRequest,
      describeConfigsResponse,
      version,
      { resources },
    );
    for (const { errorCode, resourceName, configs } of results) {
      forbidden ||= isForbidden(errorCode);
      const value = Number(configs.find(({ name }) => name === MIN_ISR)?.value ?? NaN);
      if (Number.isInteger(value)) byTopic.set(resourceName, value);
    }
  }
  return { byTopic, forbidden };
}

interface Place {
  /** `orders-3`. */
  readonly name: string;
  readonly topic: string;
  readonly replicas: readonly number[];
  /** Replicas that are not in sync. */
  readonly behind: readonly number[];
  readonly inSync: number;
  readonly leader: number;
  readonly offline: readonly number[];
  /** Null where it was not told. */
  readonly minIsr: number | null;
}

export interface TopicsOutcome {
  readonly state: TopicsState;
  readonly findings: readonly Finding[];
}

export function topicsOutcome(
  { topics, brokers }: Pick<Metadata, 'topics' | 'brokers'>,
  minIsr: MinIsr,
  nowMs: number,
): TopicsOutcome {
  const places = topics.flatMap((topic) => placesOf(topic, minIsr));
  const alive = new Set(brokers.map(({ nodeId }) => nodeId));
  const leaderless = places.filter(({ leader }) => leader < 0);
  const led = places.filter(({ leader }) => leader >= 0);
  const under = led.filter((place) => place.minIsr !== null && place.inSync < place.minIsr);
  const behind = led.filter(({ behind: some }) => some.length > 0);
  const offline = places.filter((place) => missingOf(place, alive).length > 0);
  return {
    state: {
      topics: topics.length,
      partitions: places.length,
      withoutLeader: leaderless.length,
      underMinIsr: under.length,
      underReplicated: behind.length,
      offlineReplicas: offline.reduce((sum, place) => sum + missingOf(place, alive).length, 0),
    },
    findings: [
      ...leaderFindings(leaderless),
      ...minIsrFindings(under),
      ...behindFindings(behind.filter((place) => !under.includes(place))),
      ...offlineFindings(offline, alive),
      ...leftFindings(topics, nowMs),
    ],
  };
}

function placesOf(topic: Topic, { byTopic }: MinIsr): Place[] {
  const name = topic.name ?? '?';
  return topic.partitions.map((partition) => ({
    name: withoutSecrets(`${name}-${partition.partitionIndex}`),
    topic: withoutSecrets(name),
    replicas: partition.replicaNodes,
    behind: partition.replicaNodes.filter((id) => !partition.isrNodes.includes(id)),
    inSync: partition.isrNodes.length,
    leader: partition.leaderId,
    offline: partition.offlineReplicas,
    minIsr: byTopic.get(name) ?? null,
  }));
}

/** Replicas on brokers that are not there, or whose disk is not. */
const missingOf = ({ replicas, offline }: Place, alive: ReadonlySet<number>): number[] =>
  replicas.filter((id) => offline.includes(id) || !alive.has(id));

const haveText = ({ length }: readonly Place[]): string =>
  count(length, 'partition has', 'partitions have');
const namesOf = (places: readonly Place[]): string => listed(places.map(({ name }) => name));
const idsOf = (ids: readonly number[]): string => {
  const distinct = [...new Set(ids)].toSorted((a, b) => a - b);
  return `broker${distinct.length === 1 ? '' : 's'} ${listed(distinct.map(String))}`;
};

function leaderFindings(places: readonly Place[]): Finding[] {
  if (places.length === 0) return [];
  const replicas = idsOf(places.flatMap((place) => place.replicas));
  return [
    {
      severity: 'problem',
      step: 'topics',
      code: 'no-leader',
      cause: `${haveText(places)} no leader, so nothing can be written there: ${namesOf(places)}`,
      remedy:
        `start the brokers that hold their replicas (${replicas}) and look into their logs; ` +
        'where none of them comes back, kafka-leader-election with UNCLEAN loses records',
    },
  ];
}

function minIsrFindings(places: readonly Place[]): Finding[] {
  const never = places.filter(({ replicas, minIsr }) => replicas.length < (minIsr ?? 0));
  const now = places.filter((place) => !never.includes(place));
  const finding = (of: readonly Place[], cause: string, remedy: string): Finding[] =>
    of.length === 0
      ? []
      : [{ severity: 'problem', step: 'topics', code: 'under-min-isr', cause, remedy }];
  return [
    ...finding(
      now,
      `${haveText(now)} fewer in-sync replicas than ` +
        `min.insync.replicas, so acks=all is refused (NOT_ENOUGH_REPLICAS): ${namesOf(now)}`,
      `bring back ${idsOf(now.flatMap(({ behind }) => behind))}, or see why it lags`,
    ),
    ...finding(
      never,
      `${haveText(never)} fewer replicas than ` +
        `min.insync.replicas, so acks=all is never taken: ${namesOf(never)}`,
      'add replicas (kafka-reassign-partitions), or lower min.insync.replicas of ' +
        listed([...new Set(never.map(({ topic }) => topic))]),
    ),
  ];
}

function behindFindings(places: readonly Place[]): Finding[] {
  if (places.length === 0) return [];
  const ids = idsOf(places.flatMap(({ behind }) => behind));
  return [
    {
      severity: 'warning',
      step: 'topics',
      code: 'under-replicated',
      cause: `${haveText(places)} replicas that are not in sync (on ${ids}): ${namesOf(places)}`,
      remedy: `see whether ${ids} is down, starting, or too slow to follow`,
    },
  ];
}

function offlineFindings(places: readonly Place[], alive: ReadonlySet<number>): Finding[] {
  if (places.length === 0) return [];
  const ids = idsOf(places.flatMap((place) => missingOf(place, alive)));
  return [
    {
      severity: 'warning',
      step: 'topics',
      code: 'offline-replicas',
      cause: `${haveText(places)} replicas that are offline (on ${ids}): ${namesOf(places)}`,
      remedy: `start ${ids}; if it runs, one of its log.dirs has failed: its log says which`,
    },
  ];
}

function leftFindings(topics: readonly Topic[], nowMs: number): Finding[] {
  return topics.flatMap(({ name }): Finding[] => {
    if (name === null) return [];
    const madeMs = madeAt(name);
    if (madeMs === null || nowMs - madeMs < LEFT_AFTER_MS) return [];
    return [
      {
        severity: 'warning',
        step: 'topics',
        code: 'left-topic',
        cause: `topic ${name} was made by a kbench doctor that ended before it could delete it`,
        remedy: `delete it: kafka-topics --delete --topic ${name} --bootstrap-server ...`,
      },
    ];
  });
}

/** When a doctor made the topic; null where no doctor did. */
function madeAt(name: string): number | null {
  const time = DOCTOR_TOPIC.exec(name)?.[1];
  if (time === undefined) return null;
  const iso = time.replace(/(....)(..)(..)T(..)(..)(..)/, '$1-$2-$3T$4:$5:$6Z');
  return Date.parse(iso);
}
