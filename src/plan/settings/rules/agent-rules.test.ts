import { describe, expect, it } from 'vitest';
import { refusals } from '../../../testing/sweep-fixtures.js';
import { planSweep } from '../../load-sweep.js';

const refused = (text: string): string[] => refusals(() => planSweep('sweep.yaml', text));

describe('a sweep with agents', () => {
  it.each([
    ['agents: 1\ndriver: kafkajs', '2:9 driver kafkajs is started by the process', 'driver: core'],
    [
      'agents: 2\nsweep: {driver: [core, kafkajs]}',
      '2:24 driver kafkajs is started by the process',
      'or take kafkajs out of sweep.driver',
    ],
  ])('refuses %s', (yaml, message, remedy) => {
    const found = refused(yaml).join('\n');
    expect(found).toContain(message);
    expect(found).toContain(remedy);
  });

  it('takes the core with an audit and consumers', () => {
    const yaml = 'agents: 2\ndriver: core\nworkload: {audit: true}\nconsumers: {kind: reader}';
    expect(refused(yaml)).toEqual([]);
  });
});
