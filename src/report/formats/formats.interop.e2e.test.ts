// Exported files are read back by the tools they are for: HdrHistogram's Java library, benchstat,
// an OpenMetrics parser, promtool's linter and node_exporter's parser, OpenMessaging Benchmark's
// chart script, Jenkins' JUnit schema, Python's csv and json. The tools are fetched once into the
// cache; where they cannot be had the tests are skipped, but on CI they fail.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, afterAll, describe, expect, it, type TestContext } from 'vitest';
import type { Latency, RunResult } from '../../contract/run-result.js';
import { HOSTILE_TEXTS } from '../../testing/hostile-texts.js';
import { findInteropTools, findOmbCharts, type InteropTools } from '../../testing/interop-tools.js';
import {
  asFailed,
  consumedWithP99,
  syntheticResults,
  withReason,
  type SyntheticOptions,
} from '../../testing/synthetic-results.js';
import { LatencyHistogram, initHistograms, toMicros } from '../../workloads/measure/histogram.js';
import { plainLine } from '../text/escape-controls.js';
import { FORMATS } from './formats.js';
import type { NamedFile, Output, RenderOptions } from './format-types.js';
import { makeReport, type Report } from '../model/report-model.js';

const OPTIONS: RenderOptions = { width: 100, colour: false };
const LIMIT_MS = 60_000;

let tools: InteropTools | string;
let dir: string;
beforeAll(async () => {
  tools = await findInteropTools();
  dir = mkdtempSync(path.join(tmpdir(), 'kbench-interop-'));
}, 600_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function need(context: TestContext): InteropTools {
  if (typeof tools !== 'string') return tools;
  if (process.env['CI'] === 'true') throw new Error(tools);
  return context.skip(tools);
}

function reportOf(runs: readonly RunResult[], made: ReturnType<typeof syntheticResults>): Report {
  const report = makeReport({
    ...{
      dir: 'results/x',
      name: made.plan.name,
      plan: made.plan,
      runs,
      environment: made.environment,
    },
    ...{ skipped: [], sweepYaml: null, invocation: null, chosen: null },
  });
  const gates = [
    {
      text: 'latencyMs.response.p99 < 20',
      metric: 'latencyMs.response.p99',
      bound: 20,
      value: 2.5,
      passed: true,
    },
    { text: 'records.failed == 0', metric: 'records.failed', bound: 0, value: 7, passed: false },
    { text: 'metrics.x < 1', metric: 'metrics.x', bound: 1, value: null, passed: false },
  ];
  return {
    ...report,
    rows: report.rows.map((row) => ({ ...row, point: { ...row.point, thresholds: gates } })),
  };
}

/**
 * Latencies as the generator records them: the WebAssembly histograms, from tens of microseconds to
 * seconds beyond the first range.
 */
async function recorded(run: RunResult, index: number): Promise<RunResult> {
  await initHistograms();
  const latency = (scale: number): Latency => {
    const histogram = new LatencyHistogram();
    for (let i = 1; i <= 5000; i++) histogram.record(toMicros(scale * (i / 100) ** 2), 1 + (i % 3));
    if (index === 1) histogram.record(toMicros(4_000_000), 1);
    const made = histogram.toLatency()!;
    histogram.destroy();
    return made;
  };
  const latencyMs = {
    response: latency(0.5 + index),
    service: latency(0.1 + index),
    delay: latency(0.01),
  };
  return { ...run, measurement: { ...run.measurement!, latencyMs } };
}

function files(output: Output): readonly NamedFile[] {
  if (typeof output === 'string' || !('files' in output)) throw new Error('is no folder');
  return [...output.files];
}

function text(output: Output): string {
  if (typeof output === 'string') return output;
  return 'pieces' in output ? [...output.pieces].join('') : '';
}

function python(found: InteropTools, program: string, ...args: string[]): string {
  return execFileSync(found.python, ['-c', program, ...args], {
    encoding: 'utf8',
    timeout: LIMIT_MS,
    maxBuffer: 2 ** 26,
  });
}

function saved(name: string, content: string): string {
  const file = path.join(dir, name);
  writeFileSync(file, content);
  return file;
}

/** A small sweep, with an invalid, a failed and a missing run; its name is hostile. */
function smallReport(name = 'interop', repeats = 6, speed = 1): Report {
  const alter = (run: RunResult): RunResult | null => {
    if (run.run === '0003') return withReason(run, 'gc-pause', 'invalid', name);
    if (run.run === '0006') return asFailed(run, name);
    if (run.run === '0008' || run.measurement === null) return null;
    const { throughput } = run.measurement;
    const recordsPerSecond = throughput.recordsPerSecond * speed;
    return {
      ...run,
      measurement: { ...run.measurement, throughput: { ...throughput, recordsPerSecond } },
    };
  };
  const made = syntheticResults({
    name,
    axes: { acks: ['1', 'all'], 'client.id': [name || 'x'] },
    repeats,
    rate: 2000,
    seconds: 2,
    alter,
  });
  return reportOf(made.runs, made);
}

describe('HdrHistogram for Java', () => {
  it(
    'reads the logs: tags, times, counts, percentiles; its distributions are our .hgrm files',
    async (context) => {
      const found = need(context);
      const made = syntheticResults({ axes: { acks: ['1', 'all'] }, repeats: 2, rate: 1000 });
      const runs = await Promise.all(made.runs.map(recorded));
      const report = reportOf(runs, made);
      const logs = path.join(dir, 'hlog');
      mkdirSync(logs);
      const names = files(FORMATS.hlog(report, OPTIONS)).map((file) => {
        writeFileSync(path.join(logs, file.name), file.text);
        return path.join(logs, file.name);
      });
      const source = fileURLToPath(
        new URL('../../testing/java/ReadHistogramLog.java', import.meta.url),
      );
      const said = execFileSync('java', ['-cp', found.hdrHistogramJar, source, ...names], {
        encoding: 'utf8',
        timeout: LIMIT_MS,
      });

      const read = new Map(
        [...said.matchAll(/^LINE (\S+) (\S+) (.*)$/gm)].map(([, file, tag, rest]) => [
          `${file} ${tag}`,
          rest,
        ]),
      );
      expect(read.size).toBe(runs.length * 3);
      for (const run of runs) {
        const end = Date.parse(run.endedAt);
        for (const kind of ['response', 'service', 'delay'] as const) {
          const latency = run.measurement!.latencyMs[kind]!;
          const [startMs, endMs, count, p50, p99, max] = read
            .get(`${run.point}.hlog ${run.run}-${kind}`)!
            .split(' ')
            .map(Number);
          expect([startMs, endMs, count]).toEqual([
            end - run.measurement!.measuredMs,
            end,
            latency.count,
          ]);
          expect(p50).toBe(Math.round(latency.p50 * 1000));
          expect(p99).toBe(Math.round(latency.p99 * 1000));
          expect(Math.abs(max / 1000 / latency.max - 1)).toBeLessThan(0.001);
        }
      }

      const ours = new Map(
        files(FORMATS.hgrm(report, OPTIONS)).map((file) => [file.name, file.text]),
      );
      const theirs = [...said.matchAll(/^HGRM (\S+)\.hlog (\S+)\n([^]*?)^END$/gm)];
      expect(theirs).toHaveLength(ours.size);
      for (const [, point, kind, distribution] of theirs) {
        // Java's sum has its own range; how many buckets that makes is no property of the values.
        const values = (hgrm: string): string =>
          hgrm.replace(/^#\[Buckets = +\d+/m, '#[Buckets = #');
        const mine = ours.get(`${point}-${kind}.hgrm`)!;
        expect(values(mine)).toBe(values(distribution));
        if (kind === 'delay') expect(mine).toBe(distribution);
      }
    },
    LIMIT_MS,
  );
});

describe("HdrHistogram's log processor", () => {
  const log = async (repeats: number, kinds: readonly string[]): Promise<string> => {
    const made = syntheticResults({ axes: { acks: ['1'] }, repeats, rate: 1000 });
    const runs = (await Promise.all(made.runs.map(recorded))).map((run): RunResult => {
      const { response, service, delay } = run.measurement!.latencyMs;
      const has = (kind: string): boolean => kinds.includes(kind);
      const latencyMs = {
        response: has('response') ? response : null,
        service,
        delay: has('delay') ? delay : null,
      };
      return { ...run, measurement: { ...run.measurement!, latencyMs } };
    });
    const [file] = files(FORMATS.hlog(reportOf(runs, made), OPTIONS));
    saved(file.name, file.text);
    return file.text;
  };

  it.for([
    ['a file of several histograms', 2, ['response', 'service', 'delay'], /-tag 0001-response/],
    ['a file of one', 1, ['service'], /p01\.hlog -outputValueUnitRatio/],
  ] as const)(
    'does with %s what its heading says',
    async ([, repeats, kinds, expected], context) => {
      const found = need(context);
      const heading = (await log(repeats, kinds))
        .split('\n')
        .find((line) => line.includes('UnitRatio'))!;
      expect(heading).toMatch(expected);
      const args = /HistogramLogProcessor (.*)\]$/.exec(heading)![1].split(' ');
      const program = ['-cp', found.hdrHistogramJar, 'org.HdrHistogram.HistogramLogProcessor'];
      const said = execFileSync('java', [...program, ...args], {
        cwd: dir,
        encoding: 'utf8',
        timeout: LIMIT_MS,
      });
      expect(said).not.toContain('Exception');
      expect(said).toMatch(/^#\[Max .*Total count += +\d{4,}\]$/m);
    },
  );
});

describe('promtool check metrics, and what node_exporter reads textfiles with', () => {
  it('have nothing against any hostile text, and find every family typed', (context) => {
    const found = need(context);
    const names = HOSTILE_TEXTS.map((each, index) =>
      saved(`${index}.prom`, text(FORMATS.openmetrics(smallReport(each, 2), OPTIONS))),
    );
    const said = execFileSync(found.promlint, names, { encoding: 'utf8', timeout: LIMIT_MS });
    const types = [...said.matchAll(/^FAMILY (\S+) (\S+)/gm)].map(
      ([, name, type]) => `${name} ${type}`,
    );
    expect(new Set(types)).toContain('kbench_records GAUGE');
    expect(new Set(types)).toContain('kbench_latency_distribution_seconds HISTOGRAM');
    expect(types.filter((each) => each.endsWith('UNTYPED'))).toEqual([]);
  });

  it('count latencies of an hour below a bound of their own', async (context) => {
    const found = need(context);
    const made = syntheticResults({ axes: { acks: ['1'] }, repeats: 2, rate: 1000 });
    const runs = await Promise.all(made.runs.map(recorded)); // up to 4,000 s
    const written = text(FORMATS.openmetrics(reportOf(runs, made), OPTIONS));
    execFileSync(found.promlint, [saved('long.prom', written)], {
      encoding: 'utf8',
      timeout: LIMIT_MS,
    });
    const all = [...written.matchAll(/_bucket\{.*kind="service",le="([^"]+)"\} (\d+)/g)];
    const [counts, bounds] = [all.map(([, , count]) => Number(count)), all.map(([, le]) => le)];
    expect(bounds.slice(-4)).toEqual(['1800', '3600', '7200', '+Inf']);
    expect(counts.at(-2)).toBe(counts.at(-1));
    expect(counts.at(-3)).toBe(counts.at(-1)! - 1);
  });
});

describe("OpenMessaging Benchmark's chart script", () => {
  const result = (
    rate: number | 'max',
    alter?: SyntheticOptions['alter'],
  ): readonly NamedFile[] => {
    const axes = { acks: ['1', 'all'] };
    const made = syntheticResults({
      ...{ axes, repeats: 1, rate },
      ...(alter === undefined ? {} : { alter }),
    });
    return files(FORMATS.omb(reportOf(made.runs, made), OPTIONS));
  };
  const consumed = (run: RunResult): RunResult => ({ ...run, consumers: consumedWithP99(10) });

  it.for([
    ['2000', result(2000)],
    ['max', result('max')],
    ['2000 with consumers', result(2000, consumed)],
  ] as const)('draws all ten charts of each file alone, at rate %s', ([, written], context) => {
    const found = need(context);
    const script =
      findOmbCharts() ?? context.skip('KBENCH_OMB names no clone of openmessaging/benchmark');
    for (const { name, text: content } of written) {
      const folder = mkdtempSync(path.join(dir, 'charts-'));
      writeFileSync(path.join(folder, name), content);
      execFileSync(found.python, [script, name], {
        cwd: folder,
        encoding: 'utf8',
        timeout: LIMIT_MS,
      });
      expect(readdirSync(folder).filter((each) => each.endsWith('.svg'))).toHaveLength(10);
    }
  });
});

describe('benchstat', () => {
  it('finds the medians, directions and, between two sweeps, what became better', (context) => {
    const found = need(context);
    const [before, after] = [smallReport('before', 10), smallReport('after', 10, 1.5)];
    const args = [before, after].map((report, index) =>
      saved(`${index}.txt`, text(FORMATS.benchstat(report, OPTIONS))),
    );
    const said = execFileSync(
      found.benchstat,
      ['-ignore', 'sweep', '-format', 'csv', '-row', '/acks', ...args],
      {
        encoding: 'utf8',
        timeout: LIMIT_MS,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const row = /records\/s[^]*?^all,([\d.]+),[^,]*,([\d.]+),[^,]*,([^,]*),p=([\d.]+)/m.exec(said)!;
    expect(Number(row[1])).toBeCloseTo(before.rows[1].point.throughput.recordsPerSecond!.median, 1);
    expect(row[3]).toMatch(/^\+4\d|^\+5\d/);
    expect(Number(row[4])).toBeLessThan(0.01);
    const p99 = /response-p99-sec[^]*?^all,([\d.e-]+),/m.exec(said)!;
    expect(Number(p99[1])).toBeCloseTo(before.rows[1].latency!.p99!.median / 1000, 6);
  });
});

describe('the OpenMetrics parser of prometheus_client', () => {
  const PROGRAM = `
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as classic
for file in sys.argv[1:]:
    text = open(file, encoding='utf8', newline='').read()
    families = text_string_to_metric_families(text)
    # What node_exporter's textfile collector reads: the format before OpenMetrics.
    assert any(f.type == 'histogram' for f in classic(text))
    samples = lambda f: [[s.name, s.labels, s.value] for s in f.samples]
    print(json.dumps([[f.name, f.type, f.unit, samples(f)] for f in families]))
`;

  it('takes every hostile text and gives back labels and values', (context) => {
    const found = need(context);
    const reports = HOSTILE_TEXTS.map((each) => smallReport(each, 2));
    const names = reports.map((report, index) =>
      saved(`${index}.om`, text(FORMATS.openmetrics(report, OPTIONS))),
    );
    const read = python(found, PROGRAM, ...names)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Family[]);
    type Family = [
      name: string,
      type: string,
      unit: string,
      samples: [string, Record<string, string>, number][],
    ];
    for (const [index, families] of read.entries()) {
      const report = reports[index];
      const of = (name: string): Family => families.find(([each]) => each === name)!;
      const runs = of('kbench_runs')[3];
      expect(runs[0][1]['sweep']).toBe(HOSTILE_TEXTS[index].split('\n').map(plainLine).join('\n'));
      expect(of('kbench_records')[1]).toBe('gauge');
      const acked = of('kbench_records')[3].map(([, labels, value]) => [
        labels['point'],
        labels['outcome'],
        value,
      ]);
      expect(acked).toContainEqual(['p01', 'acked', report.rows[0].point.records.acked]);
      const [, , unit, latencies] = of('kbench_latency_seconds');
      expect(unit).toBe('seconds');
      const p99 = latencies.find(
        ([, l]) => l['point'] === 'p02' && l['kind'] === 'response' && l['percentile'] === '99',
      )!;
      expect(p99[2]).toBeCloseTo(report.rows[1].latency!.p99!.median / 1000, 9);
      const [, type, , buckets] = of('kbench_latency_distribution_seconds');
      expect(type).toBe('histogram');
      expect(buckets.some(([name]) => name.endsWith('_sum'))).toBe(true);
    }
  });
});

describe("Jenkins' JUnit schema", () => {
  it('holds for every hostile text, and each case is there once with its outcome', (context) => {
    const found = need(context);
    const program = `
import json, sys
from lxml import etree
schema = etree.XMLSchema(etree.parse(sys.argv[1]))
for file in sys.argv[2:]:
    tree = etree.parse(file)
    schema.assertValid(tree)
    told = lambda c: [c[0].tag, c[0].get('message')] if len(c) else ['passed', '']
    print(json.dumps([[c.get('name'), *told(c)] for c in tree.iter('testcase')]))
`;
    const names = HOSTILE_TEXTS.map((each, index) =>
      saved(`${index}.xml`, text(FORMATS.junit(smallReport(each, 4), OPTIONS))),
    );
    const read = python(found, program, found.junitSchema, ...names)
      .trim()
      .split('\n');
    expect(read).toHaveLength(HOSTILE_TEXTS.length);
    for (const line of read) {
      const cases = JSON.parse(line) as [string, string, string][];
      const count = (outcome: string): number =>
        cases.filter(([, each]) => each === outcome).length;
      // Two points: a passed, a failed and an undecidable gate each; eight runs, one invalid, one
      // failed, one never made.
      expect([count('passed'), count('failure'), count('error'), count('skipped')]).toEqual([
        2 + 5,
        2,
        2 + 2,
        1,
      ]);
      expect(cases).toContainEqual([
        'gate records.failed == 0',
        'failure',
        'records.failed is 7.00: misses records.failed == 0',
      ]);
    }
  });
});

describe("Python's csv and json", () => {
  it('read all rows, each with every column, and numbers as numbers', (context) => {
    const found = need(context);
    const program = `
import csv, json, sys
for file in sys.argv[1:]:
    rows = list(csv.DictReader(open(file, encoding='utf8', newline=''), strict=True))
    ragged = any(None in r or None in r.values() for r in rows)
    column = 'throughput.recordsPerSecond' + ('' if 'run' in rows[0] else '.median')
    print(json.dumps([rows[0]['sweep'], len(rows), ragged, float(rows[1][column])]))
`;
    const reports = HOSTILE_TEXTS.map((each) => smallReport(each, 2));
    const names = reports.flatMap((report, index) =>
      (['point', 'run'] as const).map((per) =>
        saved(`${index}-${per}.csv`, text(FORMATS.csv(report, { ...OPTIONS, per }))),
      ),
    );
    const read = python(found, program, ...names)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown[]);
    for (const [index, [sweep, rows, ragged, figure]] of read.entries()) {
      const report = reports[index >> 1];
      expect((sweep as string).replace(/^'/, '')).toBe(plainLine(HOSTILE_TEXTS[index >> 1]));
      const byRun = index % 2 === 1;
      expect([rows, ragged]).toEqual([byRun ? report.results.runs.length : 2, false]);
      if (!byRun) expect(figure).toBe(report.rows[1].point.throughput.recordsPerSecond!.median);
    }
    const lines = saved('runs.jsonl', text(FORMATS.jsonl(reports[0], OPTIONS)));
    const runs = python(
      found,
      "import json,sys; lines = open(sys.argv[1], newline='\\n'); " +
        "print(len([json.loads(l)['measurement'] for l in lines]))",
      lines,
    );
    expect(Number(runs)).toBe(readFileSync(lines, 'utf8').trim().split('\n').length);
  });
});
