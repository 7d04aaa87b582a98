// SASL/GSSAPI (RFC 4752), client's side, without a security layer, as Java's GssKrb5Client for
// Kafka:
//   client -> token of Kerberos (AP-REQ)     server -> token (AP-REP)         client -> nothing
//   server -> wrapped: layers, 1 byte; largest message, 3 bytes
//   client -> wrapped: layer 1 (none), largest message, name of the user
// Called by the handshake through SaslMechanism. What the broker sends is believed only once the
// context is complete, that is once it has proved to know its own key.
import net from 'node:net';
import { SaslError, type SaslExchange, type SaslMechanism } from '../sasl/sasl-exchange.js';
import { SERVICE_NAME } from './kerberos-identity.js';
import type { GssContext } from './kerberos-process.js';

export interface GssapiOptions {
  readonly service: string;
  readonly principal: string | null;
  readonly context: () => Promise<GssContext>;
  /**
   * The name of an address, as Java's InetAddress.getHostName; the address itself where it has
   * none.
   */
  readonly hostName: (address: string) => Promise<string>;
}

/** Bit of the offer: no security layer. */
const NO_LAYER = 1;
/** Layers and largest message. */
const OFFER_BYTES = 4;
/** The package reads so many of an offer. */
const READ_BYTES = 8;
/** More turns than any exchange of Kerberos has. */
const MAX_STEPS = 8;

export function saslGssapi(options: GssapiOptions): SaslMechanism {
  return { name: 'GSSAPI', begin: (host) => new GssapiExchange(options, host) };
}

class GssapiExchange implements SaslExchange {
  private state: 'first' | 'context' | 'layers' | 'last' | 'complete' = 'first';
  private context: GssContext | null = null;
  private steps = 0;
  private username = '';

  constructor(
    private readonly options: GssapiOptions,
    private readonly host: string,
  ) {}

  async respond(challenge: Buffer | null): Promise<Buffer | null> {
    try {
      const message = await this.next(challenge ?? Buffer.alloc(0));
      if (message === null) this.context?.end();
      return message;
    } catch (error) {
      this.context?.end();
      if (!(error instanceof SaslError)) throw error;
      throw new SaslError(`Kerberos: ${error.message}`);
    }
  }

  private async next(challenge: Buffer): Promise<Buffer | null> {
    switch (this.state) {
      case 'first': {
        const host = net.isIP(this.host) === 0 ? this.host : await this.options.hostName(this.host);
        this.context = await this.options.context();
        // Both sides write host names in small letters.
        const service = `${this.options.service}@${host.replace(/\.$/, '').toLowerCase()}`;
        await this.context.begin(service, this.options.principal);
        this.state = 'context';
        return this.firstStep();
      }
      case 'context':
        if (challenge.length === 0) throw new SaslError('the broker ended the exchange too early');
        return this.step(challenge.toString('base64'));
      case 'layers':
        this.state = 'last';
        return this.chooseLayer(challenge);
      case 'last':
        this.state = 'complete';
        return null;
      case 'complete':
        throw new SaslError('the broker goes on after the exchange is complete');
    }
  }

  /** Asks the KDC for a ticket to the broker. */
  private async firstStep(): Promise<Buffer> {
    try {
      return await this.step('');
    } catch (error) {
      if (!(error instanceof SaslError) || !/not found in Kerberos database/.test(error.message))
        throw error;
      throw new SaslError(
        `${error.message}; check ${SERVICE_NAME}, ` +
          'and that brokers are connected to by the name in their principals',
      );
    }
  }

  private async step(challenge: string): Promise<Buffer> {
    if (++this.steps > MAX_STEPS) throw new SaslError('the exchange does not end');
    const { response, complete, username } = await this.context!.step(challenge);
    if (complete) {
      this.state = 'layers';
      this.username = username;
    }
    return Buffer.from(response, 'base64');
  }

  private async chooseLayer(challenge: Buffer): Promise<Buffer> {
    if (challenge.length === 0) throw new SaslError('the broker offers no security layers');
    const offer = Buffer.from(await this.context!.unwrap(challenge.toString('base64')), 'base64');
    if (offer.length !== OFFER_BYTES)
      throw new SaslError('the broker’s offer of security layers is malformed');
    if ((offer[0] & NO_LAYER) === 0)
      throw new SaslError('the broker wants a security layer of SASL, which Kafka has no use for');
    const padded = Buffer.alloc(READ_BYTES);
    offer.copy(padded);
    return Buffer.from(
      await this.context!.wrap(padded.toString('base64'), this.username),
      'base64',
    );
  }
}
