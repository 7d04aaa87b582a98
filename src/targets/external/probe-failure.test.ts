// The heading of a failed probe names what is wrong, kind by kind.
import { describe, expect, it } from 'vitest';
import { checkCluster } from './external.js';
import { ADVICE, HEADING, ProbeFailure, type ProbeFailureKind } from '../../connect/cold.js';

const refusal = async (...kinds: ProbeFailureKind[]): Promise<string> => {
  const addresses = kinds.map((_, i) => `h${i}:1`);
  const ask = (address: string) =>
    Promise.resolve({
      ...{ address, ok: false as const },
      failure: new ProbeFailure(kinds[addresses.indexOf(address)], 'its words'),
    });
  const error = await checkCluster(addresses, ask).catch((thrown: unknown) => thrown);
  return (error as Error).message;
};

describe('the heading above addresses that failed', () => {
  it.each<[ProbeFailureKind, string]>([
    ['authentication', 'authentication failed at the bootstrap address:'],
    ['mechanism', 'authentication failed at the bootstrap address:'],
    ['certificate', 'the TLS handshake failed with the bootstrap address:'],
    ['client-certificate', 'the TLS handshake failed with the bootstrap address:'],
    ['plaintext', 'the bootstrap address wants another security protocol than this client speaks:'],
    ['needs-authentication', 'the bootstrap address wants another security protocol'],
    ['refused', 'the bootstrap address cannot be reached:'],
    ['http', 'the bootstrap address does not answer as a Kafka broker does:'],
    ['broker-error', 'the bootstrap address answers with an error:'],
  ])('of %s is: %s', async (kind, heading) => {
    expect((await refusal(kind)).split('\n')[0]).toContain(heading);
  });

  it('is of what all of several have in common', async () => {
    const [same, mixed] = [await refusal('refused', 'timed-out'), await refusal('refused', 'http')];
    expect(same).toMatch(/^the 2 bootstrap addresses cannot be reached:\n/);
    expect(mixed).toMatch(/^the 2 bootstrap addresses cannot be used:\n/);
  });

  it('is there for each kind, as advice is', () => {
    expect(Object.keys(HEADING)).toEqual(Object.keys(ADVICE));
  });
});
