// report.md: complete, and nothing foreign becomes markup.
import { describe, expect, it } from 'vitest';
import {
  asFailed,
  syntheticResults,
  withReason,
  type SyntheticOptions,
} from '../../testing/synthetic-results.js';
import { escapeMarkdown, escapeSentence, fenced } from './escape-markdown.js';
import { renderMarkdown } from './markdown.js';
import type { Results } from '../results/read-results.js';
import { makeReport } from '../model/report-model.js';

function markdown(options: SyntheticOptions = {}, more: Partial<Results> = {}): string {
  const { plan, runs, environment } = syntheticResults(options);
  return renderMarkdown(
    makeReport({
      ...{
        dir: 'results/x',
        name: plan.name,
        plan,
        runs,
        environment,
        skipped: [],
        sweepYaml: 'name: x\n',
      },
      ...{ invocation: null, chosen: null },
      ...more,
    }),
  );
}

/** Cells of a table's row, split at bars that are not escaped. */
const cells = (row: string): string[] => row.split(/(?<!\\)\|/).slice(1, -1);

describe('renderMarkdown', () => {
  it('has one table row a point, all with as many cells as the head', () => {
    for (const heading of ['Results', 'Producer metrics']) {
      const [, section] = markdown().split(`## ${heading}\n`);
      const rows = section
        .split('\n## ')[0]
        .split('\n')
        .filter((line) => /^\| (point|p\d\d|:--) /.test(line));
      expect(rows.filter((row) => row.startsWith('| p'))).toHaveLength(17);
      expect(new Set(rows.map((row) => cells(row).length)).size).toBe(1);
      expect(cells(rows[0]).length).toBeGreaterThan(5);
    }
  });

  it('names settings in one piece, as users search for them', () => {
    expect(markdown()).toContain('| max.in.flight.requests.per.connection |');
  });

  it('tells place, command and overrides, since these are not in sweep.yaml', () => {
    const text = markdown(
      {},
      {
        invocation: {
          file: 'sweep.yaml',
          overrides: ['repeats=3'],
          bootstrap: 'h:9092',
        },
      },
    );
    expect(text).toContain(
      '| Command | kbench run sweep.yaml --bootstrap h:9092 --set repeats=3 |',
    );
    expect(text).toContain('1 value of it overridden on the command line');
    expect(text).toContain('| Machine | Synthetic CPU');
  });

  it('lists each run left out of the figures with its reason', () => {
    const text = markdown({
      alter: (run) => {
        if (run.run === '0001') return withReason(run, 'clock-jump', 'invalid', 'by 3 s');
        return run.run === '0002' ? asFailed(run, 'topic refused') : run;
      },
    });
    expect(text).toContain('| runs/0001.json | p01 | 1 | completed | clock jump: by 3 s |');
    expect(text).toContain('| runs/0002.json | p02 | 1 | failed | failed: topic refused |');
    expect(markdown()).not.toContain('## Runs left out');
  });

  it('ends with the configuration as given, in a fence that its content cannot close', () => {
    const text = markdown({}, { sweepYaml: 'name: "```"\n````\n# <b>\n' });
    expect(text.endsWith('\n`````yaml\nname: "```"\n````\n# <b>\n`````\n')).toBe(true);
  });

  it('escapes hostile names, settings and messages', () => {
    const hostile = 'x|y`z`<img src=q>[l](http://e) @me\n## head';
    const text = markdown({
      name: hostile,
      axes: { 'client.id': [hostile, 'x'] },
      alter: (run) => asFailed(run, hostile),
    });
    const outside = text.replace(/`kbench[^`]*`|`runs\/`|`summary\.json`|`max`|```[^]*```/g, '');
    expect(outside).not.toMatch(/(?<!\\)`/);
    expect(outside).not.toContain('<img');
    expect(outside).not.toMatch(/(?<!\\)\]\(/);
    expect(outside).not.toContain('@me');
    expect(outside).not.toContain('http://e');
    expect(outside).not.toMatch(/^## head/m);
    const row = text.split('\n').find((line) => line.startsWith('| p01 '))!;
    expect(cells(row)).toHaveLength(
      cells(text.split('\n').find((line) => line.startsWith('| point '))!).length,
    );
  });
});

describe('escaping', () => {
  it('keeps what starts a list or heading from doing so', () => {
    expect(escapeMarkdown('1. x')).toBe('1\\. x');
    expect(escapeMarkdown('- x')).toBe('\\- x');
    expect(escapeMarkdown('# x')).toBe('\\# x');
  });

  it('keeps code spans of our own sentences, but none that could hide a bar or a tag', () => {
    expect(escapeSentence('run `kbench run --resume x` *now*')).toBe(
      'run `kbench run --resume x` \\*now\\*',
    );
    expect(escapeSentence('`kbench a|b` `c`')).toBe('\\`kbench a\\|b\\` \\`c\\`');
  });

  it('keeps tabs and lines of a fenced block, and drops controls', () => {
    expect(fenced('a:\tb\r\n\u001b[31mc\u001b[0m\n\n', 'yaml')).toBe('```yaml\na:\tb\nc\n```');
  });
});
