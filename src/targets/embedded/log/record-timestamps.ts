// Times and offsets of the records of one batch that is not compressed, for offset lookups by time.
// Called by partition-log.ts only; must never read past the batch, whatever the lengths in it say
// (the broker checked its CRC, not its records).
import { baseTimestamp, BATCH, recordCount, totalBytes } from '../../../wire/index.js';

export interface RecordTime {
  readonly offsetDelta: number;
  readonly timestamp: number;
}

/** In order of offset; ends early at a record that does not fit its batch. */
export function* recordTimestamps(buffer: Buffer, at: number): Generator<RecordTime> {
  const end = at + totalBytes(buffer, at);
  const base = baseTimestamp(buffer, at);
  let position = at + BATCH.records;

  /** Zigzag varint of up to 10 bytes as a double; NaN past the end. */
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; position < end; scale *= 128) {
      const byte = buffer[position++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    return NaN;
  };

  for (let left = recordCount(buffer, at); left > 0; left--) {
    // length varint · attributes int8 · timestampDelta varlong · offsetDelta varint · key · value ·
    // headers
    const bytes = varint();
    const next = position + bytes;
    if (!(bytes > 0 && next <= end)) return;
    position++;
    const timestampDelta = varint();
    const offsetDelta = varint();
    if (Number.isNaN(timestampDelta) || Number.isNaN(offsetDelta)) return;
    yield { offsetDelta, timestamp: base + timestampDelta };
    position = next;
  }
}
