// Kafka's API keys by name: of the requests that kbench sends, answers, or refuses by name. The one
// table of all who speak Kafka.

declare const kind: unique symbol;
/** A key of the table, or one that a client sent. */
export type ApiKey = number & { readonly [kind]: 'API key' };

const KEYS = {
  PRODUCE: 0,
  FETCH: 1,
  LIST_OFFSETS: 2,
  METADATA: 3,
  OFFSET_COMMIT: 8,
  OFFSET_FETCH: 9,
  FIND_COORDINATOR: 10,
  JOIN_GROUP: 11,
  HEARTBEAT: 12,
  LEAVE_GROUP: 13,
  SYNC_GROUP: 14,
  DESCRIBE_GROUPS: 15,
  LIST_GROUPS: 16,
  SASL_HANDSHAKE: 17,
  API_VERSIONS: 18,
  CREATE_TOPICS: 19,
  DELETE_TOPICS: 20,
  INIT_PRODUCER_ID: 22,
  ADD_PARTITIONS_TO_TXN: 24,
  ADD_OFFSETS_TO_TXN: 25,
  END_TXN: 26,
  TXN_OFFSET_COMMIT: 28,
  DESCRIBE_CONFIGS: 32,
  SASL_AUTHENTICATE: 36,
  DELETE_GROUPS: 42,
  ELECT_LEADERS: 43,
  OFFSET_DELETE: 47,
  DESCRIBE_QUORUM: 55,
  DESCRIBE_CLUSTER: 60,
  CONSUMER_GROUP_HEARTBEAT: 68,
  CONSUMER_GROUP_DESCRIBE: 69,
  SHARE_GROUP_HEARTBEAT: 76,
  SHARE_GROUP_DESCRIBE: 77,
  SHARE_FETCH: 78,
  SHARE_ACKNOWLEDGE: 79,
} as const;

/** The keys by their names. */
export const API = KEYS as unknown as { readonly [name in keyof typeof KEYS]: ApiKey };

/** A number that came as an API key. */
export function apiKeyFrom(wire: number): ApiKey {
  return wire as ApiKey;
}
