import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import yargs from 'yargs';
import { ConfigurationError } from '../../base/errors.js';
import { schemaText } from '../../plan/schema/sweep-schema.js';
import { SWEEP_TEMPLATE } from '../../plan/text/sweep-template.js';
import { initCommand } from '../init.js';
import { validateCommand } from '../validate.js';

let folder: string;
let output: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kbench-validate-'));
  output = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Runs a command line as main.ts does, and gives what it wrote to standard output. */
async function kbench(...words: string[]): Promise<string> {
  await yargs(words)
    .command(validateCommand)
    .command(initCommand)
    .strict()
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      throw error ?? new Error(message ?? 'failed');
    })
    .parseAsync();
  return output;
}

function sweep(text: string): string {
  const file = path.join(folder, 'sweep.yaml');
  writeFileSync(file, text);
  return file;
}

describe('kbench validate', () => {
  it('shows target, runs, time, memory, what is fixed, and the points as a table', async () => {
    const text = await kbench(
      'validate',
      sweep('producer: {acks: all}\nsweep: {batch.size: [16KiB, 64KiB]}\nrepeats: 2'),
    );
    expect(text).toContain('sweep.yaml is valid: sweep');
    expect(text).toMatch(
      /^target +embedded cluster, 1 broker \(figures will describe kbench, not Kafka\)$/m,
    );
    expect(text).toMatch(
      /^runs +4 = 2 points x 2 repeats, in 2 blocks of seeded random order \(seed 1\)$/m,
    );
    expect(text).toMatch(/^time +about \d+ s, if rate max comes to 1,000,000 records\/s$/m);
    expect(text).toMatch(/^memory +about \d+ MiB$/m);
    expect(text).toMatch(/^producer +acks=all$/m);
    expect(text).toMatch(/│ p02 +│ 64KiB +│/);
  });

  it('takes --set as often as given, before and after the file, and --bootstrap', async () => {
    const file = sweep('name: x');
    const text = await kbench(
      'validate',
      '--set',
      'repeats=1',
      file,
      '--set',
      'sweep.linger.ms=[0, 5]',
      '--bootstrap',
      'a:1',
    );
    expect(text).toContain('2 = 2 points x 1 repeat');
    expect(text).toMatch(/^target +a:1$/m);
  });

  it('shows each gate: what it asks, of how many points, whether it ends the sweep', async () => {
    const text = await kbench(
      'validate',
      sweep(`sweep: {acks: ["1", all]}
thresholds:
  latencyMs.service.p99{acks:all}: ["< 20ms"]
  records.failed: [{threshold: "== 0", abortOnFail: true, delayAbortEval: 2 runs}]`),
    );
    expect(text).toMatch(/^gate +latencyMs\.service\.p99\{acks:all\} < 20ms \(1 point\)$/m);
    expect(text).toMatch(
      /^gate +records\.failed == 0, ends the sweep when a point fails it .* 2 valid runs$/m,
    );
  });

  it('prints plan and estimate as JSON', async () => {
    const parsed = JSON.parse(await kbench('validate', sweep('name: x'), '--json')) as Record<
      string,
      unknown
    >;
    expect(parsed).toMatchObject({
      name: 'x',
      target: { kind: 'embedded' },
      estimate: { runs: 3 },
      warnings: [],
    });
    expect(parsed['plan']).toMatchObject({ schema: 'kbench/plan@1', points: [{ id: 'p01' }] });
  });

  it('prints warnings, and no control character of the file', async () => {
    const text = await kbench(
      'validate',
      sweep(
        'target: {bootstrap: ["h:1"]}\ntopic: {config: {"retention.mss\\e[2J": 1}}\n' +
          'producer: {client.id: "\\a"}',
      ),
    );
    expect(text).toContain('warning: ');
    // eslint-disable-next-line no-control-regex -- that is what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it('shows the first 50 points of many, and counts the rest', async () => {
    const list = Array.from({ length: 60 }, (_, index) => index).join(', ');
    const text = await kbench('validate', sweep(`sweep: {linger.ms: [${list}]}`));
    expect(text).toContain('│ p50 ');
    expect(text).not.toContain('│ p51 ');
    expect(text).toContain('... and 10 more points');
  });

  it('throws one ConfigurationError with all problems', async () => {
    const attempt = kbench('validate', sweep('acks: all\nrepeats: 0'));
    await expect(attempt).rejects.toThrow(ConfigurationError);
    await expect(attempt).rejects.toMatchObject({
      exitCode: 104,
      problems: [{ line: 1 }, { line: 2 }],
    });
  });
});

describe('kbench init', () => {
  it('writes a sweep that validate takes, without a warning', async () => {
    const file = path.join(folder, 'new.yaml');
    expect(await kbench('init', file)).toContain(`kbench validate ${file}`);
    expect(readFileSync(file, 'utf8')).toBe(SWEEP_TEMPLATE);
    output = '';
    const text = await kbench('validate', file);
    expect(text).toContain('9 = 3 points x 3 repeats');
    expect(text).not.toContain('warning');
  });

  it('overwrites nothing without --force', async () => {
    const file = sweep('mine');
    await expect(kbench('init', file)).rejects.toThrow(/exists already/);
    expect(readFileSync(file, 'utf8')).toBe('mine');
    await kbench('init', file, '--force');
    expect(readFileSync(file, 'utf8')).toBe(SWEEP_TEMPLATE);
  });

  it('writes the schema that its first line names for editors, over none but its own', async () => {
    await kbench('init', path.join(folder, 'a.yaml'));
    const schema = path.join(folder, 'kbench.schema.json');
    expect(SWEEP_TEMPLATE.split('\n')[0]).toBe(
      `# yaml-language-server: $schema=${path.basename(schema)}`,
    );
    expect(readFileSync(schema, 'utf8')).toBe(schemaText());
    writeFileSync(
      schema,
      schemaText().replace(/Written by kbench \S+/, 'Written by kbench 0.0.1:'),
    );
    await kbench('init', path.join(folder, 'b.yaml'));
    expect(readFileSync(schema, 'utf8')).toBe(schemaText());
    writeFileSync(schema, '{}');
    expect(await kbench('init', path.join(folder, 'c.yaml'))).toContain('was left');
    expect(readFileSync(schema, 'utf8')).toBe('{}');
  });

  it('says what is wrong with a path that cannot be written', async () => {
    await expect(kbench('init', path.join(folder, 'none', 'a.yaml'))).rejects.toThrow(
      /its folder does not exist/,
    );
  });
});

describe('the template', () => {
  it('is valid with each of its alternatives in force', async () => {
    const alternatives = SWEEP_TEMPLATE.replace(
      'target: embedded\n# target:',
      '# target: embedded\ntarget:',
    )
      .replace('# config: {min.insync.replicas: 2}', 'config: {min.insync.replicas: 1}')
      .replace('records: 500000 ', 'duration: 20s ')
      .replace('keys: none', 'keys: {uniform: {distinct: 1000, bytes: 16}}');
    expect(alternatives).not.toBe(SWEEP_TEMPLATE);
    expect(await kbench('validate', sweep(alternatives))).toContain('localhost:9092');
  });
});
