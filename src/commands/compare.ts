// `kbench compare`: what differs between two or more results, and whether it matters. Called by
// main; reads only, writes nothing but stdout and --out.
import type { Argv, CommandModule } from 'yargs';
import { ConfigurationError } from '../base/errors.js';
import { failOnValues } from '../contract/comparison.js';
import type { ComparisonFormat } from '../report/compare/comparison-formats.js';
import { DEFAULT_MARGIN } from '../report/compare/compared-metrics.js';
import {
  examples,
  NUMBER,
  paragraphs,
  SWITCH,
  WORD,
  WORDS,
  type Example,
} from './options/help-text.js';
import type { CompareArguments } from './compare/print-comparison.js';

/**
 * Named here as well, so that --help need not load the renderers; the compiler holds the two lists
 * together.
 */
const NAMES: Readonly<Record<ComparisonFormat, true>> = {
  text: true,
  md: true,
  html: true,
  json: true,
  junit: true,
  github: true,
};

/** Each may be given again; none at all is an empty list. */
const LIST = { ...WORDS, default: [] as string[] };

const PLACES = {
  base: {
    type: 'string',
    demandOption: true,
    describe:
      'a results folder, or one that holds some (the newest is taken); ' +
      'a reference (kbench reference) too',
  },
  new: {
    type: 'string',
    array: true,
    default: [] as string[],
    describe: 'what to compare with it; none with --across or a selection: within BASE',
  },
} as const;

const SELECTION = {
  across: { ...LIST, describe: 'a setting that is meant to differ (repeatable)' },
  'base-where': {
    ...LIST,
    describe: 'only the points of BASE with setting=value (repeatable)',
  },
  'new-where': { ...LIST, describe: 'only the points of NEW with setting=value (repeatable)' },
  metric: {
    ...LIST,
    describe:
      'what to compare (repeatable): throughput, p50, p75, p90, p95, p99, p999, cpu, pacing, ' +
      'or a path such as latencyMs.service.p90; default: ' +
      'throughput (closed loop), p50, p99, p999, cpu',
  },
} as const;

const JUDGING = {
  margin: {
    ...WORD,
    default: `${DEFAULT_MARGIN * 100}%`,
    describe: 'a change that nobody would act on',
  },
  alpha: { ...NUMBER, default: 0.05, describe: 'chance of a false alarm, over all figures' },
  'fail-on': {
    ...WORD,
    choices: failOnValues,
    default: 'never',
    describe: 'what ends with exit code 99',
  },
} as const;

const OUTPUT = {
  format: {
    ...WORD,
    choices: Object.keys(NAMES) as ComparisonFormat[],
    default: 'text',
    describe:
      'for the terminal, GitHub Markdown, a page, kbench/comparison@1, JUnit XML, ' +
      'GitHub annotations',
  },
  out: { ...WORD, describe: 'write to this file instead of stdout' },
  all: { ...SWITCH, describe: 'every row of a long table' },
} as const;

const EXAMPLES: readonly Example[] = [
  ['kbench compare results/before results/after', 'the newest results of each'],
  ['kbench compare results/reference/nightly results/nightly --fail-on regression', 'in CI'],
  ['kbench compare results/my-sweep --across acks', 'acks=1 against acks=all within one sweep'],
  [
    'kbench compare results/old results/new --base-where acks=1 --new-where acks=all',
    'two settings, two sweeps',
  ],
  [
    'kbench compare results/a results/b --metric p99 --margin 10%',
    'p99 only; up to 10 % does not matter',
  ],
  ['kbench compare results/a results/b --format html --out compare.html', 'a page'],
];

const EPILOGUE = paragraphs(`\
Points are matched by all their settings, swept or not; what has no partner is told. A setting
that is meant to differ is named: --across acks, or --base-where acks=1 --new-where acks=all, also
within one folder.

The unit is the run. A figure is "different" where an exact Mann-Whitney test says so, corrected
for the number of figures (Benjamini-Hochberg), "same" where the 95 % interval of the change
(Hodges-Lehmann) lies within --margin, else "collect more", with the number of runs that should
settle it. With fewer than 4 valid runs a side nothing can be told. Where the canaries beside the
runs moved the same way and at least half as much, the finding is "machine changed".

--fail-on: regression (something is worse, or NEW has no valid run where BASE has and kbench's own
machine was not why), cannot-tell (that, or the machine was why), difference (worse, better or the
machine's), inconclusive (anything that is not the same or better, points without a partner too),
never.

Exit codes: 0 compared; 99 --fail-on says so; 104 a folder cannot be read, or nothing can be
compared; 107 --out cannot be written.`);

function options(yargs: Argv): Argv<CompareArguments> {
  return yargs
    .positional('base', PLACES.base)
    .positional('new', PLACES.new)
    .options(SELECTION)
    .options(JUDGING)
    .options(OUTPUT)
    .epilogue(examples(EXAMPLES))
    .epilogue(EPILOGUE);
}

export const compareCommand: CommandModule<object, CompareArguments> = {
  command: 'compare <base> [new..]',
  describe: 'Compare results: different, same, or collect more',
  builder: options,
  handler: async (args) => {
    const selects = args.across.length + args['base-where'].length + args['new-where'].length > 0;
    if (args.new.length === 0 && !selects) {
      throw new ConfigurationError(
        'nothing to compare with: give a second results folder, ' +
          'or the setting to compare within the first',
        'kbench compare BASE NEW, or kbench compare DIR --across acks',
      );
    }
    // Loaded here, so that --help stays quick.
    const { printComparison } = await import('./compare/print-comparison.js');
    process.exitCode = await printComparison(args);
  },
};
