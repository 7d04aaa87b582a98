// `kbench run`: makes the runs of a sweep and prints what they came to. Called by main; puts together sweep, target, workloads and report,
// and decides the exit code. What a run is, and how results are kept, is decided in src/sweep/.
import type { Argv, CommandModule } from 'yargs';
import { ConfigurationError } from '../base/errors.js';
import { listenForInterrupt } from '../sweep/interrupt.js';

export interface RunArguments {
  readonly file?: string | undefined;
  readonly bootstrap?: string | undefined;
  readonly set?: readonly string[] | undefined;
  readonly out: string;
  readonly resume?: string | undefined;
  readonly quiet: boolean;
  readonly json: boolean;
}

const EPILOGUE = `Results are saved after every run in OUT/<name>/<UTC time>-<id>/: sweep.yaml, plan.json, environment.json,
runs/NNNN.json, summary.json, report.md, report.html. Progress and notes go to stderr, results to stdout.

A cluster with TLS or SASL is described by target.security in FILE, under Java's names (see bench-configs/secured.yaml). Secrets stand
there as \${env:NAME} or \${file:PATH} only: they are read when kbench connects, and never written anywhere.

Ctrl-C ends the run under way, saves it and reports what there is; a second Ctrl-C ends at once.
--resume DIR goes on with what is missing, failed or was stopped; the settings of the first run count, so FILE and --set may be left out.

Exit codes: 0 every run was made (invalid ones are marked, not failed); 104 bad configuration; 105 stopped by Ctrl-C;
107 the target cannot be reached, or at least one run could not be made: the rest is measured and reported all the same.`;

function options(yargs: Argv): Argv<RunArguments> {
  return yargs
    .positional('file', { type: 'string', describe: 'the sweep, a YAML file (may be left out with --resume)' })
    .option('bootstrap', {
      type: 'string',
      requiresArg: true,
      describe: 'brokers to run against, instead of the file’s target: host:port,host:port',
    })
    .option('set', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'override one value of the file: path=value (repeatable)',
    })
    .option('out', { type: 'string', requiresArg: true, default: 'results', describe: 'folder for results' })
    .option('resume', { type: 'string', requiresArg: true, describe: 'go on with an earlier run: its results folder' })
    .option('quiet', { type: 'boolean', default: false, describe: 'no progress, only the final table' })
    .option('json', { type: 'boolean', default: false, describe: 'print summary.json instead of progress and table' })
    .example('kbench run bench-configs/quickstart.yaml', 'sweep against the embedded cluster: no Kafka needed')
    .example('kbench run sweep.yaml --bootstrap kafka-1:9092,kafka-2:9092', 'the same sweep against a real cluster')
    .example('kbench run sweep.yaml --set repeats=3 --set workload.valueBytes=1KiB', 'with other values')
    .example('kbench run sweep.yaml --set workload.transaction.records=1000', 'in transactions')
    .example('kbench run sweep.yaml --set compression.type=zstd --set workload.payload=text', 'compressed')
    .example('kbench run --resume results/my-sweep/2026-11-22T10-15-30Z-1f2e3d4c', 'go on where it ended')
    .example('kbench run sweep.yaml --json > summary.json', 'for scripts')
    .epilogue(EPILOGUE);
}

export const runCommand: CommandModule<object, RunArguments> = {
  command: 'run [file]',
  describe: 'Run a sweep and report on it',
  builder: options,
  handler: async (args) => {
    if (args.file === undefined && args.resume === undefined) {
      throw new ConfigurationError(
        'no sweep to run: give a YAML file, or --resume with a results folder',
        'kbench run sweep.yaml, or kbench init to get one to start from',
      );
    }
    if (args.quiet && args.json)
      throw new ConfigurationError('give either --quiet or --json', '--json prints no progress either');
    const interrupt = listenForInterrupt();
    try {
      // Everything heavy is loaded here, so that --help stays quick.
      const { runSweep } = await import('./run-sweep.js');
      process.exitCode = await runSweep(args, interrupt.signal);
    } finally {
      interrupt.release();
    }
  },
};
