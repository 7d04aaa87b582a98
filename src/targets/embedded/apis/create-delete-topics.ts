// CreateTopics (19) and DeleteTopics (20). Any broker takes them, as brokers of a KRaft cluster
// forward to the controller. Called through api-table.ts.
import {
  createTopicsRequest,
  createTopicsResponse,
  type CreateTopicsResponse,
  deleteTopicsRequest,
  deleteTopicsResponse,
} from '../../../wire/apis/all.js';
import { api } from './api.js';
import type { TopicRegistry } from '../cluster-topics.js';
import { ERROR } from '../../../wire/error-codes.js';

const TOPIC_CONFIG = 1;
const DEFAULT_CONFIG = 5;

type Created = NonNullable<CreateTopicsResponse['topics']>[number];

export const createTopics = api(
  createTopicsRequest,
  createTopicsResponse,
  [2, 7],
  (request, call) => {
    const { topics: registry } = call.cluster;
    const names = request.topics.map(({ name }) => name);
    const twice = new Set(names.filter((name, i) => names.indexOf(name) !== i));
    const topics = [...new Set(names)].map((name): Created => {
      if (twice.has(name)) {
        return {
          name,
          errorCode: ERROR.INVALID_REQUEST,
          errorMessage: 'Duplicate topic name.',
          configs: null,
        };
      }
      const wanted = request.topics.find((topic) => topic.name === name)!;
      const made = registry.create(
        {
          name,
          partitions: wanted.numPartitions,
          replicationFactor: wanted.replicationFactor,
          assignments: wanted.assignments,
          configs: wanted.configs,
        },
        request.validateOnly,
      );
      if ('code' in made)
        return { name, errorCode: made.code, errorMessage: made.message, configs: null };
      return {
        name,
        topicId: made.id,
        errorMessage: null,
        numPartitions: made.partitions.length,
        replicationFactor: made.replicationFactor,
        configs: made.configs.entries().map(({ name: setting, value, isDefault }) => ({
          name: setting,
          value,
          readOnly: false,
          configSource: isDefault ? DEFAULT_CONFIG : TOPIC_CONFIG,
          isSensitive: false,
        })),
      };
    });
    call.answer({ topics });
  },
);

export const deleteTopics = api(
  deleteTopicsRequest,
  deleteTopicsResponse,
  [1, 6],
  (request, call) => {
    const { topics: registry } = call.cluster;
    const wanted: readonly { name: string | null; topicId: string }[] =
      call.version >= 6
        ? request.topics
        : request.topicNames.map((name) => ({ name, topicId: '' }));
    call.answer({ responses: wanted.map(({ name, topicId }) => remove(registry, name, topicId)) });
  },
);

function remove(registry: TopicRegistry, name: string | null, topicId: string) {
  const topic = name === null ? registry.withId(topicId) : registry.named(name);
  if (topic !== undefined) {
    registry.delete(topic);
    return { name: topic.name, topicId: topic.id };
  }
  return name === null
    ? {
        name,
        topicId,
        errorCode: ERROR.UNKNOWN_TOPIC_ID,
        errorMessage: 'This server does not host this topic ID.',
      }
    : {
        name,
        errorCode: ERROR.UNKNOWN_TOPIC_OR_PARTITION,
        errorMessage: 'This server does not host this topic-partition.',
      };
}
