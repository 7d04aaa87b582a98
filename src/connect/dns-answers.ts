// Whether DNS answers at all, asked by sockets of our own: the system's resolver (getaddrinfo)
// holds a thread that nothing can interrupt, and a process cannot end before it. Called by
// network.ts before it asks that resolver. Never decides an address.
import dns from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { hostname } from 'node:os';

/** Of one question to one server; the second try gets twice as long. */
const QUERY_MS = 1_500;
const TRIES = 2;

/**
 * Rejects where no server says anything about `host`; whatever else is wrong is the system's
 * resolver's to tell.
 */
export async function dnsAnswers(host: string): Promise<void> {
  if (process.platform !== 'linux' || !needsDns(host)) return;
  const resolver = new dns.Resolver({ timeout: QUERY_MS, tries: TRIES });
  try {
    await resolver.resolve4(host);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ETIMEOUT') return;
    throw Object.assign(new Error(`DNS gives no answer about ${host}`), {
      code: 'EAI_AGAIN',
      hostname: host,
    });
  }
}

/** Addresses, this machine's own names, those of /etc/hosts and of mDNS are found without. */
function needsDns(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  if (net.isIP(name) !== 0 || name === hostname().toLowerCase()) return false;
  if (/(?:^|\.)(?:localhost|local)$/.test(name)) return false;
  try {
    const lines = readFileSync('/etc/hosts', 'utf8').split('\n');
    return !lines.some((line) =>
      line.replace(/#.*/, '').toLowerCase().split(/\s+/).slice(1).includes(name),
    );
  } catch {
    return true;
  }
}
