// Names what a frame length that can't be one most likely is: another protocol on the port. Called
// by client-connection.ts.
import { MAX_FRAME_BYTES } from '../../../wire/index.js';

/** First bytes of other protocols, read as an int32. */
const TLS_HANDSHAKE_MAJOR = 0x1603;
const TLS_ALERT_MAJOR = 0x1503;

export function describeFrameLength(size: number): string {
  const start = size >>> 16;
  if (start === TLS_HANDSHAKE_MAJOR || start === TLS_ALERT_MAJOR) {
    return 'the client speaks TLS, and this port is plaintext (security.protocol=PLAINTEXT)';
  }
  const text = Buffer.from([size >>> 24, size >>> 16, size >>> 8, size]).toString('latin1');
  if (/^[A-Z]{3,4} ?$/.test(text))
    return `the client speaks another protocol, likely HTTP ("${text}...")`;
  return `a frame of ${size} bytes was announced; frames have 10 to ${MAX_FRAME_BYTES}`;
}
