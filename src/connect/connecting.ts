// The door for clients that connect: network, handshake, security.
export { Handshake, type HandshakeLink } from './handshake.js';
export { type Network, type Socket, type SocketEvents, tcpNetwork } from './network.js';
export { NodeAddresses } from './node-addresses.js';
export { checkMaterial, createSecurity, type Security } from './security/security.js';
export { TlsFailure } from './security/tls/tls-failure.js';
