// What the payload files of a sweep hold: read when it is planned, so that a wrong path or form is
// told with its line, and kept in the points' settings, so that two files are told apart. Called by
// load-sweep.
import { ConfigurationError } from '../../base/errors.js';
import type { PayloadContent, PayloadFile } from '../../contract/settings.js';
import { loadPayloadFile } from '../../workloads/payload/file/load-payload-file.js';
import type { Problems } from '../yaml/problems.js';
import type { CheckedPoint } from './rules.js';
import type { Settings } from './given.js';

const PATH = 'workload.payload';

/** The points with what their files hold; where a file cannot be used, that goes to `problems`. */
export function withPayloadContents(
  points: readonly CheckedPoint[],
  base: Settings,
  source: { readonly folder: string; readonly seed: number },
  problems: Problems,
): CheckedPoint[] {
  const known = new Map<string, PayloadContent | null>();
  return points.map((point) => {
    const { payload, valueBytes } = point.settings.workload;
    if (payload.kind !== 'file') return point;
    const key = JSON.stringify([payload, valueBytes]);
    let content = known.get(key);
    if (content === undefined) {
      content = contentOf(point, payload, base, source, problems);
      known.set(key, content);
    }
    if (content === null) return point;
    const workload = { ...point.settings.workload, payload: { ...payload, content } };
    return { ...point, settings: { ...point.settings, workload } };
  });
}

function contentOf(
  { own, settings }: CheckedPoint,
  payload: PayloadFile,
  base: Settings,
  source: { readonly folder: string; readonly seed: number },
  problems: Problems,
): PayloadContent | null {
  try {
    const { valueBytes } = settings.workload;
    return loadPayloadFile({ payload, valueBytes, ...source }).content;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const { at } = own.get(PATH) ?? base.get(PATH) ?? { at: {} };
    problems.add(at, PATH, `${PATH}: ${error.message}`, error.remedy);
    return null;
  }
}
