// Whether brokers know the settings that they were given: Kafka ignores a name that it does not
// know, and whoever measures would believe in it. Asked of a broker that is up; called by
// kafka-cluster.ts.
import { RunError } from '../../base/errors.js';
import { didYouMean } from '../../base/suggest.js';
import { apiVersions, versionFor, WireClient } from '../../connect/cold.js';
import { parseAddress } from '../../connect/index.js';
import { describeConfigsRequest, describeConfigsResponse } from '../../wire/apis/all.js';

const LIMIT_MS = 10_000;
/** Kinds of resources whose settings are told, and of settings (ConfigResource, ConfigDef). */
const BROKER_RESOURCE = 4;
const UNKNOWN_TYPE = 0;
/** From this version on brokers tell the type of a setting. */
const TYPES_FROM = 3;
/** Of one listener, or of a class that the user brings: nobody has a list of them. */
const ANYTHING = /^listener\.name\.|\.(?:class|classes|class\.name|reporters)$/;

/** Throws RunError for names that the broker has no setting of. */
export async function checkKnownConfigs(
  broker: { readonly id: number; readonly address: string },
  names: readonly string[],
): Promise<void> {
  if (names.length === 0 || names.some((name) => ANYTHING.test(name))) return;
  const known = await knownConfigs(broker.id, broker.address);
  const unknown = known === null ? [] : names.filter((name) => !known.has(name));
  if (known === null || unknown.length === 0) return;
  const [first] = unknown;
  const near = didYouMean(first, [...known]);
  throw new RunError(
    `brokers of this version have no setting ${unknown.join(', ')}, and would ignore it`,
    near.startsWith('did')
      ? `in brokerConfig, ${near}`
      : 'correct it in brokerConfig, or leave it out',
  );
}

/** Null where the broker does not tell them apart. */
async function knownConfigs(id: number, address: string): Promise<ReadonlySet<string> | null> {
  const client = await WireClient.open(parseAddress(address)!, LIMIT_MS);
  try {
    const version = versionFor(await apiVersions(client), describeConfigsRequest);
    if (version === null || version < TYPES_FROM) return null;
    const { results } = await client.request(
      describeConfigsRequest,
      describeConfigsResponse,
      version,
      {
        resources: [
          { resourceType: BROKER_RESOURCE, resourceName: String(id), configurationKeys: null },
        ],
      },
    );
    const configs = results[0]?.configs ?? [];
    return new Set(
      configs.filter(({ configType }) => configType !== UNKNOWN_TYPE).map(({ name }) => name),
    );
  } finally {
    client.close();
  }
}
