// What `consumers:` takes, as fields: fetch settings under Java's names and within Java's limits.
// Part of settings/fields.ts; each may be an axis (`sweep: {consumers.fetch.min.bytes: [1, 64]}`).
import { choiceField, numberField, type Field } from '../settings/field.js';
import { COUNT, SIZE, TIME, WHOLE_MS } from '../settings/number-kinds.js';

export const CONSUMERS = 'consumers.';

const INT_MAX = 2 ** 31 - 1;
const MAX_START_MS = 24 * 3_600_000;

const sizeField = (name: string, doc: string): Field =>
  numberField(CONSUMERS + name, SIZE, [0, INT_MAX], doc);

/** Settings of Java's consumer that ours has. */
const PROPERTIES: readonly Field[] = [
  sizeField(
    'fetch.min.bytes',
    'How much a broker waits for before it answers a fetch; default 1: whatever there is.',
  ),
  numberField(
    `${CONSUMERS}fetch.max.wait.ms`,
    WHOLE_MS,
    [0, INT_MAX],
    'How long a broker waits for fetch.min.bytes; default 500 ms.',
  ),
  sizeField('fetch.max.bytes', 'What one fetch brings at most; default 50MiB.'),
  sizeField(
    'max.partition.fetch.bytes',
    'What one fetch brings of a partition at most; default 1MiB.',
  ),
  choiceField(
    `${CONSUMERS}isolation.level`,
    ['read_uncommitted', 'read_committed'],
    'Whether records of open and aborted transactions are seen; ' +
      'default read_uncommitted, with transactions read_committed.',
  ),
];

/** Java's own; how partitions are divided, and whether all are given up at each change. */
const ASSIGNORS = ['Range', 'RoundRobin', 'Sticky', 'CooperativeSticky'].map(
  (name) => `org.apache.kafka.clients.consumer.${name}Assignor`,
);

/** Of members of a group alone. */
const GROUP_PROPERTIES: readonly Field[] = [
  numberField(
    `${CONSUMERS}session.timeout.ms`,
    WHOLE_MS,
    [1, INT_MAX],
    'When a silent member is thrown out of its group; default 45 s.',
  ),
  numberField(
    `${CONSUMERS}heartbeat.interval.ms`,
    WHOLE_MS,
    [1, INT_MAX],
    'How often a member tells that it is there; default 3 s.',
  ),
  choiceField(
    `${CONSUMERS}group.protocol`,
    ['classic', 'consumer'],
    'Java: how a group finds its assignment: classic (the default), or consumer, that of KIP-848.',
  ),
  choiceField(
    `${CONSUMERS}partition.assignment.strategy`,
    ASSIGNORS,
    'Java, classic protocol: how members divide the partitions; with CooperativeStickyAssignor ' +
      'a change takes only those that move. Default: Range, with a way to CooperativeSticky.',
  ),
];

const GROUP: readonly Field[] = [
  choiceField(
    `${CONSUMERS}driver`,
    ['kafkajs', 'java'],
    'With kind group: the client that each member is, in a process of its own: kafkajs ' +
      '(the default), or java, Apache’s own.',
  ),
  numberField(
    `${CONSUMERS}groups`,
    COUNT,
    [1, 32],
    'With kind group: how many groups read all of it, each for itself; default 1.',
  ),
  numberField(
    `${CONSUMERS}members`,
    COUNT,
    [1, 64],
    'With kind group: members of each group, which share its partitions; default 1.',
  ),
];

export const PROPERTY_PATHS: readonly string[] = [...PROPERTIES, ...GROUP_PROPERTIES].map(
  ({ path }) => path,
);

/** What a reader has no use for. */
export const GROUP_PATHS: readonly string[] = [...GROUP, ...GROUP_PROPERTIES].map(
  ({ path }) => path,
);

export const CONSUMER_FIELDS: readonly Field[] = [
  choiceField(
    `${CONSUMERS}kind`,
    ['none', 'reader', 'group'],
    'Who reads while records are produced: none; reader, kbench’s own consumer of all ' +
      'partitions; or group, consumer groups by a client’s library.',
  ),
  numberField(
    `${CONSUMERS}startAfter`,
    TIME,
    [0, MAX_START_MS],
    'When reading begins, from the measured part on, so that a backlog builds up; ' +
      'default at once.',
  ),
  ...GROUP,
  ...PROPERTIES,
  ...GROUP_PROPERTIES,
];
