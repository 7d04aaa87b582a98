// `kbench init [FILE]`: writes a commented sweep to start from, and beside it the schema that its first line names for editors.
// Overwrites nothing unless told to.
import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs';
import { ConfigurationError } from '../base/errors.js';
import { printable } from '../base/printable.js';
import { toStdout } from '../base/terminal.js';

export interface InitArguments {
  readonly file: string;
  readonly force: boolean;
}

export const initCommand: CommandModule<object, InitArguments> = {
  command: 'init [file]',
  describe: 'Write a commented sweep to start from',
  builder: (yargs: Argv) =>
    yargs
      .positional('file', { type: 'string', default: 'sweep.yaml', describe: 'Where to write it' })
      .option('force', { type: 'boolean', default: false, describe: 'Overwrite a file that exists' })
      .example('$0 init', 'writes sweep.yaml')
      .example('$0 init tuning/linger.yaml --force', 'writes over what is there'),
  handler: init,
};

async function init({ file, force }: ArgumentsCamelCase<InitArguments>): Promise<void> {
  const [{ writeFile }, { SWEEP_TEMPLATE }] = await Promise.all([
    import('node:fs/promises'),
    import('../sweep/template.js'),
  ]);
  try {
    await writeFile(file, SWEEP_TEMPLATE, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST')
      throw new ConfigurationError(`${file} exists already`, 'give another name, or --force to overwrite it');
    const reason = code === 'ENOENT' ? 'its folder does not exist' : code;
    throw new ConfigurationError(`${file} cannot be written: ${reason}`, 'give a path that can be written to');
  }
  const name = printable(file);
  const { writeSchemaBeside } = await import('./schema-beside.js');
  const schema = await writeSchemaBeside(file);
  if (schema !== null) toStdout(`${printable(schema)}\n`);
  toStdout(`Wrote ${name}. Next: kbench validate ${name}, then kbench run ${name}\n`);
}
