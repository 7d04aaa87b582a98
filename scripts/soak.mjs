// The producer's simulation over many seeds: `npm run soak -- --seeds 1000000 [--from 1] [--workers
// 2] [--keep-going]`, or one seed with all that happens in it: `npm run soak -- --seed 17
// --verbose`. Stops at the first failure unless told otherwise and prints how to replay it. And
// sweeps that are killed (kill-trials.mjs; TARGET is embedded, external, kafka or faults; `npm run
// build` first): `npm run soak -- --crash-points TARGET [--every k | --points n] [--from k]
// [--repeats 3]`, `npm run soak -- --kills n --on TARGET [--seed s]`. `npm run soak -- --signals
// 200` sends signals to a sweep at so many seeded moments (src/commands/run/signals.e2e.test.ts).
// Exit code 0: all well, 1: a seed or trial failed, 2: wrong arguments.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

const root = fileURLToPath(new URL('..', import.meta.url));
const SEEDS_AT_ONCE = 100;
const TRACE_LINES = 80;

/**
 * src/testing is in no build: producer and simulation are turned into JavaScript here, without a
 * type check.
 */
async function transpile() {
  const { default: ts } = await import('typescript');
  const out = path.join(root, 'node_modules', '.cache', 'kbench-soak', String(process.pid));
  const compilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    verbatimModuleSyntax: true,
  };
  for (const layer of ['base', 'wire', 'connect', 'producer-core', 'testing']) {
    const from = path.join(root, 'src', layer);
    for (const name of readdirSync(from, { recursive: true })) {
      if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
      const to = path.join(out, layer, name.replace(/\.ts$/, '.js'));
      mkdirSync(path.dirname(to), { recursive: true });
      const { outputText } = ts.transpileModule(readFileSync(path.join(from, name), 'utf8'), {
        compilerOptions,
      });
      writeFileSync(to, outputText);
    }
  }
  writeFileSync(path.join(out, 'package.json'), '{ "type": "module" }\n');
  return out;
}

const simulation = (out) =>
  import(pathToFileURL(path.join(out, 'testing', 'simulation', 'simulation.js')).href);

async function work() {
  Error.stackTraceLimit = 0; // errors are made by the thousand here
  const { runSeed } = await simulation(workerData.out);
  parentPort.on('message', async ({ from, to }) => {
    const failed = [];
    for (let seed = from; seed <= to; seed++) {
      const { problems } = await runSeed(seed);
      if (problems.length > 0) failed.push(seed);
    }
    parentPort.postMessage({ done: to - from + 1, failed });
  });
}

/** Runs it once more with its events; prints problems and trace. */
async function report(out, seed, verbose) {
  Error.stackTraceLimit = 20;
  const { runSeed } = await simulation(out);
  const options = verbose ? { onEvent: (line) => console.log(line) } : { traceLines: TRACE_LINES };
  const { mode, weather, problems, trace } = await runSeed(seed, options);
  if (problems.length > 0 && !verbose)
    console.log(`\nthe last ${trace.length} events:\n${trace.join('\n')}`);
  console.log(
    `\nseed ${seed} (${mode}; ${weather}): ${problems.length === 0 ? 'all well' : 'FAILED'}`,
  );
  for (const problem of problems) console.log(`  ${problem}`);
  if (problems.length > 0) console.log(`replay: npm run soak -- --seed ${seed} --verbose`);
  return problems.length === 0;
}

function duration(seconds) {
  const [h, m, s] = [
    Math.floor(seconds / 3600),
    Math.floor(seconds / 60) % 60,
    Math.floor(seconds % 60),
  ];
  return h > 0 ? `${h} h ${m} min` : m > 0 ? `${m} min ${s} s` : `${s} s`;
}

async function soak(out, from, seeds, workers, keepGoing) {
  const end = from + seeds;
  const failed = [];
  let next = from;
  let done = 0;
  let shownMs = 0;
  const startMs = performance.now();
  const progress = () => {
    const seconds = (performance.now() - startMs) / 1000;
    const left = ((seeds - done) * seconds) / done;
    console.log(
      `${done} of ${seeds} seeds, ${failed.length} failed, ` +
        `${(done / seconds).toFixed(0)} seeds/s, ${duration(left)} left`,
    );
  };
  await Promise.all(
    Array.from({ length: workers }, () => {
      const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { out } });
      return new Promise((resolve, reject) => {
        const give = () => {
          if (next >= end || (failed.length > 0 && !keepGoing)) {
            resolve(worker.terminate());
            return;
          }
          const to = Math.min(end, next + SEEDS_AT_ONCE) - 1;
          worker.postMessage({ from: next, to });
          next = to + 1;
        };
        worker.on('error', reject);
        worker.on('message', (message) => {
          done += message.done;
          failed.push(...message.failed);
          if (message.failed.length > 0) console.log(`failed: ${message.failed.join(', ')}`);
          if (performance.now() - shownMs > 10_000 || done === seeds) {
            shownMs = performance.now();
            progress();
          }
          give();
        });
        give();
      });
    }),
  );
  return failed.sort((a, b) => a - b);
}

/** The longer version of a test: as many signals as wanted. */
function signalsAt(count) {
  const file = 'src/commands/run/signals.e2e.test.ts';
  const env = { ...process.env, KBENCH_SIGNALS: count };
  const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [vitest, 'run', '--project', 'fast', file];
  return spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' }).status ?? 1;
}

async function main() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        seeds: { type: 'string', default: '1000000' },
        from: { type: 'string', default: '1' },
        workers: { type: 'string', default: String(availableParallelism()) },
        seed: { type: 'string' },
        signals: { type: 'string' },
        verbose: { type: 'boolean', default: false },
        'keep-going': { type: 'boolean', default: false },
        'crash-points': { type: 'string' },
        every: { type: 'string', default: '1' },
        points: { type: 'string' },
        kills: { type: 'string' },
        repeats: { type: 'string', default: '3' },
        on: { type: 'string', default: 'embedded' },
      },
    }));
  } catch (error) {
    console.error(error.message);
    return 2;
  }
  if (values.signals !== undefined) return signalsAt(values.signals);
  const [seeds, from, workers, seed] = [
    values.seeds,
    values.from,
    values.workers,
    values.seed ?? '1',
  ].map(Number);
  const { every: each, points: some = '1', kills: of = '1' } = values;
  const [every, points, kills, repeats] = [each, some, of, values.repeats].map(Number);
  if (
    ![seeds, from, workers, seed, every, points, kills, repeats].every(
      (n) => Number.isSafeInteger(n) && n >= 1,
    )
  ) {
    console.error(
      '--seeds, --from, --workers, --seed, --every, --points, --kills and --repeats ' +
        'are whole numbers from 1',
    );
    return 2;
  }
  if (values['crash-points'] !== undefined || values.kills !== undefined) {
    const { TARGETS, crashPoints, randomKills } = await import('./kill-trials.mjs');
    const target = values['crash-points'] ?? values.on;
    if (!TARGETS.includes(target)) {
      console.error(`the target is one of ${TARGETS.join(', ')}`);
      return 2;
    }
    if (values.kills !== undefined) return randomKills(target, kills, { repeats, workers, seed });
    const sample = values.points === undefined ? undefined : points;
    return crashPoints(target, { every, from, points: sample, repeats, workers });
  }
  const out = await transpile();
  try {
    if (values.seed !== undefined) return (await report(out, seed, values.verbose)) ? 0 : 1;
    const failed = await soak(out, from, seeds, workers, values['keep-going']);
    if (failed.length === 0) return 0;
    await report(out, failed[0], false);
    console.log(`failed seeds: ${failed.join(', ')}`);
    return 1;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

if (isMainThread) process.exitCode = await main();
else await work();
