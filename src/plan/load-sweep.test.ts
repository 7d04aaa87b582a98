import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSweep, planSweep, type LoadOptions } from './load-sweep.js';

const plan = (text: string, options: LoadOptions = {}) =>
  planSweep('sweep.yaml', text, options).plan;
const only = (text: string, options: LoadOptions = {}) => plan(text, options).points[0].settings;
const configs = (text: string, options: LoadOptions = {}) =>
  plan(text, options).points.map(({ config }) => config);

describe('a sweep without problems', () => {
  it('has the documented defaults', () => {
    const sweep = planSweep('dir/my-test.yaml', 'target: embedded');
    expect(sweep.name).toBe('my-test');
    expect(sweep.target).toEqual({ kind: 'embedded', brokers: 1, replicationDelayMs: 0.5 });
    expect(sweep.plan).toMatchObject({
      schema: 'kbench/plan@1',
      name: 'my-test',
      repeats: 3,
      seed: 1,
    });
    expect(sweep.warnings).toEqual([]);
    expect(sweep.plan.points).toEqual([
      {
        id: 'p01',
        config: {},
        settings: {
          driver: 'core',
          producer: {},
          topic: { kind: 'fresh', partitions: 1, replicationFactor: 1, config: {} },
          workload: {
            valueBytes: 100,
            payload: { kind: 'random' },
            keys: { kind: 'none' },
            rate: 'max',
            records: 1_000_000,
            durationMs: null,
            warmup: { records: 100_000, durationMs: null },
            workers: 1,
            pacing: 'auto',
            transaction: null,
          },
        },
      },
    ]);
  });

  it('reads every unit, and writes numbers into the plan', () => {
    const settings = only(`
topic: {partitions: 6, config: {retention.ms: 1h, segment.bytes: 1MiB, cleanup.policy: delete, \
retention.bytes: -1}}
workload: {valueBytes: 1KiB, rate: 300000/m, duration: 20s, warmup: 5s, workers: 2, pacing: spin, \
keys: {uniform: 1000}, payload: text}
producer: {acks: 1, batch.size: 64KiB, linger.ms: 5ms, delivery.timeout.ms: 2m, retries: 3, \
connections.max.idle.ms: -1}
`);
    expect(settings).toEqual({
      driver: 'core',
      producer: {
        acks: '1',
        'batch.size': 65_536,
        'linger.ms': 5,
        'delivery.timeout.ms': 120_000,
        retries: 3,
        'connections.max.idle.ms': -1,
      },
      topic: {
        kind: 'fresh',
        partitions: 6,
        replicationFactor: 1,
        config: {
          'retention.ms': 3_600_000,
          'segment.bytes': 1_048_576,
          'cleanup.policy': 'delete',
          'retention.bytes': -1,
        },
      },
      workload: {
        valueBytes: 1_024,
        keys: { kind: 'uniform', distinct: 1_000, bytes: 16 },
        rate: 5_000,
        records: null,
        durationMs: 20_000,
        warmup: { records: null, durationMs: 5_000 },
        workers: 2,
        pacing: 'spin',
        payload: { kind: 'text' },
        transaction: null,
      },
    });
  });

  it.each([
    ['all', 'all'],
    ['-1', 'all'],
    ['"-1"', 'all'],
    ['0', '0'],
    ['"1"', '1'],
  ])('knows acks %s as %s', (text, acks) => {
    expect(only(`producer: {acks: ${text}}`).producer).toEqual({ acks });
  });

  it('reads transactions, in a section or as a sweep of their own settings', () => {
    const transaction = (workload: string) =>
      only(`workload: {transaction: ${workload}}`).workload.transaction;
    expect(transaction('{records: 1k}')).toEqual({ records: 1000, abortRatio: 0 });
    expect(transaction('{records: 5, abortRatio: 10%}')).toEqual({ records: 5, abortRatio: 0.1 });
    expect(transaction('none')).toBeNull();
    const { points } = plan(`
workload: {transaction: {abortRatio: 0.25}}
sweep: {workload.transaction.records: [none, 100], compression.type: [none, lz4]}
`);
    expect(points.map(({ config, settings }) => [config, settings.workload.transaction])).toEqual([
      [{ 'workload.transaction.records': 'none', 'compression.type': 'none' }, null],
      [{ 'workload.transaction.records': 'none', 'compression.type': 'lz4' }, null],
      [
        { 'workload.transaction.records': 100, 'compression.type': 'none' },
        { records: 100, abortRatio: 0.25 },
      ],
      [
        { 'workload.transaction.records': 100, 'compression.type': 'lz4' },
        { records: 100, abortRatio: 0.25 },
      ],
    ]);
    const overridden = plan('workload: {transaction: {records: 5}}', {
      overrides: ['workload.transaction.records=7', 'workload.payload=text'],
    });
    expect(overridden.points[0].settings.workload).toMatchObject({
      transaction: { records: 7 },
      payload: { kind: 'text' },
    });
  });

  it('takes acks as Java does: others than all switch idempotence off in silence', () => {
    const { points } = plan(
      'sweep: {acks: ["0", "1", all]}\nexclude: [{enable.idempotence: true, acks: ["1", all]}]',
    );
    expect(points.map(({ config }) => config)).toEqual([{ acks: '0' }, { acks: '1' }]);
  });

  it.each([
    'compression.type: [none, gzip, snappy, lz4, zstd]',
    'compression.zstd.level: [1, 3, 9]',
    'enable.idempotence: [true, false]',
    'client.dns.lookup: [use_all_dns_ips, resolve_canonical_bootstrap_servers_only]',
    'metadata.recovery.strategy: [rebootstrap, none]',
    'metadata.recovery.rebootstrap.trigger.ms: [1m, 5m]',
    'transaction.timeout.ms: [10s, 60s]',
    'workload.payload: [random, text, {file: package.json}]',
  ])('varies %s', (axis) => {
    const values = axis.split(': [')[1].split(',').length;
    expect(plan(`workload: {valueBytes: 10}\nsweep: {${axis}}`).points).toHaveLength(values);
  });

  it('warms up for a tenth, or as told, or not at all', () => {
    const warmup = (workload: string) => only(`workload: {${workload}}`).workload.warmup;
    expect(warmup('records: 50000')).toEqual({ records: 5_000, durationMs: null });
    expect(warmup('records: 5')).toEqual({ records: null, durationMs: null });
    expect(warmup('duration: 30s')).toEqual({ records: null, durationMs: 3_000 });
    expect(warmup('duration: 30s, warmup: {records: 7}')).toEqual({ records: 7, durationMs: null });
    for (const none of ['none', '0', '0s', '{records: 0}']) {
      expect(warmup(`warmup: ${none}`)).toEqual({ records: null, durationMs: null });
    }
  });

  it('multiplies a grid with its first key slowest', () => {
    expect(
      configs('sweep: {batch.size: [16KiB, 64KiB], acks: ["1", all], linger.ms: [0]}'),
    ).toEqual([
      { 'batch.size': 16_384, acks: '1', 'linger.ms': 0 },
      { 'batch.size': 16_384, acks: 'all', 'linger.ms': 0 },
      { 'batch.size': 65_536, acks: '1', 'linger.ms': 0 },
      { 'batch.size': 65_536, acks: 'all', 'linger.ms': 0 },
    ]);
  });

  it('varies workload and topic, and lets a point replace records by a duration', () => {
    const points = plan(`
workload: {records: 100}
sweep:
  workload.duration: [5s, 10s]
  workload.keys: [none, {uniform: {distinct: 10, bytes: 8}}]
  topic.partitions: [1, 6]
  topic.config.min.insync.replicas: [1]
`).points;
    expect(points).toHaveLength(8);
    expect(points[7].config).toEqual({
      'workload.duration': 10_000,
      'workload.keys': 'uniform 10 x 8B',
      'topic.partitions': 6,
      'topic.config.min.insync.replicas': 1,
    });
    expect(points[7].settings.workload).toMatchObject({
      records: null,
      durationMs: 10_000,
      warmup: { records: null, durationMs: 1_000 },
      keys: { kind: 'uniform', distinct: 10, bytes: 8 },
    });
    expect(points[7].settings.topic).toMatchObject({
      partitions: 6,
      config: { 'min.insync.replicas': 1 },
    });
  });

  it('takes explicit points, and tells in each what the others vary', () => {
    const text =
      'producer: {linger.ms: 7}\npoints: [{batch.size: 32KiB}, {linger.ms: 0, acks: "0"}]';
    expect(configs(text)).toEqual([
      { 'batch.size': 32_768, 'linger.ms': 7, acks: 'all' },
      { 'batch.size': 16_384, 'linger.ms': 0, acks: '0' },
    ]);
  });

  it('drops what a rule matches, by the values in force and in any unit', () => {
    const text = `
sweep: {acks: ["0", "1", all], batch.size: [16KiB, 64KiB]}
exclude:
  - {acks: 0, batch.size: 65536}
  - {acks: [all, 1], batch.size: 16KiB, workload.rate: max, linger.ms: 5}
`;
    expect(
      configs(text).map((config) => `${String(config['acks'])} ${String(config['batch.size'])}`),
    ).toEqual(['0 16384', '1 65536', 'all 65536']);
  });

  it('warns of a rule that matches nothing, and of a topic setting unknown to Kafka', () => {
    const { warnings } = planSweep(
      'sweep.yaml',
      'topic: {config: {min.insync.replica: 1}}\ntarget: kafka\nexclude:\n  - {acks: "0"}\n',
    );
    expect(warnings).toMatchObject([
      { line: 4, column: 5, path: 'exclude[0]', message: 'exclude[0] matches no point' },
      { line: 1, column: 38, remedy: 'did you mean min.insync.replicas?' },
    ]);
  });

  it('warns of records beyond a batch, and of a delivery.timeout.ms that Java raises', () => {
    const warningsOf = (yaml: string) =>
      planSweep('sweep.yaml', yaml).warnings.map(({ message }) => message);
    const large = 'workload: {valueBytes: 20000, records: 1000}';
    expect(warningsOf(large)).toMatchObject([
      expect.stringMatching(/^a record may take 200\d\d bytes/),
    ]);
    expect(warningsOf(`${large}\nproducer: {batch.size: 32KiB}`)).toEqual([]);
    expect(warningsOf(`${large}\nproducer: {batch.size: 0}`)).toEqual([]);
    const raised = 'producer: {linger.ms: 100s}';
    expect(warningsOf(raised)).toMatchObject([
      expect.stringMatching(/raised to 130s.*default of 2m/),
    ]);
    expect(warningsOf('producer: {linger.ms: 100s, delivery.timeout.ms: 200s}')).toEqual([]);
  });

  it('warns where buffer.memory has no batch for each partition, and suggests what has', () => {
    const yaml = (buffer: string) =>
      'target: embedded\ntopic: {partitions: 6}\n' +
      `producer: {batch.size: 1MiB, buffer.memory: ${buffer}}\n`;
    const { warnings } = planSweep('sweep.yaml', yaml('4MiB'));
    expect(warnings).toMatchObject([
      { line: 3, message: expect.stringContaining('holds 4 batches') as string },
    ]);
    expect(warnings[0].remedy).toContain('6MiB');
    expect(planSweep('sweep.yaml', yaml('6MiB')).warnings).toEqual([]);
  });

  it('names points as wide as needed', () => {
    const list = Array.from({ length: 120 }, (_, index) => index).join(', ');
    const { points } = plan(`repeats: 1\nsweep: {linger.ms: [${list}]}`);
    expect([points[0].id, points[119].id]).toEqual(['p001', 'p120']);
  });

  it('resolves an alias where it stands', () => {
    expect(
      configs('sweep: {batch.size: &sizes [16KiB, 64KiB], buffer.memory: [32MiB]}'),
    ).toHaveLength(2);
    const text = 'producer: &base {acks: "1"}\npoints: [*base, {acks: all}]';
    expect(configs(text)).toEqual([{ acks: '1' }, { acks: 'all' }]);
  });

  it('reads targets', () => {
    const target = (text: string, options: LoadOptions = {}) =>
      planSweep('s.yaml', `target: ${text}`, options).target;
    expect(target('{embedded: {brokers: 3, replicationDelay: 200us}}')).toEqual({
      kind: 'embedded',
      brokers: 3,
      replicationDelayMs: 0.2,
    });
    expect(target('{kafka: {version: 4.4.0, brokers: 3}}')).toEqual({
      kind: 'kafka',
      version: '4.4.0',
      brokers: 3,
    });
    expect(target('{kafka: }')).toEqual({ kind: 'kafka', version: '4.4.0', brokers: 1 });
    const external = { kind: 'external', bootstrap: ['a:1', '[::1]:9092', 'b.c:2'] };
    expect(target('{bootstrap: ["a:1", "[::1]:9092", "b.c:2"]}')).toEqual(external);
    expect(target('{bootstrap: "a:1, [::1]:9092,b.c:2"}')).toEqual(external);
    expect(target('embedded', { bootstrap: 'a:1,[::1]:9092,b.c:2' })).toEqual(external);
  });

  it('plans 1,000 points x 5 repeats', () => {
    const numbers = (count: number) =>
      Array.from({ length: count }, (_, index) => index).join(', ');
    const sweep = plan(
      `repeats: 5\nsweep: {linger.ms: [${numbers(40)}], retries: [${numbers(25)}]}`,
    );
    expect(sweep.points).toHaveLength(1_000);
    expect(sweep.runs).toHaveLength(5_000);
    expect(new Set(sweep.runs.map(({ seed }) => seed)).size).toBe(5_000);
  });
});

describe('files', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'kbench-load-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('refuses what is missing, a folder, or too large, each by name', async () => {
    await expect(loadSweep(path.join(folder, 'none.yaml'))).rejects.toThrow(
      /none\.yaml does not exist/,
    );
    await expect(loadSweep(folder)).rejects.toThrow(/is a folder/);
    const large = path.join(folder, 'large.yaml');
    writeFileSync(large, `# ${'x'.repeat(1024 * 1024)}`);
    await expect(loadSweep(large)).rejects.toThrow(/1048578 bytes; a sweep may have 1048576/);
  });

  it('keeps the text as given', async () => {
    const file = path.join(folder, 'a.yaml');
    writeFileSync(file, '# mine\nname: x\n');
    await expect(loadSweep(file)).resolves.toMatchObject({
      file,
      source: '# mine\nname: x\n',
      name: 'x',
      overrides: [],
      bootstrap: null,
    });
  });

  it('finds modules that settings name beside the file, and tells of missing ones', async () => {
    const file = path.join(folder, 'modules.yaml');
    writeFileSync(path.join(folder, 'mine.mjs'), '');
    writeFileSync(file, 'sweep: {partitioner.class: [RoundRobinPartitioner, ./mine.mjs]}\n');
    const { modulesFrom, plan: made } = await loadSweep(file);
    expect(modulesFrom).toBe(folder);
    expect(made.points[1].settings.producer).toEqual({ 'partitioner.class': './mine.mjs' });
    writeFileSync(file, 'producer: {interceptor.classes: "./mine.mjs,./other.mjs"}\n');
    const message = `there is no ${path.join(folder, 'other.mjs')}`;
    const problem: unknown = expect.objectContaining({
      line: 1,
      path: 'interceptor.classes',
      message,
    });
    await expect(loadSweep(file)).rejects.toThrow(
      expect.objectContaining({ problems: [problem] }) as Error,
    );
    // A copy of the file elsewhere, as `--resume` reads it.
    expect(() =>
      planSweep('elsewhere/a.yaml', 'producer: {partitioner.class: ./mine.mjs}'),
    ).toThrow(/1 problem/);
    planSweep('elsewhere/a.yaml', 'producer: {partitioner.class: ./mine.mjs}', {
      modulesFrom: folder,
    });
  });
});
