// The door for who opens connections: the network, and the addresses of nodes. What is agreed on
// one stands in handshake.ts, how it is secured in security/security.ts: doors themselves.
export { type Network, type Socket, type SocketEvents, tcpNetwork } from './network.js';
export { NodeAddresses } from './node-addresses.js';
export { TlsFailure } from './security/tls/tls-failure.js';
