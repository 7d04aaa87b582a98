// Secrets that stand in a sweep as they are, where only references may: noted before they are
// refused, so that no message shows them. Called wherever a value of a secret setting is met. Reads
// only.
import { noteSecret } from '../../base/secrets/secrets.js';
import { secretsIn } from '../../connect/security/index.js';
import { PRODUCER_SETTINGS } from '../../producer-core/settings.js';
import type { YamlNode } from '../yaml/yaml-source.js';

/** Whatever the value of a secret setting, or of one that nobody knows, holds. */
export function noteLiterals(name: string, node: YamlNode): void {
  if (node.kind === 'list') for (const item of node.items) noteLiterals(name, item);
  else if (node.kind === 'map')
    for (const { key, value } of node.entries.values()) noteLiterals(key, value);
  else if (typeof node.value === 'string') noteLiteral(name, node.value);
}

export function noteLiteral(name: string, text: string): void {
  for (const secret of secretsIn(name, text, PRODUCER_SETTINGS.has(name))) noteSecret(secret);
}
