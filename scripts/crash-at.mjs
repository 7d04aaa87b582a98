// Preloaded by scripts/kill-trials.mjs (`node --import`): counts every call of the main thread that
// changes the file system or starts a process, and kills this process with SIGKILL just before the
// KBENCH_CRASH_AT-th. Without that it writes the names of all into KBENCH_CRASH_LIST when the
// process ends. Both at every start, so nothing is to be reset.
import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const CHANGING = [
  ...[
    'appendFile',
    'chmod',
    'close',
    'copyFile',
    'cp',
    'fdatasync',
    'fsync',
    'ftruncate',
    'futimes',
    'link',
    'mkdir',
  ],
  ...[
    'mkdtemp',
    'open',
    'rename',
    'rm',
    'rmdir',
    'symlink',
    'truncate',
    'unlink',
    'utimes',
    'write',
    'writeFile',
    'writev',
  ],
];
const STARTING = ['spawn', 'spawnSync', 'exec', 'execFile', 'execFileSync', 'execSync', 'fork'];
const OF_A_HANDLE = [
  'appendFile',
  'close',
  'datasync',
  'sync',
  'truncate',
  'write',
  'writeFile',
  'writev',
];

const at = Number(process.env.KBENCH_CRASH_AT ?? Infinity);
const names = [];
/** One call of another that is counted, too, is the same call. */
let within = false;

function counted(owner, name, label) {
  const original = owner[name];
  if (typeof original !== 'function') return;
  owner[name] = function (...args) {
    if (within) return original.apply(this, args);
    names.push(label);
    if (names.length === at) process.kill(process.pid, 'SIGKILL');
    within = true;
    try {
      return original.apply(this, args);
    } finally {
      within = false;
    }
  };
}

if (isMainThread) {
  const list = process.env.KBENCH_CRASH_LIST;
  const { writeFileSync } = fs;
  // Children and what they are told are the sweep's own affair.
  delete process.env.KBENCH_CRASH_AT;
  delete process.env.KBENCH_CRASH_LIST;
  const handle = await fs.promises.open(process.execPath, 'r');
  const ofHandles = Object.getPrototypeOf(handle);
  await handle.close();
  for (const name of CHANGING) {
    counted(fs, name, name);
    counted(fs, `${name}Sync`, `${name}Sync`);
    counted(fs.promises, name, `promises.${name}`);
  }
  for (const name of OF_A_HANDLE) counted(ofHandles, name, `handle.${name}`);
  for (const name of STARTING) counted(childProcess, name, name);
  syncBuiltinESMExports();
  if (list !== undefined) process.on('exit', () => writeFileSync(list, JSON.stringify(names)));
}
