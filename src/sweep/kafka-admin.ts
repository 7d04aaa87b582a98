// Topics through kafkajs's admin client: one short connection for each operation, so that none is open while a run is measured.
// Called by topics.ts only, which decides what may be created and deleted; nothing here chooses a name.
import type { Admin } from 'kafkajs';
import { RunError } from '../base/errors.js';
import type { TopicSettings } from '../contract/settings.js';
import { sleep, within } from './time-limit.js';
import { askWhyRefused, refusedTopic } from './topic-refusal.js';

const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 15_000;
/** One operation with all its retries. */
const OPERATION_TIMEOUT_MS = 30_000;
/** Until every partition of a new topic has a leader. */
const LEADERS_TIMEOUT_MS = 30_000;
const POLL_MS = 50;

export type FreshTopic = Extract<TopicSettings, { kind: 'fresh' }>;

/** No connection, so nothing was asked of the cluster, and nothing was done. */
export class NotReachedError extends RunError {}

/** What topics.ts needs of a cluster. Errors are RunErrors with the broker's reason. */
export interface TopicAdmin {
  /** Creates the topic and waits until all its partitions have leaders; false where there is a topic of that name already. */
  create(name: string, topic: FreshTopic): Promise<boolean>;
  /** The number of partitions; null where there is no such topic. Never creates it. */
  partitionsOf(name: string): Promise<number | null>;
  /** Deletes the topic; one that is gone already is no error. */
  remove(name: string): Promise<void>;
}

/** The part of kafkajs's admin that is used: tests give their own. */
export type AdminClient = Pick<
  Admin,
  'connect' | 'disconnect' | 'createTopics' | 'deleteTopics' | 'fetchTopicMetadata'
>;

/** Loads kafkajs only when the first topic is made. */
async function kafkajsAdmin(bootstrap: readonly string[]): Promise<AdminClient> {
  const { default: kafkajs } = await import('kafkajs');
  const retry = { retries: 4, initialRetryTime: 100, maxRetryTime: 1_000 };
  const kafka = new kafkajs.Kafka({
    clientId: 'kbench-admin',
    brokers: [...bootstrap],
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry,
  });
  return kafka.admin({ retry });
}

export function kafkaAdmin(bootstrap: readonly string[], open = kafkajsAdmin, why = askWhyRefused): TopicAdmin {
  async function withAdmin<T>(what: string, work: (admin: AdminClient) => Promise<T>, limitMs: number): Promise<T> {
    const restoreWarnings = silenceNegativeTimeouts();
    const admin = await open(bootstrap);
    try {
      const connected = admin.connect().catch((error: unknown) => {
        throw new NotReachedError(`${what}: the cluster cannot be reached: ${messageOf(error)}`);
      });
      return await within(
        limitMs,
        what,
        connected.then(() => work(admin)),
      );
    } finally {
      // A client that hangs in connecting must not hold the sweep up as well.
      await within(CONNECT_TIMEOUT_MS, 'disconnecting', admin.disconnect()).catch(() => undefined);
      restoreWarnings();
    }
  }

  return {
    create: (name, topic) =>
      withAdmin(
        `creating topic ${name}`,
        async (admin) => {
          const configEntries = Object.entries(topic.config).map(([key, value]) => ({
            name: key,
            value: String(value),
          }));
          const created = await admin
            .createTopics({
              topics: [
                {
                  topic: name,
                  numPartitions: topic.partitions,
                  replicationFactor: topic.replicationFactor,
                  configEntries,
                },
              ],
              timeout: REQUEST_TIMEOUT_MS,
              // kafkajs gives up where the new topic has not come to every broker yet; awaitLeaders does not.
              waitForLeaders: false,
            })
            .catch(async (error: unknown) => {
              const refusal = protocolErrorIn(error);
              if (refusal === null) throw new RunError(`cannot create topic ${name}: ${messageOf(error)}`);
              throw refusedTopic(name, (await why(bootstrap, name, topic)) ?? { code: refusal.code, message: null });
            });
          if (created) await awaitLeaders(admin, name, topic.partitions);
          return created;
        },
        OPERATION_TIMEOUT_MS + LEADERS_TIMEOUT_MS,
      ),

    partitionsOf: (name) =>
      withAdmin(
        `looking up topic ${name}`,
        async (admin) => {
          try {
            const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
            return topics.find((topic) => topic.name === name)?.partitions.length ?? null;
          } catch (error) {
            if (isUnknownTopic(error)) return null;
            throw new RunError(`cannot look up topic ${name}: ${messageOf(error)}`);
          }
        },
        OPERATION_TIMEOUT_MS,
      ),

    remove: (name) =>
      withAdmin(
        `deleting topic ${name}`,
        async (admin) => {
          try {
            // Asked first, because kafkajs retries the deletion of a topic that is gone.
            await admin.fetchTopicMetadata({ topics: [name] });
            await admin.deleteTopics({ topics: [name], timeout: REQUEST_TIMEOUT_MS });
          } catch (error) {
            if (!isUnknownTopic(error)) throw new RunError(`cannot delete topic ${name}: ${messageOf(error)}`);
          }
        },
        OPERATION_TIMEOUT_MS,
      ),
  };
}

async function awaitLeaders(admin: AdminClient, name: string, partitions: number): Promise<void> {
  const until = performance.now() + LEADERS_TIMEOUT_MS;
  let seen = 'the broker does not list it yet';
  while (performance.now() < until) {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
      const listed = topics.find((topic) => topic.name === name)?.partitions ?? [];
      const led = listed.filter(({ leader }) => leader >= 0).length;
      if (led >= partitions) return;
      seen = `${led} of ${partitions} partitions have a leader`;
    } catch (error) {
      // Not there yet, or no leader yet: both pass.
      seen = messageOf(error);
    }
    await sleep(POLL_MS);
  }
  throw new RunError(`topic ${name} was created, but is not ready after ${LEADERS_TIMEOUT_MS / 1000} s: ${seen}`);
}

interface ProtocolError {
  readonly type: string;
  readonly code: number;
}

/** Kafka's own error inside kafkajs's wrappings (aggregates, retries exceeded, non-retriable); null where it is none. */
function protocolErrorIn(error: unknown, depth = 0): ProtocolError | null {
  if (typeof error !== 'object' || error === null || depth > 5) return null;
  const { type, code, errors, cause } = error as { type?: unknown; code?: unknown; errors?: unknown; cause?: unknown };
  if (typeof type === 'string' && typeof code === 'number') return { type, code };
  const inner: unknown = Array.isArray(errors) ? errors[0] : cause;
  return protocolErrorIn(inner, depth + 1);
}

const isUnknownTopic = (error: unknown) => protocolErrorIn(error)?.type === 'UNKNOWN_TOPIC_OR_PARTITION';

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** kafkajs asks for timers in the past, at which Node 24 prints a warning into the middle of the progress. */
function silenceNegativeTimeouts(): () => void {
  const original = Object.getOwnPropertyDescriptor(process, 'emitWarning');
  if (original === undefined) return () => undefined;
  const filtered = (...args: unknown[]): void => {
    if (args[1] !== 'TimeoutNegativeWarning') Reflect.apply(original.value as () => void, process, args);
  };
  Object.defineProperty(process, 'emitWarning', { ...original, value: filtered });
  return () => void Object.defineProperty(process, 'emitWarning', original);
}
