// `kbench reference`: a slim copy of a results folder, small enough to commit, for later
// comparisons. Called by main.
import type { Argv, CommandModule } from 'yargs';
import { printable } from '../base/printable.js';
import { toStdout } from '../base/terminal.js';
import { examples, paragraphs, SWITCH, WORD, type Example } from './options/help-text.js';

export interface ReferenceArguments {
  readonly dir: string;
  readonly name?: string | undefined;
  readonly to: string;
  readonly histograms: boolean;
  readonly force: boolean;
}

const OPTIONS = {
  to: { ...WORD, default: 'results/reference', describe: 'folder for references' },
  histograms: { ...SWITCH, describe: 'keep the encoded latency histograms' },
  force: { ...SWITCH, describe: 'replace a reference of that name' },
} as const;

const EXAMPLES: readonly Example[] = [
  ['kbench reference results/nightly', 'results/reference/nightly, to be committed'],
  [
    'kbench compare results/reference/nightly results/nightly --fail-on regression',
    'and compared with',
  ],
];

const EPILOGUE = paragraphs(`\
The copy is a results folder like any other (kbench report, kbench compare), without the intervals
of each run and, but for --histograms, without the encoded latency histograms: about 3 KB a run. It
holds sweep.yaml, plan.json, environment.json (machine, versions, broker addresses),
invocation.json and the runs. Secrets are in none of them.

Exit codes: 0 written; 104 DIR cannot be read, or the reference is there already (--force replaces
it); 107 it cannot be written.`);

function options(yargs: Argv): Argv<ReferenceArguments> {
  return yargs
    .positional('dir', {
      type: 'string',
      demandOption: true,
      describe: 'a results folder, or one that holds some (the newest is taken)',
    })
    .positional('name', {
      type: 'string',
      describe: 'name of the reference; default: the sweep’s',
    })
    .options(OPTIONS)
    .epilogue(examples(EXAMPLES))
    .epilogue(EPILOGUE);
}

export const referenceCommand: CommandModule<object, ReferenceArguments> = {
  command: 'reference <dir> [name]',
  describe: 'Keep a slim copy of results to compare with later',
  builder: options,
  handler: async ({ dir, name, to, histograms, force }) => {
    // Loaded here, so that --help stays quick.
    const { saveReference } = await import('../report/results/save-reference.js');
    const saved = saveReference(dir, { name: name ?? null, to, histograms, force });
    toStdout(`${saved.runs} runs, ${Math.ceil(saved.bytes / 1024)} KiB: ${printable(saved.dir)}\n`);
  },
};
