// `kbench trend`: what changed over many results, and where. Called by main; parses and hands over
// to print-trend.
import type { Argv, CommandModule } from 'yargs';
import type { TrendFormat } from '../report/trend/trend-formats.js';
import { examples, NUMBER, paragraphs, WORD, WORDS, type Example } from './options/help-text.js';
import type { TrendArguments } from './trend/print-trend.js';

/**
 * Named here as well, so that --help need not load the renderers; the compiler holds the two lists
 * together.
 */
const FORMATS: Readonly<Record<TrendFormat, true>> = {
  text: true,
  md: true,
  html: true,
  json: true,
  github: true,
};

const SELECTION = {
  metric: {
    ...WORDS,
    defaultDescription: 'recordsPerSecond, p99, cpuMicrosPerRecord',
    describe: 'what to follow (repeatable): also mebibytesPerSecond, p50, p75, p90, p95, p999, max',
  },
  where: { ...WORDS, describe: 'only points with setting=value (repeatable)' },
  since: { ...WORD, describe: 'only results since a date, or a span: 30d, 8w' },
  last: { ...NUMBER, describe: 'only the last so many results' },
} as const;

const JUDGING = {
  'min-change': { ...WORD, defaultDescription: '3%', describe: 'the least change that matters' },
  'max-p': {
    ...NUMBER,
    defaultDescription: '0.001',
    describe: 'a change point must be less likely than this by chance',
  },
  'fail-on': {
    ...WORD,
    describe:
      'exit with 99 on a regression in the last results: ' +
      'regression (the last 14), regression:last 5',
  },
} as const;

const OUTPUT = {
  format: {
    ...WORD,
    choices: Object.keys(FORMATS) as TrendFormat[],
    default: 'text',
    describe: 'text for the terminal, Markdown, an HTML page, JSON, or GitHub annotations',
  },
  out: { ...WORD, describe: 'write to this file instead of stdout' },
} as const;

const HISTORY = {
  add: {
    ...WORDS,
    describe:
      'add this result to --history first (repeatable); the newest where the folder holds several',
  },
  history: { ...WORD, describe: 'the history file that --add appends to' },
} as const;

const EXAMPLES: readonly Example[] = [
  ['kbench trend results/nightly', 'all results of a sweep'],
  [
    'kbench trend results/nightly --metric p999 --where acks=all --since 8w',
    'one figure of some points',
  ],
  ['kbench trend results/nightly --format html --out trend.html', 'a page to look at'],
  [
    'kbench trend --add results/nightly --history history.jsonl',
    'append the newest result, then tell',
  ],
  ['kbench trend history.jsonl --fail-on regression', 'the gate of a nightly job'],
];

const EPILOGUE = paragraphs(`\
A path is a results folder, a folder of results folders, or a history file (JSON Lines); several
are put together. Results are ordered by when they were made. Those that cannot be read are left
out and named.

A change point is where a series changed its level for good: E-divisive with a t-test, as Apache
Otava finds them. A change is worse or better by its metric, told with the commits and whatever
else changed between the two results, and put down to the machine where the canary beside the runs
moved alike. Regressions are worse changes that are not the machine's.

A history file keeps what trend needs of each result, about 250 bytes a point: --add appends one
line, so that a nightly job can keep it in a git branch. Adding a result again changes nothing, or
replaces it if it was resumed meanwhile.

Exit codes: 0 told; 99 --fail-on found a regression; 104 bad options or nothing to read; 107 a
file cannot be written.`);

function options(yargs: Argv): Argv<TrendArguments> {
  return yargs
    .positional('paths', {
      type: 'string',
      array: true,
      describe: 'results folders, folders of them, or history files (may be left out with --add)',
    })
    .options(SELECTION)
    .options(JUDGING)
    .options(OUTPUT)
    .options(HISTORY)
    .epilogue(examples(EXAMPLES))
    .epilogue(EPILOGUE);
}

export const trendCommand: CommandModule<object, TrendArguments> = {
  command: 'trend [paths..]',
  describe: 'Find what changed over many results, and when',
  builder: options,
  handler: async (args) => {
    // Loaded here, so that --help stays quick.
    const { printTrend } = await import('./trend/print-trend.js');
    process.exitCode = await printTrend(args);
  },
};
