// A results folder to which no run is lacking, but whose last session was killed before it had
// deleted its topics: deletes them. Called by run-sweep where there is nothing else to do. What
// cannot be deleted stays on the list, with a warning: all results are there.
import { KbenchError } from '../../base/errors.js';
import { plural, printable } from '../../report/text/format.js';
import { kafkaAdmin } from '../../session/topics/kafka-admin.js';
import type { LoadedSweep } from '../../plan/load-sweep.js';
import type { Progress } from '../../session/progress/progress.js';
import type { ResultStore } from '../../session/folder/store.js';
import { Topics } from '../../session/topics/topics.js';
import type { OwnTopic } from '../../session/topics/topics.js';
import { openTarget } from '../../targets/target.js';

interface Left {
  readonly sweep: LoadedSweep;
  readonly store: ResultStore;
  readonly leftBehind: readonly OwnTopic[];
}

export async function deleteLeftTopics(
  left: Left,
  progress: Progress,
  stop: AbortSignal,
): Promise<void> {
  const { sweep, store, leftBehind } = left;
  if (leftBehind.length === 0) return;
  try {
    // A cluster that kbench started has ended, and its topics with it.
    let leftAlone = 0;
    const tell = (text: string): void => {
      leftAlone++;
      progress.warn(printable(text));
    };
    const remaining =
      sweep.target.kind === 'external' ? await deleteOnCluster(left, tell, stop) : [];
    if (sweep.target.kind !== 'external') await store.saveTopics([]);
    for (const topic of remaining) progress.warn(`topic could not be deleted: ${printable(topic)}`);
    const gone = leftBehind.length - leftAlone;
    if (remaining.length === 0 && gone > 0)
      progress.note(`${plural(gone, 'topic')} of a killed session cleaned up`);
  } catch (error) {
    if (!(error instanceof KbenchError)) throw error;
    progress.warn(
      `${plural(leftBehind.length, 'topic')} of a killed session could not be deleted: ` +
        printable(error.message),
    );
  }
}

async function deleteOnCluster(
  { sweep, store, leftBehind }: Left,
  tell: (text: string) => void,
  stop: AbortSignal,
): Promise<string[]> {
  const target = await openTarget(sweep.target, { signal: stop });
  try {
    const { clusterId } = await target.describe();
    const topics = new Topics({
      admin: kafkaAdmin(target.bootstrap, target.access),
      sweepName: sweep.name,
      sessionId: store.id,
      clusterId,
      save: (list) => store.saveTopics(list),
      tell,
      leftBehind,
    });
    return await topics.releaseAll();
  } finally {
    await target.close();
  }
}
