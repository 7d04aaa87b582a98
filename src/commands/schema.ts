// `kbench schema`: the JSON Schema of a sweep's YAML, for editors and other programs. Opens
// nothing.
import type { Argv, CommandModule } from 'yargs';
import { productToStdout } from '../base/terminal.js';
import { examples, paragraphs } from './options/help-text.js';

const EPILOGUE = paragraphs(`\
An editor with a YAML language server then completes keys, shows what each is, and marks what
cannot be right. A file names its schema in a comment:
  # yaml-language-server: $schema=kbench.schema.json
\`kbench init\` writes both. What follows from several values together only \`kbench validate\`
tells.`);

export const schemaCommand: CommandModule = {
  command: 'schema',
  describe: 'Print the JSON Schema of sweeps, for editors',
  builder: (yargs: Argv) =>
    yargs
      .epilogue(
        examples([['kbench schema > kbench.schema.json', 'beside the sweeps that name it']]),
      )
      .epilogue(EPILOGUE),
  handler: async () => {
    const { schemaText } = await import('../plan/schema/sweep-schema.js');
    productToStdout(schemaText());
  },
};
