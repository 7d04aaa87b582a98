// Where embedded brokers listen, and what they tell clients to connect to: an address that listens
// everywhere is none that anybody can connect to. Asked by options.ts and commands/embedded.ts.
import net from 'node:net';
import { networkInterfaces } from 'node:os';
import { ConfigurationError } from '../../base/errors.js';

export interface Hosts {
  /** To listen on. */
  readonly host: string;
  /** Told to clients. */
  readonly advertise: string;
}

const NAME = /^(?!-)[\w-]+(?:\.[\w-]+)*\.?$/;

/** What is left out is filled in. Throws ConfigurationError where nobody could connect. */
export function resolveHosts(host = '127.0.0.1', advertise?: string): Hosts {
  const listen = readHost('--host', host);
  if (advertise === undefined) {
    return { host: listen, advertise: listensEverywhere(listen) ? reachableAddress() : listen };
  }
  const told = readHost('--advertise', advertise);
  if (!listensEverywhere(told)) return { host: listen, advertise: told };
  throw new ConfigurationError(
    `--advertise ${advertise}: clients cannot connect to an address that stands for all`,
    'name the one that they reach this machine by, or leave it out',
  );
}

/** 0.0.0.0, ::, and the other ways to write them. */
function listensEverywhere(host: string): boolean {
  if (/^0+(?:\.0+){0,3}$/.test(host)) return true;
  if (!net.isIPv6(host)) return false;
  const [bare] = host.split('%');
  return ['[::]', '[::ffff:0:0]'].includes(new URL(`http://[${bare}]`).hostname);
}

/**
 * The first address of this machine that others can reach, IPv4 before IPv6; without a network its
 * own loopback.
 */
function reachableAddress(): string {
  const outside = Object.values(networkInterfaces()).flatMap((each) =>
    (each ?? []).filter(({ internal }) => !internal),
  );
  const found =
    outside.find(({ family }) => family === 'IPv4') ??
    outside.find(({ family, address }) => family === 'IPv6' && !/^fe[89ab]/i.test(address));
  return found?.address ?? '127.0.0.1';
}

/** A name or an IP address; brackets around one are taken off. */
function readHost(option: string, text: string): string {
  const host = text.trim().replace(/^\[(.*)\]$/, '$1');
  if (net.isIP(host) !== 0 || NAME.test(host)) return host;
  if (host === '') {
    const every = option === '--host' ? ', or 0.0.0.0 for every address' : '';
    throw new ConfigurationError(
      `${option} is empty`,
      `name a host, for example ${option} 127.0.0.1${every}`,
    );
  }
  const port = /:\d+$/.test(host);
  throw new ConfigurationError(
    `${option} ${text} is not a name or IP address`,
    port
      ? 'write the host alone: ports are counted from --port'
      : 'write for example 127.0.0.1, ::1 or a host name',
  );
}
