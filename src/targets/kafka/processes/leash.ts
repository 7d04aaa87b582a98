// Ends a child whose kbench is gone, even one that was killed before it could write the child down.
// The child is started by a shell that leaves a watcher behind and then becomes the program itself
// (exec), so that its number is the program's. The watcher reads from a pipe that kbench alone
// holds the other end of: its end is kbench's end, and the whole group is killed. Called by
// child-process.ts; the child must lead its process group (`detached`).
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/** The pipe's place among the child's files. */
export const LEASH_FD = 3;

// The watcher holds none of the program's files open, and a polite signal to the group is not for
// it.
const SCRIPT = [
  `( trap '' HUP INT TERM; exec </dev/null >/dev/null 2>&1; while read -r x <&${LEASH_FD}; ` +
    'do :; done; kill -KILL 0 ) &',
  `exec ${LEASH_FD}<&- "$@"`,
].join('\n');

const SHELL = '/bin/sh';

/** The command and arguments that start a program on the leash. */
export const onLeash = (
  program: string,
  args: readonly string[],
): readonly [string, readonly string[]] => [
  SHELL,
  ['-c', SCRIPT, 'kbench-leash', program, ...args],
];

/**
 * Where the program lies, as a shell would find it; null when it is not there or cannot be run. The
 * shell could only tell by an exit code that a program may have, too.
 */
export function findProgram(command: string, env: NodeJS.ProcessEnv): string | null {
  if (command.includes('/')) return isProgram(command) ? command : null;
  for (const folder of (env['PATH'] ?? '/usr/bin:/bin').split(path.delimiter)) {
    const file = path.join(folder === '' ? '.' : folder, command);
    if (isProgram(file)) return file;
  }
  return null;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
