// The cluster that a file leads to, and nothing else of it: a sweep's `target:`, or a file of
// Java's clients. For commands that look at a cluster and run no sweep (`kbench doctor`): settings
// of producers and points are passed over, right or wrong.
import { dirname, resolve } from 'node:path';
import type { Problem } from '../../base/errors.js';
import { ConfigurationError } from '../../base/errors.js';
import type { SecuritySettings } from '../../contract/settings.js';
import { isSecuritySetting } from '../../connect/security/index.js';
import { PRODUCER_SETTINGS } from '../../producer-core/settings.js';
import type { Settings } from '../settings/given.js';
import { withCommandLine } from '../yaml/overrides.js';
import { Problems } from '../yaml/problems.js';
import { readSweepText } from '../yaml/sweep-file.js';
import { parseYaml, type MapNode } from '../yaml/yaml-source.js';
import { readTargetProperties } from './target-properties.js';
import { readTarget } from './target-settings.js';

export interface ClientTarget {
  /** `host:port`, at least one. */
  readonly bootstrap: readonly string[];
  readonly security: SecuritySettings;
  /** What the user can do something about. */
  readonly warnings: readonly Problem[];
}

/** What a file of Java's clients says of producing does not count here. */
const NOT_OF_SECURITY: Settings = new Map(
  [...PRODUCER_SETTINGS.keys()]
    .filter((name) => !isSecuritySetting(name) && name !== 'bootstrap.servers')
    .map((name) => [name, { value: '', at: {} }]),
);

/** Whether a file is a sweep, by its name; any other is taken for a file of Java's clients. */
export const isSweepFile = (file: string): boolean => /\.(?:ya?ml|json)$/i.test(file);

/**
 * `addresses`: in place of the file's own, where there are any. Throws ConfigurationError;
 * StoppedError while a pipe is waited for.
 */
export async function readClientTarget(
  file: string | undefined,
  addresses: readonly string[],
  stop?: AbortSignal,
): Promise<ClientTarget> {
  const problems = new Problems();
  const shown = file ?? 'HOST:PORT';
  const sweep = file !== undefined && isSweepFile(file);
  const source = sweep ? await readSweepText(file, { stop }) : standIn(file);
  const bootstrap = addresses.length === 0 ? {} : { bootstrap: addresses.join(',') };
  const root = parseYaml(source, problems);
  problems.throwIfAny(shown);
  const empty: MapNode = { kind: 'map', entries: new Map(), at: {} };
  const tree = withCommandLine(root?.kind === 'map' ? root : empty, bootstrap, problems);
  const folder = resolve(sweep ? dirname(file) : '.');
  const entry = tree.entries.get('target');
  const properties = readTargetProperties(entry, folder, NOT_OF_SECURITY, problems);
  const target = readTarget(entry, { folder, properties, own: new Map() }, problems);
  problems.throwIfAny(shown);
  if (target.kind !== 'external')
    throw new ConfigurationError(
      `${shown}: its target is ${target.kind}, a cluster that kbench starts for a run`,
      'give HOST:PORT of a cluster that is up',
    );
  const warnings = (properties?.warnings ?? []).filter(({ remedy }) => remedy !== undefined);
  return { bootstrap: target.bootstrap, security: target.security ?? {}, warnings };
}

/** The sweep that says of a file of Java's clients, or of none, where it is. */
const standIn = (file: string | undefined): string =>
  file === undefined ? '{}' : `target: {properties: ${JSON.stringify(file)}}`;
