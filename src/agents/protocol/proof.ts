// Who holds the token: each side sends a fresh number, the other answers with an HMAC of both under
// the token, so that the token itself never travels. Compared in constant time.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Where both sides find the token when no file is named. */
export const TOKEN_VARIABLE = 'KBENCH_AGENT_TOKEN';

export type Role = 'agent' | 'coordinator';

export interface Nonces {
  readonly coordinator: string;
  readonly agent: string;
}

/** 16 random bytes in hexadecimal digits. */
export const newNonce = (): string => randomBytes(16).toString('hex');

export function proofOf(token: string, role: Role, { coordinator, agent }: Nonces): string {
  return createHmac('sha256', token)
    .update(`kbench-agents-1 ${role} ${coordinator} ${agent}`)
    .digest('hex');
}

export function isProof(given: string | undefined, expected: string): boolean {
  const [a, b] = [Buffer.from(given ?? '', 'latin1'), Buffer.from(expected, 'latin1')];
  // Lengths are no secret.
  return a.length === b.length && timingSafeEqual(a, b);
}
