// Whether a port that does not answer Kafka's protocol speaks TLS: some servers close on plaintext
// without a word. Called by probe; it shakes hands, sends nothing, and trusts no one.
import tls from 'node:tls';
import type { Address } from './address.js';

/** OpenSSL's ways of saying that the answer was no TLS at all. */
const NOT_TLS = [
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
];

/** True when a handshake ends, well or in TLS's own words. Never throws. */
export function speaksTls(address: Address, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    // No certificate need be checked: nothing is sent, and only the protocol is of interest.
    const socket = tls.connect({ ...address, rejectUnauthorized: false });
    const end = (answer: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end(false), timeoutMs);
    socket.once('secureConnect', () => end(true));
    socket.once('close', () => end(false));
    socket.on('error', ({ code = '' }: NodeJS.ErrnoException) =>
      end(code.startsWith('ERR_SSL_') && !NOT_TLS.includes(code)),
    );
  });
}
