// What documents and help texts tell to write and to type: every YAML is planned, every command is
// parsed by the real options, and the files that they name are there.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import yargs, { type Argv, type CommandModule } from 'yargs';
import { ConfigurationError } from '../base/errors.js';
import { formatProblems } from '../base/format-error.js';
import { planSweep } from '../plan/load-sweep.js';
import { SWEEP_TEMPLATE } from '../plan/text/sweep-template.js';
import { CLUSTER_COMMANDS, clusterCommand } from './cluster.js';
import { COMMANDS as ALL } from './command-line.js';
import { HELP_WIDTH } from './options/help-text.js';

const ROOT = path.join(import.meta.dirname, '../..');
const INNER = CLUSTER_COMMANDS.map((command) => ({
  ...command,
  handler: () => undefined,
})) as unknown as readonly CommandModule[];
/** Nothing is to be started here. */
const COMMANDS = ALL.map((command) =>
  command === clusterCommand
    ? { ...command, builder: (all: Argv) => INNER.reduce((y, c) => y.command(c), all) }
    : command,
) as readonly CommandModule[];
const USERS = mkdtempSync(path.join(tmpdir(), 'kbench-documents-'));
writeFileSync(path.join(USERS, 'client.properties'), 'bootstrap.servers=broker-1:9092\n');
afterAll(() => rmSync(USERS, { recursive: true, force: true }));
const DOCUMENTS = [...filesOf('.', 'md'), ...filesOf('docs', 'md'), ...filesOf('examples', 'md')];

/** What a fragment leaves out. */
const REST: Readonly<Record<string, string>> = {
  workload: 'workload: {rate: 1000/s, records: 1000}',
  sweep: 'sweep: {acks: [all], batch.size: [16KiB]}',
  repeats: 'repeats: 2',
};

/** Of the folder itself at the root, of all below it elsewhere. */
function filesOf(folder: string, ending: string): string[] {
  const full = path.join(ROOT, folder);
  if (!existsSync(full)) return [];
  const names = readdirSync(full, { recursive: folder !== '.', encoding: 'utf8' });
  return names.filter((name) => name.endsWith(`.${ending}`)).map((name) => path.join(folder, name));
}

const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

const yamlBlocks = DOCUMENTS.flatMap((file) =>
  [...read(file).matchAll(/^```ya?ml( fragment)?\n(.*?)^```/gms)].map(([, fragment, yaml], i) => ({
    name: `${file}, YAML ${i + 1}`,
    yaml: fragment === undefined ? yaml : completed(yaml),
  })),
);

function completed(fragment: string): string {
  const missing = Object.entries(REST).filter(
    ([key]) => !new RegExp(`^${key}:`, 'm').test(fragment),
  );
  return [fragment, ...missing.map(([, line]) => line)].join('\n');
}

/**
 * Lines of a document that begin with the command, indented or in a fence, without their comments.
 */
function commandsIn(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => /^\s*(?:\$ )?(?:npm ci && )?(?:npx )?kbench [a-z]/.test(line))
    .map((line) => line.replace(/^\s*(?:\$ )?(?:npm ci && )?(?:npx )?kbench /, ''))
    .map((line) => line.replace(/\s+#.*$| {3,}.*$|\s+[|>].*$/, ''));
}

/** As a shell takes it apart, brackets of what may be left out gone. */
function words(line: string): string[] {
  const told = line.match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
  return told.map((word) => {
    const quoted = /^(['"])(.*)\1$/.exec(word);
    return quoted === null ? word.replace(/^\[(.*)$|^(.*)\]$/, '$1$2') : quoted[2];
  });
}

function helpOf(command: CommandModule): Promise<string> {
  const name = String(command.command).split(' ')[0];
  return yargs([name])
    .scriptName('kbench')
    .wrap(HELP_WIDTH)
    .command({ ...command, handler: () => undefined })
    .parserConfiguration({ 'dot-notation': false })
    .exitProcess(false)
    .getHelp();
}

async function helpExamples(command: CommandModule): Promise<string[]> {
  const help = await helpOf(command);
  const examples = help.slice(help.indexOf('Examples:')).split('\n').slice(1);
  return examples
    .filter((line) => /^ {2}kbench /.test(line))
    .flatMap((line) => line.trim().split(/ {2,}/)[0].split('; '))
    .filter((line) => line.startsWith('kbench '))
    .map((line) => line.replace(/^kbench /, '').replace(/\s+[|>].*$/, ''));
}

async function parsed(line: string): Promise<Readonly<Record<string, unknown>>> {
  const cli = yargs(words(line))
    .parserConfiguration({ 'dot-notation': false })
    .strict()
    .demandCommand(1)
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      throw error ?? new Error(`${line}: ${message ?? ''}`);
    });
  for (const each of COMMANDS) cli.command({ ...each, handler: () => undefined });
  return await cli.parseAsync();
}

/** The sweep that a command names: one of the repository, or the one that init writes. */
function sweepOf(file: string): string {
  return file.startsWith('bench-configs/') ? read(file) : SWEEP_TEMPLATE;
}

function planned(...given: Parameters<typeof planSweep>): ReturnType<typeof planSweep> {
  try {
    return planSweep(...given);
  } catch (error) {
    // With the problems, which say what is to be mended in the document.
    throw error instanceof ConfigurationError ? new Error(formatProblems(error)) : error;
  }
}

async function checked(line: string): Promise<void> {
  const args = await parsed(line);
  for (const word of words(line)) {
    if (word.startsWith('bench-configs/'))
      expect(existsSync(path.join(ROOT, word)), word).toBe(true);
  }
  const [command] = args['_'] as string[];
  const file = args['file'];
  if (!['run', 'validate'].includes(command) || typeof file !== 'string') return;
  const overrides = (args['set'] ?? []) as string[];
  const bootstrap = args['bootstrap'];
  // Placeholders of documents are no addresses.
  const address = typeof bootstrap === 'string' ? bootstrap.replace(/\bport\b/, '9092') : undefined;
  // A file of the user's own lies beside their sweep.
  const folder = overrides.some((each) => each.includes('client.properties'))
    ? USERS
    : path.join(ROOT, file.startsWith('bench-configs/') ? path.dirname(file) : 'bench-configs');
  planned(path.join(folder, 'sweep.yaml'), sweepOf(file), {
    overrides,
    ...(address === undefined ? {} : { bootstrap: address }),
  });
}

describe('what documents tell to write', () => {
  it.each(yamlBlocks)('$name is a sweep', ({ yaml }) => {
    expect(planned('sweep.yaml', yaml).plan.points.length).toBeGreaterThan(0);
  });

  it('is looked for in the right places', () => {
    expect(DOCUMENTS).toContain('README.md');
    expect(yamlBlocks.length).toBeGreaterThanOrEqual(3);
    expect(planSweep('sweep.yaml', SWEEP_TEMPLATE).warnings).toEqual([]);
  });
});

/** Links to files of the repository, and what stands in backticks as `src/...`. */
function pathsIn(file: string): string[] {
  const text = read(file);
  const links = [...text.matchAll(/\]\((?!\w+:)([^)#\s]+)/g)].map(([, link]) =>
    path.join(path.dirname(file), link),
  );
  return [...links, ...[...text.matchAll(/`(src\/[\w./-]+)`/g)].map(([, named]) => named)];
}

describe('what documents point to', () => {
  it.each([...DOCUMENTS, path.join('bench', 'RESULTS.md')])('%s: is there', (file) => {
    expect(pathsIn(file).filter((each) => !existsSync(path.join(ROOT, each)))).toEqual([]);
  });

  it('leaves no page of docs/ out of its folder’s index, nor a folder out of that of docs/', () => {
    const index = 'docs/README.md';
    const unlisted = filesOf('docs', 'md').filter((file) => {
      const itself = path.basename(file) === 'README.md';
      const by = itself ? index : path.join(path.dirname(file), 'README.md');
      return file !== index && !pathsIn(by).includes(file);
    });
    expect(unlisted).toEqual([]);
  });

  it('maps each folder of the floors in DESIGN.md', () => {
    const map = read('DESIGN.md');
    const floors = readdirSync(path.join(ROOT, 'src'), { withFileTypes: true });
    const missing = floors.filter(
      (each) => each.isDirectory() && !map.includes(`src/${each.name}/`),
    );
    expect(missing.map(({ name }) => name)).toEqual([]);
  });
});

describe('what documents tell to type', () => {
  const sources = [...DOCUMENTS, ...filesOf('bench-configs', 'yaml')];
  const lines = sources.flatMap((file) =>
    commandsIn(read(file).replaceAll(/^# {3,}/gm, '    ')).map((line) => ({ file, line })),
  );

  it.each(lines)('$file: kbench $line', async ({ line }) => {
    await checked(line);
  });

  it('is found', () => {
    expect(lines.length).toBeGreaterThan(20);
  });
});

const named = COMMANDS.map((command) => ({
  name: String(command.command).split(' ')[0],
  command,
}));

describe('help texts', () => {
  it.each(named)(`kbench $name --help: fits ${HELP_WIDTH} columns`, async ({ command }) => {
    const lines = (await helpOf(command)).split('\n');
    expect(lines.filter((line) => line.length > HELP_WIDTH)).toEqual([]);
  });

  it.each(named)('kbench $name --help: has no line that breaks early', async ({ command }) => {
    const lines = (await helpOf(command)).split('\n');
    // A paragraph's line ends where the next word would not have fitted.
    const early = lines.filter((line, index) => {
      const [next = ''] = (lines[index + 1] ?? '').split(' ');
      const isText = /^[A-Z-].*[^:]$/.test(line) && /^\S/.test(next);
      return isText && line.length + 1 + next.length <= HELP_WIDTH;
    });
    expect(early).toEqual([]);
  });
});

describe('what help texts tell to type', () => {
  const inner = INNER.map((command) => ({ name: `cluster ${String(command.command)}`, command }));
  const all = [...named.filter(({ name }) => name !== 'cluster'), ...inner];
  it.each(all)('kbench $name --help', async ({ command }) => {
    const examples = await helpExamples(command);
    expect(examples.length).toBeGreaterThan(0);
    for (const line of examples) await checked(line);
  });
});
