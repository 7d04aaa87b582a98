// The values and keys of one worker, from a run's settings. Called by run-worker.
import type { WorkloadSettings } from '../../contract/settings.js';
import { createKeys, type KeySource } from '../keys/keys.js';
import { FileKeys, FilePayload } from './file/file-payload.js';
import type { LoadedPayload } from './file/load-payload-file.js';
import { PayloadPool, type PayloadSource, type PayloadValues } from './payload.js';
import type { RunShare } from '../load/run-share.js';
import { mixSeed } from '../load/seeds.js';

const STREAM = 1;

/**
 * `file` is there where the payload is a file. `writable`: each value lies apart from the others,
 * so that an audit may stamp it.
 */
export function createPayload(
  { payload, valueBytes }: WorkloadSettings,
  file: LoadedPayload | null,
  share: RunShare,
  { writable = false }: { readonly writable?: boolean } = {},
): PayloadSource & PayloadValues {
  if (payload.kind === 'file') {
    if (file === null) throw new Error('the payload file was not loaded');
    return new FilePayload(file, payload, share);
  }
  const seed = mixSeed(share.seed, share.worker, STREAM);
  return new PayloadPool(valueBytes ?? 0, seed, payload.kind, { apart: writable });
}

/** A payload file may hold the keys. */
export function createRunKeys(
  { payload, keys }: WorkloadSettings,
  file: LoadedPayload | null,
  share: RunShare,
): KeySource {
  const ofFile = file?.keys ?? null;
  if (payload.kind !== 'file' || ofFile === null) return createKeys(keys, share);
  return new FileKeys(ofFile, payload, share);
}
