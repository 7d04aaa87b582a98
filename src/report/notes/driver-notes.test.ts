import { describe, expect, it } from 'vitest';
import type { DriverReport } from '../../contract/driver.js';
import { clientDifferences } from '../compare/environment-differences.js';
import { makePlan, makeResult } from '../../testing/sweep-fixtures.js';
import { driverNotes } from './driver-notes.js';
import type { Report } from '../model/report-model.js';

const [run] = makePlan(1, 1).runs;
const DRIVER: DriverReport = {
  ...{ name: 'kafkajs', version: '2.2.4', processes: 1, honoured: ['acks'], startupMs: 1234 },
  notHonoured: [{ name: 'linger.ms', value: '5', why: 'kafkajs has no linger' }],
  ...{ startupCpuMs: 300, cpuMs: 900, rssMiB: 90 },
};
const drivenBy = (change: Partial<DriverReport>) =>
  makeResult(run, { driver: { ...DRIVER, ...change } });
const notes = (...runs: ReturnType<typeof drivenBy>[]): string[] =>
  driverNotes({ results: { runs } } as unknown as Pick<Report, 'results'>).map(({ text }) => text);

describe('beside the figures of another client', () => {
  it('stands what it does not honour, once, and what its start took', () => {
    expect(notes(drivenBy({}), drivenBy({ startupMs: 900 }))).toEqual([
      'Not honoured by kafkajs 2.2.4: linger.ms=5 (kafkajs has no linger). ' +
        'Its start took up to 1.23 s, which is in no figure.',
    ]);
  });

  it('stands once what is so of several clients, with the longest start', () => {
    const honest = (name: string, startupMs: number) =>
      drivenBy({ name, notHonoured: [], startupMs });
    expect(notes(honest('a', 300), honest('b', 4000), drivenBy({}))).toEqual([
      'All settings in force are honoured by 2 clients (a 2.2.4, b 2.2.4; figures of b 2.2.4). ' +
        'Its start took up to 4.00 s, which is in no figure.',
      expect.stringContaining('Not honoured by kafkajs 2.2.4: linger.ms=5'),
    ]);
  });

  it('stands nothing where the core took the load', () => {
    expect(notes(makeResult(run))).toEqual([]);
  });

  it('a text that a driver told is made harmless', () => {
    const told = notes(drivenBy({ version: '1\u001b[2J\n2' })).join('');
    expect(['\u001b', '\n'].filter((each) => told.includes(each))).toEqual([]);
  });
});

describe('two sides of a comparison', () => {
  it('differ where the same client had another version', () => {
    const [old, newer] = [[drivenBy({})], [drivenBy({ version: '2.3.0' })]];
    expect(clientDifferences(old, newer)).toEqual([
      { what: 'kafkajs', base: '2.2.4', next: '2.3.0' },
    ]);
    expect(clientDifferences(old, old)).toEqual([]);
    expect(clientDifferences(old, [drivenBy({ name: 'java', version: '4.4.0' })])).toEqual([]);
  });
});
