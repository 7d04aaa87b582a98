// Why a broker refused a topic, in its own words. kafkajs drops the broker's message ("Unknown topic config name: retention.sm"), so
// the same request is sent once more through kbench's protocol tables, to be validated only: it never creates anything.
import { RunError } from '../base/errors.js';
import type { TopicSettings } from '../contract/settings.js';
import { errorRow } from '../producer-core/errors.js';
import { createTopicsRequest, createTopicsResponse } from '../producer-core/protocol/apis/create-topics.js';
import { parseAddress } from '../targets/address.js';
import { apiVersions, versionFor } from '../targets/probe.js';
import { WireClient } from '../targets/wire-client.js';

const TIMEOUT_MS = 5_000;

export interface Refusal {
  readonly code: number;
  readonly message: string | null;
}

type FreshTopic = Extract<TopicSettings, { kind: 'fresh' }>;

const REMEDIES: Readonly<Record<number, string>> = {
  29: 'allow this client to create, describe and delete topics named kbench-*, or write to an existing one (topic: {name: ...})',
  31: 'allow this client to create topics, or write to an existing one (topic: {name: ...})',
  37: 'set topic.partitions to what the cluster takes',
  38: 'set topic.replicationFactor to at most the number of brokers',
  40: 'correct topic.config: the names and values are those of the broker’s own topic settings',
  44: 'the broker has a policy for new topics: follow it in `topic:`, or write to an existing one (topic: {name: ...})',
};

/** The refusal as the failure of a run. */
export function refusedTopic(name: string, { code, message }: Refusal): RunError {
  const known = errorRow(code);
  return new RunError(`the broker refused topic ${name}: ${known.name}: ${message ?? known.message}`, REMEDIES[code]);
}

/** Asks the first bootstrap address that answers. Null where no one answers, or where the topic would now be created. Never throws. */
export async function askWhyRefused(
  bootstrap: readonly string[],
  name: string,
  topic: FreshTopic,
): Promise<Refusal | null> {
  for (const text of bootstrap) {
    const address = parseAddress(text);
    const client = address && (await WireClient.open(address, TIMEOUT_MS).catch(() => null));
    if (client === null) continue;
    try {
      const version = versionFor(await apiVersions(client), createTopicsRequest);
      if (version === null) return null;
      const answer = await client.request(createTopicsRequest, createTopicsResponse, version, {
        topics: [
          {
            name,
            numPartitions: topic.partitions,
            replicationFactor: topic.replicationFactor,
            configs: Object.entries(topic.config).map(([key, value]) => ({ name: key, value: String(value) })),
          },
        ],
        timeoutMs: TIMEOUT_MS,
        validateOnly: true,
      });
      const result = answer.topics[0];
      return result === undefined || result.errorCode === 0
        ? null
        : { code: result.errorCode, message: result.errorMessage };
    } catch {
      // The reason is a comfort, not a need: kafkajs's error name is still there.
      return null;
    } finally {
      client.close();
    }
  }
  return null;
}
