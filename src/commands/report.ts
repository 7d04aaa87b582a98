// `kbench report`: the tables again, from saved results. Called by main; reads only, writes nothing but stdout.
import type { Argv, CommandModule } from 'yargs';
import type { FormatName } from '../report/formats.js';

export interface ReportArguments {
  readonly dir: string;
  readonly format: FormatName;
}

/** Named here as well, so that --help need not load the renderers; the compiler holds the two lists together. */
const NAMES: Readonly<Record<FormatName, true>> = { table: true, md: true, json: true, html: true };

const EPILOGUE = `Where DIR holds several results folders, the newest is taken, and the report says which.
Run files that cannot be read are left out and named; the rest is reported.

Exit codes: 0 reported; 104 DIR cannot be read or is no results folder.`;

function options(yargs: Argv): Argv<ReportArguments> {
  return yargs
    .positional('dir', {
      type: 'string',
      demandOption: true,
      describe: 'a results folder, or one that holds some (results/, results/<name>/)',
    })
    .option('format', {
      type: 'string',
      requiresArg: true,
      choices: Object.keys(NAMES) as FormatName[],
      default: 'table' as const,
      describe: 'a table for the terminal, GitHub Markdown, summary.json, or a page to decide by',
    })
    .example('kbench report results/', 'the newest results')
    .example('kbench report results/my-sweep/2026-11-22T10-15-30Z-1f2e3d4c', 'those of one sweep')
    .example('kbench report results/my-sweep --format md > report.md', 'for a pull request')
    .example('kbench report results/my-sweep --format html > report.html', 'a page: charts, best point for a limit')
    .example('kbench report results/my-sweep --format json | jq .points', 'for scripts')
    .epilogue(EPILOGUE);
}

export const reportCommand: CommandModule<object, ReportArguments> = {
  command: 'report <dir>',
  describe: 'Report on saved results',
  builder: options,
  handler: async ({ dir, format }) => {
    // Loaded here, so that --help stays quick.
    const { printReport } = await import('./print-report.js');
    printReport(dir, format);
  },
};
