// The shipped recipes for nightly CI, executed: every step of the workflow by bash in a repository
// of its own, against an embedded cluster in the service container's place; and the shell script
// for cron.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { threadEntry } from '../../base/thread-entry.js';
import { historyEntrySchema, type HistoryEntry } from '../../contract/trend.js';
import { cacheFolder } from '../../targets/kafka/cache-folder.js';
import {
  startEmbeddedCluster,
  type EmbeddedCluster,
} from '../../targets/embedded/embedded-cluster.js';
import {
  bash,
  runJob,
  type NightOutcome,
  type WorkflowStep,
} from '../../testing/workflow-runner.js';

const recipes = fileURLToPath(new URL('../../../examples/ci/', import.meta.url));
const recipe = (name: string): string => readFileSync(path.join(recipes, name), 'utf8');
const main = threadEntry(import.meta.url, '../../main.js');
const folder = mkdtempSync(path.join(tmpdir(), 'kbench-nightly-'));
const bin = path.join(folder, 'bin');
const origin = path.join(folder, 'origin.git');
/**
 * `kbench` as the recipes call it. Runs that the load of this machine made invalid are made anew:
 * that is not what is tested here.
 */
const KBENCH = `#!/bin/sh
[ "$1" = kbench ] || exit 1
shift
kbench() { "${process.execPath}" "${main}" "$@"; }
if [ "$1" != run ]; then kbench "$@"; exit; fi
out=results
previous=''
for argument in "$@"; do
  if [ "$previous" = --out ]; then out=$argument; fi
  previous=$argument
done
for attempt in 1 2 3 4 5 6; do
  before=$(ls -d "$out"/*/* 2> /dev/null)
  kbench "$@"
  status=$?
  made=$(ls -d "$out"/*/* 2> /dev/null | grep -vxF "$before")
  if [ -z "$made" ] || ! grep -rqE '"valid": ?false' "$made/runs"; then exit "$status"; fi
  rm -rf "$made"
done
exit "$status"
`;

interface Workflow {
  readonly on: {
    readonly schedule: readonly { readonly cron: string }[];
    readonly workflow_dispatch: unknown;
  };
  readonly permissions: unknown;
  readonly concurrency: { readonly group: string; readonly 'cancel-in-progress': boolean };
  readonly env: Readonly<Record<string, string>>;
  readonly jobs: { readonly benchmark: Job };
}
interface Job {
  readonly permissions: Readonly<Record<string, string>>;
  readonly 'timeout-minutes': number;
  readonly services: {
    readonly kafka: {
      readonly image: string;
      readonly ports: readonly string[];
      readonly env: Readonly<Record<string, unknown>>;
    };
  };
  readonly steps: readonly WorkflowStep[];
}
const workflow = parse(recipe('github-actions-nightly.yml')) as Workflow;
const job = workflow.jobs.benchmark;

/** Short, one repeat, a rate that any machine keeps: what is tested is the plumbing. */
const SWEEP = `name: nightly
topic: {partitions: 1, replicationFactor: 1}
workload: {rate: 1000/s, records: 500, warmup: {records: 100}}
sweep: {linger.ms: [0, 5]}
repeats: 1
`;

let cluster: EmbeddedCluster;

function git(cwd: string, ...args: string[]): string {
  const run = spawnSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
    cwd,
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`git ${args.join(' ')}: ${run.stderr}`);
  return run.stdout;
}

function script(name: string, text: string): void {
  writeFileSync(path.join(bin, name), text);
  chmodSync(path.join(bin, name), 0o755);
}

beforeAll(async () => {
  cluster = await startEmbeddedCluster({ brokers: 1, ports: 0 });
  mkdirSync(bin);
  script('npx', KBENCH);
  script('npm', '#!/bin/sh\n[ "$1" = ci ]\n');
  const work = path.join(folder, 'work');
  git(folder, 'init', '--quiet', '--bare', '--initial-branch=main', origin);
  git(folder, 'init', '--quiet', '--initial-branch=main', work);
  mkdirSync(path.join(work, 'benchmarks'));
  writeFileSync(path.join(work, 'benchmarks', 'nightly.yaml'), SWEEP);
  git(work, 'add', '.');
  git(work, 'commit', '--quiet', '-m', 'a repository with a sweep');
  git(work, 'push', '--quiet', origin, 'main');
}, 60_000);

afterAll(async () => {
  await cluster.close();
  rmSync(folder, { recursive: true, force: true });
});

let nights = 0;
function night(): Promise<NightOutcome> {
  const own = path.join(folder, `night-${++nights}`);
  mkdirSync(own);
  const env = { ...workflow.env, BOOTSTRAP: cluster.bootstrap.join(',') };
  return runJob({
    steps: withCheckout(job.steps),
    env,
    origin,
    cache: path.join(folder, 'cache'),
    folder: own,
    bin,
  });
}

/** A clone of the bare repository has no files yet: checkout puts them there. */
function withCheckout(steps: readonly WorkflowStep[]): WorkflowStep[] {
  return steps.flatMap((step) =>
    step.uses?.startsWith('actions/checkout') === true
      ? [step, { name: 'files', run: 'git checkout --quiet --force main' }]
      : [step],
  );
}

function history(): HistoryEntry[] {
  const lines = git(origin, 'show', 'kbench-history:history.jsonl').trimEnd().split('\n');
  return lines.map((line) => historyEntrySchema.parse(JSON.parse(line)));
}

const ACTIONLINT = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';

/** From the cache, else built once by Go from its module proxy; null where it cannot be had. */
function actionlint(): string | null {
  const place = path.join(cacheFolder(), 'actionlint-1.7.12');
  const program = path.join(place, 'actionlint');
  if (existsSync(program)) return program;
  mkdirSync(place, { recursive: true });
  spawnSync('go', ['install', ACTIONLINT], {
    env: { ...process.env, GOBIN: place },
    timeout: 240_000,
  });
  return existsSync(program) ? program : null;
}

describe('the GitHub workflow', () => {
  it('passes actionlint', (context) => {
    const program = actionlint();
    if (program === null && process.env['CI'] !== 'true')
      context.skip('no Go, or no module proxy, to build actionlint');
    expect(
      program,
      'actionlint could not be built: it needs Go and its module proxy',
    ).not.toBeNull();
    const run = spawnSync(
      program!,
      ['-no-color', path.join(recipes, 'github-actions-nightly.yml')],
      {
        encoding: 'utf8',
      },
    );
    expect(run).toMatchObject({ status: 0, stdout: '' });
  }, 300_000);

  it('asks for no more than it needs, runs alone, and pins its actions', () => {
    expect(workflow.permissions).toEqual({});
    expect(job.permissions).toEqual({ contents: 'write' });
    expect(workflow.concurrency['cancel-in-progress']).toBe(false);
    expect(workflow.on.schedule[0].cron).toMatch(/^[1-9]\d? \d+ \* \* \*$/);
    expect(job['timeout-minutes']).toBeLessThanOrEqual(60);
    for (const { uses } of job.steps)
      if (uses !== undefined) expect(uses).toMatch(/^actions\/[a-z-]+(\/[a-z]+)?@v\d+$/);
    // Nothing of an expression gets into a script: all by the environment.
    for (const { run } of job.steps) expect(run ?? '').not.toContain('${{');
    const { kafka } = job.services;
    expect(kafka.image).toMatch(/^apache\/kafka:\d+\.\d+\.\d+$/);
    expect(kafka.env['KAFKA_ADVERTISED_LISTENERS']).toBe(
      `PLAINTEXT://${workflow.env['BOOTSTRAP']}`,
    );
    expect(kafka.ports).toEqual(['9092:9092']);
  });

  it('keeps history and reference over nights, fails with 99 on a regression', async () => {
    const first = await night();
    expect(first, first.log).toMatchObject({ code: 0 });
    expect(first.outcomes).toMatchObject({
      'Keep the history': 'success',
      'Keep the reference': 'success',
    });
    expect(first.log).toContain('The first night');
    expect(first.summary).toContain('## Trend');
    expect(first.summary).toContain('No good night to compare with yet.');
    expect(history()).toHaveLength(1);

    const second = await night();
    expect(second, second.log).toMatchObject({ code: 0 });
    expect(second.summary).not.toContain('No good night');
    expect(history()).toHaveLength(2);
    expect(readdirSync(second.artifact)).toEqual(
      expect.arrayContaining(['.kbench-results', 'trend.html', 'compare.md']),
    );

    // Twenty nights with a p99 of 1 ms, three of 100 ms; whatever tonight's is, the change is
    // recent.
    const [like] = history();
    const past = Array.from({ length: 23 }, (_, night): HistoryEntry => {
      const startedAt = new Date(
        Date.parse(like.environment.startedAt) - (23 - night) * 86_400_000,
      ).toISOString();
      const p99 = (night < 20 ? 1 : 100) * (1 + (night % 3) / 100);
      const points = like.points.map((point) => ({ ...point, valid: 1, values: { p99 } }));
      return { ...like, environment: { ...like.environment, startedAt }, points };
    });
    const clone = path.join(folder, 'clone');
    git(folder, 'clone', '--quiet', '--branch', 'kbench-history', origin, clone);
    writeFileSync(
      path.join(clone, 'history.jsonl'),
      past.map((entry) => `${JSON.stringify(entry)}\n`).join(''),
    );
    git(clone, 'commit', '--quiet', '--all', '-m', 'another history');
    git(clone, 'push', '--quiet', 'origin', 'kbench-history');

    const third = await night();
    expect(third.outcomes, third.log).toMatchObject({
      Trend: 'success',
      'Keep the reports': 'success',
      Verdict: 'failure',
    });
    expect(third.code).toBe(99);
    expect(third.log).toContain('::error title=kbench trend%3A regression::Regression on ');
    expect(third.log).toContain('::error title=Benchmark::Regression, found by: trend');
    expect(third.summary).toContain('🔴 Regression on ');
    expect(existsSync(path.join(third.artifact, 'trend.html'))).toBe(true);
    // The night of the regression is in the history too.
    expect(history()).toHaveLength(24);
  }, 90_000);
});

describe('nightly.sh', () => {
  const state = path.join(folder, 'state');
  const env = (): Record<string, string> => ({
    ...{
      SWEEP: path.join(folder, 'work', 'benchmarks', 'nightly.yaml'),
      BOOTSTRAP: cluster.bootstrap.join(','),
    },
    ...{
      STATE: state,
      KEEP: '1',
      KBENCH: `${path.join(bin, 'npx')} kbench`,
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    },
  });
  const run = (more: Record<string, string> = {}) =>
    bash(`exec sh ${JSON.stringify(path.join(recipes, 'nightly.sh'))}`, folder, {
      ...env(),
      ...more,
    });

  it('keeps history, reference and results; ends with 99 and mails when a gate fails', async () => {
    const first = await run();
    expect(first, first.output).toMatchObject({ code: 0 });
    mkdirSync(path.join(state, 'lock'));
    writeFileSync(path.join(state, 'lock', 'pid'), String(process.pid));
    expect(await run()).toMatchObject({
      code: 75,
      output: `nightly: process ${process.pid} is at it already\n`,
    });
    // Left by a process that is gone: it is taken over.
    writeFileSync(path.join(state, 'lock', 'pid'), '4194304');
    script('mail', `#!/bin/sh\n{ echo "$@"; cat; } > "${folder}/mail.txt"\n`);
    script(
      'fails',
      '#!/bin/sh\nnpx kbench "$@"\nif [ "$1" = trend ] && [ "$3" = --fail-on ]; then exit 99; fi\n',
    );
    const second = await run({ KBENCH: 'fails', MAILTO_REGRESSION: 'team@example.org' });
    expect(second.code, second.output).toBe(99);
    expect(second.output).toContain('nightly: regression, found by: trend');
    const mail = readFileSync(path.join(folder, 'mail.txt'), 'utf8');
    expect(mail).toMatch(/^-s Benchmark regression, found by: trend team@example.org\n/);
    expect(
      readFileSync(path.join(state, 'history.jsonl'), 'utf8').trimEnd().split('\n'),
    ).toHaveLength(2);
    expect(readdirSync(path.join(state, 'results'))).toHaveLength(1);
    expect(readdirSync(path.join(state, 'report')).sort()).toEqual([
      'compare.txt',
      'run.txt',
      'trend.html',
      'trend.txt',
    ]);
    expect(existsSync(path.join(state, 'reference', 'plan.json'))).toBe(true);
    expect(existsSync(path.join(state, 'lock'))).toBe(false);
    // Where there is nothing to go on with, kbench's own code.
    expect(await run({ SWEEP: 'missing.yaml' })).toMatchObject({ code: 104 });
  }, 60_000);

  it('is what the GitLab recipe runs, with the broker under its alias', () => {
    const gitlab = parse(recipe('gitlab-ci.yml')) as Record<
      string,
      {
        script: string[];
        services: { alias: string; variables: Record<string, string> }[];
        variables: Record<string, string>;
        cache: { paths: string[]; when: string };
        artifacts: { paths: string[] };
      }
    >;
    const nightly = gitlab['nightly-benchmark'];
    const [{ alias, variables }] = nightly.services;
    expect(variables['KAFKA_ADVERTISED_LISTENERS']).toBe(
      `PLAINTEXT://${nightly.variables['BOOTSTRAP']}`,
    );
    expect(nightly.variables['BOOTSTRAP']).toBe(`${alias}:9092`);
    expect(variables).toEqual(
      expect.objectContaining({
        ...strings(job.services.kafka.env),
        KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://kafka:9092',
      }),
    );
    expect(nightly.script.at(-1)).toContain('nightly.sh');
    expect(nightly.cache).toMatchObject({ paths: ['.kbench'], when: 'always' });
    expect(nightly.artifacts.paths).toEqual(['.kbench/latest', '.kbench/report']);
  });
});

const strings = (record: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, String(value)]));
