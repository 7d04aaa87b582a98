// One holder of a thing at a time among all kbench processes of a machine: a lock file that names its holder. Called by kafka-jars.ts and
// sweep/folder-lock.ts. A lock whose holder is dead, or that is older than its user ever holds one, is taken over. Must never take the lock
// of a process that lives.
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { hostIdentity, isAlive, processIdentity, sameHost } from '../../base/process-identity.js';

const holderSchema = z.object({
  host: z.object({ host: z.string(), boot: z.string(), pidNamespace: z.string() }),
  process: z.object({ pid: z.number(), startTime: z.string(), commandLine: z.string() }),
});

const POLL_MS = 200;

export interface LockOptions {
  /** A lock of more than this age is nobody's. */
  readonly staleMs: number;
  /** How long to wait for another holder. */
  readonly waitMs: number;
}

/** Takes the lock and gives the function that releases it; null when another held it for all of `waitMs`. */
export async function takeLock(file: string, options: LockOptions): Promise<(() => void) | null> {
  mkdirSync(path.dirname(file), { recursive: true });
  const mine = JSON.stringify({ host: hostIdentity(), process: processIdentity(process.pid) });
  const end = performance.now() + options.waitMs;
  let takenOver = false;
  for (;;) {
    try {
      writeFileSync(file, mine, { flag: 'wx' });
      // Another may have been about to remove the stale one, and have removed this one.
      if (takenOver) await sleep(POLL_MS);
      if (!takenOver || readOrNull(file) === mine) {
        return () => {
          if (readOrNull(file) === mine) rmSync(file, { force: true });
        };
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (isStale(file, options.staleMs)) {
      rmSync(file, { force: true });
      takenOver = true;
    } else if (performance.now() >= end) return null;
    else await sleep(POLL_MS);
  }
}

function isStale(file: string, staleMs: number): boolean {
  const text = readOrNull(file);
  if (text === null) return false; // released just now
  const ageMs = ageOf(file);
  if (ageMs > staleMs) return true;
  try {
    const holder = holderSchema.parse(JSON.parse(text));
    return sameHost(holder.host) && !isAlive(holder.process);
  } catch {
    // Half written: give its writer a moment.
    return ageMs > 2000;
  }
}

function ageOf(file: string): number {
  try {
    return Date.now() - statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
