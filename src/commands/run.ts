// `kbench run`: makes the runs of a sweep and prints what they came to. Called by main; puts
// together sweep, target, workloads and report, and decides the exit code. What a run is, and how
// results are kept, is decided in src/session/.
import type { Argv, CommandModule } from 'yargs';
import { ConfigurationError, EXIT, KbenchError, StoppedError } from '../base/errors.js';
import { listenForInterrupt, STOP_LIMIT_MS } from '../session/interrupt.js';
import { toStderr } from '../base/terminal.js';
import { examples, paragraphs, SWITCH, WORD, WORDS, type Example } from './options/help-text.js';
import { PERCENTILES_OPTION } from './options/percentiles-option.js';
import { AGENT_OPTIONS } from './run/agents/agent-flags.js';
import type { RunArguments } from './run/run-arguments.js';
import { loadFromArguments, printYaml, sweepOptions } from './options/sweep-options.js';

const RESULTS = {
  out: { ...WORD, default: 'results', describe: 'folder for results' },
  resume: { ...WORD, describe: 'go on with an earlier run: its results folder' },
} as const;

const PRINTING = {
  quiet: { ...SWITCH, describe: 'no progress, only the final table' },
  json: { ...SWITCH, describe: 'print summary.json instead of progress and table' },
  hold: {
    ...WORD,
    describe:
      'in a container: print summary.json as the last line, too, and stay so long, or until ' +
      'there is a file OUT/done',
  },
} as const;

const PRECISION = {
  'until-precise': {
    ...WORD,
    describe:
      'add runs until 95 % intervals are this narrow: ' +
      'half width as a share of the median, e.g. 2%',
  },
  'time-budget': {
    ...WORD,
    describe: 'with --until-precise: the longest that all runs together may take, e.g. 30m',
    defaultDescription: '3 times the planned time, at least 1m',
  },
  'precise-metric': {
    ...WORDS,
    describe: 'with --until-precise: what must be precise (repeatable)',
    defaultDescription: 'throughput.recordsPerSecond, latencyMs.p99',
  },
} as const;

const MEASURING = {
  percentiles: PERCENTILES_OPTION,
  canary: {
    type: 'boolean',
    default: true,
    describe: 'measure how fast this machine is before each run; --no-canary leaves it out',
  },
} as const;

const EXAMPLES: readonly Example[] = [
  [
    'kbench run bench-configs/quickstart.yaml',
    'sweep against the embedded cluster: no Kafka needed',
  ],
  [
    'kbench run sweep.yaml --bootstrap kafka-1:9092,kafka-2:9092',
    'the same sweep against a real cluster',
  ],
  ['kbench run sweep.yaml --set repeats=3 --set workload.valueBytes=1KiB', 'with other values'],
  [
    'kbench run --bootstrap h:9092 --sweep batch.size=16KiB,64KiB --sweep linger.ms=0,5',
    'without a file',
  ],
  [
    'kbench run sweep.yaml --set target.properties=client.properties',
    'a cluster as Java’s clients know it',
  ],
  ['kbench run sweep.yaml --set workload.transaction.records=1000', 'in transactions'],
  ['kbench run sweep.yaml --set workload.audit=true', 'was anything lost?'],
  ['kbench run sweep.yaml --set consumers.kind=reader', 'and how long to a consumer?'],
  ['kbench run sweep.yaml --set compression.type=zstd --set workload.payload=text', 'compressed'],
  ['kbench run sweep.yaml --until-precise 2% --time-budget 30m', 'with repeats as needed'],
  ['kbench run --resume results/my-sweep/2026-11-22T10-15-30Z-1f2e3d4c', 'go on where it ended'],
  ['kbench run bench-configs/leader-killed.yaml', 'a leader dies while it is measured'],
  ['kbench run sweep.yaml --agents 4', 'four processes of this machine as one'],
  [
    'kbench run sweep.yaml --agents 8 --agents-listen 0.0.0.0:7070 --agents-token-file token',
    'eight machines as one: kbench agent HOST:7070 on each',
  ],
  ['kbench run sweep.yaml --json > summary.json', 'for scripts'],
];

const EPILOGUE = paragraphs(`\
Results are saved after every run in OUT/<name>/<UTC time>-<id>/: sweep.yaml, plan.json,
environment.json, runs/NNNN.json, summary.json, report.md, report.html. Progress and notes go to
stderr, results to stdout.

Without FILE, --sweep and --set say it all: --sweep batch.size=16KiB,64KiB --sweep linger.ms=0,5
--set workload.rate=20000/s. The YAML that this stands for is saved with the results; --print-yaml
prints it, to begin a file with. With FILE they change what stands there.

A cluster with TLS or SASL is described by target.security in FILE, under Java's names (see
bench-configs/secured.yaml). Secrets stand there as \${env:NAME} or \${file:PATH} only: they are
read when kbench connects, and never written anywhere. OAuth tokens may come from a program
(tokenCommand: [program, argument]; it inherits the environment) or a module
(bench-configs/msk-iam.yaml); Kerberos needs the npm package kerberos.

Gates (thresholds in FILE, k6's grammar) are held against each point's medians; one with
abortOnFail ends the sweep early. Before each run two fixed pieces of work tell how fast this
machine is (the canary, about 0.15 s).

Faults (faults in FILE) break the cluster while it is measured: brokers killed, stopped, paused, the
network between them and clients delayed or cut; on a cluster of your own, programs that you name.
bench-configs/leader-killed.yaml is a start, docs/faults.md says all.

--until-precise 2% adds runs, in seeded blocks, to points whose 95 % intervals are wider than ±2 %
of the median; at least 7 valid runs a point. It ends when all are narrow enough, after
--time-budget, or where more runs settle nothing, and says which points are left.

consumers: {kind: reader} receives every record while it is produced and tells end-to-end times and
lag; {kind: group} does so by consumer groups of kafkajs or Java (docs/consumers.md).

workload: {audit: true} reads each run's log back and tells what was lost, doubled, reordered or
spoiled, and which promise of the settings that breaks (docs/audit.md).

With --agents N so many agents send as one: each has workload.workers, the rate is that of all
together (docs/agents.md). Without --agents-listen they are processes of this machine. An agent
that is lost fails its run by its name; the sweep goes on once as many are there again, else it
ends after --agent-wait with 107 and what was measured.

Ctrl-C (or SIGTERM, SIGHUP) ends the run under way, saves it and reports what there is: the run
may take 5 s more, everything else 2 s; what is not done by then is left (--resume cleans up after
it). A second Ctrl-C ends at once. The exit code is 105 in each case. --resume DIR goes on with
what is missing, failed or was stopped; the settings of the first run count, so FILE and --set may
be left out. A gate that ended a sweep does not end it again at the same point.

Exit codes: 0 every run was made (invalid ones are marked, not failed) and every gate holds; 99 a
gate or an audit failed; 104 bad configuration; 105 stopped by Ctrl-C; 107 the target cannot be
reached, or at least one run could not be made: the rest is measured and reported all the same.
Where several apply: 105, then 107, then 99.`);

function options(yargs: Argv): Argv<RunArguments> {
  return sweepOptions(
    yargs.positional('file', {
      type: 'string',
      describe: 'the sweep, a YAML file (may be left out with --sweep, --set or --resume)',
    }),
  )
    .options(RESULTS)
    .options(PRINTING)
    .options(PRECISION)
    .options(MEASURING)
    .options(AGENT_OPTIONS)
    .epilogue(examples(EXAMPLES))
    .epilogue(EPILOGUE);
}

export const runCommand: CommandModule<object, RunArguments> = {
  command: 'run [file]',
  describe: 'Run a sweep and report on it',
  builder: options,
  handler: async (args) => {
    if (args['print-yaml'] && args.resume !== undefined) {
      const message =
        '--print-yaml shows what is about to be run, and --resume goes on with what was';
      throw new ConfigurationError(message, `see sweep.yaml in ${args.resume}`);
    }
    const interrupt = listenForInterrupt({ onOverdue: tellOverdue });
    try {
      // Everything heavy is loaded here, so that --help stays quick.
      if (args.percentiles !== undefined) {
        // Refused before hours of runs, not after.
        const { readPercentiles } = await import('../report/model/percentiles.js');
        readPercentiles(args.percentiles);
      }
      if (args['print-yaml']) {
        await printYaml(await loadFromArguments(args, interrupt.signal));
        return;
      }
      const { runSweep } = await import('./run/run-sweep.js');
      const exitCode = await runSweep(args, interrupt);
      process.exitCode = interrupt.signal.aborted ? EXIT.stopped : exitCode;
    } catch (error) {
      // What the stop has broken off is no failure of the cluster's.
      if (interrupt.signal.aborted && error instanceof KbenchError) {
        throw new StoppedError(error.message, error.remedy, { cause: error });
      }
      throw error;
    } finally {
      interrupt.release();
    }
  },
};

function tellOverdue(): void {
  toStderr(
    `kbench: ended ${STOP_LIMIT_MS / 1000} s after the stop with something still under way; ` +
      'what was saved stays\n',
  );
}
