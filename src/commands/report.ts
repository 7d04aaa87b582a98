// `kbench report`: saved results again, as a table, for people elsewhere, or for other tools.
// Called by main; reads the results only, writes stdout or what --out names.
import type { Argv, CommandModule } from 'yargs';
import { ConfigurationError } from '../base/errors.js';
import {
  examples,
  NUMBER,
  paragraphs,
  SWITCH,
  WORD,
  WORDS,
  type Example,
} from './options/help-text.js';
import { PERCENTILES_OPTION } from './options/percentiles-option.js';
import {
  FORMAT_INFO,
  FORMAT_NAMES,
  type Better,
  type FormatName,
  type Per,
} from '../report/formats/format-names.js';

export interface ReportArguments {
  readonly dir: string;
  readonly format: FormatName;
  readonly out?: string;
  readonly sort?: string;
  readonly where?: readonly string[];
  readonly top?: number;
  readonly per?: Per;
  readonly better?: Better;
  readonly percentiles?: string;
  readonly invalid: boolean;
  readonly check: boolean;
}

const formatLines = FORMAT_NAMES.map((name) => {
  const { what, per, better, files } = FORMAT_INFO[name];
  const choices = [
    ...(per === undefined ? [] : [`--per ${per.join('|')}`]),
    ...(better === true ? ['--better smaller|bigger'] : []),
    ...(files === true ? ['--out DIR'] : []),
  ];
  // The tab makes two columns of it, each wrapped by itself.
  return `  ${name}\t  ${what}${choices.length === 0 ? '' : ` [${choices.join(', ')}]`}`;
});

const SHAPE = {
  format: {
    ...WORD,
    choices: FORMAT_NAMES,
    default: 'table',
    describe: 'what to make of it: see Formats below',
  },
  out: { ...WORD, describe: 'file, or folder of files, instead of stdout' },
} as const;

const SELECTION = {
  sort: { ...WORD, describe: 'order of the points: FIELD, FIELD:desc' },
  where: {
    ...WORDS,
    requiresArg: true,
    describe: 'only points of which all this holds; = != < <= > >=, commas between; repeatable',
  },
  top: { ...NUMBER, describe: 'only the first N points' },
} as const;

const FIGURES = {
  per: { choices: ['point', 'run', 'agent'], describe: 'what a row or file is about' },
  better: {
    choices: ['smaller', 'bigger'],
    describe: 'which figures: latencies, or throughput',
  },
  percentiles: PERCENTILES_OPTION,
  invalid: {
    ...SWITCH,
    describe: 'also the figures of invalid runs, marked as not counted (table, md, csv)',
  },
  check: {
    ...SWITCH,
    describe: 'end with exit code 99 when a gate (thresholds) or an audit has failed',
  },
} as const;

const EXAMPLES: readonly Example[] = [
  ['kbench report results/', 'the newest results'],
  ['kbench report results/my-sweep --sort records/s:desc --top 5', 'the five fastest points'],
  ["kbench report results/my-sweep --where 'acks=all,p99<20ms'", 'those that would do'],
  ['kbench report results/my-sweep --percentiles p50,p95,p99', 'other columns of latency'],
  ['kbench report results/my-sweep --format md --out report.md', 'for a pull request'],
  ['kbench report results/my-sweep --format csv --per run', 'every run, for a spreadsheet'],
  ['kbench report results/my-sweep --per agent', 'each machine of several, by itself'],
  ['kbench report results/my-sweep --check', 'for CI: fails where a gate failed'],
  [
    'kbench report results/my-sweep --format html --out report.html',
    'a page: charts, best point for a limit',
  ],
];

const EPILOGUE = paragraphs(`\
Formats:
${formatLines.join('\n')}

Fields, for --sort and --where: the table's columns (p99, records/s, verdict), the swept settings
(batch.size), and the paths of a point in summary.json (latencyMs.response.p99,
throughput.recordsPerSecond.low, records.failed). Values take units as in the YAML: 16KiB, 20ms,
5000/s. They choose and order points in every format, runs with their points; table and md say
what was left out, the others say it on stderr.

With other tools:
  kbench report DIR --format json | jq '.points[] | {id, p99: .latencyMs.response.p99.median}'
  kbench report A --format benchstat --out a.txt
  kbench report B --format benchstat --out b.txt; benchstat a.txt b.txt
  kbench report DIR --format openmetrics --out /var/lib/node_exporter/kbench.prom
  kbench report DIR --format md >> "$GITHUB_STEP_SUMMARY"
  kbench report DIR --format github-action-benchmark --better bigger --out bigger.json
    (tool: customBiggerIsBetter)
  kbench report DIR --format junit --out kbench.xml       for the test report of Jenkins or GitLab
  kbench report DIR --format hgrm --out hgrm/             for HdrHistogram's plotter

Where DIR holds several results folders, the newest is taken, and the report says which. Run files
that cannot be read are left out and named; the rest is reported.

Exit codes: 0 reported; 99 with --check, a gate or an audit of the sweep has failed; 104 DIR
cannot be read or is no results folder, or an option names what is not there; 107 --out cannot be
written.`);

function options(yargs: Argv): Argv<ReportArguments> {
  return yargs
    .positional('dir', {
      type: 'string',
      demandOption: true,
      describe: 'a results folder, or one that holds some (results/, results/<name>/)',
    })
    .options(SHAPE)
    .options(SELECTION)
    .options(FIGURES)
    .epilogue(examples(EXAMPLES))
    .epilogue(EPILOGUE);
}

export const reportCommand: CommandModule<object, ReportArguments> = {
  command: 'report <dir>',
  describe: 'Report on saved results',
  builder: options,
  handler: async ({
    dir,
    check,
    format,
    out,
    sort,
    where,
    top,
    per,
    better,
    percentiles,
    invalid,
  }) => {
    if (top !== undefined && !(Number.isSafeInteger(top) && top >= 1)) {
      throw new ConfigurationError('--top must be a whole number above 0', 'e.g. --top 10');
    }
    for (const [name, value] of Object.entries({
      format,
      out,
      sort,
      top,
      per,
      better,
      percentiles,
    })) {
      if (Array.isArray(value))
        throw new ConfigurationError(`--${name} is given more than once`, 'Give it once.');
    }
    // Loaded here, so that --help stays quick.
    const { printReport } = await import('./report/print-report.js');
    const report = await printReport(dir, {
      format,
      out,
      sort,
      where,
      top,
      per,
      better,
      percentiles,
      invalid,
    });
    if (!check) return;
    const { checkGates } = await import('./run/conclude.js');
    process.exitCode = checkGates(report);
  },
};
