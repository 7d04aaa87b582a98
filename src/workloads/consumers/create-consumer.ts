// The consumer that a run's settings ask for. Called in the consumer's thread, and by tests.
import type { Consumer, ConsumerTask } from './consumer.js';
import { GroupConsumer } from './group/group-consumer.js';
import { LogTail } from './log-tail.js';

export function createConsumer(task: ConsumerTask): Consumer {
  const { consumers } = task.spec.settings;
  switch (consumers?.kind) {
    case 'reader':
      return new LogTail(task, consumers);
    case 'group':
      return new GroupConsumer(task, consumers);
    case undefined:
      throw new Error('a run without consumers');
  }
}
