// Settings that are more than one number, as one short text: in a point's config, its table, --where. The
// texts are kept with results, so they stay as they are. Called by field.ts.
import type { KeySettings } from '../contract/settings.js';

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
