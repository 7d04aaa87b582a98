// What of the user's disk and environment a sweep names, and how each gets into a pod: user modules
// and payload files in the ConfigMap, files and variables of security from a Secret, files that lie
// elsewhere in the image. Reads the former alone; no secret is ever read.
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { filesOf } from '../../agents/agent/named-files.js';
import type { PackedFile, SecretUse } from '../../agents/kubernetes/manifests.js';
import { ConfigurationError } from '../../base/errors.js';
import { formatBytes } from '../../base/units.js';
import { moduleFile } from '../../connect/index.js';
import type { LoadedSweep } from '../../plan/load-sweep.js';
import { filesOfSecurity } from '../../plan/target/target-security.js';

/** A ConfigMap's limit is 1 MiB; names and YAML take some of it. */
const MOST_BYTES = 1_000_000;
const VARIABLE = /\$\{env:([^}]+)\}/g;
const VARIABLE_NAME = /^[A-Za-z_]\w*$/;
const SECRET_KEY = /[^\w.-]/g;

/** Of a Secret that its user is to make. */
export type SecretParts = Omit<SecretUse, 'name'>;

export interface SweepFiles {
  readonly packed: readonly PackedFile[];
  readonly secret: SecretParts;
  /** By their absolute paths: the image must have them. */
  readonly inImage: readonly string[];
}

/** Throws ConfigurationError where a file can go nowhere. */
export function filesOfSweep(sweep: LoadedSweep, sweepYaml: string): SweepFiles {
  const { plan, target, modulesFrom: folder } = sweep;
  const security = target.kind === 'external' ? (target.security ?? {}) : {};
  const named = new Set(
    plan.points.flatMap(({ settings }) =>
      filesOf({ settings, security, modulesFrom: folder }).map(({ name }) =>
        moduleFile(name, folder),
      ),
    ),
  );
  const properties = target.kind === 'external' ? target.properties : undefined;
  const ofSecurity = new Set([
    ...(properties === undefined ? [] : [path.resolve(folder, properties)]),
    ...filesOfSecurity(security),
  ]);
  const place = (files: Iterable<string>) => {
    const [inside, outside]: [string[], string[]] = [[], []];
    for (const file of files) {
      const within = placeOf(file, folder, sweepYaml);
      if (within === null) outside.push(file);
      else inside.push(within);
    }
    return { inside, outside };
  };
  const [code, secrets] = [place(named), place(ofSecurity)];
  return {
    packed: pack(code.inside, folder, Buffer.byteLength(sweepYaml)),
    secret: {
      variables: variablesIn(Object.values(security)),
      files: secrets.inside.map((file) => ({ key: file.replaceAll(SECRET_KEY, '-'), path: file })),
    },
    inImage: [...code.outside, ...secrets.outside],
  };
}

/** Its path beside the sweep, with slashes; null for one that lies elsewhere and is so named. */
function placeOf(file: string, folder: string, sweepYaml: string): string | null {
  const within = path.relative(folder, file);
  const isWithin = !within.startsWith('..') && !path.isAbsolute(within);
  if (isWithin) return within.split(path.sep).join('/');
  if (sweepYaml.includes(file)) return null;
  throw new ConfigurationError(
    `${file} lies outside of the sweep's folder, ${folder}, and is named from there`,
    'put it into that folder, or into the image and name it by its absolute path',
  );
}

function pack(paths: readonly string[], folder: string, sweepBytes: number): PackedFile[] {
  let bytes = sweepBytes;
  for (const file of paths) {
    bytes += statSync(path.join(folder, file)).size;
    if (bytes <= MOST_BYTES) continue;
    throw new ConfigurationError(
      `${file} and what else the sweep names come to more than ${formatBytes(MOST_BYTES)}, ` +
        'which is all that a ConfigMap takes',
      'put large files into the image, and name them by their absolute paths',
    );
  }
  return paths.map((file) => ({ path: file, bytes: readFileSync(path.join(folder, file)) }));
}

function variablesIn(texts: readonly string[]): readonly string[] {
  const found = texts.flatMap((text) => [...text.matchAll(VARIABLE)].map(([, name]) => name));
  const odd = found.find((name) => !VARIABLE_NAME.test(name));
  if (odd !== undefined) {
    throw new ConfigurationError(
      `\${env:${odd}} is no name that a key of a Secret may have`,
      'use letters, digits and underscores',
    );
  }
  return [...new Set(found)].sort();
}
