// What `kbench run` and `kbench validate` take in common: a sweep from a file, from the command
// line, or from both, and --print-yaml. Loads what reads sweeps only when it is called.
import type { Argv } from 'yargs';
import { toStdout } from '../../base/terminal.js';
import { NUMBER, SWITCH, WORD, WORDS } from './help-text.js';
import type { LoadedSweep } from '../../plan/load-sweep.js';
import type { Override } from '../../plan/yaml/overrides.js';

export interface SweepArguments {
  readonly file?: string | undefined;
  readonly bootstrap?: string | undefined;
  readonly sweep?: readonly string[] | undefined;
  readonly set?: readonly string[] | undefined;
  readonly agents?: number | undefined;
  readonly 'print-yaml': boolean;
}

const SWEEP_OPTIONS = {
  bootstrap: {
    ...WORD,
    describe: 'brokers to run against, in place of the file’s target: host:port,host:port',
  },
  sweep: {
    ...WORDS,
    describe: 'vary one setting: path=value,value (repeatable; every combination is run)',
  },
  set: {
    ...WORDS,
    describe: 'one value, in place of the file’s if there is one: path=value (repeatable)',
  },
  agents: {
    ...NUMBER,
    describe: 'so many machines (or processes of this one) send as one: agents=N of the file',
  },
  'print-yaml': {
    ...SWITCH,
    describe: 'print the YAML that file and options stand for, and run nothing',
  },
} as const;

/** Adds the options; `file` is the command's own positional. */
export function sweepOptions<T>(yargs: Argv<T>) {
  return yargs.options(SWEEP_OPTIONS);
}

/** `--set`, and what other options stand for. */
export const overridesOf = ({ set = [], agents }: SweepArguments): readonly Override[] =>
  agents === undefined
    ? set
    : [...set, { set: `agents=${agents}`, typed: ['--agents', String(agents)] }];

/** Throws ConfigurationError; StoppedError while a pipe is waited for. */
export async function loadFromArguments(
  args: SweepArguments,
  stop?: AbortSignal,
): Promise<LoadedSweep> {
  const { file, bootstrap, sweep = [] } = args;
  const values = {
    overrides: overridesOf(args),
    sweeps: sweep,
    ...(bootstrap === undefined ? {} : { bootstrap }),
  };
  if (file === undefined)
    return (await import('../../plan/yaml/command-line-sweep.js')).planCommandLine(values);
  const { loadSweep } = await import('../../plan/load-sweep.js');
  return await loadSweep(file, { ...values, stop });
}

/** As it stands where the command line adds nothing to it, comments and all. */
export async function printYaml({
  source,
  tree,
  overrides,
  bootstrap,
}: LoadedSweep): Promise<void> {
  const { yamlText } = await import('../../plan/yaml/sweep-yaml.js');
  const asWritten = overrides.length === 0 && bootstrap === null;
  toStdout(asWritten ? `${source.trimEnd()}\n` : yamlText(tree));
}
