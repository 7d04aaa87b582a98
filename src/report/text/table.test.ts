// The terminal's table: what it shows, how it gives way when there is little room, and that nothing
// foreign reaches the terminal raw.
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  asFailed,
  syntheticResults,
  withReason,
  type SyntheticOptions,
} from '../../testing/synthetic-results.js';
import type { RunResult } from '../../contract/run-result.js';
import { summaryPointSchema } from '../../contract/summary.js';
import { displayWidth } from './format.js';
import { makeReport } from '../model/report-model.js';
import type { Results } from '../results/read-results.js';
import { renderTable } from './table.js';

function results(options: SyntheticOptions = {}, more: Partial<Results> = {}): Results {
  const { plan, runs, environment } = syntheticResults(options);
  return {
    ...{ dir: 'results/x', name: plan.name, plan, runs, environment, skipped: [], sweepYaml: null },
    ...{ invocation: null, chosen: null },
    ...more,
  };
}

const draw = (source: Results, width = 200): string =>
  renderTable(source, { width, colour: false });
const rowOf = (text: string, point: string): string =>
  text.split('\n').find((line) => line.startsWith(`${point} `)) ?? '';

describe('renderTable', () => {
  it('shows every point with its settings in human units and its figures', () => {
    const text = draw(results());
    expect(text).toContain('16 points x 5 repeats, all 80 runs made');
    expect(rowOf(text, 'p01')).toMatch(/^p01 +16 KiB +0 ms +1 +1 +[\d,]+ .* 5\/5 +ok$/);
    expect(rowOf(text, 'p16')).toMatch(/^p16 +64 KiB +5 ms +all +5 /);
  });

  it('leaves out settings that do not vary', () => {
    const text = draw(results({ axes: { acks: ['all'], 'linger.ms': [0, 5] } }));
    expect(text).toContain('linger.ms');
    expect(text).not.toContain('acks');
  });

  it('keeps a setting that only some points name', () => {
    const source = results({ axes: { acks: ['1', 'all'] } });
    const [first, second] = source.plan.points;
    const plan = {
      ...source.plan,
      points: [{ ...first, config: { acks: '1', 'linger.ms': 5 } }, second],
    };
    const text = draw({ ...source, plan, runs: [] });
    expect(rowOf(text, 'p01')).toMatch(/^p01 +1 +5 ms /);
    expect(rowOf(text, 'p02')).toMatch(/^p02 +all +- /);
  });

  it('says which latency it shows: service (closed loop), response (open), by row if mixed', () => {
    const closed = draw(results());
    expect(closed).toMatch(/service +service/);
    expect(closed).toContain('Closed loop');
    const open = draw(results({ rate: 5000 }));
    expect(open).toMatch(/response +response/);
    expect(open).toContain('Open loop');
    const mixed = draw(results({ axes: { 'workload.rate': ['max', 5000] } }));
    expect(rowOf(mixed, 'p01')).toContain('closed, service');
    expect(rowOf(mixed, 'p02')).toContain('open, response');
    expect(mixed).toContain('Do not compare the one with the other');
  });

  it('shows transactions if there are any: commit latency, aborted, which records count', () => {
    expect(draw(results())).not.toMatch(/commit|aborted/);
    const latencyOf = (run: RunResult) => ({ ...run.measurement!.latencyMs.service!, p99: 12.5 });
    const inTransactions = (run: RunResult): RunResult => ({
      ...run,
      measurement: {
        ...run.measurement!,
        transactions: {
          ...{
            begun: 10,
            committed: 8,
            aborted: 2,
            failed: 0,
            recordsCommitted: 900,
            recordsAborted: 100,
          },
          ...{
            committedRecordsPerSecond: 900,
            commitLatencyMs: latencyOf(run),
            abortLatencyMs: null,
            endingShare: 0.1,
          },
        },
      },
    });
    const source = results({ axes: { acks: ['all'] }, repeats: 2, alter: inTransactions });
    const text = draw(source, 250);
    expect(text).toMatch(/commit +%/);
    expect(text).toMatch(/p99 ms +aborted/);
    expect(rowOf(text, 'p01')).toMatch(/ 12\.5 +10\.0 /);
    expect(text.replaceAll(/\s+/g, ' ')).toContain('16 transactions committed, 4 aborted.');
    expect(text.replaceAll(/\s+/g, ' ')).toContain('also the 10 % in aborted transactions');
    const [point] = makeReport(source).summary.points;
    expect(summaryPointSchema.parse(point).transactions).toMatchObject({
      begun: 20,
      recordsCommitted: 1800,
      committedRecordsPerSecond: { median: 900 },
    });
  });

  it('says that embedded figures describe kbench, not Kafka, and only then', () => {
    expect(draw(results({ target: 'embedded' }))).toContain(
      'these figures describe kbench, not Kafka',
    );
    expect(draw(results({ target: 'external' }))).not.toContain('describe kbench');
  });

  it('counts invalid and failed runs, tells why, and what to do', () => {
    const source = results({
      alter: (run) => {
        if (run.point === 'p03' && run.repeat <= 2)
          return withReason(run, 'gc-pause', 'invalid', `paused ${run.repeat} ms`);
        if (run.point === 'p05') return asFailed(run, 'h:9092 refused the connection');
        return run.point === 'p07' ? withReason(run, 'backlog-growing', 'warning', 'by 3 %') : run;
      },
    });
    const text = draw(source);
    expect(rowOf(text, 'p03')).toMatch(/3\/5 +2 invalid: GC pause$/);
    expect(rowOf(text, 'p05')).toMatch(/ - .*0\/5 +failed$/);
    expect(rowOf(text, 'p07')).toMatch(/5\/5 +care: backlog$/);
    const notes = text.replace(/\n {2}/g, ' ');
    expect(notes).toContain(
      '! 2 runs invalid, left out of the figures (p03): GC pause: paused 1 ms.',
    );
    expect(notes).toContain('! 5 runs failed (p05): h:9092 refused the connection. Mend the cause');
    expect(notes).toContain(
      '! 5 runs to be read with care (p07): backlog: by 3 %. The rate is above',
    );
  });

  it('tells which planned runs are missing, and how to make them', () => {
    const text = draw(
      results({ alter: (run) => (run.point === 'p09' || run.repeat === 5 ? null : run) }),
    );
    expect(rowOf(text, 'p09')).toMatch(/0\/0 of 5 +not run$/);
    expect(rowOf(text, 'p01')).toContain('4/4 of 5');
    expect(text.replace(/\n {2}/g, ' ')).toContain('`kbench run --resume results/x` makes them.');
  });

  it('names what could not be read', () => {
    const skipped = [{ message: 'runs/0002.json is empty', remedy: 'Do this.' }];
    expect(draw(results({}, { skipped }))).toContain(
      '! Left out: runs/0002.json is empty. Do this.',
    );
  });

  it('labels the spread: least to greatest below 6 runs, an interval from there on', () => {
    expect(draw(results({ repeats: 5 }))).toContain('min-max');
    const six = draw(results({ repeats: 6 }));
    expect(six).toContain('95 % interval');
    expect(six).not.toContain('min-max');
    const one = draw(results({ repeats: 1 }));
    expect(one).toContain('nothing is known of the spread');
  });

  it('says which of several results folders it took', () => {
    const text = draw(results({}, { chosen: { from: 'results', among: 3 } }));
    expect(text).toContain('The newest of 3 results folders below results:\nresults/x');
  });

  it('has something to say about a sweep stopped before its first run', () => {
    const text = draw(results({ alter: () => null }));
    expect(text).toContain('0 of 80 runs made');
    expect(rowOf(text, 'p01')).toContain('not run');
  });
});

describe('room', () => {
  it.each([60, 72, 80, 100, 120, 160, 200])('no line passes %d columns', (width) => {
    const reasons: SyntheticOptions['alter'] = (run) =>
      run.point === 'p03' ? withReason(run, 'gc-pause', 'invalid', 'long') : run;
    const text = draw(results({ alter: reasons, target: 'embedded' }), width);
    const long = text.split('\n').filter((line) => displayWidth(line) > width);
    expect(long).toEqual([]);
  });

  it('leaves out the least important columns first and names them', () => {
    const wide = draw(results(), 200);
    const narrow = draw(results(), 100);
    expect(wide).not.toContain('Columns left out');
    expect(narrow).toContain(
      'Columns left out for want of width: records/s min-max, p99 ms min-max, requests/s',
    );
    expect(narrow).toContain('records/s');
    expect(narrow).toContain('verdict');
  });

  it('falls back to a block of lines for each point below 60 columns', () => {
    const text = draw(results(), 50);
    expect(text).toMatch(/^p01 {3}batch\.size 16 KiB {3}linger\.ms 0 ms {3}acks 1\n/m);
    expect(text).toMatch(/^ {2}.*service p99 ms [\d.]+/m);
    expect(text).not.toContain('─');
  });

  it('leaves nothing out where there is no terminal', () => {
    expect(draw(results(), Infinity)).not.toContain('Columns left out');
  });

  it('draws long tables with the same columns from head to foot', () => {
    const axes = { 'linger.ms': Array.from({ length: 150 }, (_, index) => index * 1001) };
    const text = draw(results({ axes, repeats: 1 }), 160);
    const rows = text.split('\n').filter((line) => /^p\d/.test(line));
    expect(rows).toHaveLength(150);
    expect(new Set(rows.map((row) => row.indexOf(' ok'))).size).toBe(1);
  });
});

describe('safety', () => {
  const HOSTILE = 'a\u001b[2Jb\u0007|`<script>\u202e\nc';

  it('lets no control character of names, settings, messages or paths through', () => {
    const source = results(
      {
        name: HOSTILE,
        axes: { 'client.id': [HOSTILE, 'x'], [HOSTILE]: [1, 2] },
        alter: (run) => asFailed(run, HOSTILE),
      },
      {
        dir: `results/${HOSTILE}`,
        skipped: [{ message: HOSTILE, remedy: 'x' }],
        chosen: { from: HOSTILE, among: 2 },
      },
    );
    for (const width of [50, 100, 200])
      expect(draw(source, width)).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
  });

  it('colours only when asked, and then only adds escapes', () => {
    const source = results();
    const colour = renderTable(source, { width: 120, colour: true });
    expect(draw(source, 120)).not.toContain('\u001b');
    expect(colour).toContain('\u001b');
    expect(stripVTControlCharacters(colour)).toBe(draw(source, 120));
  });
});
