// Until when a point's latency counts: the broker's acknowledgement, or with acks=0, where none is
// asked for, the hand-over to the socket. The two are unlike things. Called by report-model; pure.
import type { Scalar } from '../../contract/settings.js';

export type Until = 'acknowledged' | 'written';

/** By the producer's acks; Java's default asks for an answer. */
export function untilOf(point: {
  readonly config?: Readonly<Record<string, Scalar>>;
  readonly settings?: object;
}): Until {
  const { config, settings } = point;
  const producer = settings !== undefined && 'producer' in settings ? settings.producer : null;
  const given =
    typeof producer === 'object' && producer !== null && 'acks' in producer ? producer.acks : null;
  return String(config?.['acks'] ?? given) === '0' ? 'written' : 'acknowledged';
}
