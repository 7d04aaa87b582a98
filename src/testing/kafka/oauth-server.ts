// An OAuth 2.0 token endpoint (RFC 6749, client credentials) for tests, with tokens that Kafka's
// unsecured validator takes. Test-only.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { USER } from './secure-kafka.js';

export const CLIENT_ID = 'kbench';
export const CLIENT_SECRET = 'client-s3cret';

export interface TokenServer {
  readonly url: string;
  readonly given: () => number;
  close(): void;
}

/** On a port of its own of 127.0.0.1. */
export async function serveTokens(lifetimeSeconds: number): Promise<TokenServer> {
  let given = 0;
  const server = http.createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      const [id, secret] = Buffer.from((request.headers.authorization ?? '').slice(6), 'base64')
        .toString()
        .split(':');
      if (id !== CLIENT_ID || secret !== CLIENT_SECRET) {
        response
          .writeHead(401)
          .end(JSON.stringify({ error: 'invalid_client', error_description: 'who are you?' }));
        return;
      }
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const iat = Math.floor(Date.now() / 1000);
      const claims = { sub: USER, iat, exp: iat + lifetimeSeconds, jti: ++given };
      const token = `${part({ alg: 'none' })}.${part(claims)}.`;
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ access_token: token }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/token`, given: () => given, close: () => server.close() };
}

/** A token for the user that expires `seconds` from now. */
export function unsecuredToken(seconds: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  return `${part({ alg: 'none' })}.${part({ sub: USER, iat: now - 100, exp: now + seconds })}.`;
}
