// What a cluster of Kafka's own that kbench starts may be: one set of rules, told by `kbench
// validate` (through sweep's target-settings) and held to when the cluster is started. Starts
// nothing, and imports nothing that does.

export const DEFAULT_KAFKA_VERSION = '4.4.0';
/** Nodes on one host. */
export const MAX_KAFKA_BROKERS = 5;

/** Does `version` name a release that can be started here: KRaft alone, so 3.3 and newer. */
export function isKafkaVersion(version: string): boolean {
  const match = /^(\d{1,3})\.(\d{1,3})\.\d{1,3}$/.exec(version);
  return match !== null && (Number(match[1]) > 3 || (match[1] === '3' && Number(match[2]) >= 3));
}
