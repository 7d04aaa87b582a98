// Where reports go: a file whole or not at all, a folder of files, or a stream that may be slow or
// gone.
import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigurationError, RunError } from '../../base/errors.js';
import { writeOutput } from './write-output.js';

let dir: string;
beforeEach(() => (dir = mkdtempSync(path.join(tmpdir(), 'kbench-out-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const canMount = process.platform === 'linux' && process.getuid?.() === 0;
const nowhere = new PassThrough();
const FILES = [
  { name: 'a.txt', text: 'A\n' },
  { name: 'b.txt', text: 'B\n' },
];

async function refusal(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => Promise.reject(new Error('was written')),
    (error: unknown) => error as Error,
  );
}

describe('writeOutput', () => {
  it('replaces a file by the whole text and leaves nothing else behind', async () => {
    const file = path.join(dir, 'report.csv');
    writeFileSync(file, 'old');
    await writeOutput({ pieces: ['a,b\n', '1,2\n'] }, file, nowhere);
    expect(readFileSync(file, 'utf8')).toBe('a,b\n1,2\n');
    expect(readdirSync(dir)).toEqual(['report.csv']);
  });

  it('keeps the old file when making the new one fails midway', async () => {
    const file = path.join(dir, 'report.csv');
    writeFileSync(file, 'old');
    function* breaking(): Generator<string> {
      yield 'x'.repeat(600_000);
      throw new ConfigurationError('midway');
    }
    expect((await refusal(writeOutput({ pieces: breaking() }, file, nowhere))).message).toBe(
      'midway',
    );
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(dir)).toEqual(['report.csv']);
  });

  it('writes to a device as it is', async () => {
    await writeOutput('text', '/dev/null', nowhere);
    expect(readdirSync('/dev').some((name) => name.startsWith('null.'))).toBe(false);
  });

  it('writes to a pipe as it is, and to what the shell opened as standard output', async () => {
    const pipe = path.join(dir, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const reader = execFile('cat', [pipe]);
    const read = new Promise<string>((resolve) =>
      reader.stdout!.once('data', (text: string) => resolve(text)),
    );
    await new Promise((resolve) => reader.once('spawn', resolve));
    await writeOutput('through the pipe', pipe, nowhere);
    expect(await read).toBe('through the pipe');
    expect(readdirSync(dir)).toEqual(['pipe']);

    const file = path.join(dir, 'redirected');
    const descriptor = openSync(file, 'w');
    await writeOutput('as it is', `/dev/fd/${descriptor}`, nowhere);
    expect(fstatSync(descriptor).ino).toBe(statSync(file).ino);
    closeSync(descriptor);
    expect(readFileSync(file, 'utf8')).toBe('as it is');
  });

  it('writes what a link leads to, and leaves the link and the permissions', async () => {
    const file = path.join(dir, 'report.csv');
    writeFileSync(file, 'old', { mode: 0o600 });
    symlinkSync('report.csv', path.join(dir, 'link'));
    await writeOutput('new', path.join(dir, 'link'), nowhere);
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readlinkSync(path.join(dir, 'link'))).toBe('report.csv');
  });

  it.skipIf(!canMount)(
    'keeps a folder as it was where the disk fills up (needs root: mount)',
    async () => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', dir]);
      try {
        const out = path.join(dir, 'out');
        await writeOutput({ files: FILES }, out, nowhere);
        const large = [
          { name: 'a.txt', text: 'new' },
          { name: 'b.txt', text: 'x'.repeat(100_000) },
        ];
        expect((await refusal(writeOutput({ files: large }, out, nowhere))).message).toMatch(
          /the disk is full$/,
        );
        expect((await refusal(writeOutput({ files: large }, `${out}2`, nowhere))).message).toMatch(
          /the disk is full$/,
        );
        expect(readFileSync(path.join(out, 'a.txt'), 'utf8')).toBe('A\n');
        expect(readdirSync(dir)).toEqual(['out']);
        expect(readdirSync(out).sort()).toEqual(['a.txt', 'b.txt']);
      } finally {
        execFileSync('umount', ['-l', dir]);
      }
    },
  );

  it('makes the folder of a format of files, and leaves what else is in it', async () => {
    const out = path.join(dir, 'new', 'folder');
    expect(await writeOutput({ files: FILES }, out, nowhere)).toEqual({ files: 2 });
    await writeOutput({ files: [FILES[0]] }, out, nowhere);
    expect(readdirSync(out).sort()).toEqual(['a.txt', 'b.txt']);
  });

  it('makes no folder when a file of it fails', async () => {
    function* breaking(): Generator<{ name: string; text: string }> {
      yield FILES[0];
      throw new ConfigurationError('midway');
    }
    const error = await refusal(writeOutput({ files: breaking() }, path.join(dir, 'new'), nowhere));
    expect(error.message).toBe('midway');
    expect(readdirSync(dir)).toEqual([]);
  });

  it('says what stands in the way', async () => {
    const file = path.join(dir, 'file');
    writeFileSync(file, '');
    mkdirSync(path.join(dir, 'sub'));
    const folder = await refusal(writeOutput('x', path.join(dir, 'sub'), nowhere));
    expect(folder).toBeInstanceOf(ConfigurationError);
    expect(folder.message).toMatch(/sub is a folder$/);
    expect((await refusal(writeOutput({ files: FILES }, file, nowhere))).message).toMatch(
      /file is a file$/,
    );
    const missing = await refusal(writeOutput('x', path.join(dir, 'no', 'report.md'), nowhere));
    expect(missing).toBeInstanceOf(RunError);
    expect(missing.message).toMatch(/its folder does not exist$/);
  });

  it.skipIf(process.getuid?.() === 0)('says that it may not write', async () => {
    chmodSync(dir, 0o500);
    expect((await refusal(writeOutput('x', path.join(dir, 'report.md'), nowhere))).message).toMatch(
      /permission denied$/,
    );
    chmodSync(dir, 0o700);
  });

  it('prints the only file of a format of files, and refuses to run several together', async () => {
    const stream = new PassThrough();
    await writeOutput({ files: [FILES[0]] }, null, stream);
    expect(String(stream.read())).toBe('A\n');
    const error = await refusal(writeOutput({ files: FILES }, null, stream));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(stream.read()).toBeNull();
  });

  it('waits for a slow reader: what is written is never far ahead of what is taken', async () => {
    let held = 0;
    let most = 0;
    const slow = new Writable({
      highWaterMark: 16_384,
      write(chunk: Buffer, _encoding, done) {
        held -= chunk.length;
        setTimeout(done, 1);
      },
    });
    function* pieces(): Generator<string> {
      for (let i = 0; i < 2_000; i++) {
        held += 1_000;
        most = Math.max(most, held);
        yield 'x'.repeat(1_000);
      }
    }
    await writeOutput({ pieces: pieces() }, null, slow);
    expect(most).toBeLessThan(600_000);
  });

  it('ends quietly when the reader has gone', async () => {
    const gone = new PassThrough();
    gone.on('error', () => undefined);
    gone.destroy();
    await writeOutput({ pieces: ['x'.repeat(300_000), 'y'] }, null, gone);
  });
});
