// `npm run bench -- [name ...]`: finds the benchmarks of this folder by file name and runs them one
// after another. A benchmark is a module with `title` and `run(options)`; files without them are
// parts of one. Knows nothing of what they measure.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { KbenchError } from '../src/base/errors.js';
import type { Bench } from './bench-report.js';

const SELF = 'main.js';

async function findBenches(): Promise<Map<string, Bench>> {
  const files = readdirSync(fileURLToPath(new URL('.', import.meta.url)))
    .filter((file) => file.endsWith('.js') && !file.endsWith('.test.js') && file !== SELF)
    .sort();
  const benches = new Map<string, Bench>();
  for (const file of files) {
    const module = (await import(new URL(file, import.meta.url).href)) as Partial<Bench>;
    const { title, run } = module;
    if (typeof title === 'string' && typeof run === 'function')
      benches.set(file.slice(0, -3), { title, run });
  }
  return benches;
}

const benches = await findBenches();
const list = [...benches].map(([name, { title }]) => `  ${name.padEnd(16)} ${title}`).join('\n');

const args = await yargs(hideBin(process.argv))
  .scriptName('npm run bench --')
  .usage(`$0 [name ...] [options]\n\nRuns the benchmarks named, or all of them:\n${list}`)
  .options({
    list: { type: 'boolean', default: false, describe: 'only list them' },
    rounds: { type: 'number', describe: 'rounds of each measurement' },
    records: { type: 'number', describe: 'records of each measurement' },
    clients: {
      type: 'string',
      describe:
        'only these, comma-separated; rivals: kbench, librdkafka, franz-go, java, kafkajs; ' +
        'doubles: librdkafka-mock, kfake; fidelity: java, kbench, none (workload.timing)',
    },
    java: {
      type: 'boolean',
      default: false,
      describe: 'rivals: also Apache’s own client for Java',
    },
    seconds: { type: 'number', describe: 'fidelity: length of each measurement' },
    delay: {
      type: 'number',
      describe: 'fidelity: ms of network each way between client and broker; 0 for none',
    },
    target: {
      type: 'string',
      describe: 'aa: embedded, or a version of Kafka to start, such as 4.4.0',
    },
    from: {
      type: 'string',
      describe: 'aa: draw from this results folder instead of recording one',
    },
    grid: {
      type: 'string',
      describe: 'fidelity: known (the cells that it was made on, the default) or unseen',
    },
    cell: {
      type: 'string',
      describe:
        'fidelity: only cells whose name contains one of these, such as "20k/s linger 5,p6 lz4"',
    },
  })
  .epilogue('Environment: KBENCH_CACHE, where Kafka’s jars, drivers and doubles are kept.')
  .check(({ rounds, records, seconds, _ }) => {
    for (const [name, value] of Object.entries({ rounds, records, seconds })) {
      if (value !== undefined && !(Number.isSafeInteger(value) && value > 0))
        throw new Error(`--${name} must be a whole number above 0`);
    }
    const unknown = _.map(String).filter((name) => !benches.has(name));
    if (unknown.length > 0)
      throw new Error(
        `no benchmark ${unknown.join(', ')}; there are: ${[...benches.keys()].join(', ')}`,
      );
    return true;
  })
  .strictOptions()
  .wrap(120)
  .parse();

if (args.list) console.log(list);
else await runAll(args._.length > 0 ? args._.map(String) : [...benches.keys()]);

/** One that fails does not keep the others from running, but the exit code tells. */
async function runAll(names: readonly string[]): Promise<void> {
  for (const name of names) {
    const { title, run } = benches.get(name)!;
    console.log(`\n${name}: ${title}\n`);
    try {
      await run({
        rounds: args.rounds ?? null,
        records: args.records ?? null,
        clients: args.clients?.split(',').map((client) => client.trim()) ?? null,
        java: args.java,
        seconds: args.seconds ?? null,
        delay: args.delay ?? null,
        grid: args.grid ?? null,
        cell: args.cell ?? null,
        target: args.target ?? null,
        from: args.from ?? null,
      });
    } catch (error) {
      process.exitCode = 1;
      if (!(error instanceof KbenchError)) console.error(error);
      else
        console.error(
          `${name}: ${error.message}${error.remedy === undefined ? '' : `\n${error.remedy}`}`,
        );
    }
  }
}
