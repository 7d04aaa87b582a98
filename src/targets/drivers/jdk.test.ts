// Which Java may run our Java sources, by programs that answer as a JDK, a JRE and old ones do.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { JDK_RULE, requireJdk } from './jdk.js';
import { packageRoot } from './package-root.js';

const homes = mkdtempSync(path.join(tmpdir(), 'kbench-jdk-test-'));
afterAll(() => rmSync(homes, { recursive: true }));

function home(name: string, script: string): NodeJS.ProcessEnv {
  const bin = path.join(homes, name, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(path.join(bin, 'java'), `#!/bin/sh\n${script}\n`);
  chmodSync(path.join(bin, 'java'), 0o755);
  return { PATH: process.env['PATH'], JAVA_HOME: path.join(homes, name) };
}

describe('the JDK that our Java sources take', () => {
  it('is there where java has a compiler of 17 or newer', async () => {
    const env = home('jdk-21', 'echo "jdk.compiler@21.0.2"; echo "exports com.sun.source.util"');
    expect(await requireJdk('driver java', env)).toBe(path.join(homes, 'jdk-21/bin/java'));
  });

  it.each([
    ['jre', 'echo "jdk.compiler not found" >&2; exit 1', /has none.*jdk\.compiler not found/],
    ['jdk-11', 'echo "jdk.compiler@11.0.2"', /java is version 11/],
    ['java-8', 'echo "Unrecognized option: --describe-module" >&2; exit 1', /older than 9/],
  ])('is not: %s', async (name, script, why) => {
    await expect(requireJdk('driver java', home(name, script))).rejects.toMatchObject({
      message: expect.stringMatching(why) as string,
      remedy: expect.stringContaining(JDK_RULE) as string,
    });
  });

  it.each(['docs/drivers.md', 'docs/consumers.md', 'drivers/java/README.md'])(
    'is told by %s in the same words',
    (page) => {
      const text = readFileSync(path.join(packageRoot(), page), 'utf8').replaceAll(/\s+/g, ' ');
      expect(text).toContain(JDK_RULE);
    },
  );
});
