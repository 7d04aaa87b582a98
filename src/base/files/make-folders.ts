// `mkdir -p`. Node's own spins for ever where a parent is there and takes no folders (/proc, some
// network mounts). Called by whoever keeps something in a folder that may not be there yet; throws
// the file system's own errors.
import { existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

export function makeFolders(folder: string): void {
  const parent = path.dirname(folder);
  if (parent !== folder && !existsSync(parent)) makeFolders(parent);
  try {
    mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (statSync(folder).isDirectory()) return;
    throw Object.assign(new Error(`${folder} is a file`), { code: 'ENOTDIR', path: folder });
  }
}
