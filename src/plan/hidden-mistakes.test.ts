// A mistake where secrets stand is told by its line, and without a word of what stands there.
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigurationError } from '../base/errors.js';
import { formatProblems } from '../base/format-error.js';
import { forgetSecrets } from '../base/secrets/secrets.js';
import { planSweep } from './load-sweep.js';

afterEach(forgetSecrets);

/** What is printed. Without the door behind it, which knows the secret in most cases. */
function told(yaml: string, overrides: readonly string[] = []): string {
  try {
    planSweep('sweep.yaml', yaml, { overrides });
  } catch (error) {
    if (error instanceof ConfigurationError) return formatProblems(error, yaml);
    throw error;
  }
  return 'nothing';
}

const MISTAKES: Readonly<Record<string, readonly [yaml: string, overrides?: readonly string[]]>> = {
  'a mistyped key': [
    'target:\n  bootstrap: ["h:1"]\n  security:\n    security.protocol: SSL\n' +
      '    ssl.key.pasword: XYZZY',
  ],
  'a mistyped key without a likeness': [
    'target: {bootstrap: ["h:1"], security: {security.protocol: SSL, foo: XYZZY}}',
  ],
  'a value whose key was forgotten': [
    'target: {bootstrap: ["h:1"], security: {security.protocol: SSL, XYZZY}}',
  ],
  'a mistyped section': [
    'target: {bootstrap: ["h:1"], securty: {security.protocol: SSL, x: XYZZY}}',
  ],
  'a mistyped section in a block': [
    'target:\n  bootstrap: ["h:1"]\n  sec:\n    x: XYZZY\n    x: XYZZY',
  ],
  'a literal': [
    'target: {bootstrap: ["h:1"], security: {security.protocol: SSL, ssl.key.password: XYZZY}}',
  ],
  'a literal under producer': ['producer: {ssl.key.password: XYZZY}'],
  'a literal under sweep': ['sweep: {ssl.key.password: [XYZZY, XYZZY2]}'],
  'a JAAS text without a colon': [
    'target:\n  bootstrap: ["h:1"]\n  security:\n    sasl.jaas.config Module password="XYZZY";',
  ],
  'a JAAS text that ends early': [
    'target:\n  bootstrap: ["h:1"]\n  security:\n    sasl.jaas.config: "Module password=\\"XYZZY',
  ],
  'a syntax error in a block text': [
    'target:\n  bootstrap: ["h:1"]\n  security:\n    ssl.keystore.key: |\n      XYZZY\n   XYZZY: ]',
  ],
  'a tag': ['target: {bootstrap: ["h:1"], security: {ssl.key.password: !XYZZY x}}'],
  'an alias': ['target: {bootstrap: ["h:1"], security: {ssl.key.password: *XYZZY }}'],
  '--set of a section': ['name: x', ['producer={ssl.key.password: XYZZY}']],
  '--set of the target': [
    'name: x',
    ['target={bootstrap: ["h:1"], security: {ssl.key.password: XYZZY}}'],
  ],
  '--set of security': [
    'target: {bootstrap: ["h:1"]}',
    ['target.security={ssl.key.pasword: XYZZY}'],
  ],
  '--set of a mistyped setting': ['name: x', ['ssl.key.pasword=XYZZY']],
  '--set of a list': ['name: x', ['points=[{ssl.key.password: XYZZY}]']],
  '--set without an equals sign': ['name: x', ['ssl.key.password: XYZZY']],
  '--set with a blank': ['name: x', ['ssl.key.password XYZZY=1']],
  '--set of bad YAML': ['name: x', ['target.security={ssl.key.password: "XYZZY']],
};

describe('a mistake where secrets stand', () => {
  it.each(Object.entries(MISTAKES))(
    'is told without a word of what stands there: %s',
    (_name, [yaml, overrides]) => {
      const text = told(`${yaml}\n`, overrides);
      expect(text).toMatch(/problem/);
      expect(text).not.toContain('XYZZY');
    },
  );

  it('shows the line of a mistake anywhere else', () => {
    const yaml =
      'target:\n  bootstrap: ["h:1"]\n  security: {security.protocol: SSL}\n' +
      'producer: {batch.sise: 1}\n';
    expect(told(yaml)).toContain('4 | producer: {batch.sise: 1}');
  });

  it('keeps a key with line breaks on its line, and breaks its workflow command', () => {
    expect(told('"a\\r\\n::error::owned": 1\n')).not.toMatch(/^\s*::/m);
  });
});
