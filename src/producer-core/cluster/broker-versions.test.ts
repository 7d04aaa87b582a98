// The producer against brokers of every age: the versions of the APIs that it uses, as brokers of
// the release advertise them, and what it is to make of them. Sources: for 0.10.2 and 0.11.0
// Protocol.java, for 1.0 and 2.0 schemaVersions() of each request class, from 2.4 to 3.9 the
// message definitions (validVersions), all read in the tags of github.com/apache/kafka; 4.0, 4.1,
// 4.3 and 4.4 in the message definitions of the published kafka-clients jars (versions marked
// unstable are left out, as brokers do; Produce is advertised from 0 on, KAFKA-18659).
import { describe, expect, it } from 'vitest';
import { SimWorld, type SimWorldOptions } from '../../testing/simulation/sim-world.js';
import { API, apiKeyFrom } from '../../wire/api-keys.js';

/** Highest version by API. What a release does not have is left out. */
type Highest = Readonly<Record<number, number>>;

function highest(
  [produce, metadata, apiVersions]: readonly [number, number, number],
  rest?: readonly [
    initProducerId: number,
    findCoordinator: number,
    addPartitions: number,
    endTxn: number,
  ],
): Highest {
  const base = {
    [API.PRODUCE]: produce,
    [API.METADATA]: metadata,
    [API.API_VERSIONS]: apiVersions,
  };
  if (rest === undefined) return base;
  const [init, find, add, end] = rest;
  return {
    ...base,
    [API.INIT_PRODUCER_ID]: init,
    [API.FIND_COORDINATOR]: find,
    [API.ADD_PARTITIONS_TO_TXN]: add,
    [API.END_TXN]: end,
  };
}

const RELEASES: readonly (readonly [release: string, highest: Highest])[] = [
  ['0.11.0', highest([3, 4, 1], [0, 1, 0, 0])],
  ['1.0', highest([5, 5, 1], [0, 1, 0, 0])],
  ['2.0', highest([6, 6, 2], [1, 2, 1, 1])],
  ['2.4', highest([8, 9, 3], [2, 3, 1, 1])],
  ['2.8', highest([9, 11, 3], [4, 3, 3, 3])],
  ['3.0', highest([9, 11, 3], [4, 4, 3, 3])],
  ['3.3', highest([9, 12, 3], [4, 4, 3, 3])],
  ['3.9', highest([11, 12, 4], [5, 6, 5, 4])],
  ['4.0', highest([12, 13, 4], [5, 6, 5, 5])],
  ['4.1', highest([13, 13, 4], [5, 6, 5, 5])],
  ['4.3', highest([13, 13, 4], [5, 6, 5, 5])],
  ['4.4', highest([13, 13, 5], [5, 6, 5, 5])],
];

function worldOf(versions: Highest, settings: SimWorldOptions['settings'] = {}, low = 0) {
  const world = new SimWorld({ settings: { 'linger.ms': 0, ...settings }, topics: { t: [0, 0] } });
  world.cluster.versions = Object.entries(versions).map(([api, high]) => [
    apiKeyFrom(Number(api)),
    low,
    high,
  ]);
  world.cluster.transactionVersion = 0;
  const used = new Map<number, Set<number>>();
  const note = (api: number, version: number) =>
    used.set(api, (used.get(api) ?? new Set()).add(version));
  world.cluster.onRequest = ({ api, version }) => {
    note(api, version);
    return {};
  };
  world.cluster.onProduce = ({ version }) => {
    note(API.PRODUCE, version);
    return {};
  };
  return { world, used };
}

/** Connects, sends, closes; the versions used by API. */
async function produce({
  world,
  used,
}: ReturnType<typeof worldOf>): Promise<Record<number, number[]>> {
  const topic = await world.start();
  for (let i = 0; i < 10; i++) {
    world.send(topic, `v${i}`, i % 2);
    await world.clock.advance(20);
  }
  await world.close();
  for (let i = 0; i < 10; i++) expect(world.outcome(`v${i}`)).toBe('ok');
  expect([...world.cluster.values('t', 0), ...world.cluster.values('t', 1)]).toHaveLength(10);
  expect(world.leftovers()).toEqual([]);
  return Object.fromEntries([...used].map(([api, versions]) => [api, [...versions]]));
}

describe.each(RELEASES)('Apache Kafka %s', (_, versions) => {
  const common = {
    [API.PRODUCE]: [versions[API.PRODUCE]],
    [API.METADATA]: [versions[API.METADATA]],
    // The newest is tried first; a broker that is older says which it has, or is asked in version
    // 0.
    [API.API_VERSIONS]: versions[API.API_VERSIONS] === 5 ? [5] : [5, versions[API.API_VERSIONS]],
  };

  it('takes plain records, in the highest version that both sides have', async () => {
    expect(await produce(worldOf(versions, { acks: '1' }))).toEqual(common);
  });

  it('takes idempotent records likewise', async () => {
    const settings = { acks: 'all', 'enable.idempotence': true };
    expect(await produce(worldOf(versions, settings))).toEqual({
      ...common,
      [API.INIT_PRODUCER_ID]: [versions[API.INIT_PRODUCER_ID]],
    });
  });

  it('has the same answer without words about its versions (before 2.4, KIP-511)', async () => {
    const { world, used } = worldOf(versions, { acks: '1' });
    world.cluster.bareUnsupported = true;
    const { [API.API_VERSIONS]: asked } = await produce({ world, used });
    expect(asked).toEqual(versions[API.API_VERSIONS] === 5 ? [5] : [5, 0]);
  });
});

describe('brokers of other ages', () => {
  it('from the future, with versions not known here: the newest known ones are used', async () => {
    const future = highest([20, 20, 9], [9, 9, 9, 9]);
    expect(await produce(worldOf(future, { acks: 'all', 'enable.idempotence': true }))).toEqual({
      [API.PRODUCE]: [13],
      [API.METADATA]: [13],
      [API.API_VERSIONS]: [5],
      [API.INIT_PRODUCER_ID]: [expect.any(Number)],
    });
  });

  it('that no longer know any version known here are refused in words', async () => {
    const { world } = worldOf(highest([30, 30, 30]), { acks: '1', 'max.block.ms': 500 }, 20);
    world.cluster.versions = world.cluster.versions.map((range) =>
      range[0] === API.API_VERSIONS ? [API.API_VERSIONS, 0, 4] : range,
    );
    const topic = world.clock.settle(world.start());
    await expect(topic).rejects.toThrow(
      /MetadataRequest: the broker has 20 to 30, known here are 0 to 13/,
    );
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('0.10.2: plain records are refused, and it is said which release it takes', async () => {
    const { world } = worldOf(highest([2, 2, 0]), { acks: '1' });
    const topic = await world.start();
    world.send(topic, 'a');
    await world.clock.advance(100);
    expect(world.outcomes.get('a')!.error).toMatchObject({
      kafkaName: 'UNSUPPORTED_VERSION',
      message: expect.stringMatching(
        /b0:9092.*no common version of Produce \(0\.11 or later is needed\)/,
      ) as string,
    });
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('0.10.2: idempotent records too', async () => {
    const { world } = worldOf(highest([2, 2, 0]), { acks: 'all', 'enable.idempotence': true });
    const topic = await world.start();
    // Told for the record, or to the caller where the refusal came first.
    const refusal = async () => {
      world.send(topic, 'a');
      await world.clock.advance(200);
      return world.outcomes.get('a')?.error;
    };
    expect(await refusal().catch((error: unknown) => error)).toMatchObject({
      kafkaName: 'UNSUPPORTED_VERSION',
      message: expect.stringMatching(/InitProducerId/) as string,
    });
    await world.clock.settle(world.producer.close(0));
  });

  it('0.9, which closes at ApiVersions: it is said that it may be too old', async () => {
    const { world } = worldOf({}, { 'max.block.ms': 1000 });
    world.network.servers.set('b0:9092', {
      accept: (link) => ({ onBytes: () => link.close(null), onClose: () => undefined }),
    });
    await expect(world.clock.settle(world.producer.connect())).rejects.toThrow(
      /older than Kafka 0\.10/,
    );
    await world.close();
  });
});
