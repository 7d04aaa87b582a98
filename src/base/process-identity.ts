// Who a process is, beyond its number: numbers are reused, (number, start time, command line) is
// not. Called by the run registry and locks, which must never mistake a stranger for a process of
// ours. Only looks, never touches.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessIdentity {
  readonly pid: number;
  /**
   * When it started, in the system's own terms (Linux: clock ticks since boot). Only compared for
   * equality.
   */
  readonly startTime: string;
  /** Arguments joined by spaces. */
  readonly commandLine: string;
}

/**
 * Identity of a live process; null when there is none by that number, it is a zombie, or the system
 * does not tell.
 */
export function processIdentity(pid: number): ProcessIdentity | null {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

function fromProc(pid: number): ProcessIdentity | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field, the name in parentheses, may hold anything; what follows the last one is
    // [state, ppid, ..., starttime (22nd)].
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      .replace(/\0+$/, '')
      .replaceAll('\0', ' ');
    return { pid, startTime: fields[19] ?? '', commandLine };
  } catch {
    return null;
  }
}

function fromPs(pid: number): ProcessIdentity | null {
  try {
    const line = execFileSync('ps', ['-ww', '-o', 'lstart=,command=', '-p', String(pid)], {
      encoding: 'utf8',
      timeout: 5000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    // lstart is `Sun Nov 22 17:00:00 2026`: 24 characters.
    return { pid, startTime: line.slice(0, 24), commandLine: line.slice(24).trim() };
  } catch {
    return null;
  }
}

/** The very process: same number, start time and command line. */
export function isAlive(known: ProcessIdentity): boolean {
  const now = processIdentity(known.pid);
  return now !== null && now.startTime === known.startTime && now.commandLine === known.commandLine;
}

/**
 * The same process, which may have changed its command line (a title, an exec): for who must not be
 * taken for dead.
 */
export function isSameProcess(known: ProcessIdentity): boolean {
  const now = processIdentity(known.pid);
  return now !== null && now.startTime === known.startTime;
}

/**
 * Where process numbers mean the same: a machine since its boot, and a container (pid namespace) on
 * it.
 */
export interface HostIdentity {
  readonly host: string;
  readonly boot: string;
  readonly pidNamespace: string;
  /**
   * Tells apart two machines of one name; absent where the system has none, and in what was written
   * before.
   */
  readonly machine?: string | undefined;
}

let known: HostIdentity | null = null;

/** Of this process: it does not change. */
export const hostIdentity = (): HostIdentity => (known ??= readHostIdentity());

function readHostIdentity(): HostIdentity {
  const read = (look: () => string) => {
    try {
      return look().trim();
    } catch {
      return '';
    }
  };
  // systemd asks not to hand out the id itself.
  const machineId = read(() => readFileSync('/etc/machine-id', 'utf8'));
  const machine = createHash('sha256').update(`kbench ${machineId}`).digest('hex').slice(0, 16);
  return {
    host: hostname(),
    ...(machineId === '' ? {} : { machine }),
    boot: read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    pidNamespace: read(() => readlinkSync('/proc/self/ns/pid')),
  };
}

/** Can a process told of by `there` be looked up here by its number? */
export const sameHost = (there: HostIdentity, here = hostIdentity()) =>
  sameMachine(there, here) && there.boot === here.boot && there.pidNamespace === here.pidNamespace;

/** The machine was started anew since: none of its processes of then can be alive. */
export const rebootedSince = (there: HostIdentity, here = hostIdentity()) =>
  sameMachine(there, here) && there.pidNamespace === here.pidNamespace && there.boot !== here.boot;

const sameMachine = (there: HostIdentity, here: HostIdentity) =>
  there.host === here.host &&
  (there.machine === undefined || here.machine === undefined || there.machine === here.machine);
