// Every format over ordinary and hostile comparisons: nothing foreign may execute, end a command,
// leave its cell or reach a terminal's controls.
import { describe, expect, it } from 'vitest';
import { comparisonSchema } from '../../contract/comparison.js';
import { resultsInMemory, steady, withCanary } from '../../testing/compared-results.js';
import { asFailed } from '../../testing/synthetic-results.js';
import { displayWidth } from '../text/format.js';
import { compareResults } from './comparison.js';
import { COMPARISON_FORMATS, type ComparisonFormat } from './comparison-formats.js';

const OPTIONS = {
  across: [],
  baseWhere: [],
  newWhere: [],
  metrics: null,
  margin: 0.05,
  alpha: 0.05,
  failOn: 'regression',
  kbench: '0.0.0',
  defaultOf: () => undefined,
} as const;
const FORMATS = Object.keys(COMPARISON_FORMATS) as ComparisonFormat[];
const PLAIN = { width: Infinity, colour: false, most: 60 };

const EVIL =
  '</td><script>alert(1)</script><img src=x onerror=alert(2)>' +
  '\u001b[31m\u202e\n::error::pwned\r|a|b|\n=cmd()"\'`&{{x}}';

const regression = () => {
  const axes = { acks: ['1', 'all'], 'linger.ms': [0, 5] };
  const base = resultsInMemory('results/base', {
    axes,
    repeats: 8,
    seed: 1,
    alter: (run) => withCanary(steady(run)),
  });
  const next = resultsInMemory('results/new', {
    axes,
    repeats: 8,
    seed: 2,
    alter: (run) => withCanary(steady(run, run.point === 'p02' ? { throughput: 0.92 } : {})),
  });
  return compareResults(base, [next], OPTIONS);
};

const hostile = () => {
  const axes = { 'client.id': [EVIL, 'x'], acks: ['1'] };
  const base = resultsInMemory(EVIL, {
    axes,
    repeats: 5,
    seed: 1,
    name: EVIL,
    alter: (run) => steady(run),
  });
  const next = resultsInMemory('n', {
    axes: { 'client.id': [EVIL, `${EVIL}2`], acks: ['1'] },
    repeats: 5,
    seed: 2,
    name: EVIL,
    alter: (run) => (run.repeat === 1 ? asFailed(run, EVIL) : steady(run, { throughput: 0.5 })),
  });
  const environment = { ...next.environment!, node: EVIL, cpu: { model: EVIL, cores: 1 } };
  return compareResults(
    base,
    [{ ...next, environment, skipped: [{ message: EVIL, path: 'runs/0001.json' }] }],
    OPTIONS,
  );
};

describe('a target that was set otherwise', () => {
  it.each(FORMATS.filter((format) => format !== 'json'))(
    'is told beside the figures in %s',
    (format) => {
      const axes = { acks: ['1', 'all'] };
      const made = (dir: string, replicationDelayMs: number) => {
        const alter = withCanary;
        const results = resultsInMemory(dir, { axes, repeats: 8, seed: dir.length, alter });
        const environment = results.environment!;
        const target = { ...environment.target, settings: { replicationDelayMs } };
        return { ...results, environment: { ...environment, target } };
      };
      const slower = { ...made('newer', 0.5) };
      const runs = slower.runs.map((run) => steady(run, { throughput: 0.5 }));
      const found = compareResults(made('base', 2), [{ ...slower, runs }], OPTIONS);
      const text = COMPARISON_FORMATS[format](found, PLAIN);
      expect(text).toMatch(/target\.replicationDelay 2 ms -(>|&gt;) 0\.5 ms/);
    },
  );
});

describe('text', () => {
  it('answers first, then shows the figures and what to know about them', () => {
    const text = COMPARISON_FORMATS.text(regression(), PLAIN);
    expect(text).toMatch(
      /^Regression: 1 figure of 20 worse\.\nBASE synthetic \(results\/base\): 32 of 32 runs valid/,
    );
    expect(text).toMatch(
      /acks=1 linger\.ms=5 ms +records\/s +[\d,]+ +[\d,]+ +-8\.\d % +-\d.* worse/,
    );
    expect(text).toMatch(/! --fail-on regression: failed \(1 figure: worse\)\. Exit code 99\./);
  });

  it.each([40, 60, 80, 100, 120, 160])('stays within %i columns', (width) => {
    const text = COMPARISON_FORMATS.text(regression(), { ...PLAIN, width });
    const wide = text.split('\n').filter((line) => displayWidth(line) > width);
    expect(wide).toEqual([]);
    expect(text).toContain('worse');
  });

  it('leaves out what is the same before what is not, and says how many', () => {
    const text = COMPARISON_FORMATS.text(regression(), { ...PLAIN, most: 5 });
    expect(text).toContain('1 row shown, the ones that matter most; 19 more with --all');
  });

  it('holds no command to a CI runner, wherever a setting wraps', () => {
    const axes = {
      'client.id': ['a ::error::pwned', 'b ##[error]pwned', `${'long '.repeat(8)}::error::pwned`],
    };
    const [base, next] = ['x', 'y'].map((dir) =>
      resultsInMemory(dir, { axes, repeats: 4, alter: (run) => steady(run) }),
    );
    const comparison = compareResults(base, [next], OPTIONS);
    for (let width = 30; width < 140; width++) {
      expect(COMPARISON_FORMATS.text(comparison, { ...PLAIN, width })).not.toMatch(/^\s*::|##\[/m);
    }
  });

  it('colours only when asked', () => {
    expect(COMPARISON_FORMATS.text(regression(), PLAIN)).not.toContain('\u001b[');
    expect(COMPARISON_FORMATS.text(regression(), { ...PLAIN, colour: true })).toContain(
      '\u001b[31m',
    );
  });
});

describe('json', () => {
  it('is kbench/comparison@1', () => {
    const read: unknown = JSON.parse(COMPARISON_FORMATS.json(regression(), PLAIN));
    expect(comparisonSchema.parse(read)).toEqual(regression());
  });
});

describe('junit', () => {
  it('has a case a figure: worse fails, undecided is skipped', () => {
    const xml = COMPARISON_FORMATS.junit(regression(), PLAIN);
    expect(xml).toContain(
      '<testsuite name="kbench compare: synthetic -&gt; NEW synthetic (results/new)" ' +
        'tests="20" failures="1" errors="0"',
    );
    expect(xml).toMatch(
      /<testcase [^>]*name="acks=1 linger.ms=5 ms: records\/s"[^>]*>\s*<failure message="worse: /,
    );
  });
});

describe('github', () => {
  it('is one annotation a line, the answer first', () => {
    const lines = COMPARISON_FORMATS.github(regression(), PLAIN).trimEnd().split('\n');
    expect(lines[0]).toBe(
      '::error title=kbench compare::Regression: 1 figure of 20 worse. (--fail-on regression)',
    );
    expect(lines[1]).toMatch(/^::error title=acks=1 linger\.ms=5 ms%3A records\/s::worse: /);
  });
});

describe('html', () => {
  it('draws an interval for each figure, lets nothing in and has no script', () => {
    const page = COMPARISON_FORMATS.html(regression(), PLAIN);
    expect(page.match(/<svg class="plot"/g)).toHaveLength(20);
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<script|https?:|javascript:/);
  });
});

describe('what is foreign', () => {
  it.each(FORMATS)('executes nothing and breaks nothing in %s', (format) => {
    const text = COMPARISON_FORMATS[format](hostile(), PLAIN);
    expect(text).not.toContain('\u001b');
    if (format !== 'json') expect(text).not.toContain('\u202e');
    expect(text).not.toMatch(/^::error::pwned/m);
    expect(text.split(/[\n\r\u2028]/).filter((line) => line.startsWith('=cmd()'))).toEqual([]);
    if (format === 'html' || format === 'junit') expect(text).not.toMatch(/<(script|img)/);
    if (format === 'md') {
      expect(text).not.toMatch(/(?<!\\)<(script|img)/);
      const rows = text.split('\n').filter((line) => line.startsWith('| '));
      const cells = rows.map((row) => row.replace(/\\\|/g, '').split('|').length);
      expect(new Set(cells).size).toBe(1);
    }
    if (format === 'github')
      expect(
        text
          .trimEnd()
          .split('\n')
          .every((line) => /^::(error|warning|notice) /.test(line)),
      ).toBe(true);
  });
});
