// Settings of Kafka's consumers and admin clients that its producer does not have (ConsumerConfig,
// ShareConsumer's and AdminClientConfig of 4.4): such names stand in files that all clients share.
// A test holds the list to Java's.

const NAMES: ReadonlySet<string> = new Set([
  'allow.auto.create.topics',
  'auto.commit.interval.ms',
  'auto.offset.reset',
  'bootstrap.controllers',
  'check.crcs',
  'default.api.timeout.ms',
  'enable.auto.commit',
  'exclude.internal.topics',
  'fetch.max.bytes',
  'fetch.max.wait.ms',
  'fetch.min.bytes',
  'group.id',
  'group.instance.id',
  'group.protocol',
  'group.remote.assignor',
  'heartbeat.interval.ms',
  'internal.throw.on.fetch.stable.offset.unsupported',
  'isolation.level',
  'key.deserializer',
  'max.partition.fetch.bytes',
  'max.poll.interval.ms',
  'max.poll.records',
  'partition.assignment.strategy',
  'session.timeout.ms',
  'share.acknowledgement.mode',
  'share.acquire.mode',
  'value.deserializer',
]);

export const OTHER_CLIENTS_SETTINGS: readonly string[] = [...NAMES];

export function isOfOtherClients(name: string): boolean {
  return NAMES.has(name);
}
