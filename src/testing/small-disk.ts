// A real disk that is small, fills up or may not be written to: tmpfs and bind mounts, which take
// root. For tests only.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Else tests are skipped, and their names say why. */
export const canMount = process.platform === 'linux' && process.getuid?.() === 0 && mountWorks();

/** In a container root may not mount either. */
function mountWorks(): boolean {
  return spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
}

function mount(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mount ${args.join(' ')}: ${stderr}`);
}

export class SmallDisk {
  /** `size` as mount takes it: `150k`. */
  constructor(
    readonly folder: string,
    size: string,
  ) {
    mkdirSync(folder);
    mount('-t', 'tmpfs', '-o', `size=${size}`, 'none', folder);
  }

  resize(size: string): void {
    mount('-o', `remount,size=${size}`, this.folder);
  }

  /** Fills it up but for so many bytes. */
  leave(bytes: number): void {
    const { bavail, bsize } = statfsSync(this.folder);
    writeFileSync(
      path.join(this.folder, 'filling'),
      Buffer.alloc(Math.max(0, bavail * bsize - bytes)),
    );
  }

  free(): void {
    rmSync(path.join(this.folder, 'filling'), { force: true });
  }

  end(): void {
    spawnSync('umount', ['-l', this.folder]);
  }
}

/**
 * From now on nothing can be made, changed or removed in the folder, whoever has files of it open.
 * Gives the way back.
 */
export function makeReadOnly(folder: string): () => void {
  // Made aside and laid over it in one step: a mount that someone writes to cannot be made
  // read-only.
  const aside = mkdtempSync(path.join(tmpdir(), 'kbench-read-only-'));
  mount('--bind', folder, aside);
  mount('-o', 'remount,bind,ro', aside);
  mount('--bind', aside, folder);
  spawnSync('umount', ['-l', aside]);
  rmdirSync(aside);
  return () => void spawnSync('umount', ['-l', folder]);
}
