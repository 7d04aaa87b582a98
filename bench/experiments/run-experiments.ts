// `npm run experiments -- [name ...]`: makes the experiments named, or all, and renews the figures
// in their pages. One that fails does not keep the others from being made; the exit code tells.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { EXIT, KbenchError, RunError, StoppedError, type ExitCode } from '../../src/base/errors.js';
import { writeWhole } from '../../src/base/files/durable-file.js';
import { answerSignals } from '../../src/base/signals.js';
import { bounded } from '../../src/base/time-limit.js';
import { initHistograms } from '../../src/workloads/measure/histogram.js';
import { EXPERIMENTS } from './catalogue.js';
import type { Experiment, Part } from './experiment.js';
import { withFigures } from './page-figures.js';
import { ROOT } from './sweep-part.js';

/** Three times what it is thought to take, and this for a slow start. */
const LIMIT_FACTOR = 3;
const LIMIT_SECONDS = 120;
/** For what a part does to end. */
const GRACE_MS = 25_000;

const args = await yargs(hideBin(process.argv))
  .scriptName('npm run experiments --')
  .usage(
    '$0 [name ...] [options]\n\nMakes the experiments named, or all of them, on real Kafka on ' +
      'this machine, and renews the figures in docs/experiments/:\n' +
      EXPERIMENTS.map(({ name, question }) => `  ${name.padEnd(20)} ${question}`).join('\n'),
  )
  .options({
    list: { type: 'boolean', default: false, describe: 'only list them, with their times' },
    repeats: { type: 'number', describe: 'repeats of each sweep, in place of its own' },
    out: { type: 'string', default: 'results/experiments', describe: 'folder for results' },
    write: {
      type: 'boolean',
      default: true,
      describe: 'write the figures into the pages; --no-write prints them',
    },
  })
  .check(({ repeats, _ }) => {
    if (repeats !== undefined && !(Number.isSafeInteger(repeats) && repeats > 0))
      throw new Error('--repeats must be a whole number above 0');
    const there = EXPERIMENTS.map(({ name }) => name);
    const unknown = _.map(String).filter((name) => !there.includes(name));
    if (unknown.length > 0)
      throw new Error(`no experiment ${unknown.join(', ')}; there are: ${there.join(', ')}`);
    return true;
  })
  .example('$0', 'all of them')
  .example('$0 ordering --repeats 10', 'one, to rely on it')
  .example('$0 acks-cost --no-write', 'one, its figures printed')
  .strictOptions()
  .wrap(100)
  .parse();

const repeats = args.repeats ?? null;
const stop = new AbortController();
const chosen = EXPERIMENTS.filter(({ name }) => args._.length === 0 || args._.includes(name));
const seconds = await Promise.all(chosen.map((each) => estimate(each)));
const all = seconds.reduce((sum, each) => sum + each, 0);
for (const [i, { name, question }] of chosen.entries())
  console.log(`${name.padEnd(20)} about ${minutes(seconds[i]).padEnd(8)} ${question}`);
if (!args.list) {
  console.log(`together about ${minutes(all)}`);
  answerSignals(() => stop.abort());
  process.exitCode = await makeAll();
}

async function makeAll(): Promise<ExitCode> {
  await initHistograms();
  const failed: string[] = [];
  let left = all;
  for (const [i, experiment] of chosen.entries()) {
    const number = `${i + 1} of ${chosen.length}`;
    console.log(`\n${experiment.name} (${number}; about ${minutes(left)} left)`);
    try {
      await make(experiment);
    } catch (error) {
      if (error instanceof StoppedError || stop.signal.aborted) return EXIT.stopped;
      failed.push(experiment.name);
      console.error(`${experiment.name} failed: ${describe(error)}`);
    }
    left -= seconds[i];
  }
  const made = chosen.length - failed.length;
  console.log(`\n${made} made${failed.length === 0 ? '' : `, failed: ${failed.join(', ')}`}`);
  return failed.length === 0 ? EXIT.ok : EXIT.runFailed;
}

async function make(experiment: Experiment): Promise<void> {
  const figures: string[] = [];
  for (const part of experiment.parts) {
    console.log(`  ${part.title}`);
    figures.push(await makePart(part));
  }
  const text = figures.join('\n\n');
  console.log(`\n${text}`);
  if (!args.write) return;
  const page = path.join(ROOT, 'docs/experiments', `${experiment.name}.md`);
  await writeWhole(page, withFigures(readFileSync(page, 'utf8'), text));
}

async function makePart(part: Part): Promise<string> {
  const seconds = LIMIT_FACTOR * (await part.estimate(repeats)) + LIMIT_SECONDS;
  const limitMs = Math.ceil(seconds) * 1000;
  const limit = AbortSignal.timeout(limitMs);
  try {
    return await bounded(part.title, { limitMs: limitMs + GRACE_MS }, () =>
      part.measure({
        repeats,
        out: path.resolve(args.out),
        signal: AbortSignal.any([stop.signal, limit]),
        tell: (line) => console.log(`  ${line}`),
      }),
    );
  } catch (error) {
    if (!limit.aborted || stop.signal.aborted) throw error;
    throw new RunError(
      `${part.title} took longer than ${Math.ceil(seconds)} s`,
      'try again when this machine is less busy, or with fewer --repeats',
    );
  }
}

async function estimate({ parts }: Experiment): Promise<number> {
  let sum = 0;
  for (const part of parts) sum += await part.estimate(repeats);
  return sum;
}

function minutes(of: number): string {
  return of < 90 ? `${Math.round(of)} s` : `${(of / 60).toFixed(1)} min`;
}

function describe(error: unknown): string {
  if (!(error instanceof KbenchError)) return error instanceof Error ? error.message : 'unknown';
  return error.remedy === undefined ? error.message : `${error.message}\n${error.remedy}`;
}
