// Modules that producer settings name by path (partitioner.class, interceptor.classes,
// serializers): whether the files are there, so that a wrong path is told with its line and not by
// the first run. Called by load-sweep; loads none of them.
import { existsSync, statSync } from 'node:fs';
import { isModulePath, moduleFile } from '../../connect/index.js';
import { interceptorNames } from '../../producer-core/settings.js';
import type { Problems } from '../yaml/problems.js';
import type { CheckedPoint } from './rules.js';
import type { Settings } from './given.js';

const NAME_CODE = [
  'key.serializer',
  'value.serializer',
  'partitioner.class',
  'interceptor.classes',
];

/** Adds a problem for each path that leads nowhere from `folder`, once. */
export function checkModules(
  points: readonly CheckedPoint[],
  base: Settings,
  folder: string,
  problems: Problems,
): void {
  const told = new Set<string>();
  for (const { settings, own } of points) {
    for (const setting of NAME_CODE) {
      for (const name of interceptorNames(String(settings.producer[setting] ?? ''))) {
        const file = moduleFile(name, folder);
        if (!isModulePath(name) || told.has(`${setting} ${name}`)) continue;
        if (existsSync(file) && statSync(file).isFile()) continue;
        told.add(`${setting} ${name}`);
        const at = (own.get(setting) ?? base.get(setting))?.at ?? {};
        const wrong = existsSync(file) ? `${file} is no file` : `there is no ${file}`;
        problems.add(
          at,
          setting,
          wrong,
          'correct the path; it is relative to the folder of this file',
        );
      }
    }
  }
}
