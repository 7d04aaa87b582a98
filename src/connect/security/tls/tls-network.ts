// TLS sockets for the producer: the same Socket as over TCP, so that chunks still go out as they
// are. Node's TLS encrypts one chunk straight from its memory, and copies several that come at once
// into one first; either way it reads them no more once onWritten is called. Called by connections
// through Network.
import net from 'node:net';
import tls from 'node:tls';
import { receiveInto, resolving, StreamSocket, type Network } from '../../network.js';
import { tlsFailureOf } from './tls-failure.js';
import type { TlsMaterial } from './tls-material.js';

/**
 * `material` is asked for with each connection: it is loaded after the network is made. Names are
 * resolved by `base`.
 */
export function tlsNetwork(base: Network, material: () => TlsMaterial): Network {
  return {
    ...resolving(base),
    connect(address, port, events, host = address) {
      const { context, checkHostName, hasClientCertificate } = material();
      const options: tls.ConnectionOptions & { readonly onread: net.OnReadOpts } = {
        host: address,
        port,
        secureContext: context,
        // SNI, and the name that the certificate is held to. An address is no server name (RFC
        // 6066).
        ...(net.isIP(host) === 0 ? { servername: host } : {}),
        ...(checkHostName ? {} : { checkServerIdentity: () => undefined }),
        onread: receiveInto(events),
      };
      const socket = tls.connect(options);
      let secure = false;
      socket.once('secureConnect', () => (secure = true));
      socket.setNoDelay(true);
      socket.setKeepAlive(true);
      const explain = (error: Error) =>
        tlsFailureOf(error, hasClientCertificate) ?? (secure ? error : duringHandshake(error));
      // What is gathered is copied before it is encrypted, so each request goes by itself.
      return new StreamSocket(socket, events, 'secureConnect', explain, false);
    },
  };
}

/**
 * The other side went away in the middle of the handshake: a broker does so that takes a
 * ClientHello for a very long request.
 */
function duringHandshake(error: NodeJS.ErrnoException): Error {
  if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') return error;
  return Object.assign(
    new Error('closed during the TLS handshake: does this listener speak PLAINTEXT?'),
    {
      code: error.code,
    },
  );
}
