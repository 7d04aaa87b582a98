// Settings that are more than one number, as one short text: in a point's config, its table,
// --where. The texts are kept with results, so they stay as they are. Called by field.ts.
import { formatBytes } from '../../base/units.js';
import type { KeySettings, PayloadFile } from '../../contract/settings.js';
import { recordsByName } from '../../workloads/payload/file/payload-defaults.js';

/** As a point's config shows it. */
export function keysLabel(keys: KeySettings): string {
  switch (keys.kind) {
    case 'none':
      return 'none';
    case 'uniform':
      return `uniform ${keys.distinct} x ${keys.bytes}B`;
    case 'range':
    case 'random':
      return `${keys.kind} ${keys.distinct}`;
    case 'zipf':
      return `zipf ${keys.distinct} x ${keys.bytes}B, exponent ${keys.exponent}`;
    case 'hot-set':
      return (
        `hot set ${keys.hotKeys} of ${keys.distinct} x ${keys.bytes}B, ` +
        `${Number((keys.hotTraffic * 100).toPrecision(4))} % of records`
      );
  }
}

/** `file events.jsonl`, then what does not follow from its name. */
export function payloadFileLabel(payload: PayloadFile): string {
  const { file, records = 'slices', delimiter, prefix, header, separator, key, order } = payload;
  const details = [
    records === recordsByName(file) ? null : records,
    delimiter === undefined ? null : JSON.stringify(delimiter),
    prefix ?? null,
    header === undefined ? null : header ? 'with header' : 'without header',
    separator === undefined ? null : `separated by ${JSON.stringify(separator)}`,
    key === undefined
      ? null
      : `key ${'field' in key ? `field ${key.field}` : `column ${key.column}`}`,
    order === 'random' ? 'in random order' : null,
    payload.sampleBytes === undefined ? null : `sample of ${formatBytes(payload.sampleBytes)}`,
  ].filter((each) => each !== null);
  return [`file ${file}`, ...details].join(', ');
}
