// One kbench at a time in a results folder: two that resume the same one would make the same runs
// and overwrite each other's. Called by commands/run-sweep, for new folders and for resumed ones. A
// lock that a dead process left is taken over.
import path from 'node:path';
import { RunError } from '../../base/errors.js';
import { fileError } from '../../base/files/file-error.js';
import { lockHolder, takeLock } from '../../base/files/lock-file.js';

const LOCK_FILE = '.kbench-lock';

/**
 * Takes the folder, which must exist; gives what leaves it again. Throws RunError where another
 * process has it.
 */
export async function lockFolder(directory: string): Promise<() => void> {
  const file = path.join(directory, LOCK_FILE);
  const release = await take(file);
  if (release === null) {
    throw new RunError(
      `${directory} is in use: ${lockHolder(file) ?? 'another kbench'} is making runs in it`,
      'wait until it has ended; if it runs on another machine or in another container ' +
        'and is dead, its lock ends by itself ' +
        `within a minute; if it cannot be alive any more, delete ${file}`,
    );
  }
  const leave = () => {
    try {
      release();
    } catch {
      // The folder became read-only meanwhile, or is gone: whoever comes next sees that the holder
      // is dead.
    }
  };
  // Also where the process ends in the middle (a second Ctrl-C): the next one need not look whether
  // it is alive.
  process.once('exit', leave);
  return () => {
    process.off('exit', leave);
    leave();
  };
}

async function take(file: string): Promise<(() => void) | null> {
  try {
    return await takeLock(file, { waitMs: 0 });
  } catch (error) {
    throw fileError('lock', file, error);
  }
}
