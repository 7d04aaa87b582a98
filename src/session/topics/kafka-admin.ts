// Topics of a cluster: make one and wait for its leaders, look one up, delete one; each with a time
// limit, and again where the broker says that it may pass. Called by topics.ts only, which decides
// what may be created and deleted; nothing here chooses a name.
import { RunError, StoppedError } from '../../base/errors.js';
import type { TopicSettings } from '../../contract/settings.js';
import { type Access, ADVICE, PLAINTEXT, ProbeFailure } from '../../connect/cold.js';
import {
  openAdmin,
  type AdminClient,
  type IdentifiedAnswer,
  type TopicAnswer,
} from '../../targets/external/wire-admin.js';
import { bounded, sleep } from '../../base/time-limit.js';
import { refusedTopic } from './topic-refusal.js';
import { ERROR, errorRow } from '../../wire/error-codes.js';

/** What the broker may take to make or delete a topic on all of its replicas. */
const REQUEST_TIMEOUT_MS = 15_000;
/** One operation with all its retries. */
const OPERATION_TIMEOUT_MS = 30_000;
/** Until every partition of a new topic has a leader. */
const LEADERS_TIMEOUT_MS = 30_000;
/** What deleting a topic may take once the user has stopped: the rest is for --resume. */
const STOPPED_REMOVAL_MS = 1_000;
/** A setting of a topic: runs can do without. */
const ASK_MS = 5_000;
const LEAST_IN_SYNC = 'min.insync.replicas';
const POLL_MS = 50;
const RETRY_MS = 200;

/** No errors that pass: these are answers. */
const ANSWERS = new Set([ERROR.UNKNOWN_TOPIC_OR_PARTITION, ERROR.UNKNOWN_TOPIC_ID]);

export type FreshTopic = Extract<TopicSettings, { kind: 'fresh' }>;

/** No connection, so nothing was asked of the cluster, and nothing was done. */
export class NotReachedError extends RunError {}

/**
 * Which topic is to go. `id`: that one and no other of its name; null: one that was being made when
 * its maker was ended, so its id is not known; left out: of a cluster without ids, or noted by an
 * older version.
 */
export interface Removable {
  readonly name: string;
  readonly id?: string | null | undefined;
}

/**
 * `another`: a topic of that name is there, and is not the one; `unsure`: it was written to, and
 * may be anyone's.
 */
export type Removal = 'gone' | 'another' | 'unsure';

/** What topics.ts needs of a cluster. Errors are RunErrors with the broker's reason. */
export interface TopicAdmin {
  /**
   * Creates the topic and waits until all its partitions have leaders; false where there is a topic
   * of that name already. `made` is told its id as soon as it is known, null where the cluster has
   * none, and is waited for.
   */
  create(
    name: string,
    topic: FreshTopic,
    made?: (id: string | null) => Promise<void>,
  ): Promise<boolean>;
  /** The number of partitions; null where there is no such topic. Never creates it. */
  partitionsOf(name: string): Promise<number | null>;
  /**
   * Deletes the topic; one that is gone already is no error. One that is not surely the one meant
   * is left alone.
   */
  remove(topic: Removable): Promise<Removal>;
}

/** What a topic promises, for audits. */
export interface TopicPromises {
  /** min.insync.replicas; null where the cluster does not tell. */
  leastInSync(name: string): Promise<number | null>;
}

export interface AdminOptions {
  /** The user's first signal: what is under way ends, and a deletion has a moment left. */
  readonly stop?: AbortSignal;
  readonly open?: typeof openAdmin;
}

export function kafkaAdmin(
  bootstrap: readonly string[],
  access: Access = PLAINTEXT,
  { stop, open = openAdmin }: AdminOptions = {},
): TopicAdmin & TopicPromises {
  const cluster = { bootstrap, access, stop, open };
  return {
    create: (name, topic, made) =>
      withAdmin(
        cluster,
        `creating topic ${name}`,
        { limitMs: OPERATION_TIMEOUT_MS + LEADERS_TIMEOUT_MS },
        (admin) => createTopic(admin, name, topic, made),
      ),

    partitionsOf: (name) =>
      withAdmin(cluster, `looking up topic ${name}`, { limitMs: OPERATION_TIMEOUT_MS }, (admin) =>
        partitionsOf(admin, name),
      ),

    leastInSync: (name) =>
      withAdmin(cluster, `asking for ${LEAST_IN_SYNC} of ${name}`, { limitMs: ASK_MS }, (admin) =>
        leastInSync(admin, name),
      ),

    remove: (topic) =>
      withAdmin(
        cluster,
        `deleting topic ${topic.name}`,
        { limitMs: OPERATION_TIMEOUT_MS, graceMs: STOPPED_REMOVAL_MS },
        (admin) => removeTopic(admin, topic),
      ),
  };
}

async function leastInSync(admin: AdminClient, name: string): Promise<number | null> {
  const value = Number((await admin.topicSetting(name, LEAST_IN_SYNC)) ?? NaN);
  return Number.isInteger(value) ? value : null;
}

interface Cluster {
  readonly bootstrap: readonly string[];
  readonly access: Access;
  readonly stop: AbortSignal | undefined;
  readonly open: typeof openAdmin;
}

interface Wait {
  readonly limitMs: number;
  readonly graceMs?: number;
}

/**
 * One piece of work over a connection of its own. Connecting has the limit of the whole: each
 * address of a cluster that is gone takes seconds.
 */
async function withAdmin<T>(
  cluster: Cluster,
  what: string,
  wait: Wait,
  work: (admin: AdminClient) => Promise<T>,
): Promise<T> {
  const end = performance.now() + wait.limitMs;
  const admin = await connect(cluster, what, wait);
  try {
    const limitMs = Math.max(1, end - performance.now());
    return await bounded(what, { ...wait, limitMs, stop: cluster.stop }, () => work(admin));
  } catch (error) {
    if (!(error instanceof ProbeFailure)) throw error;
    throw new RunError(
      `${what}: the connection to the broker failed: ${error.message}`,
      ADVICE[error.kind],
    );
  } finally {
    admin.close();
  }
}

async function connect(
  { bootstrap, access, stop, open }: Cluster,
  what: string,
  wait: Wait,
): Promise<AdminClient> {
  try {
    const late = (opened: AdminClient): void => opened.close();
    return await bounded(`${what}: connecting`, { ...wait, stop, late }, () =>
      open(bootstrap, access),
    );
  } catch (error) {
    if (error instanceof StoppedError) throw error;
    if (error instanceof RunError) throw new NotReachedError(error.message);
    if (!(error instanceof ProbeFailure)) throw error;
    throw new NotReachedError(
      `${what}: the cluster cannot be reached: ${error.message}`,
      ADVICE[error.kind],
    );
  }
}

async function createTopic(
  admin: AdminClient,
  name: string,
  topic: FreshTopic,
  made?: (id: string | null) => Promise<void>,
): Promise<boolean> {
  const { partitions, replicationFactor } = topic;
  const config = Object.fromEntries(
    Object.entries(topic.config).map(([key, value]) => [key, String(value)]),
  );
  let tries = 0;
  const answer = await insist(admin, () => {
    tries++;
    return admin.createTopic({ name, partitions, replicationFactor, config }, REQUEST_TIMEOUT_MS);
  });
  // The broker may have gone on with a request that it had given up waiting for.
  if (answer.code === ERROR.TOPIC_ALREADY_EXISTS && tries === 1) return false;
  if (answer.code !== ERROR.NONE && answer.code !== ERROR.TOPIC_ALREADY_EXISTS)
    throw refusedTopic(name, answer);
  // Of a topic made by a try that had no answer the id is told by metadata.
  if (answer.id !== null) await made?.(answer.id);
  const { id } = await awaitLeaders(admin, name, partitions);
  if (answer.id === null) await made?.(id);
  return true;
}

async function partitionsOf(admin: AdminClient, name: string): Promise<number | null> {
  const answer = await insist(admin, () => admin.describeTopic(name));
  if (answer.code === ERROR.UNKNOWN_TOPIC_OR_PARTITION) return null;
  if (answer.code !== ERROR.NONE) throw failed(`cannot look up topic ${name}`, answer);
  return answer.leaders.length;
}

function removeTopic(admin: AdminClient, { name, id }: Removable): Promise<Removal> {
  if (id === undefined) return removeByName(admin, name);
  return id === null ? removeUnwritten(admin, name) : removeById(admin, name, id);
}

async function removeByName(admin: AdminClient, name: string): Promise<Removal> {
  const answer = await insist(admin, () => admin.deleteTopic(name, REQUEST_TIMEOUT_MS));
  if (answer.code !== ERROR.NONE && answer.code !== ERROR.UNKNOWN_TOPIC_OR_PARTITION)
    throw failed(`cannot delete topic ${name}`, answer);
  return 'gone';
}

async function removeById(admin: AdminClient, name: string, id: string): Promise<Removal> {
  if (admin.deletesById) {
    const answer = await insist(admin, () => admin.deleteTopicById(id, REQUEST_TIMEOUT_MS));
    if (answer.code === ERROR.NONE) return 'gone';
    if (!ANSWERS.has(answer.code)) throw failed(`cannot delete topic ${name}`, answer);
  }
  const found = await insist(admin, () => admin.describeTopic(name));
  if (found.code === ERROR.UNKNOWN_TOPIC_OR_PARTITION) return 'gone';
  if (found.code !== ERROR.NONE) throw failed(`cannot look up topic ${name}`, found);
  if (found.id !== id) return 'another';
  // The controller has no such topic any more, and this broker will know soon; or no broker deletes
  // by id.
  return admin.deletesById ? 'gone' : removeByName(admin, name);
}

/**
 * A session that was ended while it made a topic has written nothing to it: whoever has, it is
 * theirs.
 */
async function removeUnwritten(admin: AdminClient, name: string): Promise<Removal> {
  const found = await insist(admin, () => admin.describeTopic(name));
  if (found.code === ERROR.UNKNOWN_TOPIC_OR_PARTITION) return 'gone';
  if (found.code !== ERROR.NONE) throw failed(`cannot look up topic ${name}`, found);
  const written = await admin.wasWrittenTo(name);
  if (written === null)
    throw new RunError(
      `cannot delete topic ${name}: not all of its partitions tell if it is empty`,
    );
  if (written) return 'unsure';
  // By the id that was looked at, so that it is that topic.
  return found.id === null ? removeByName(admin, name) : removeById(admin, name, found.id);
}

/**
 * Asks until the answer is no error that passes; the caller's time limit ends it. An unknown topic
 * is an answer here.
 */
async function insist<T extends TopicAnswer>(
  admin: AdminClient,
  ask: () => Promise<T>,
): Promise<T> {
  const end = performance.now() + OPERATION_TIMEOUT_MS;
  for (;;) {
    const answer = await ask();
    const passes = !ANSWERS.has(answer.code) && errorRow(answer.code).retriable;
    if (!passes || performance.now() >= end) return answer;
    if (answer.code === ERROR.NOT_CONTROLLER) await admin.moveToController();
    await sleep(RETRY_MS);
  }
}

function failed(what: string, { code, message }: TopicAnswer): RunError {
  const known = errorRow(code);
  return new RunError(`${what}: ${known.name}: ${message ?? known.message}`);
}

async function awaitLeaders(
  admin: AdminClient,
  name: string,
  partitions: number,
): Promise<IdentifiedAnswer> {
  const until = performance.now() + LEADERS_TIMEOUT_MS;
  let seen = 'the broker does not list it yet';
  while (performance.now() < until) {
    const found = await admin.describeTopic(name);
    const { code, leaders } = found;
    const led = leaders.filter((leader) => leader >= 0).length;
    if (led >= partitions) return found;
    // Not there yet, or no leader yet: both pass.
    seen =
      code !== ERROR.NONE && leaders.length === 0
        ? errorRow(code).message
        : `${led} of ${partitions} partitions have a leader`;
    await sleep(POLL_MS);
  }
  throw new RunError(
    `topic ${name} was created, but is not ready after ${LEADERS_TIMEOUT_MS / 1000} s: ${seen}`,
  );
}
