// Why a broker refused a topic, in its own words ("Unknown topic config name: retention.sm"), and
// what to do. Called by kafka-admin.
import { RunError } from '../../base/errors.js';
import { ERROR, errorRow } from '../../wire/error-codes.js';
import type { TopicAnswer } from '../../targets/external/wire-admin.js';

const REMEDIES: Readonly<Record<number, string>> = {
  [ERROR.TOPIC_AUTHORIZATION_FAILED]:
    'allow this client to create, describe and delete topics named kbench-*, ' +
    'or write to an existing one (topic: {name: ...})',
  [ERROR.CLUSTER_AUTHORIZATION_FAILED]:
    'allow this client to create topics, or write to an existing one (topic: {name: ...})',
  [ERROR.INVALID_PARTITIONS]: 'set topic.partitions to what the cluster takes',
  [ERROR.INVALID_REPLICATION_FACTOR]:
    'set topic.replicationFactor to at most the number of brokers',
  [ERROR.INVALID_CONFIG]:
    'correct topic.config: the names and values are those of the broker’s own topic settings',
  [ERROR.POLICY_VIOLATION]:
    'the broker has a policy for new topics: follow it in `topic:`, ' +
    'or write to an existing one (topic: {name: ...})',
};

/** The refusal as the failure of a run. */
export function refusedTopic(name: string, { code, message }: TopicAnswer): RunError {
  const known = errorRow(code);
  return new RunError(
    `the broker refused topic ${name}: ${known.name}: ${message ?? known.message}`,
    REMEDIES[code],
  );
}
