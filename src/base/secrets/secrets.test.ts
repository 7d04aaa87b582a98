// What a foreign text may do with a secret: every dress of it is found, alone and one in another;
// what is no secret stays.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  dataWithoutSecrets,
  fileWithoutSecrets,
  forgetSecrets,
  HIDDEN,
  noteSecret,
  withoutSecrets,
  withoutSureSecrets,
} from './secrets.js';

afterEach(forgetSecrets);

const bytes = (text: string) => Buffer.from(text, 'utf8');
const inBase64 = (text: string) => bytes(text).toString('base64');
const inHtml = (text: string) =>
  Array.from(text, (each) => `&#${String(each.codePointAt(0))};`).join('');
const inUnicode = (text: string) =>
  text
    .split('')
    .map((each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');

const DRESSES: Readonly<Record<string, (secret: string) => string>> = {
  'as it is': (secret) => secret,
  'in base64': inBase64,
  'in base64url without padding': (secret) => bytes(secret).toString('base64url'),
  'in base64, one byte on': (secret) => inBase64(`x${secret}`),
  'in base64, two bytes on': (secret) => inBase64(`xy${secret}`),
  'as SASL/PLAIN in base64': (secret) => inBase64(`\0alice\0${secret}`),
  'as HTTP Basic of URL-encoded parts': (secret) =>
    inBase64(`client:${encodeURIComponent(secret)}`),
  'behind letters that run into the base64': (secret) => `token${inBase64(secret)}`,
  'URL-encoded': encodeURIComponent,
  'URL-encoded twice': (secret) => encodeURIComponent(encodeURIComponent(secret)),
  'as a form': (secret) => new URLSearchParams({ p: secret }).toString(),
  'every byte URL-encoded': (secret) => bytes(secret).toString('hex').replaceAll(/../g, '%$&'),
  'in JSON': (secret) => JSON.stringify({ p: secret }),
  'in JSON in JSON': (secret) => JSON.stringify(JSON.stringify({ p: secret })),
  'in HTML': (secret) =>
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
  'in HTML by number': inHtml,
  'as \\u': inUnicode,
  'as \\x': (secret) => bytes(secret).toString('hex').replaceAll(/../g, '\\x$&'),
  'in hex': (secret) => bytes(secret).toString('hex'),
  'in hex with colons, in capitals': (secret) =>
    bytes(secret)
      .toString('hex')
      .toUpperCase()
      .replaceAll(/..(?=.)/g, '$&:'),
  'as Java prints bytes': (secret) => `[${[...new Int8Array(bytes(secret))].join(', ')}]`,
  'as Node prints a buffer': (secret) =>
    `<Buffer ${bytes(secret)
      .toString('hex')
      .replaceAll(/..(?=.)/g, '$& ')}>`,
  'with what cannot be seen in between': (secret) => Array.from(secret).join('\u200b'),
  'with colours in between': (secret) => Array.from(secret).join('\u001b[31m'),
};

/** Anything that a person could read or decode it from. */
function givesAway(text: string, secret: string): boolean {
  const views = [text, text.replaceAll('\u200b', '').replaceAll('\u001b[31m', '')];
  try {
    views.push(decodeURIComponent(text), decodeURIComponent(decodeURIComponent(text)));
  } catch {
    // no URL encoding
  }
  for (const run of text.match(/[A-Za-z0-9+/_-]{4,}/g) ?? []) {
    for (const shift of [0, 1, 2, 3])
      views.push(Buffer.from(run.slice(shift), 'base64').toString('utf8'));
  }
  return views.some((view) => view.includes(secret));
}

const SECRETS = [
  'hunter2',
  's3cr3t-Pa55w0rd!',
  'p&ss "wörd" <\\>',
  'ключ🔑ключ',
  'a=b+c/d%20e',
  'correct horse battery',
];

describe('withoutSecrets', () => {
  const cases = SECRETS.flatMap((secret) =>
    Object.entries(DRESSES).map(([name, dress]) => [name, secret, dress] as const),
  );
  it.each(cases)('finds a secret %s: %s', (_name, secret, dress) => {
    noteSecret(secret);
    const told = withoutSecrets(`authentication of alice failed: "${dress(secret)}" is wrong`);
    expect(told).toContain(HIDDEN);
    expect(told).toMatch(/^authentication of alice failed: ".*" is wrong$/s);
    expect(givesAway(told, secret)).toBe(false);
    expect(told).not.toContain(dress(secret));
  });

  it('finds any secret in any two dresses', () => {
    const dress = fc.constantFrom(...Object.values(DRESSES));
    // Three steps of decoding are made, and nobody reads colours between the characters of colours.
    const inner = fc.constantFrom(
      ...Object.entries(DRESSES).flatMap(([name, each]) =>
        /in between|twice|JSON in JSON|Basic/.test(name) ? [] : [each],
      ),
    );
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 4, maxLength: 40 }),
        inner,
        dress,
        (text, first, second) => {
          const secret = text.trim();
          fc.pre(secret.length >= 4);
          forgetSecrets();
          noteSecret(secret);
          const dressed = second(first(secret));
          fc.pre(!/\p{Cs}/u.test(dressed));
          expect(withoutSecrets(`it was ${dressed}!`)).not.toContain(dressed);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('leaves what holds none as it is, to the byte', () => {
    noteSecret('hunter2-hunter2');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        expect(withoutSecrets(text)).toBe(text);
      }),
    );
  });

  it('hides pieces of a long secret, which brokers cut', () => {
    const token = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 37) % 251)).toString(
      'base64url',
    );
    noteSecret(token);
    expect(withoutSecrets(`Invalid token ${token.slice(0, 60)}...`)).toMatch(
      /^Invalid token \[hidden\].{0,6}\.\.\.$/,
    );
  });

  it('knows a PEM without its frame and lines', () => {
    const body = Buffer.from(
      'a private key of some length, so that it takes two lines or more',
    ).toString('base64');
    noteSecret(
      `-----BEGIN PRIVATE KEY-----\n${body.slice(0, 64)}\n${body.slice(64)}\n` +
        '-----END PRIVATE KEY-----\n',
    );
    expect(withoutSecrets(`bad key ${body}`)).toBe(`bad key ${HIDDEN}`);
  });

  it('hides a very short secret only where it stands alone', () => {
    noteSecret('ab');
    expect(withoutSecrets('a cable: "ab"')).toBe(`a cable: "${HIDDEN}"`);
  });
});

describe('the doors', () => {
  it.each([
    'linger',
    '12345678',
    'recordsPerSecond',
    'batch.size',
    '2026-11-22T10:15:30',
    'short-1',
  ])('leave figures and words of ours that a password (%s) happens to be', (password) => {
    noteSecret(password);
    const text = `linger.ms=5 12345678 recordsPerSecond batch.size 2026-11-22T10:15:30 short-1`;
    expect(withoutSureSecrets(text)).toBe(text);
  });

  it('hide the others in whole texts', () => {
    noteSecret('s3cr3t-Pa55w0rd!');
    expect(withoutSureSecrets('x s3cr3t-Pa55w0rd! y')).toBe(`x ${HIDDEN} y`);
  });

  it.each(['","status":"', '{"a": 1, "b"', 's3cr3t\\"Pa55'])(
    'keep JSON JSON, whatever the secret: %s',
    (secret) => {
      noteSecret(secret);
      const saved = {
        schema: 'kbench/run@1',
        a: 1,
        status: 'completed',
        failure: { message: `echo ${secret}` },
        b: [1],
      };
      const text = fileWithoutSecrets('runs/0001.json', `${JSON.stringify(saved, null, 2)}\n`);
      expect(JSON.parse(text)).toEqual({ ...saved, failure: { message: `echo ${HIDDEN}` } });
    },
  );

  it('leave names that readers depend on, figures and bytes', () => {
    noteSecret('kbench-Orders-1');
    const data = {
      topic: 'kbench-Orders-1',
      figure: 4,
      bytes: Uint8Array.of(1, 2),
      note: 'kbench-Orders-1!',
    };
    expect(dataWithoutSecrets(data)).toEqual({ ...data, note: `${HIDDEN}!` });
    expect(dataWithoutSecrets(data).bytes).toBe(data.bytes);
  });
});
