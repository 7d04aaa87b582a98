// The settings that members of groups take. Nothing else reaches a client: on an agent they come
// from the coordinator, and a setting of Java's may name a class.
import type { ConsumerProperties } from '../../../contract/settings.js';

/** Names classes: Kafka's own alone. */
const STRATEGY = 'partition.assignment.strategy';
const KAFKAS_OWN = /^org\.apache\.kafka\.clients\.consumer\.\w+$/;

export const MEMBER_PROPERTIES: readonly string[] = [
  'fetch.min.bytes',
  'fetch.max.wait.ms',
  'fetch.max.bytes',
  'max.partition.fetch.bytes',
  'isolation.level',
  'session.timeout.ms',
  'heartbeat.interval.ms',
  'group.protocol',
  STRATEGY,
];

export const memberProperties = (properties: ConsumerProperties): ConsumerProperties =>
  Object.fromEntries(
    Object.entries(properties).filter(
      ([name, value]) =>
        MEMBER_PROPERTIES.includes(name) && (name !== STRATEGY || KAFKAS_OWN.test(String(value))),
    ),
  );
