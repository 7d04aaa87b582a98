import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '../../..');

/** What a user writes, right, and then wrong in ways that TypeScript has to tell. */
const BODY = `
const settings: ProducerSettings = { 'bootstrap.servers': ['a:9092', '[::1]:9093'], 'linger.ms': \
5, acks: 'all', 'client.id': undefined };
export const producer: Producer = new Producer(settings);
export async function use(): Promise<number> {
  const { offset } = await producer.send({ topic: 't', key: 'k', value: null, headers: { a: 'b', \
c: ['d', Buffer.from('e'), null] } });
  const many: RecordMetadata[] = await producer.send([{ topic: 't', value: 'v', \
headers: new Map([['a', 'b']]) }]);
  await producer.send([{ topic: 't', value: 'v', headers: [['a', 'b']] }, { topic: 't', \
value: 'v', headers: [{ key: 'a', value: 'b' }] }]);
  return offset + many.length;
}
export const retry = (error: unknown): boolean => error instanceof TimeoutError && error.retriable;
// @ts-expect-error -- no value
export const noValue = () => producer.send({ topic: 't' });
// @ts-expect-error -- no such field
export const typo = () => producer.send({ topic: 't', value: 'v', vaule: 'x' });
// @ts-expect-error -- a header is no number
export const header = () => producer.send({ topic: 't', value: 'v', headers: { a: 1 } });
// @ts-expect-error -- no such setting
export const setting = () => new Producer({ 'bootstrap.servers': 'a:1', 'batch.sise': 1 });
// @ts-expect-error -- no brokers
export const nobody = () => new Producer({ acks: 'all' });
// @ts-expect-error -- not of that type
export const level = () => new Producer({ 'bootstrap.servers': 'a:1', 'compression.type': \
'brotli' });
`;
const NAMES = 'Producer, TimeoutError, type ProducerSettings, type RecordMetadata';
const FILES = {
  'esm.mts': `import { ${NAMES} } from 'kbench/producer-core';${BODY}`,
  'commonjs.cts': `import { ${NAMES} } from 'kbench/producer-core';${BODY}`,
  'required.cts': `import core = require('kbench/producer-core');
export const producer = new core.Producer({ 'bootstrap.servers': 'a:1' });
export const sent: Promise<core.RecordMetadata> = producer.send({ topic: 't', value: 'v' });
`,
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'kbench-consumer-'));
  await mkdir(path.join(folder, 'node_modules', '@types'), { recursive: true });
  await symlink(root, path.join(folder, 'node_modules', 'kbench'));
  await symlink(
    path.join(root, 'node_modules', '@types', 'node'),
    path.join(folder, 'node_modules', '@types', 'node'),
  );
  await writeFile(path.join(folder, 'package.json'), '{}');
  for (const [name, text] of Object.entries(FILES)) await writeFile(path.join(folder, name), text);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function run(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, args, { cwd: folder, timeout: 60_000 });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })));
}

describe('a project that uses the package', () => {
  it.each([
    ['node16', 'node16', Object.keys(FILES)],
    ['preserve', 'bundler', ['esm.mts', '--skipLibCheck']],
  ])(
    'compiles with module %s, moduleResolution %s',
    async (module, resolution, files) => {
      const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
      const flags = [
        '--noEmit',
        '--strict',
        '--target',
        'es2022',
        '--module',
        module,
        '--moduleResolution',
        resolution,
      ];
      const result = await run([
        tsc,
        ...flags,
        '--lib',
        'es2023,esnext.disposable',
        '--types',
        'node',
        ...files,
      ]);
      expect(result).toEqual({ code: 0, output: '' });
    },
    60_000,
  );

  it('has one and the same library by import and by require', async () => {
    const script = `const core = require('kbench/producer-core');
      import('kbench/producer-core').then((esm) => console.log(esm.Producer === core.Producer, \
typeof core.METRICS));`;
    const { code, output } = await run(['--no-warnings', '-e', script]);
    expect({ code, output }).toEqual({ code: 0, output: 'true object\n' });
  });
});
