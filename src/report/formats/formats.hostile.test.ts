// The same hostile texts through every format: read back as what they were, and nothing in them
// acts where the file is printed or opened. What a format cannot carry (controls, XML's forbidden
// characters) must come out visible and harmless.
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../contract/run-result.js';
import { HOSTILE_TEXTS } from '../../testing/hostile-texts.js';
import { asFailed, syntheticResults, withReason } from '../../testing/synthetic-results.js';
import { plainLine } from '../text/escape-controls.js';
import { FORMAT_NAMES, type FormatName } from './format-names.js';
import { FORMATS } from './formats.js';
import type { Output, RenderOptions } from './format-types.js';
import type { Results } from '../results/read-results.js';
import { makeReport, type Report } from '../model/report-model.js';
import { summarize } from '../model/summarize.js';
import { parseCsv } from '../../testing/parse-csv.js';

/**
 * `text` wherever foreign text can stand: names, settings and their values, messages, what is known
 * of the place.
 */
function hostileReport(text: string): Report {
  const alter = (run: RunResult): RunResult =>
    run.repeat === 1
      ? withReason(run, 'gc-pause', 'invalid', text)
      : run.repeat === 2
        ? asFailed(run, text)
        : run;
  const made = syntheticResults({
    name: text,
    axes: { [text || 'x']: [text, 'other'] },
    repeats: 4,
    rate: 1000,
    seconds: 1,
    alter,
  });
  const ids = new Map(made.plan.points.map(({ id }) => [id, `${id}${text}`]));
  const points = made.plan.points.map((point) => ({ ...point, id: ids.get(point.id)! }));
  const plan = {
    ...made.plan,
    points,
    runs: made.plan.runs.map((run) => ({ ...run, point: ids.get(run.point)! })),
  };
  const environment = {
    ...made.environment,
    os: text,
    kbench: text,
    cpu: { model: text, cores: 2 },
  };
  const runs = made.runs.map((run) => ({ ...run, point: ids.get(run.point)!, topic: text }));
  const results: Results = {
    ...{ dir: text, name: text, plan, runs, environment, skipped: [], sweepYaml: text },
    ...{ invocation: null, chosen: null },
  };
  const report = makeReport(results);
  const thresholds = [{ text, metric: text, bound: 1, value: 2, passed: false }];
  const summary = summarize(text, points, runs);
  return {
    ...report,
    summary,
    rows: report.rows.map((row) => ({ ...row, point: { ...row.point, thresholds } })),
  };
}

function textOf(output: Output): string {
  if (typeof output === 'string') return output;
  if ('pieces' in output) return [...output.pieces].join('');
  return [...output.files].map(({ text }) => text).join('');
}

function filesOf(output: Output): string[] {
  return typeof output !== 'string' && 'files' in output
    ? [...output.files].map(({ name }) => name)
    : [];
}

/** Terminal controls and overrides; GitHub's workflow commands, new and old. */
const ACTING = [
  /[^\P{Cc}\n\t]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u,
  /^\s*::[a-z-]+(\s[^\n]*)?::/im,
  /##\[/,
];

/** Where `pattern` is found in the text, with what stands around it. */
function excerpt(pattern: RegExp, text: string): string | null {
  const at = pattern.exec(text)?.index;
  return at === undefined ? null : JSON.stringify(text.slice(Math.max(0, at - 40), at + 60));
}

const OPTIONS: RenderOptions = { width: 100, colour: false };
const render = (format: FormatName, text: string, options: Partial<RenderOptions> = {}): string =>
  textOf(FORMATS[format](hostileReport(text), { ...OPTIONS, ...options }));

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#10': '\n',
};
const unescapeXml = (text: string): string =>
  text.replace(/&([a-z]+|#\d+);/g, (_all, name: string) => ENTITIES[name] ?? '?');
const visibleLines = (text: string): string =>
  text
    .split(/\r\n|\r|\n/)
    .map((line) => plainLine(line).replace(/[\ufffe\uffff]/g, '\ufffd'))
    .join('\n');

describe.each(HOSTILE_TEXTS.map((text) => [JSON.stringify(text.slice(0, 40)), text] as const))(
  '%s',
  (_shown, text) => {
    it('acts nowhere: no control, no workflow command, no markup', () => {
      // The page carries a library and is looked at in a real browser:
      // page/report-page.e2e.test.ts.
      for (const format of FORMAT_NAMES.filter((name) => name !== 'html')) {
        const output = FORMATS[format](hostileReport(text), OPTIONS);
        const written = textOf(output);
        for (const acting of ACTING) expect(excerpt(acting, written), format).toBeNull();
        const marked =
          format === 'md' || format === 'junit' ? written.replace(/```[\s\S]*```/g, '') : '';
        expect(excerpt(/<(script|img)/, marked), format).toBeNull();
        const names = filesOf(output);
        for (const name of names) expect(name, format).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/);
        expect(new Set(names).size, format).toBe(names.length);
      }
    });

    it('csv: a row each, the same text, never a formula', () => {
      for (const per of ['point', 'run'] as const) {
        const rows = parseCsv(render('csv', text, { per }));
        expect(new Set(rows.map((row) => row.length)).size).toBe(1);
        expect(rows).toHaveLength(per === 'point' ? 3 : 9);
        expect(rows[1][0].replace(/^'/, '')).toBe(plainLine(text).replace(/^'/, ''));
        for (const cell of rows.flat())
          if (!/^-?[\d.]+(e[+-]\d+)?$/.test(cell)) expect(cell).not.toMatch(/^\s*[=+\-@\uff1d]/);
      }
    });

    it('JSON formats: the very text', () => {
      const name = text;
      expect(JSON.parse(render('json', text))).toMatchObject({ name });
      const first = render('jsonl', text).split('\n')[0];
      expect(JSON.parse(first)).toMatchObject({ topic: name });
      const entries = JSON.parse(render('github-action-benchmark', text)) as { name: string }[];
      expect(entries[0].name).toContain(name);
      const benchmarks = JSON.parse(render('bencher', text)) as object;
      expect(Object.keys(benchmarks)).toHaveLength(text.length > 1000 ? 1 : 2);
      expect(Object.keys(benchmarks)[0]).toContain(name.slice(0, 900));
      const [file] = [
        ...(FORMATS.omb(hostileReport(text), OPTIONS) as { files: Iterable<{ text: string }> })
          .files,
      ];
      expect(JSON.parse(file.text)).toMatchObject({ workload: name });
    });

    it('junit: the same text, but for what XML does not know; as many cases as there are', () => {
      const xml = render('junit', text);
      expect(xml.match(/<testcase /g)).toHaveLength(2 * (1 + 4));
      expect(xml.match(/<testsuite /g)).toHaveLength(2);
      const gate = /<testcase classname="([^"]*)" name="gate ([^"]*)"/.exec(xml)!;
      expect(unescapeXml(gate[2])).toBe(visibleLines(`gate ${text}`).slice('gate '.length));
    });

    it('openmetrics: the same text in labels, no sample more', () => {
      const lines = render('openmetrics', text).split('\n');
      expect(lines.slice(-2)).toEqual(['# EOF', '']);
      const runs = lines.filter((line) => line.startsWith('kbench_runs{'));
      expect(runs).toHaveLength(6);
      const label = /sweep="((?:[^"\\]|\\.)*)"/.exec(runs[0])![1];
      const read = label.replace(/\\(.)/g, (_all, next: string) => (next === 'n' ? '\n' : next));
      expect(read).toBe(text.split('\n').map(plainLine).join('\n'));
      expect(lines.filter((line) => line.startsWith('evil'))).toEqual([]);
    });

    it('benchstat: a name without spaces that decodes to the text, a line a counted run', () => {
      const lines = render('benchstat', text).split('\n');
      const results = lines.filter((line) => line.startsWith('Benchmark'));
      expect(results).toHaveLength(4);
      const [, value] = /^BenchmarkKbench\/[^/=\s]*=([^/=\s]*)-2\t/.exec(results[0])!;
      expect(decodeURIComponent(value)).toBe(text.replace(/\p{Cs}/gu, '\ufffd'));
      for (const line of lines) expect(line).toMatch(/^(Benchmark|Unit |[a-z]+: \S|$)/);
    });

    it('hlog: comments stay comments', () => {
      for (const line of render('hlog', text).split('\n'))
        expect(line).toMatch(/^(#\[|"StartTimestamp"|Tag=\d{4}-[a-z]+,|$)/);
    });
  },
);
