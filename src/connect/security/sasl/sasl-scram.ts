// SASL/SCRAM-SHA-256 and -512 (RFC 5802, RFC 7677), client's side, without channel binding, as
// Java's ScramSaslClient:
//   client-first "n,,n=user,r=nonce"          server-first "r=nonce+theirs,s=salt,i=iterations"
//   client-final "c=biws,r=nonce+theirs,p=proof"   server-final "v=signature" or "e=error"
// Called by the handshake through SaslMechanism. The server must prove that it knows the password's
// key too.
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { SaslError, type SaslExchange, type SaslMechanism } from './sasl-exchange.js';

export type ScramHash = 'sha256' | 'sha512';

/** As Java: fewer would make the password cheap to guess. */
const MIN_ITERATIONS = 4096;
/**
 * Kafka's brokers keep at most 16,384 (ScramMechanism); other servers may ask for more, but not so
 * many that the client hangs.
 */
const MAX_ITERATIONS = 1_048_576;
const GS2_HEADER = 'n,,';

const derive = promisify(pbkdf2);

export interface ScramOptions {
  /** Further attributes of the client's first message: `tokenauth=true`. */
  readonly extensions?: readonly string[];
  /** For published test vectors. */
  readonly nonce?: () => string;
}

/** Nonce, salt and iterations, behind an extension and before others. */
const SERVER_FIRST =
  /^(?:m=[^,]*,)?r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+={0,2}),i=([1-9]\d{0,9})(?:,.*)?$/s;

export function saslScram(
  hash: ScramHash,
  username: string,
  password: string,
  options: ScramOptions = {},
): SaslMechanism {
  const makeNonce = options.nonce ?? (() => randomBytes(24).toString('base64url'));
  // The salted password of the last salt: a re-authentication need not derive it again.
  const cache = { key: '', salted: Buffer.alloc(0) as Buffer };
  const salt = async (saltText: string, iterations: number): Promise<Buffer> => {
    const key = `${iterations},${saltText}`;
    if (cache.key === key) return cache.salted;
    const bytes = hash === 'sha256' ? 32 : 64;
    const salted = await derive(password, Buffer.from(saltText, 'base64'), iterations, bytes, hash);
    cache.key = key;
    cache.salted = salted;
    return salted;
  };
  return {
    name: hash === 'sha256' ? 'SCRAM-SHA-256' : 'SCRAM-SHA-512',
    begin: () => new ScramExchange(hash, username, makeNonce(), options.extensions ?? [], salt),
  };
}

class ScramExchange implements SaslExchange {
  private readonly clientFirst: string;
  private step: 'first' | 'final' | 'verify' | 'complete' = 'first';
  private serverSignature: Buffer = Buffer.alloc(0);

  constructor(
    private readonly hash: ScramHash,
    username: string,
    private readonly nonce: string,
    extensions: readonly string[],
    private readonly salt: (saltText: string, iterations: number) => Promise<Buffer>,
  ) {
    const saslName = username.replaceAll('=', '=3D').replaceAll(',', '=2C');
    this.clientFirst = [`n=${saslName}`, `r=${nonce}`, ...extensions].join(',');
  }

  async respond(challenge: Buffer | null): Promise<Buffer | null> {
    switch (this.step) {
      case 'first':
        this.step = 'final';
        return Buffer.from(GS2_HEADER + this.clientFirst);
      case 'final': {
        const message = await this.clientFinal(challenge?.toString('utf8') ?? '');
        this.step = 'verify';
        return Buffer.from(message);
      }
      case 'verify':
        this.verify(challenge?.toString('utf8') ?? '');
        this.step = 'complete';
        return null;
      case 'complete':
        throw new SaslError('the broker goes on after the exchange is complete');
    }
  }

  private async clientFinal(serverFirst: string): Promise<string> {
    const error = /^e=([^,]*)/.exec(serverFirst);
    if (error !== null)
      throw new SaslError(`the broker ended the SCRAM exchange: ${printable(error[1])}`);
    const match = SERVER_FIRST.exec(serverFirst);
    if (match === null) throw new SaslError('the broker’s first SCRAM message is malformed');
    const [, nonce, saltText, iterationText] = match as unknown as [string, string, string, string];
    if (serverFirst.startsWith('m='))
      throw new SaslError('the broker asks for a SCRAM extension that is not known');
    if (!nonce.startsWith(this.nonce) || nonce.length === this.nonce.length) {
      throw new SaslError(
        'the broker’s SCRAM nonce does not begin with the client’s, or adds nothing to it',
      );
    }
    const iterations = Number(iterationText);
    if (iterations < MIN_ITERATIONS) {
      throw new SaslError(
        `the broker asks for ${iterations} SCRAM iterations, ` +
          `less than the minimum ${MIN_ITERATIONS}`,
      );
    }
    if (iterations > MAX_ITERATIONS) {
      throw new SaslError(
        `the broker asks for ${iterations} SCRAM iterations, more than ${MAX_ITERATIONS}`,
      );
    }
    const salted = await this.salt(saltText, iterations);
    const clientFinal = `c=${Buffer.from(GS2_HEADER).toString('base64')},r=${nonce}`;
    const authMessage = `${this.clientFirst},${serverFirst},${clientFinal}`;
    const clientKey = this.hmac(salted, 'Client Key');
    const storedKey = createHash(this.hash).update(clientKey).digest();
    const proof = this.hmac(storedKey, authMessage);
    for (let i = 0; i < proof.length; i++) proof[i] ^= clientKey[i];
    this.serverSignature = this.hmac(this.hmac(salted, 'Server Key'), authMessage);
    return `${clientFinal},p=${proof.toString('base64')}`;
  }

  private verify(serverFinal: string): void {
    const error = /^e=([^,]*)/.exec(serverFinal);
    if (error !== null)
      throw new SaslError(`the broker refused the SCRAM proof: ${printable(error[1])}`);
    const match = /^v=([A-Za-z0-9+/]+={0,2})(?:,.*)?$/s.exec(serverFinal);
    const signature = Buffer.from(match?.[1] ?? '', 'base64');
    if (
      signature.length !== this.serverSignature.length ||
      !timingSafeEqual(signature, this.serverSignature)
    ) {
      throw new SaslError(
        'the broker’s SCRAM signature is wrong: it does not know this user’s key',
      );
    }
  }

  private hmac(key: Buffer, text: string): Buffer {
    return createHmac(this.hash, key).update(text).digest();
  }
}

const printable = (text: string) => text.slice(0, 200).replaceAll(/[^ -~]/g, '.');
