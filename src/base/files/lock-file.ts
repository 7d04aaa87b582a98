// One holder of a thing at a time among all kbench processes that see a folder: a lock file that
// says who holds it. Called by session/folder/folder-lock.ts and targets/kafka/kafka-jars.ts. Must
// never take the lock of a process that lives.
//
// The rule. A claim is a file of unique content, made aside and published by link(2), which fails
// where the name is taken: it appears whole, and once. Who publishes at `lock` holds it. A claim C
// that is dead is followed at the name `lock.after-H(C)`, again by link(2), and if that follower is
// dead too, at the name after it: the lock is the live end of this chain. Having published, one
// walks the chain again from its start; only if every claim on the way is still the one that was
// seen (and dead) has one won. Then a rename puts one's claim at `lock` itself, and what is left of
// the chain goes.
//
// Why there are never two. (1) Behind one dead claim there is one follower: link(2). (2) A dead
// claim at `lock` goes by a winner's rename and in no other way, and never comes back: contents are
// unique. (3) Names of a chain are removed by a winner alone, after its rename. So if a slow one
// publishes behind a claim whose followers are gone, `lock` has changed before, and its second walk
// shows that: it withdraws. If the second walk shows no change, no winner has renamed yet, so no
// follower's name was freed, so it is the one follower of (1); and who else could rename would have
// to live and stand before it in the chain, but all of these are dead. Killed at any step, one
// leaves a dead claim, which is a link of the chain or lies aside.
//
// Who is dead. Where process numbers can be compared (same machine, boot and pid namespace): a
// process that is gone, or has another start time. After a reboot: every process of the boot
// before. On another machine or in another container: who has not refreshed its claim for STALE_MS
// by the file system's own clock; a holder does so every BEAT_MS. Such a holder that was suspended
// for longer loses its lock: no file can tell it from a dead one.
import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
} from 'node:fs';
import { rmSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { removeDeadDrafts, writeWholeSync } from './durable-file.js';
import { makeFolders } from './make-folders.js';
import {
  hostIdentity,
  isSameProcess,
  processIdentity,
  rebootedSince,
  sameHost,
} from '../process-identity.js';

/** `id` makes the content unique; claims of before 0.2 have none. */
const claimSchema = z.object({
  id: z.string().optional(),
  host: z.object({
    host: z.string(),
    boot: z.string(),
    pidNamespace: z.string(),
    machine: z.string().optional(),
  }),
  process: z.object({ pid: z.number(), startTime: z.string(), commandLine: z.string() }),
});

const POLL_MS = 200;
const BEAT_MS = 10_000;
/** A holder that cannot be looked up, and has not refreshed its claim for so long, is dead. */
const STALE_MS = 60_000;
/** No claim of ours is ever half written; one that cannot be read gets a moment all the same. */
const UNREADABLE_MS = 2_000;
/** Each needs a taker that was killed within a millisecond or so. */
const MAX_CHAIN = 1_000;

/**
 * Takes the lock and gives the function that releases it; null when another held it for all of
 * `waitMs`.
 */
export async function takeLock(
  file: string,
  { waitMs }: { readonly waitMs: number },
): Promise<(() => void) | null> {
  makeFolders(path.dirname(file));
  const end = performance.now() + waitMs;
  for (;;) {
    const release = tryLock(file);
    if (release !== null) return release;
    if (performance.now() >= end) return null;
    await sleep(POLL_MS);
  }
}

/** Who holds the lock, as `process N on HOST`; null where nobody does or it does not say. */
export function lockHolder(file: string): string | null {
  let holder: string | null = null;
  let name = file;
  for (let step = 0; step < MAX_CHAIN; step++) {
    const seen = read(name);
    if (seen === null) break;
    const claim = parse(seen);
    holder = claim === null ? null : `process ${claim.process.pid} on ${claim.host.host}`;
    name = nameAfter(file, seen);
  }
  return holder;
}

function tryLock(file: string): (() => void) | null {
  // A holder that can be looked up, and lives: nothing need be written to know.
  if (walk(file, Infinity) === null) return null;
  const aside = `${file}.claim-${randomUUID()}`;
  const mine = JSON.stringify({
    id: randomUUID(),
    host: hostIdentity(),
    process: processIdentity(process.pid),
  });
  writeWholeSync(aside, mine);
  try {
    const now = statSync(aside).mtimeMs;
    const chain = walk(file, now);
    if (chain === null || !publish(aside, chain.free)) return null;
    const again = walk(file, now, mine);
    if (again === null || !sameChain(chain, again)) {
      rmSync(chain.free, { force: true });
      return null;
    }
    if (chain.free !== file) renameSync(chain.free, file);
    tidy(file, aside);
    return hold(file, mine);
  } finally {
    rmSync(aside, { force: true });
  }
}

/** The dead claims from `lock` on, and the first free name behind them. */
interface Chain {
  readonly dead: readonly string[];
  readonly free: string;
}

const sameChain = (a: Chain, b: Chain) =>
  a.free === b.free &&
  a.dead.length === b.dead.length &&
  a.dead.every((claim, i) => claim === b.dead[i]);

/** Null where one of the claims lives. `mine` counts as a free name. */
function walk(file: string, now: number, mine?: string): Chain | null {
  const dead: string[] = [];
  let free = file;
  while (dead.length < MAX_CHAIN) {
    const seen = read(free);
    if (seen === null || seen === mine) return { dead, free };
    if (!isDead(free, seen, now)) return null;
    dead.push(seen);
    free = nameAfter(file, seen);
  }
  return null;
}

const nameAfter = (file: string, claim: string) =>
  `${file}.after-${createHash('sha256').update(claim).digest('hex').slice(0, 32)}`;

/** False where the name is taken. */
function publish(aside: string, name: string): boolean {
  try {
    linkSync(aside, name);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code)) throw error;
  }
  // A file system without hard links: as exclusive, but for a moment not whole.
  try {
    copyFileSync(aside, name, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** `now` is the file system's clock: another machine's may be anywhere. */
function isDead(name: string, text: string, now: number): boolean {
  const ageMs = now - modified(name, now);
  const claim = parse(text);
  if (claim === null) return ageMs > UNREADABLE_MS;
  if (rebootedSince(claim.host)) return true;
  if (sameHost(claim.host)) return !isSameProcess(claim.process);
  return ageMs > STALE_MS;
}

/**
 * What is left of the chain, and claims aside whose makers were killed. All of it is dead or will
 * withdraw.
 */
function tidy(file: string, aside: string): void {
  const folder = path.dirname(file);
  const base = path.basename(file);
  const now = modified(file, 0);
  for (const name of readdirSync(folder)) {
    const each = path.join(folder, name);
    if (name.startsWith(`${base}.after-`)) rmSync(each, { force: true });
    if (!name.startsWith(`${base}.claim-`) || each === aside) continue;
    const text = read(each);
    if (text !== null && isDead(each, text, now)) rmSync(each, { force: true });
  }
  removeDeadDrafts(folder);
}

/** Keeps the claim fresh until it is released. */
function hold(file: string, mine: string): () => void {
  // The claim's own file, whatever its name holds later: nobody else's is ever written to.
  const handle = openSync(file, 'r+');
  const beat = setInterval(() => {
    try {
      writeSync(handle, mine, 0);
    } catch {
      // A full disk or a lost mount: the next beat tries again.
    }
  }, BEAT_MS);
  beat.unref();
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    clearInterval(beat);
    closeSync(handle);
    if (read(file) === mine) rmSync(file, { force: true });
  };
}

function parse(text: string): z.infer<typeof claimSchema> | null {
  try {
    return claimSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function modified(file: string, otherwise: number): number {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return otherwise;
  }
}

/** Null where there is none. What is there and cannot be read is no free name. */
function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
