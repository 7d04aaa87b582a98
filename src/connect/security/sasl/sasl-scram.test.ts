import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SaslError } from './sasl-exchange.js';
import { saslScram, type ScramHash } from './sasl-scram.js';

const text = (bytes: Buffer | null) => bytes?.toString() ?? null;

describe('SCRAM', () => {
  it('makes the messages of RFC 7677’s example (SHA-256)', async () => {
    const scram = saslScram('sha256', 'user', 'pencil', { nonce: () => 'rOprNGfwEbeRWgbNEkqO' });
    expect(scram.name).toBe('SCRAM-SHA-256');
    const exchange = scram.begin('broker');
    expect(text(await exchange.respond(null))).toBe('n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
    const serverFirst =
      'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
    expect(text(await exchange.respond(Buffer.from(serverFirst)))).toBe(
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,' +
        'p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    );
    expect(
      await exchange.respond(Buffer.from('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')),
    ).toBeNull();
  });

  it.each<ScramHash>(['sha256', 'sha512'])(
    'convinces a server that keeps only StoredKey and ServerKey (%s)',
    async (hash) => {
      const server = new ScramServer(hash, 'pass,word=', 5000);
      const exchange = saslScram(hash, 'a=b,c', 'pass,word=').begin('broker');
      const first = text(await exchange.respond(null))!;
      expect(first).toContain('n=a=3Db=2Cc,');
      const final = text(await exchange.respond(server.first(first)))!;
      expect(await exchange.respond(server.final(final))).toBeNull();
      await expect(exchange.respond(Buffer.alloc(0))).rejects.toBeInstanceOf(SaslError);
    },
  );

  const nonce = 'abc';
  it.each([
    ['a nonce that is not the client’s', 'r=xyz123,s=QUJD,i=4096', /nonce/],
    ['a nonce to which nothing was added', 'r=abc,s=QUJD,i=4096', /nonce/],
    [
      'too few iterations',
      'r=abc1,s=QUJD,i=4095',
      /4095 SCRAM iterations, less than the minimum 4096/,
    ],
    [
      'iterations that would take for ever',
      'r=abc1,s=QUJD,i=2000000000',
      /2000000000 SCRAM iterations, more than/,
    ],
    ['no iterations', 'r=abc1,s=QUJD,i=0', /malformed/],
    ['a salt that is not base64', 'r=abc1,s=*,i=4096', /malformed/],
    ['an extension that it insists on', 'm=x,r=abc1,s=QUJD,i=4096', /extension/],
    ['an error', 'e=other-error', /other-error/],
    ['nothing', '', /malformed/],
  ])('refuses a first message with %s', async (_, message, words) => {
    const exchange = saslScram('sha256', 'u', 'p', { nonce: () => nonce }).begin('broker');
    await exchange.respond(null);
    const answer = exchange.respond(Buffer.from(message));
    await expect(answer).rejects.toBeInstanceOf(SaslError);
    await expect(answer).rejects.toThrow(words);
  });

  it.each([
    ['a wrong signature', 'v=AAAA', /does not know this user’s key/],
    [
      'another signature',
      `v=${Buffer.alloc(32, 7).toString('base64')}`,
      /does not know this user’s key/,
    ],
    ['no signature', '', /does not know this user’s key/],
    ['an error', 'e=invalid-proof', /invalid-proof/],
  ])('refuses a final message with %s', async (_, message, words) => {
    const exchange = saslScram('sha256', 'u', 'p', { nonce: () => nonce }).begin('broker');
    await exchange.respond(null);
    await exchange.respond(Buffer.from('r=abc1,s=QUJD,i=4096'));
    await expect(exchange.respond(Buffer.from(message))).rejects.toThrow(words);
  });

  it('takes a new nonce each time', async () => {
    const scram = saslScram('sha512', 'u', 'p');
    const nonces = await Promise.all(
      Array.from({ length: 20 }, () => scram.begin('broker').respond(null)),
    );
    expect(new Set(nonces.map(text)).size).toBe(20);
  });

  it('tells the broker of a delegation token', async () => {
    const scram = saslScram('sha256', 'id', 'hmac', {
      nonce: () => 'x',
      extensions: ['tokenauth=true'],
    });
    expect(text(await scram.begin('broker').respond(null))).toBe('n,,n=id,r=x,tokenauth=true');
  });
});

/** The other side, from RFC 5802 section 3, without a look at the client's code. */
class ScramServer {
  private readonly salt = Buffer.from('a salt of sorts');
  private transcript = '';
  private readonly salted: Buffer;

  constructor(
    private readonly hash: ScramHash,
    password: string,
    private readonly iterations: number,
  ) {
    this.salted = pbkdf2Sync(password, this.salt, iterations, hash === 'sha256' ? 32 : 64, hash);
  }

  first(clientFirst: string): Buffer {
    const bare = clientFirst.slice(3);
    const nonce = /r=([^,]*)/.exec(bare)![1];
    const message = `r=${nonce}server,s=${this.salt.toString('base64')},i=${this.iterations}`;
    this.transcript = `${bare},${message},`;
    return Buffer.from(message);
  }

  final(clientFinal: string): Buffer {
    const [withoutProof, proof] = clientFinal.split(',p=');
    const authMessage = this.transcript + withoutProof;
    const hmac = (key: Buffer, data: string) => createHmac(this.hash, key).update(data).digest();
    const storedKey = createHash(this.hash).update(hmac(this.salted, 'Client Key')).digest();
    const signature = hmac(storedKey, authMessage);
    const clientKey = Buffer.from(proof, 'base64').map((byte, i) => byte ^ signature[i]);
    if (!createHash(this.hash).update(clientKey).digest().equals(storedKey))
      return Buffer.from('e=invalid-proof');
    return Buffer.from(
      `v=${hmac(hmac(this.salted, 'Server Key'), authMessage).toString('base64')}`,
    );
  }
}
