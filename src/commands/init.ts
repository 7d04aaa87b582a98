// `kbench init [FILE]`: writes a commented sweep to start from, and beside it the schema that its
// first line names for editors. Overwrites nothing unless told to.
import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs';
import { ConfigurationError, RunError } from '../base/errors.js';
import { printable } from '../base/printable.js';
import { toStdout } from '../base/terminal.js';
import { examples, SWITCH, type Example } from './options/help-text.js';

export interface InitArguments {
  readonly file: string;
  readonly force: boolean;
}

const EXAMPLES: readonly Example[] = [
  ['kbench init', 'writes sweep.yaml'],
  ['kbench init tuning/linger.yaml --force', 'writes over what is there'],
];

export const initCommand: CommandModule<object, InitArguments> = {
  command: 'init [file]',
  describe: 'Write a commented sweep to start from',
  builder: (yargs: Argv) =>
    yargs
      .positional('file', { type: 'string', default: 'sweep.yaml', describe: 'where to write it' })
      .option('force', { ...SWITCH, describe: 'overwrite a file that exists' })
      .epilogue(examples(EXAMPLES)),
  handler: init,
};

async function init({ file, force }: ArgumentsCamelCase<InitArguments>): Promise<void> {
  const [
    { lstatSync },
    { removeDeadDraftsOf, writeWhole },
    { codeOf, fileReason },
    { SWEEP_TEMPLATE },
  ] = await Promise.all([
    import('node:fs'),
    import('../base/files/durable-file.js'),
    import('../base/files/file-error.js'),
    import('../plan/text/sweep-template.js'),
  ]);
  try {
    const found = lstatSync(file, { throwIfNoEntry: false });
    if (found !== undefined && !force)
      throw new ConfigurationError(
        `${file} exists already`,
        'give another name, or --force to overwrite it',
      );
    if (found?.isDirectory() === true)
      throw new ConfigurationError(`${file} is a folder`, 'give the name of a file');
    removeDeadDraftsOf(file);
    await writeWhole(file, SWEEP_TEMPLATE);
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    const remedy = 'give a path that can be written to';
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error)))
      throw new ConfigurationError(`${file} cannot be written: its folder does not exist`, remedy);
    throw new RunError(`${file} cannot be written: ${fileReason(error).what}`, remedy, {
      cause: error,
    });
  }
  const name = printable(file);
  const { writeSchemaBeside } = await import('./schema/schema-beside.js');
  const schema = await writeSchemaBeside(file);
  if (schema !== null) toStdout(`${printable(schema)}\n`);
  toStdout(`Wrote ${name}. Next: kbench validate ${name}, then kbench run ${name}\n`);
}
