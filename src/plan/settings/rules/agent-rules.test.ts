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
    ['agents: 1\ndriver: kafkajs', '2:9 driver kafkajs is started by the process', 'driver: core'],
    [
      'agents: 2\nsweep: {driver: [core, kafkajs]}',
      '2:24 driver kafkajs is started by the process',
      'or take kafkajs out of sweep.driver',
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

  it('takes the core without consumers', () => {
    expect(refused('agents: 2\ndriver: core\nworkload: {audit: true}')).toEqual([]);
  });
});
