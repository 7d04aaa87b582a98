// Which brokers of a cluster that stands answer their clients; asked anew each time, as any client
// would: by its client.properties.
import { readFileSync } from 'node:fs';
import { KbenchError } from '../../../base/errors.js';
import { parseProperties } from '../../../connect/security/index.js';
import { openAccess } from '../../external/access.js';
import { probe } from '../../external/probe.js';
import type { StandingCluster } from './standing-state.js';

const LIMIT_MS = 3_000;

export interface StandingHealth {
  readonly cluster: StandingCluster;
  /** By broker: null where it answers, else what it does instead. */
  readonly brokers: readonly (string | null)[];
}

/** Never throws for what the cluster does. */
export async function standingHealth(cluster: StandingCluster): Promise<StandingHealth> {
  const { brokers } = cluster;
  try {
    const access = await openAccess(clientSettings(cluster.clientProperties));
    try {
      const answers = await Promise.all(
        brokers.map(({ address }) => probe(address, LIMIT_MS, access)),
      );
      const told = answers.map((answer) => (answer.ok ? null : answer.failure.message));
      return { cluster, brokers: told };
    } finally {
      access.close();
    }
  } catch (error) {
    if (!(error instanceof KbenchError || isFileError(error))) throw error;
    return { cluster, brokers: brokers.map(() => error.message) };
  }
}

function clientSettings(file: string): Record<string, string> {
  const { entries } = parseProperties(readFileSync(file, 'utf8'));
  const settings = [...entries].map(([key, { value }]) => [key, value] as const);
  return Object.fromEntries(settings.filter(([key]) => key !== 'bootstrap.servers'));
}

const isFileError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error;
