// Runs that do not count: their figures are shown on demand, marked, and change nothing else.
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../contract/run-result.js';
import { parseCsv } from '../../testing/parse-csv.js';
import { asFailed, syntheticResults, withReason } from '../../testing/synthetic-results.js';
import { renderCsv } from '../formats/csv.js';
import { renderMarkdown } from '../text/markdown.js';
import { makeReport, type Report } from '../model/report-model.js';
import { renderTable } from '../text/table.js';

const RATE = 12_345;

/** Run 3 is invalid, run 4 failed before it measured. */
function reportOf(alter: (run: RunResult) => RunResult): Report {
  const { runs, plan, environment } = syntheticResults({
    axes: { acks: ['1', 'all'] },
    repeats: 3,
    alter,
  });
  return makeReport({
    ...{ dir: 'results/x', name: plan.name, plan, runs, environment },
    ...{ skipped: [], sweepYaml: null, invocation: null, chosen: null },
  });
}
const report = reportOf((run) => {
  if (run.run === '0004') return asFailed(run, 'refused');
  if (run.run !== '0003') return run;
  const { throughput } = run.measurement!;
  const measurement = {
    ...run.measurement!,
    throughput: { ...throughput, recordsPerSecond: RATE },
  };
  return withReason({ ...run, measurement }, 'gc-pause', 'invalid', 'paused 80 ms');
});
const sound = reportOf((run) => run);
const { point } = report.results.runs.find(({ run }) => run === '0003')!;
const WIDE = { width: Infinity, colour: false };

describe('figures of invalid runs', () => {
  it('are in no table unless asked for, and the notes say how to see them', () => {
    expect(renderTable(report, WIDE)).not.toContain('12,345');
    expect(renderTable(report, WIDE).replace(/\s+/g, ' ')).toContain(
      '1 invalid run measured something and is in no figure here: ' +
        '`kbench report results/x --invalid` shows what.',
    );
    expect(renderTable(sound, WIDE)).not.toContain('--invalid');
  });

  it('stand below the table, each run marked, and the figures above are the same', () => {
    const [plain, with_] = [
      renderTable(report, WIDE),
      renderTable(report, { ...WIDE, invalid: true }),
    ];
    expect(with_).toMatch(/Not counted: figures of runs that are invalid/);
    expect(with_).toMatch(new RegExp(`${point} run 0003 .*12,345.*not counted: GC pause`));
    expect(with_).not.toMatch(/run 0004/);
    const rows = (text: string): string[] =>
      text.split('\n').filter((line) => /^p0\d +(1|all)/.test(line));
    expect(rows(with_)).toEqual(rows(plain));
    expect(renderTable(report, { width: 40, colour: false, invalid: true })).toContain(
      'not counted: GC pause',
    );
    expect(renderTable(sound, { ...WIDE, invalid: true })).toContain(
      'No run is invalid and measured something.',
    );
  });

  it('are a section of Markdown and rows of the CSV that say that they do not count', () => {
    expect(renderMarkdown(report, { invalid: true })).toMatch(
      /## Not counted[^]*\| p0\d run 0003 \|.*12,345.*not counted: GC pause \|/,
    );
    const csv = [...renderCsv(report, { ...WIDE, invalid: true }).pieces].join('');
    const [head, ...rows] = parseCsv(csv);
    const at = (row: readonly string[], name: string): string => row[head.indexOf(name)];
    expect(rows.map((row) => at(row, 'counted'))).toEqual(['true', 'true', 'false']);
    const names = ['id', 'run', 'valid', 'throughput.recordsPerSecond.median', 'verdicts'];
    expect(names.map((name) => at(rows[2], name))).toEqual([
      point,
      '0003',
      '0',
      String(RATE),
      'not counted: GC pause',
    ]);
  });
});
