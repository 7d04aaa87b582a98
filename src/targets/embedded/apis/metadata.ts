// Metadata (3) and DescribeCluster (60): which brokers there are and who leads what. Called through
// api-table.ts. Must never create a topic unless the cluster was started with autoCreateTopics.
import {
  describeClusterRequest,
  describeClusterResponse,
  metadataRequest,
  metadataResponse,
  type MetadataResponse,
} from '../../../wire/apis/all.js';
import { api } from './api.js';
import type { Cluster } from '../cluster.js';
import { isValidTopicName, NO_LEADER } from '../cluster-topics.js';
import type { Topic } from '../cluster-topics.js';
import { ERROR } from '../../../wire/error-codes.js';

const BROKER_ENDPOINTS = 1;
const ZERO_ID = '00000000-0000-0000-0000-000000000000';

type TopicRow = NonNullable<MetadataResponse['topics']>[number];

export const metadata = api(metadataRequest, metadataResponse, [0, 13], (request, call) => {
  const { cluster, version } = call;
  // Version 0 asks for all topics with an empty list, later ones with null.
  const wanted = request.topics;
  const all = wanted === null || (version === 0 && wanted.length === 0);
  call.answer({
    brokers: cluster.aliveBrokers.map(({ id, host, port }) => ({ nodeId: id, host, port })),
    clusterId: cluster.clusterId,
    controllerId: cluster.controllerId,
    topics: all
      ? [...cluster.topics.all()].map((topic) => rowOf(topic, cluster))
      : wanted.map(({ topicId, name }) => {
          if (name !== null) return byName(cluster, name, request.allowAutoTopicCreation);
          // As KafkaApis.handleTopicMetadataRequest: ids alone from version 12 on.
          return version < 12
            ? { errorCode: ERROR.INVALID_REQUEST, name: '' }
            : byId(cluster, topicId);
        }),
  });
});

function byId(cluster: Cluster, topicId: string): TopicRow {
  const topic = cluster.topics.withId(topicId);
  if (topic !== undefined) return rowOf(topic, cluster);
  return topicId === ZERO_ID
    ? { errorCode: ERROR.INVALID_TOPIC_EXCEPTION, name: '', topicId }
    : { errorCode: ERROR.UNKNOWN_TOPIC_ID, name: null, topicId };
}

function byName(cluster: Cluster, name: string, mayCreate: boolean): TopicRow {
  if (!isValidTopicName(name)) return { errorCode: ERROR.INVALID_TOPIC_EXCEPTION, name };
  const topic = cluster.topics.named(name);
  if (topic !== undefined) return rowOf(topic, cluster);
  if (mayCreate && cluster.options.autoCreateTopics) {
    const made = cluster.topics.create({ name, partitions: 1, replicationFactor: 1 });
    if (!('code' in made)) return rowOf(made, cluster);
  }
  return { errorCode: ERROR.UNKNOWN_TOPIC_OR_PARTITION, name };
}

const rowOf = (topic: Topic, cluster: Cluster): TopicRow => ({
  name: topic.name,
  topicId: topic.id,
  partitions: topic.partitions.map(({ index, leader, leaderEpoch, replicas, isr }) => ({
    errorCode: leader === NO_LEADER ? ERROR.LEADER_NOT_AVAILABLE : ERROR.NONE,
    partitionIndex: index,
    leaderId: leader,
    leaderEpoch,
    replicaNodes: [...replicas],
    isrNodes: [...isr],
    offlineReplicas: replicas.filter((id) => !cluster.isAlive(id)),
  })),
});

export const describeCluster = api(
  describeClusterRequest,
  describeClusterResponse,
  [0, 2],
  (request, call) => {
    const { cluster } = call;
    if (request.endpointType !== BROKER_ENDPOINTS) {
      call.answer({
        errorCode: ERROR.UNSUPPORTED_ENDPOINT_TYPE,
        errorMessage: 'these are brokers, not controllers',
        endpointType: request.endpointType,
        clusterId: cluster.clusterId,
      });
      return;
    }
    call.answer({
      clusterId: cluster.clusterId,
      controllerId: cluster.controllerId,
      brokers: cluster.aliveBrokers.map(({ id, host, port }) => ({ brokerId: id, host, port })),
    });
  },
);
