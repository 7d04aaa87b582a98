import { describe, expect, it } from 'vitest';
import { refusals } from '../../../testing/sweep-fixtures.js';
import { planSweep } from '../../load-sweep.js';

const refused = (text: string): string[] => refusals(() => planSweep('sweep.yaml', text));

describe('a sweep with agents', () => {
  it.each([
    [
      'agents: 2\nconsumers: {kind: reader}',
      '2:19 consumers read beside the workers',
      'leave consumers out, or agents',
    ],
    [
      'consumers: {kind: group, driver: kafkajs}\nsweep: {agents: [1, 2]}',
      'in one process with them, and agents make the runs (rule agents-consumers',
      'leave consumers out',
    ],
  ])('refuses %s', (yaml, message, remedy) => {
    const found = refused(yaml).join('\n');
    expect(found).toContain(message);
    expect(found).toContain(remedy);
  });

  it.each(['driver: core', 'sweep: {driver: [core, kafkajs, java]}', 'driver: {exec: [./mine]}'])(
    'takes any client without consumers: %s',
    (driver) => {
      expect(refused(`agents: 2\n${driver}\nworkload: {audit: true}`)).toEqual([]);
    },
  );
});
