// A sweep that the command line alone describes: `--bootstrap`, `--sweep` and `--set` without a
// file. Called by the commands run and validate; opens nothing. The YAML it stands for is its
// source, so that results keep it and --resume needs nothing else.
import { resolve } from 'node:path';
import { ConfigurationError } from '../../base/errors.js';
import { planTree, type LoadedSweep } from '../load-sweep.js';
import { typedOf, withCommandLine, type CommandLineValues } from './overrides.js';
import { Problems } from './problems.js';
import { TOP_KEYS } from '../sections.js';
import { yamlText } from './sweep-yaml.js';
import type { MapEntry, MapNode } from './yaml-source.js';

/** Stands in place of a file's name in messages and in invocation.json. */
const COMMAND_LINE = 'command line';
const COMMENT = 'What the command line stood for. Paths are relative to where kbench was started.';
const MAX_NAME_CHARACTERS = 80;

/**
 * Paths are relative to the working directory. Throws ConfigurationError with all problems found.
 */
export function planCommandLine(values: CommandLineValues): LoadedSweep {
  const { overrides = [], sweeps = [], bootstrap } = values;
  if (overrides.length === 0 && sweeps.length === 0) {
    throw new ConfigurationError(
      'no sweep to run: give a YAML file, or say it by --sweep and --set',
      'e.g. kbench run sweep.yaml, or kbench run --bootstrap h:9092 --sweep batch.size=16KiB,64KiB',
    );
  }
  const problems = new Problems();
  const empty: MapNode = { kind: 'map', entries: new Map(), at: { origin: COMMAND_LINE } };
  const tree = named(withCommandLine(empty, values, problems));
  const typed = [
    ...(bootstrap === undefined ? [] : ['--bootstrap', bootstrap]),
    ...sweeps.flatMap((each) => ['--sweep', each]),
    ...overrides.flatMap(typedOf),
  ];
  return planTree(tree, problems, {
    ...{
      file: COMMAND_LINE,
      source: yamlText(tree, COMMENT),
      overrides: [],
      bootstrap: null,
      typed,
    },
    modulesFrom: resolve('.'),
  });
}

/**
 * Named by what it varies, so that the same question comes to the same folder; sections as a file
 * has them.
 */
function named(root: MapNode): MapNode {
  const sweep = root.entries.get('sweep')?.value;
  const axes = sweep?.kind === 'map' ? [...sweep.entries.keys()] : [];
  const all = axes.join(' x ') || 'one point';
  const value = all.length <= MAX_NAME_CHARACTERS ? all : `${axes.length} settings`;
  const at = { origin: COMMAND_LINE };
  const name = {
    key: 'name',
    keyAt: at,
    value: { kind: 'scalar', value, raw: value, at },
  } as const;
  const entries = [...new Map<string, MapEntry>([['name', name], ...root.entries]).values()];
  const place = ({ key }: MapEntry): number => {
    const index = (TOP_KEYS as readonly string[]).indexOf(key);
    return index < 0 ? TOP_KEYS.length : index;
  };
  const ordered = entries.toSorted((a, b) => place(a) - place(b));
  return { ...root, entries: new Map(ordered.map((entry) => [entry.key, entry])) };
}
