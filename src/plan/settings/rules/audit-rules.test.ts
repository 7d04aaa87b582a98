import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { refusals } from '../../../testing/sweep-fixtures.js';
import { loadSweep, planSweep } from '../../load-sweep.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-audit-rules-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const refused = (text: string): string[] => refusals(() => planSweep('sweep.yaml', text));

describe('an audited sweep', () => {
  it.each([
    [
      'workload: {audit: true, valueBytes: 8}',
      '1:37 workload.valueBytes is 8B, and an audit writes a stamp of 16 bytes',
      'raise workload.valueBytes to 16B',
    ],
    [
      'workload: {audit: true}\nsweep: {workload.valueBytes: [100, 15]}',
      '2:36 workload.valueBytes is 15B',
      'or take 15B out of sweep.workload.valueBytes',
    ],
    [
      'workload: {valueBytes: 8}\nsweep: {workload.audit: [true, false]}',
      '2:26 workload.valueBytes is 8B',
      'or take true out of sweep.workload.audit',
    ],
    [
      'workload: {audit: true}\nproducer: {value.serializer: ./mine.mjs}',
      '2:30 value.serializer is ./mine.mjs, whose values must stay as it makes them',
      'leave value.serializer out',
    ],
    [
      'target: {bootstrap: ["h:1"]}\nworkload: {audit: true}\n' +
        'topic: {config: {confluent.value.schema.validation: true}}',
      '3:53 confluent.value.schema.validation has brokers read the values',
      'leave it out',
    ],
    [
      'target: {bootstrap: ["h:1"]}\nworkload: {audit: true}\n' +
        'topic: {config: {cleanup.policy: "compact,delete"}}',
      '3:34 cleanup.policy is compact,delete: compaction deletes records',
      'leave cleanup.policy out',
    ],
    ['workload: {audit: sometimes}', '1:19 workload.audit: "sometimes" is neither', 'write true'],
  ])('refuses %s', (yaml, message, remedy) => {
    const found = refused(yaml).join('\n');
    expect(found).toContain(message);
    expect(found).toContain(remedy);
  });

  it('takes values of 16 bytes, and says nothing where there is no audit', () => {
    expect(refused('workload: {audit: true, valueBytes: 16}')).toEqual([]);
    expect(refused('workload: {audit: false, valueBytes: 8}')).toEqual([]);
  });

  it('refuses payload files with short records, and warns that others are stamped', async () => {
    const load = async (records: string) => {
      writeFileSync(path.join(folder, 'events.jsonl'), records);
      const file = path.join(folder, 'sweep.yaml');
      writeFileSync(file, 'workload: {audit: true, payload: {file: events.jsonl}}\n');
      return loadSweep(file);
    };
    await expect(load('{"a": "long enough for it"}\n{"a": 1}\n')).rejects.toMatchObject({
      problems: [{ message: expect.stringContaining('of events.jsonl has 8 bytes') as string }],
    });
    const { warnings } = await load('{"a": "long enough for it"}\n');
    expect(warnings.map(({ message }) => message).join()).toContain(
      'stamps the first 16 bytes of each record of the payload file',
    );
  });

  it('says what an audit of acks=0 can tell', () => {
    const { warnings } = planSweep('sweep.yaml', 'workload: {audit: true}\nproducer: {acks: "0"}');
    expect(warnings[0]).toMatchObject({ line: 2, path: 'producer.acks' });
    expect(warnings[0].message).toContain('nothing is acknowledged');
  });

  it('leaves the settings of a sweep without one as they were', () => {
    const { plan } = planSweep('sweep.yaml', 'workload: {audit: false}');
    expect(plan.points[0].settings.workload).not.toHaveProperty('audit');
  });
});
