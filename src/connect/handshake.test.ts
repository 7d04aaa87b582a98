import { describe, expect, it } from 'vitest';
import type { SimLink, SimPeer, SimServer } from '../testing/simulation/sim-network.js';
import { SimWorld, type SimWorldOptions } from '../testing/simulation/sim-world.js';
import { AuthenticationError } from './broker-errors.js';
import {
  apiVersionsResponse,
  saslAuthenticateRequest,
  saslAuthenticateResponse,
  saslHandshakeRequest,
  saslHandshakeResponse,
} from '../wire/apis/index.js';
import { decodeMessage, decodeRequestHeader, encodeResponse, WireReader } from '../wire/index.js';
import { ERROR } from '../wire/error-codes.js';
import { API } from '../wire/api-keys.js';

const JAAS =
  'org.apache.kafka.common.security.plain.PlainLoginModule required username="alice" ' +
  'password="pw";';
const SASL = {
  'security.protocol': 'SASL_PLAINTEXT',
  'sasl.mechanism': 'PLAIN',
  'sasl.jaas.config': JAAS,
};

/**
 * A SASL listener in front of a modelled broker: lets in who knows the password, for a session's
 * length.
 */
class Gate implements SimServer {
  sessionMs = 0;
  mechanisms = ['PLAIN'];
  password = 'pw';
  /** Instead of an answer to SaslAuthenticate. */
  code = ERROR.NONE;
  /** Closes instead of answering SaslAuthenticate, so many times. */
  breaks = 0;
  /** Requests in the order of their coming, by connection. */
  readonly seen: number[][] = [];
  /** Requests that came outside of a session. */
  readonly intruders: string[] = [];

  constructor(
    private readonly inner: SimServer,
    private readonly now: () => number,
  ) {}

  accept(link: SimLink): SimPeer {
    const peer = this.inner.accept(link);
    const seen: number[] = [];
    this.seen.push(seen);
    let session: 'none' | 'handshake' | 'open' = 'none';
    let endMs = Infinity;
    let bytes = Buffer.alloc(0);
    const onFrame = (frame: Buffer) => {
      const reader = new WireReader(frame, 4);
      const { api, version, correlationId } = decodeRequestHeader(reader);
      seen.push(api);
      if (api === API.API_VERSIONS && session === 'none') {
        const apiKeys = [API.SASL_HANDSHAKE, API.API_VERSIONS, API.SASL_AUTHENTICATE].map(
          (apiKey) => ({
            apiKey,
            maxVersion: 2,
          }),
        );
        link.send(encodeResponse(apiVersionsResponse, version, correlationId, { apiKeys }));
      } else if (api === API.SASL_HANDSHAKE) {
        const { mechanism } = decodeMessage(saslHandshakeRequest, version, reader);
        const errorCode = this.mechanisms.includes(mechanism)
          ? ERROR.NONE
          : ERROR.UNSUPPORTED_SASL_MECHANISM;
        session = 'handshake';
        link.send(
          encodeResponse(saslHandshakeResponse, version, correlationId, {
            errorCode,
            mechanisms: this.mechanisms,
          }),
        );
      } else if (api === API.SASL_AUTHENTICATE && session === 'handshake') {
        if (this.breaks-- > 0) {
          link.close(new Error('reset'));
          return;
        }
        if (version >= 2) reader.skipTags();
        const { authBytes } = decodeMessage(saslAuthenticateRequest, version, reader);
        const good = authBytes.toString() === `\0alice\0${this.password}`;
        session = 'open';
        endMs = this.sessionMs > 0 ? this.now() + this.sessionMs : Infinity;
        const checked = good ? ERROR.NONE : ERROR.SASL_AUTHENTICATION_FAILED;
        const errorCode = this.code === ERROR.NONE ? checked : this.code;
        link.send(
          encodeResponse(saslAuthenticateResponse, version, correlationId, {
            errorCode,
            errorMessage:
              errorCode === ERROR.NONE
                ? null
                : 'Authentication failed: Invalid username or password',
            sessionLifetimeMs: BigInt(this.sessionMs),
          }),
        );
      } else if (session === 'open' && this.now() < endMs) peer.onBytes(frame);
      else {
        this.intruders.push(`api ${api} at ${this.now()} (session ${session} until ${endMs})`);
        link.close(null);
      }
    };
    return {
      onBytes: (part) => {
        bytes = Buffer.concat([bytes, part]);
        while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
          const length = 4 + bytes.readInt32BE(0);
          onFrame(bytes.subarray(0, length));
          bytes = bytes.subarray(length);
        }
      },
      onClose: () => peer.onClose(),
    };
  }
}

function guarded(options: SimWorldOptions = {}): { world: SimWorld; gate: Gate } {
  const world = new SimWorld({
    ...options,
    settings: { ...SASL, 'max.block.ms': 5_000, ...options.settings },
  });
  const address = 'b0:9092';
  const gate = new Gate(world.network.servers.get(address)!, () => world.clock.now());
  world.network.servers.set(address, gate);
  return { world, gate };
}

describe('a SASL listener', () => {
  it('is asked for version 0, the mechanism, the session, and then for all versions', async () => {
    const { world, gate } = guarded();
    const topic = await world.start();
    world.send(topic, 'a');
    await world.close();
    expect(world.outcome('a')).toBe('ok');
    const order = [API.API_VERSIONS, API.SASL_HANDSHAKE, API.SASL_AUTHENTICATE, API.API_VERSIONS];
    for (const seen of gate.seen) expect(seen.slice(0, 4)).toEqual(order);
    expect(gate.intruders).toEqual([]);
    expect(world.leftovers()).toEqual([]);
  });

  it.each([
    [
      'a wrong password',
      (gate: Gate) => (gate.password = 'other'),
      58,
      'Invalid username or password',
    ],
    [
      'a mechanism that is not there',
      (gate: Gate) => (gate.mechanisms = ['GSSAPI', 'X']),
      33,
      'only GSSAPI, X',
    ],
  ])('%s is told at once to who waits, and is not retriable', async (_, change, code, words) => {
    const { world, gate } = guarded();
    change(gate);
    const startMs = world.clock.now();
    const connecting = world.clock.settle(world.producer.connect());
    await expect(connecting).rejects.toBeInstanceOf(AuthenticationError);
    await expect(connecting).rejects.toMatchObject({
      code,
      retriable: false,
      message: expect.stringContaining(words) as string,
    });
    expect(world.clock.now() - startMs).toBeLessThan(100);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('whose connection breaks in the middle is tried again', async () => {
    const { world, gate } = guarded();
    gate.breaks = 2;
    const topic = await world.start();
    world.send(topic, 'a');
    await world.close();
    expect(world.outcome('a')).toBe('ok');
    expect(gate.seen.length).toBeGreaterThan(2);
  });

  it('gets the session renewed in time, between the requests of a steady load', async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const { world, gate } = guarded({
        seed,
        network: { latencyMs: 3 },
        settings: { 'linger.ms': 0, 'metadata.max.age.ms': 70 },
      });
      gate.sessionMs = 200;
      const topic = await world.start();
      const before = world.clock.now();
      for (let i = 0; i < 500; i++) {
        world.send(topic, `${i}`);
        await world.clock.advance(4);
      }
      await world.close();
      const offsets = Array.from({ length: 500 }, (_, i) => world.outcomes.get(`${i}`)?.offset);
      expect(offsets, `seed ${seed}`).toEqual(Array.from({ length: 500 }, (_, i) => i));
      expect(gate.intruders, `seed ${seed}`).toEqual([]);
      const renewals = gate.seen.map(
        (seen) => seen.filter((api) => api === API.SASL_AUTHENTICATE).length,
      );
      const sessions = (world.clock.now() - before) / gate.sessionMs;
      expect(Math.max(...renewals)).toBeGreaterThanOrEqual(Math.floor(sessions));
      // The connection is the same throughout: one for the bootstrap address, one for the broker.
      expect(gate.seen).toHaveLength(2);
      expect(world.leftovers()).toEqual([]);
    }
  });

  it('that does not renew fails what waits, and goes on with the right password', async () => {
    const { world, gate } = guarded({ settings: { 'linger.ms': 0 } });
    gate.sessionMs = 1000;
    const topic = await world.start();
    world.send(topic, 'a');
    await world.clock.advance(500);
    gate.password = 'changed';
    await world.clock.advance(600);
    world.send(topic, 'b'); // the renewal fails, and with it the connection
    await world.clock.advance(300);
    expect(world.outcome('a')).toBe('ok');
    expect(world.outcomes.get('b')).toBeUndefined(); // kept until delivery.timeout.ms, as in Java
    await expect(world.clock.settle(world.producer.topic('another'))).rejects.toBeInstanceOf(
      AuthenticationError,
    );
    gate.password = 'pw';
    await world.clock.advance(3000);
    expect(world.outcome('b')).toBe('ok');
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });
});
