// Which topic a run writes to, and which topics kbench may delete: those on its list, which stands
// on disk before the topic is made, so that a run that was killed can be cleaned up after. Called
// by execute and by run --resume. Never touches a topic of anyone else: a topic is deleted by the
// id that the cluster gave it, which stands on the list as soon as it is known.
import { RunError } from '../../base/errors.js';
import type { TopicSettings } from '../../contract/settings.js';
import { NotReachedError } from './kafka-admin.js';
import type { Removable, Removal, TopicAdmin } from './kafka-admin.js';
import { topicName } from '../../plan/points/names.js';

/**
 * Deletions that may fail before the rest is left for later: each takes seconds when a cluster is
 * gone.
 */
const MAX_FAILURES = 3;

/**
 * Topics that this sweep made and has not deleted yet. `cluster` keeps another cluster's topic of
 * that name safe.
 */
export interface OwnTopic extends Removable {
  readonly cluster: string | null;
}

const LEFT_ALONE: Readonly<Record<Exclude<Removal, 'gone'>, string>> = {
  another: 'someone made it anew under the name of one that this sweep had made',
  unsure:
    'kbench was ended while it made a topic of that name, and this one was written to, ' +
    'so it may be someone else’s; delete it by hand if it is not',
};

/** Writes the whole list; store.ts does it atomically. */
export type SaveTopics = (topics: readonly OwnTopic[]) => Promise<void>;

export interface TopicsOptions {
  readonly admin: TopicAdmin;
  readonly sweepName: string;
  /**
   * Differs between a run and its resumptions, so that a topic which could not be deleted is in no
   * one's way.
   */
  readonly sessionId: string;
  readonly clusterId: string | null;
  readonly save: SaveTopics;
  /** A topic that is left alone for good, and why. */
  readonly tell: (text: string) => void;
  /** What an earlier session left on the list. */
  readonly leftBehind?: readonly OwnTopic[];
  /** The user's first signal: a topic that was being made then is left to the end of the sweep. */
  readonly stop?: AbortSignal;
}

export class Topics {
  private own: OwnTopic[];

  constructor(private readonly options: TopicsOptions) {
    this.own = [...(options.leftBehind ?? [])];
  }

  /** The topic for a run, ready to be written to. Throws RunError with the broker's reason. */
  async prepare(run: string, settings: TopicSettings): Promise<string> {
    const { admin, sweepName, sessionId, clusterId } = this.options;
    if (settings.kind === 'existing') {
      if ((await admin.partitionsOf(settings.name)) === null) {
        throw new RunError(
          `topic ${settings.name} does not exist, ` +
            'and kbench never makes a topic that `topic: {name: ...}` names',
          'create it, or leave `name` out to get a fresh topic for each run',
        );
      }
      return settings.name;
    }
    const name = topicName(sweepName, sessionId, run);
    await this.remember({ name, cluster: clusterId, id: null });
    let created: boolean;
    try {
      created = await admin.create(name, settings, (id) => this.identify(name, id));
    } catch (error) {
      // Refused, or made and never ready: it must not stay. If the cluster went away meanwhile, it
      // stays on the list.
      if (this.options.stop?.aborted === true) throw error;
      if (error instanceof NotReachedError) await this.forget(name);
      else await this.release(name);
      throw error;
    }
    if (created) return name;
    await this.forget(name);
    throw new RunError(
      `topic ${name} exists already, and this run did not make it: it is left alone`,
    );
  }

  /**
   * Deletes the run's topic if this sweep made it. Gives the reason where it could not; the topic
   * then stays on the list.
   */
  async release(name: string): Promise<string | null> {
    const topic = this.own.find((each) => each.name === name && this.isHere(each));
    if (topic === undefined) return null;
    try {
      const removal = await this.options.admin.remove(topic);
      if (removal !== 'gone')
        this.options.tell(`topic ${name} is left alone: ${LEFT_ALONE[removal]}`);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    // Where that cannot be saved, the next session finds the topic gone.
    await this.forget(name).catch(passOverRunError);
    return null;
  }

  /**
   * Deletes everything on the list that lies on this cluster; gives the names that remain, with
   * their reasons.
   */
  async releaseAll(): Promise<string[]> {
    const remaining: string[] = [];
    let failures = 0;
    for (const { name } of this.own.filter((topic) => this.isHere(topic))) {
      const most = this.options.stop?.aborted === true ? 1 : MAX_FAILURES;
      const reason =
        failures >= most ? 'not tried: the cluster does not answer' : await this.release(name);
      if (reason === null) continue;
      failures++;
      remaining.push(`${name} (${reason})`);
    }
    return remaining;
  }

  /** The cluster is about to end, and its topics with it. */
  async forgetAll(): Promise<void> {
    this.own = this.own.filter((topic) => !this.isHere(topic));
    await this.options.save(this.own);
  }

  private isHere(topic: OwnTopic): boolean {
    return topic.cluster === this.options.clusterId;
  }

  private async remember(topic: OwnTopic): Promise<void> {
    this.own = [...this.own, topic];
    await this.options.save(this.own);
  }

  /** A cluster without ids leaves the name alone to go by. */
  private async identify(name: string, id: string | null): Promise<void> {
    const cluster = this.options.clusterId;
    const topic: OwnTopic = id === null ? { name, cluster } : { name, cluster, id };
    this.own = this.own.map((each) => (each.name === name && this.isHere(each) ? topic : each));
    await this.options.save(this.own);
  }

  private async forget(name: string): Promise<void> {
    this.own = this.own.filter((topic) => topic.name !== name || !this.isHere(topic));
    await this.options.save(this.own);
  }
}

function passOverRunError(error: unknown): void {
  if (!(error instanceof RunError)) throw error;
}
