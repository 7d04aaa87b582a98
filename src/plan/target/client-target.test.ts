// What a file says of the cluster alone, for commands that run no sweep.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ConfigurationError } from '../../base/errors.js';
import { formatProblems } from '../../base/format-error.js';
import { readClientTarget } from './client-target.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-client-target-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  writeFileSync(path.join(folder, name), text, { mode: 0o600 });
  return path.join(folder, name);
}

async function refusal(name: string | undefined, addresses: readonly string[]): Promise<string> {
  try {
    await readClientTarget(name, addresses);
  } catch (error) {
    if (error instanceof ConfigurationError) return formatProblems(error);
    throw error;
  }
  return '';
}

it('needs no file: the addresses alone are a cluster without security', async () => {
  expect(await readClientTarget(undefined, ['a:1', 'b:2'])).toEqual({
    ...{ bootstrap: ['a:1', 'b:2'], security: {}, warnings: [] },
  });
});

it('passes over what a file says of producing, consuming and loads', async () => {
  const properties = file(
    'c.properties',
    'bootstrap.servers=h:1\nlinger.ms=5ms\ntransactional.id=me\ninterceptor.classes=io.X\n' +
      'group.id=g\nsecurity.protocol=SSL\n',
  );
  const target = { bootstrap: ['h:1'], security: { 'security.protocol': 'SSL' }, warnings: [] };
  expect(await readClientTarget(properties, [])).toEqual(target);
  const sweep = file(
    's.yaml',
    'target: {bootstrap: ["h:1"], security: {security.protocol: SSL}}\nworkload: {rate: fast}\n',
  );
  expect(await readClientTarget(sweep, [])).toEqual(target);
});

it('takes the command line’s addresses, and the file’s security', async () => {
  const sweep = file(
    'o.yaml',
    'target: {bootstrap: ["h:1"], security: {security.protocol: SSL}}\n',
  );
  expect(await readClientTarget(sweep, ['x:9'])).toMatchObject({
    ...{ bootstrap: ['x:9'], security: { 'security.protocol': 'SSL' } },
  });
  const embedded = file('e.yaml', 'target: embedded\n');
  expect((await readClientTarget(embedded, ['x:9'])).bootstrap).toEqual(['x:9']);
});

it('takes paths of a sweep from the sweep’s folder', async () => {
  const sweep = file('p.yaml', 'target: {properties: in.properties}\n');
  file('in.properties', 'bootstrap.servers=h:1\n');
  expect((await readClientTarget(sweep, [])).bootstrap).toEqual(['h:1']);
});

it('refuses what leads to no cluster, and security that cannot be', async () => {
  const cases: readonly (readonly [string, string])[] = [
    [file('k.yaml', 'target: kafka\n'), 'its target is kafka, a cluster that kbench starts'],
    [file('y.yaml', 'target: {bootstrap: [h]}\n'), 'h is not host:port'],
    [file('n.properties', 'acks=all\n'), 'neither target.bootstrap nor bootstrap.servers'],
    [
      file('q.properties', 'bootstrap.servers=h:1\nsecurity.protocol=SASL_SSL\n'),
      'sasl.mechanism is not set',
    ],
    [path.join(folder, 'none.yaml'), 'does not exist'],
  ];
  for (const [name, message] of cases) expect(await refusal(name, [])).toContain(message);
});

it('keeps warnings that one can do something about', async () => {
  const properties = file(
    'w.properties',
    'bootstrap.servers=h:1\nsasl.mechanizm=PLAIN\nschema.registry.url=http://r\n',
  );
  const { warnings } = await readClientTarget(properties, []);
  expect(warnings.map(({ remedy }) => remedy)).toEqual(['did you mean sasl.mechanism?']);
});
