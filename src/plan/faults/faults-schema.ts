// The JSON Schema of `faults:`: never stricter than read-faults.ts.
import {
  choiceSchema,
  objectSchema,
  sizeSchema,
  timeSchema,
  type JsonSchema,
} from '../schema/json-schema.js';
import { MAX_FAULTS, MEMBER_CHANGES } from './read-faults.js';

const timeOrZero: JsonSchema = { anyOf: [choiceSchema([0]), timeSchema()] };
const WHOM = 'leader|follower|controller|zookeepers|(?:broker|zookeeper)\\s+\\d{1,7}';
const target = (description: string): JsonSchema => ({
  ...{ type: 'string', pattern: `^\\s*(?:${WHOM})\\s*$`, description },
});
const words = (description: string): JsonSchema => ({
  ...{ type: 'array', minItems: 1, items: { type: ['string', 'number', 'boolean'] }, description },
});

const NETWORK = objectSchema(
  {
    broker: {
      anyOf: [
        choiceSchema(['leader', 'follower', 'controller', 'all']),
        { type: 'integer', minimum: 0 },
        { type: 'string', pattern: '^\\d{1,7}$' },
      ],
      description: 'Whose clients: a number, leader, follower, controller or all.',
    },
    delay: { ...timeOrZero, description: 'How much later bytes arrive, each way.' },
    jitter: { ...timeOrZero, description: 'By how much at most a delay is more or less.' },
    bandwidth: {
      anyOf: [
        ...sizeSchema([1_000, 1e12]).anyOf!,
        { type: 'string', pattern: '^\\s*[\\d._]+\\s*(?:[kMG]i?B|B)?\\s*/\\s*s\\s*$' },
      ],
      description: 'Bytes a second each way, of all connections together: 10MiB/s.',
    },
    cut: { type: 'boolean', description: 'No byte passes, connections stay.' },
    halfOpen: { type: 'boolean', description: 'What is sent arrives, answers do not.' },
    reset: {
      type: 'boolean',
      description: 'Connections are reset; with `for`, new ones are refused.',
    },
  },
  { required: ['broker'], description: 'By a relay in front of the broker, for all its clients.' },
);

export const FAULTS_SCHEMA: JsonSchema = {
  anyOf: [
    choiceSchema(['none']),
    {
      type: 'array',
      // An editor cannot know the limit by another way.
      items: objectSchema(
        {
          at: { ...timeOrZero, description: 'When, from the start of the measured part.' },
          kill: target('Ended at once (SIGKILL): broker 2, leader, follower, controller, ...'),
          stop: target('Asked to end (SIGTERM), as an operator would.'),
          pause: target('Stopped without being told (SIGSTOP), for as long as `for` says.'),
          restartAfter: { ...timeSchema(), description: 'Of kill and stop: so long after `at`.' },
          network: NETWORK,
          for: { ...timeSchema(), description: 'How long it lasts.' },
          run: words('A program and its arguments, on any cluster; no shell reads it.'),
          after: words('Of run: what undoes it, after `for` or once the run has ended.'),
          member: {
            ...choiceSchema(MEMBER_CHANGES),
            description: 'Of the first consumer group: one more, one less, or one that dies.',
          },
          timeLimit: { ...timeSchema(), description: 'Of run and after; default 30s.' },
        },
        { required: ['at'] },
      ),
      description: `At most ${MAX_FAULTS}.`,
    },
  ],
};
