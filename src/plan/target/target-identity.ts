// What of `target:` can change a figure, as environment.json keeps it for compare and trend: the
// whole resolved section, but for what is named here with its reason. A new key of a target is in
// it unless it is named. Called by run-sweep and resume; never holds a secret or an address.
import { hasNetworkFaults } from '../../contract/faults.js';
import type { Environment } from '../../contract/environment.js';
import type { Plan } from '../../contract/plan.js';
import type {
  KafkaTargetSettings,
  Scalar,
  SecuritySettings,
  TargetSettings,
} from '../../contract/settings.js';
import { PRODUCER_SETTINGS } from '../../producer-core/settings.js';

type TargetKey = TargetSettings extends infer Each
  ? Each extends unknown
    ? keyof Each
    : never
  : never;

/** Left out, and why. */
const TOLD_ELSEWHERE: Readonly<Partial<Record<TargetKey, string>>> = {
  kind: 'environment.target.kind',
  brokers: 'environment.target.brokers, as the cluster itself says',
  version: 'environment.target.version, as the cluster itself says',
  bootstrap: 'addresses; environment.target.clusterId tells clusters apart',
  security: 'taken apart below, without secrets',
};

/** Who logs in and where files lie; how records travel does not hang on it. */
const NO_FIGURE: ReadonlySet<string> = new Set([
  'sasl.jaas.config',
  'sasl.oauthbearer.token.endpoint.url',
  'sasl.oauthbearer.jwks.endpoint.url',
  'ssl.keystore.location',
  'ssl.truststore.location',
]);

/**
 * By the name in the YAML; units as TargetSettings has them (`replicationDelayMs`). `relayed`:
 * clients come by way of relays, which costs each round trip a little.
 */
export function targetIdentity(target: TargetSettings, relayed = false): Record<string, Scalar> {
  const identity: Record<string, Scalar> = relayed ? { relayed } : {};
  for (const [key, value] of Object.entries(target)) {
    // Of a cluster that kbench starts security is one word.
    const isWord = key === 'security' && isScalar(value);
    if (Object.hasOwn(TOLD_ELSEWHERE, key) && !isWord) continue;
    identity[key] = isScalar(value) ? value : JSON.stringify(value);
  }
  const security = target.kind === 'external' ? target.security : undefined;
  return { ...identity, ...securityIdentity(security ?? {}) };
}

/**
 * The target as environment.json tells it: as it says itself. Where points have clusters of their
 * own, what varies is told with the points, and whichever cluster came first is no matter.
 */
export function environmentTarget(
  described: Environment['target'],
  { target, plan }: { readonly target: TargetSettings; readonly plan: Plan },
): Environment['target'] {
  const relayed = hasNetworkFaults(plan);
  const clusters = plan.points.flatMap(({ settings }) => settings.target ?? []);
  if (target.kind !== 'kafka' || clusters.length === 0)
    return { ...described, settings: targetIdentity(target, relayed) };
  const same = (key: keyof KafkaTargetSettings): boolean =>
    new Set(clusters.map((each) => JSON.stringify(each[key]))).size === 1;
  const fixed = Object.fromEntries(
    Object.entries(targetIdentity(target, relayed)).filter(([key]) =>
      same(key as keyof typeof target),
    ),
  );
  const { security, features, ...rest } = described;
  return {
    ...rest,
    ...(same('security') && security !== undefined ? { security } : {}),
    features: same('version') && same('mode') ? features : {},
    version: same('version') ? described.version : null,
    settings: fixed,
  };
}

/** What is spelled out as it would be anyway is no difference. */
function securityIdentity(security: SecuritySettings): Record<string, Scalar> {
  const kept = Object.entries(security).filter(([name, value]) => {
    const setting = PRODUCER_SETTINGS.get(name);
    return (
      setting?.type !== 'password' && !NO_FIGURE.has(name) && String(setting?.default) !== value
    );
  });
  return Object.fromEntries(kept);
}

const isScalar = (value: unknown): value is Scalar =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
