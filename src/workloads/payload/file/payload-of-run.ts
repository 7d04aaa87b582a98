// The payload file of a run, loaded for whoever sends it.
import type { RunSpec } from '../../../contract/run-spec.js';
import { checkUnchanged, loadPayloadFile, type LoadedPayload } from './load-payload-file.js';

/** Null where the payload is no file. Throws where the file is no longer what was planned with. */
export function payloadOfRun({ settings, modulesFrom = '' }: RunSpec): LoadedPayload | null {
  const { payload, valueBytes } = settings.workload;
  if (payload.kind !== 'file') return null;
  const seed = payload.content?.sampleSeed ?? 0;
  const request = { payload, valueBytes, folder: modulesFrom, seed };
  const file = loadPayloadFile(request);
  checkUnchanged(request, file);
  return file;
}
