// Servers of a cluster that ended and should not have: the user is told at once, and their logs are
// kept. Owned by the cluster; asked by whoever wants to know why runs fail.
import path from 'node:path';
import { RunError } from '../../base/errors.js';
import { temporaryError } from './place-error.js';
import type { ServerProcess } from './server-process.js';

/** Of a dead server's log, shown in the middle of a sweep. */
const DEATH_LINES = 10;

export class ServerDeaths {
  private up = false;
  private readonly kept = new Map<ServerProcess, string>();

  constructor(private readonly say: ((line: string) => void) | undefined) {}

  /** From now on a death is news; before, the start itself fails and says so. */
  clusterIsUp(): void {
    this.up = true;
  }

  add(server: ServerProcess): void {
    if (!this.up || server.death === null) return;
    const lines = [
      `${server.death}; ${keptText(server.keepLog())}`,
      ...server.logTail(DEATH_LINES).split('\n'),
    ];
    this.kept.set(server, lines.join('\n'));
    for (const line of lines) this.say?.(line);
  }

  /** Of those that are down still; null where none is. */
  text(servers: readonly ServerProcess[]): string | null {
    const down = servers.filter(({ death }) => death !== null);
    return down.length === 0
      ? null
      : down.map((server) => this.kept.get(server) ?? server.death!).join('\n');
  }
}

const keptText = (file: string | null): string =>
  file === null ? 'its log could not be kept, and ends:' : `its log is kept as ${file}, and ends:`;

/** A start that failed: the folder goes, so what the servers said is to be found elsewhere. */
export function withKeptLogs(
  error: unknown,
  servers: readonly ServerProcess[],
  folder: string,
): unknown {
  if (!(error instanceof RunError)) return temporaryError(path.dirname(folder), error);
  const kept = servers
    .filter((server) => server.logTail(1) !== '')
    .map((server) => server.keepLog())
    .filter((file) => file !== null);
  if (kept.length === 0) return error;
  return new RunError(`${error.message}\nThe whole log is kept: ${kept.join(', ')}`, error.remedy, {
    cause: error,
  });
}
